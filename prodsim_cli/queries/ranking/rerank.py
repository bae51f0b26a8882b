"""Rules that say in which order rows stand: few of one value, and diversity."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from prodsim_cli.errors import UsageProblem
from prodsim_cli.store import artifacts, neighbors

if TYPE_CHECKING:
    from prodsim_cli.queries.ranking.request import Chosen, Passing, Rules

POOL = 50
"""Rows that diversity chooses among, five times as many as are wanted where that is more."""

Pairs = Mapping[tuple[int, int], float]
"""How alike two products are, 0 to 1; the smaller row id first, a pair that is missing: 0."""


def arranged(
    passing: Passing, rules: Rules, k: int, method: str, grow: Callable[..., list[Chosen]]
) -> list[Chosen]:
    """k rows under limits and by diversity; ``grow(n, live)`` gives the n best, more are looked at
    until k are left."""
    limits = Limits(passing, rules)
    wanted = k
    if rules.diversity:
        wanted = max(k, len(grow(max(POOL, 5 * k), live=False)))
    while True:
        pool = grow(wanted)
        limits.learn(pool)
        if rules.diversity:
            pairs = likeness(passing.connection, [row.item_id for row in pool], method)
            chosen = diverse(pool, limits.counter(), k, rules.diversity, pairs)
        else:
            chosen = ranked(pool, limits.counter(), k)
        if len(chosen) >= k or len(pool) < wanted:
            return chosen
        wanted *= 2


class Limits:
    """``--max-per``: how many rows may have one value of a column."""

    def __init__(self, passing: Passing, rules: Rules) -> None:
        self._catalog = passing
        self.columns = [(passing.columns.named(name), most) for name, most in rules.max_per]
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
            self._values[place].update(self._catalog.columns.texts(column, keys, ids))

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
    found: dict[tuple[int, int], float] = {}
    for item_id, neighbor_id, score in neighbors.among(connection, table, item_ids, item_ids):
        pair = (min(item_id, neighbor_id), max(item_id, neighbor_id))
        found[pair] = max(found.get(pair, 0.0), score)
    most = max(1.0, *found.values()) if found else 1.0
    return {pair: score / most for pair, score in found.items()}
