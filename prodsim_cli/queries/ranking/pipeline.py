"""From scored products to an answer: what every answer obeys, in one place. Ground floor.

A question (``similar``, ``recommend``, ``search``) gives :class:`Candidates`; :func:`answer` lets
through what the rules admit, and only then takes k: filter first, then take k.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from prodsim_cli.queries.ranking.filters import Gate, named
from prodsim_cli.queries.ranking.request import Answer, Candidates, Chosen, Rules
from prodsim_cli.queries.ranking.rerank import POOL, Groups, Limits, diverse, likeness, ranked
from prodsim_cli.records import Ranked
from prodsim_cli.store import artifacts
from prodsim_cli.store.catalog import label


def answer(
    connection: sqlite3.Connection,
    candidates: Candidates,
    rules: Rules,
    k: int,
    seeds: Sequence[int] = (),
    *,
    barred: Iterable[int] | None = None,
    method: str = artifacts.BLEND,
) -> Answer:
    """The k best of what the rules admit; always k where k exist.

    ``seeds``: row ids of the products asked about, to which ``--same`` and ``--price-within``
    refer. ``barred``: row ids that are no answers, even if they are pinned; None: the seeds.
    ``method``: whose stored pairs say how alike two rows are where ``hybrid`` is not built.
    """
    made = _Making(connection, candidates, rules, seeds, set(seeds if barred is None else barred))
    rows = made.rows(k, method)
    return Answer(tuple(rows), (*made.notes, *_notes(rows, made, k)))


def admitted(
    connection: sqlite3.Connection,
    rules: Rules,
    item_ids: Iterable[int] | None = None,
    seeds: Sequence[int] = (),
) -> set[int]:
    """Which of ``item_ids`` (None: of all products) the rules let through."""
    gate = Gate(connection, rules, seeds)
    return set(gate.all()) if item_ids is None else gate.among(item_ids)


class _Making:
    """One answer while it is made: tiers are asked for one by one, until there are enough rows."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        candidates: Candidates,
        rules: Rules,
        seeds: Sequence[int],
        barred: set[int],
    ) -> None:
        self.connection, self.candidates, self.rules = connection, candidates, rules
        self.gate = Gate(connection, rules, seeds)
        self.barred = barred
        self.notes = self.gate.notes
        self._groups = Groups(connection, apart=rules.variants)
        self._seen = set(barred)
        self._tiers = iter(candidates.tiers())
        self._found: list[Chosen] = []
        self._exhausted = False

    def rows(self, k: int, method: str) -> list[Chosen]:
        """The rows of the answer, in order."""
        if self.rules.pin:
            self._found = self._groups.first(self._pinned())
        if len(self._found) > k:
            self.notes.append(
                f"{len(self._found)} are pinned, and -k {k} shows the first {k} of them."
            )
        if self.rules.max_per or self.rules.diversity:
            chosen = self._arranged(k, method)
        else:
            self._grow(k)
            chosen = self._found[:k]
        return self._groups.counted(chosen, self.gate, self.barred)

    def _grow(self, wanted: int, live: bool = True) -> None:
        """Find ``wanted`` rows in all, if there are so many; ``live``: score what no tier holds."""
        while len(self._found) < wanted and not self._exhausted:
            tier = next(self._tiers, None)
            if tier is not None:
                good = self.gate.among(one for one, _ in tier) - self._seen
                batch = [Chosen(one, score) for one, score in tier if one in good]
                self._seen |= {one for one, _ in tier}
            elif live:
                left = [one for one in self.gate.all() if one not in self._seen]
                scored = self.candidates.rest(left) if left else ()
                batch = [Chosen(one, score, live=True) for one, score in scored]
                self._exhausted = True
            else:
                return
            self._found += self._groups.first(batch)

    def _arranged(self, k: int, method: str) -> list[Chosen]:
        """The rows under limits and by diversity; more are looked at until k are left."""
        limits = Limits(self.gate, self.rules)
        wanted = k
        if self.rules.diversity:
            most = max(POOL, 5 * k)
            self._grow(most, live=False)
            wanted = max(k, min(len(self._found), most))
        while True:
            self._grow(wanted)
            pool = self._found[:wanted]
            limits.learn(pool)
            if self.rules.diversity:
                pairs = likeness(self.connection, [row.item_id for row in pool], method)
                chosen = diverse(pool, limits.counter(), k, self.rules.diversity, pairs)
            else:
                chosen = ranked(pool, limits.counter(), k)
            if len(chosen) >= k or (self._exhausted and wanted >= len(self._found)):
                return chosen
            wanted *= 2

    def _pinned(self) -> list[Chosen]:
        """The products that the person put first, with their scores; a rule may hide them."""
        wanted = named(self.connection, self.rules.pin)
        good = self.gate.among(wanted) - self.barred
        hidden = [Chosen(one, 0.0) for one in wanted if one not in good]
        if hidden:
            names = ", ".join(row.sku for row in dressed(self.connection, hidden))
            self.notes.append(f"Pinned and not shown, since a rule or the question bars: {names}.")
        pins = [one for one in wanted if one in good]
        tiers = list(self.candidates.tiers())
        scores = {one: score for tier in reversed(tiers) for one, score in tier}
        missing = [one for one in pins if one not in scores]
        if missing:
            scores.update(self.candidates.rest(missing))
        self._seen |= set(pins)
        return [Chosen(one, scores.get(one, 0.0), pinned=True) for one in pins]


