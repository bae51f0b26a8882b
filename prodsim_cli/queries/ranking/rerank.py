"""The order of the rows: one for each group of variants, few of one value, and diversity. Ground
floor."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from prodsim_cli.errors import UsageProblem
from prodsim_cli.store import artifacts

if TYPE_CHECKING:
    from prodsim_cli.queries.ranking.filters import Gate
    from prodsim_cli.queries.ranking.request import Chosen, Rules

POOL = 50
"""Rows that diversity chooses among, five times as many as are wanted where that is more."""

Pairs = Mapping[tuple[int, int], float]
"""How alike two products are, 0 to 1; the smaller row id first, a pair that is missing: 0."""


class Groups:
    """Variants roll up: the first row of a group stands for all of it."""

    def __init__(self, connection: sqlite3.Connection, apart: bool) -> None:
        some = "select exists (select 1 from variants)"
        self.connection = connection
        self.active = not apart and bool(connection.execute(some).fetchone()[0])
        self._seen: set[int] = set()

    def first(self, rows: Sequence[Chosen]) -> list[Chosen]:
        """The rows whose group has not been seen."""
        if not self.active:
            return list(rows)
        of = self._of([row.item_id for row in rows])
        kept = []
        for row in rows:
            group = of.get(row.item_id)
            if group is None or group not in self._seen:
                kept.append(row)
            if group is not None:
                self._seen.add(group)
        return kept

    def counted(self, rows: Sequence[Chosen], gate: Gate, barred: set[int]) -> list[Chosen]:
        """The rows with how many admitted products each stands for."""
        if not self.active:
            return list(rows)
        of = self._of([row.item_id for row in rows])
        members = self.connection.execute(
            """select item_id, group_id from variants
               where group_id in (select value from json_each(?))""",
            (json.dumps(list(of.values())),),
        ).fetchall()
        good = gate.among(row[0] for row in members) - barred
        sizes: dict[int, int] = {}
        for item_id, group in members:
            sizes[group] = sizes.get(group, 0) + (item_id in good)
        return [
            replace(row, variants=max(sizes.get(of.get(row.item_id, -1), 1), 1)) for row in rows
        ]

    def _of(self, item_ids: Iterable[int]) -> dict[int, int]:
        rows = self.connection.execute(
            """select item_id, group_id from variants
               where item_id in (select value from json_each(?))""",
            (json.dumps(list(item_ids)),),
        )
        return {row[0]: row[1] for row in rows}


class Limits:
    """``--max-per``: how many rows may have one value of a column."""

    def __init__(self, gate: Gate, rules: Rules) -> None:
        self.gate = gate
        self.columns = [(gate.columns.named(name), most) for name, most in rules.max_per]
        names = [column for column, _ in self.columns]
        for place, (name, most) in enumerate(rules.max_per):
            before = names.index(names[place])
            if before < place:
                raise UsageProblem(
                    f"--max-per names {name} twice, with {rules.max_per[before][1]} and {most}.",
                    hint="Keep one of them.",
                )
        self._values: list[dict[int, str]] = [{} for _ in self.columns]

    def learn(self, rows: Sequence[Chosen]) -> None:
        """Look up the values of rows that are to be judged."""
        ids = [row.item_id for row in rows]
        for place, ((column, keys), _) in enumerate(self.columns):
            self._values[place].update(self.gate.columns.texts(column, keys, ids))

    def counter(self) -> Counter:
        """A fresh count."""
        return Counter(self._values, [most for _, most in self.columns])


class Counter:
    """Rows taken so far, by value."""

    def __init__(self, values: Sequence[Mapping[int, str]], most: Sequence[int]) -> None:
        self._values = values
        self._most = most
        self._taken: list[dict[str, int]] = [{} for _ in most]

    def fits(self, item_id: int) -> bool:
        """True if one more of its values may stand in the answer."""
        return all(
            item_id not in values or taken.get(values[item_id], 0) < most
            for values, taken, most in zip(self._values, self._taken, self._most, strict=True)
        )

    def take(self, item_id: int) -> None:
        """Count a row."""
        for values, taken in zip(self._values, self._taken, strict=True):
            if item_id in values:
                taken[values[item_id]] = taken.get(values[item_id], 0) + 1


def ranked(rows: Sequence[Chosen], counter: Counter, k: int) -> list[Chosen]:
    """The first k rows that the limits let through."""
    kept: list[Chosen] = []
    for row in rows:
        if len(kept) == k:
            break
        if row.pinned or counter.fits(row.item_id):
            counter.take(row.item_id)
            kept.append(row)
    return kept


def diverse(
    rows: Sequence[Chosen], counter: Counter, k: int, diversity: float, pairs: Pairs
) -> list[Chosen]:
    """k rows by maximal marginal relevance (Carbonell & Goldstein 1998).

    The next row is that of the largest

        (1 - diversity) * score / best score - diversity * likeness to the most alike row above it

    of those that the limits let through; equal ones in the order of ``rows``. Pinned rows come
    first and count as rows above.
    """
    top = max((row.score for row in rows), default=0.0)
    worth = {row.item_id: row.score / top if top > 0 else 0.0 for row in rows}
    kept = ranked([row for row in rows if row.pinned], counter, k)
    left = [row for row in rows if not row.pinned]
    nearest = {row.item_id: 0.0 for row in left}

    def stand_above(above: Chosen) -> None:
        for row in left:
            a, b = sorted((row.item_id, above.item_id))
            nearest[row.item_id] = max(nearest[row.item_id], pairs.get((a, b), 0.0))

    for row in kept:
        stand_above(row)
    while len(kept) < k:
        left = [row for row in left if counter.fits(row.item_id)]
        if not left:
            break
        best = max(
            left,
            key=lambda row: (1 - diversity) * worth[row.item_id] - diversity * nearest[row.item_id],
        )
        left.remove(best)
        counter.take(best.item_id)
        kept.append(best)
        stand_above(best)
    return kept


def likeness(connection: sqlite3.Connection, item_ids: Sequence[int], method: str) -> Pairs:
    """How alike some products are, by the stored pairs of hybrid (else of ``method``).

    The larger of the two directions; divided by the largest of all where that is above 1.
    """
    built = artifacts.Built(connection).methods()
    table = artifacts.BLEND if artifacts.BLEND in built or not built else method
    ids = json.dumps(list(item_ids))
    rows = connection.execute(
        """select item_id, neighbor_id, score from neighbors where method = ?
           and item_id in (select value from json_each(?))
           and neighbor_id in (select value from json_each(?))""",
        (table, ids, ids),
    )
    found: dict[tuple[int, int], float] = {}
    for item_id, neighbor_id, score in rows:
        pair = (min(item_id, neighbor_id), max(item_id, neighbor_id))
        found[pair] = max(found.get(pair, 0.0), score)
    most = max(1.0, *found.values()) if found else 1.0
    return {pair: score / most for pair, score in found.items()}