def _notes(rows: Sequence[Chosen], made: _Making, k: int) -> Iterator[str]:
    """What to know of an answer that goes beyond the tables, or is short."""
    live = sum(row.live and row.score > 0 for row in rows)
    nothing = sum(row.live and row.score <= 0 for row in rows)
    if live:
        yield f"{live} of {len(rows)} go beyond the stored tables and were scored just now."
    if nothing:
        yield (
            f"Nothing in the data ties {nothing} of {len(rows)} to what was asked:"
            " the most popular stand there."
        )
    short = len(rows) < k and (made.rules.narrows or not rows)
    hidden = made.gate.out_of_stock() if short else 0
    if hidden:
        said = "is" if hidden == 1 else "are"
        yield f"{hidden:,} that the rules let pass {said} not in stock; --all-stock shows them."
    if not rows and not hidden and made.rules.narrows and not made.notes:
        yield _barren(made)


def _barren(made: _Making) -> str:
    """Why nothing is left of the rules that say which products are wanted."""
    rules = made.rules
    same = [f"--same {name}" for name in rules.same]
    within = [f"--price-within {rules.price_within}"] * bool(rules.price_within)
    asked = " and ".join((*rules.where, *same, *within))
    good = set(made.gate.all())
    left = len(good - made.barred)
    if left:
        passes = (
            "one product that passes is no answer"
            if left == 1
            else (f"{left:,} products that pass are no answers")
        )
        return f"The {passes} to this question: {asked}."
    empty = made.gate.columns.empty()
    why = f" No product has a value in {' or '.join(empty)}." if empty else ""
    other = "other " if good else ""
    return f"No {other}product passes the rules: {asked}.{why}"


def dressed(
    connection: sqlite3.Connection,
    rows: Sequence[Chosen],
    methods: dict[int, list[str]] | None = None,
) -> tuple[Ranked, ...]:
    """Rows as a person sees them; ``methods``: item id -> which single methods hold it, too."""
    found = connection.execute(
        f"""select i.id, {label()} as sku, i.title, i.price, i.currency
            from items i where i.id in (select value from json_each(?))""",
        (json.dumps([row.item_id for row in rows]),),
    )
    facts = {one["id"]: one for one in found}
    agreeing = methods or {}
    return tuple(
        Ranked(
            rank=rank,
            sku=facts[row.item_id]["sku"],
            score=row.score,
            title=facts[row.item_id]["title"],
            price=facts[row.item_id]["price"],
            currency=facts[row.item_id]["currency"],
            methods=tuple(agreeing.get(row.item_id, ())),
            variants=row.variants,
            pinned=row.pinned,
        )
        for rank, row in enumerate(rows, start=1)
    )
