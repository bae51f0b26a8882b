"""From scored products to an answer: what every answer obeys, in one place.

A question (``similar``, ``recommend``, ``search``) gives :class:`Candidates`; :func:`answer` lets
through what the rules admit, and only then takes k: filter first, then take k. The code of a rule
is loaded where the rule is given: ``filters`` (which products), ``rerank`` (in which order).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from prodsim_cli.queries.ranking.request import Answer, Candidates, Chosen, Rules
from prodsim_cli.records.answers import Ranked
from prodsim_cli.store import artifacts, catalog

if TYPE_CHECKING:
    from prodsim_cli.queries.ranking.conditions import Columns


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
    passing = Filter(connection, rules, seeds)
    made = _Selection(passing, candidates, rules, set(seeds if barred is None else barred))
    rows = made.rows(k, method)
    return Answer(tuple(rows), (*passing.notes, *_notes(rows, made, k)))


def admitted(
    connection: sqlite3.Connection,
    rules: Rules,
    item_ids: Iterable[int] | None = None,
    seeds: Sequence[int] = (),
) -> set[int]:
    """Which of ``item_ids`` (None: of all products) the rules let through."""
    found = Filter(connection, rules, seeds)
    return set(found.all() if item_ids is None else found.among(item_ids))


class Filter:
    """Which products may be answers, as one SQL condition over ``items i``.

    ``notes``: sentences about rules that no product can keep. ``groups`` of the answers: row id ->
    group of variants, for products that have one, unless each variant is a row of its own.
    """

    def __init__(
        self, connection: sqlite3.Connection, rules: Rules, seeds: Sequence[int] = ()
    ) -> None:
        self.connection = connection
        self.notes: list[str] = []
        self._columns: Columns | None = None
        self._stock = "1" if rules.all_stock else "coalesce(i.in_stock, 1) != 0"
        self._rules = "i.listed = 1"
        self._values: tuple[object, ...] = ()
        if rules.where or rules.exclude or rules.same or rules.price_within:
            from prodsim_cli.queries.ranking import filters

            self._rules, self._values = filters.condition(self, rules, seeds)
        self._sql = f"{self._stock} and {self._rules}"
        self._group = "null" if rules.variants else "v.group_id"

    @property
    def columns(self) -> Columns:
        """Names of columns and attributes; loaded where one is named."""
        if self._columns is None:
            from prodsim_cli.queries.ranking.conditions import Columns

            self._columns = Columns(self.connection)
        return self._columns

    def among(self, item_ids: Iterable[int]) -> dict[int, int | None]:
        """Those of some products that may pass, each with its group of variants."""
        return self._select(
            "i.id in (select value from json_each(?)) and", json.dumps(list(item_ids))
        )

    def all(self) -> dict[int, int | None]:
        """All products that may pass, in order of position, each with its group of variants."""
        return self._select("", order="order by i.source, i.sku")

    def _select(self, also: str, *values: object, order: str = "") -> dict[int, int | None]:
        join = "" if self._group == "null" else "left join variants v on v.item_id = i.id"
        rows = self.connection.execute(
            f"select i.id, {self._group} from items i {join} where {also} {self._sql} {order}",
            (*values, *self._values),
        )
        return {row[0]: row[1] for row in rows}

    def sizes(self, groups: Iterable[int], barred: Iterable[int]) -> dict[int, int]:
        """Group of variants -> how many of its products may pass and are not ``barred``."""
        rows = self.connection.execute(
            f"""select v.group_id, count(*) from variants v join items i on i.id = v.item_id
                where v.group_id in (select value from json_each(?))
                and i.id not in (select value from json_each(?)) and {self._sql} group by 1""",
            (json.dumps(list(groups)), json.dumps(list(barred)), *self._values),
        )
        return {row[0]: row[1] for row in rows}

    def out_of_stock(self) -> int:
        """How many products would pass and are hidden, since they are not in stock."""
        row = self.connection.execute(
            f"select count(*) from items i where not ({self._stock}) and {self._rules}",
            self._values,
        )
        return int(row.fetchone()[0])


def first_of_groups(groups: Iterable[int | None], taken: set[int]) -> list[bool]:
    """Which rows stay where the first of a group of variants stands for all of it.

    ``groups``: of each row, None for a product by itself; ``taken``: groups that stand above, and
    those of these rows in the end.
    """
    stay = []
    for group in groups:
        stay.append(group not in taken)
        if group is not None:
            taken.add(group)
    return stay


class _Selection:
    """One answer while it is made: tiers are asked for one by one, until there are enough rows."""

    def __init__(
        self, passing: Filter, candidates: Candidates, rules: Rules, barred: set[int]
    ) -> None:
        self.filter, self.candidates, self.rules, self.barred = passing, candidates, rules, barred
        self._groups: dict[int, int] = {}
        self._seen_groups: set[int] = set()
        self._seen = set(barred)
        self._tiers = iter(candidates.tiers())
        self._found: list[Chosen] = []
        self._exhausted = False

    def rows(self, k: int, method: str) -> list[Chosen]:
        """The rows of the answer, in order."""
        if self.rules.pin:
            self._add(*self._pinned())
        if len(self._found) > k:
            self.filter.notes.append(
                f"{len(self._found)} are pinned, and -k {k} shows the first {k} of them."
            )
        if self.rules.max_per or self.rules.diversity:
            from prodsim_cli.queries.ranking import rerank

            chosen = rerank.arranged(self.filter, self.rules, k, method, self.grow)
        else:
            chosen = self.grow(k)
        return self._counted(chosen[:k])

    def grow(self, wanted: int, live: bool = True) -> list[Chosen]:
        """The first ``wanted`` rows in all, if there are so many; ``live``: score what no tier
        holds, too."""
        while len(self._found) < wanted and not self._exhausted:
            tier = next(self._tiers, None)
            if tier is not None:
                good = self.filter.among(one for one, _ in tier)
                self._add(good, (Chosen(*pair) for pair in tier if pair[0] not in self._seen))
                self._seen |= {one for one, _ in tier}
            elif live:
                good = self.filter.all()
                left = [one for one in good if one not in self._seen]
                scored = self.candidates.rest(left) if left else ()
                self._add(good, (Chosen(*pair, live=True) for pair in scored))
                self._exhausted = True
            else:
                break
        return self._found[:wanted]

    def _add(self, good: Mapping[int, int | None], rows: Iterable[Chosen]) -> None:
        """Take rows that may pass; of a group of variants the first stands for all of it."""
        passing = [row for row in rows if row.item_id in good]
        groups = [good[row.item_id] for row in passing]
        stay = first_of_groups(groups, self._seen_groups)
        for row, group, stays in zip(passing, groups, stay, strict=True):
            if stays:
                self._found.append(row)
            if stays and group is not None:
                self._groups[row.item_id] = group

    def _counted(self, rows: Sequence[Chosen]) -> list[Chosen]:
        """The rows with how many admitted products each stands for."""
        groups = {self._groups[row.item_id] for row in rows if row.item_id in self._groups}
        if not groups:
            return list(rows)
        sizes = self.filter.sizes(groups, self.barred)
        return [
            replace(row, variants=sizes.get(self._groups.get(row.item_id, -1), 1)) for row in rows
        ]

    def _pinned(self) -> tuple[dict[int, int | None], list[Chosen]]:
        """The products that the person put first, with their scores; a rule may hide them."""
        from prodsim_cli.queries.ranking.filters import named

        wanted = named(self.filter.connection, self.rules.pin)
        good = self.filter.among(set(wanted) - self.barred)
        hidden = [Chosen(one, 0.0) for one in wanted if one not in good]
        if hidden:
            names = ", ".join(row.sku for row in to_results(self.filter.connection, hidden))
            self.filter.notes.append(
                f"Pinned and not shown, since a rule or the question bars: {names}."
            )
        pins = [one for one in wanted if one in good]
        tiers = list(self.candidates.tiers())
        scores = {one: score for tier in reversed(tiers) for one, score in tier}
        missing = [one for one in pins if one not in scores]
        if missing:
            scores.update(self.candidates.rest(missing))
        self._seen |= set(pins)
        return good, [Chosen(one, scores.get(one, 0.0), pinned=True) for one in pins]


def _notes(rows: Sequence[Chosen], made: _Selection, k: int) -> Iterator[str]:
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
    hidden = made.filter.out_of_stock() if short else 0
    if hidden:
        said = "is" if hidden == 1 else "are"
        yield f"{hidden:,} that the rules let pass {said} not in stock; --all-stock shows them."
    if not rows and not hidden and made.rules.narrows and not made.filter.notes:
        yield _barren(made)


def _barren(made: _Selection) -> str:
    """Why nothing is left of the rules that say which products are wanted."""
    rules = made.rules
    same = [f"--same {name}" for name in rules.same]
    within = [f"--price-within {rules.price_within}"] * bool(rules.price_within)
    asked = " and ".join((*rules.where, *same, *within))
    good = set(made.filter.all())
    left = len(good - made.barred)
    if left:
        passes = (
            "one product that passes is no answer"
            if left == 1
            else (f"{left:,} products that pass are no answers")
        )
        return f"The {passes} to this question: {asked}."
    empty = made.filter.columns.empty()
    why = f" No product has a value in {' or '.join(empty)}." if empty else ""
    other = "other " if good else ""
    return f"No {other}product passes the rules: {asked}.{why}"


def to_results(
    connection: sqlite3.Connection,
    rows: Sequence[Chosen],
    methods: Mapping[int, Sequence[str]] | None = None,
) -> tuple[Ranked, ...]:
    """Rows as a person sees them; ``methods``: item id -> which single methods hold it, too."""
    products = catalog.products(connection, [row.item_id for row in rows])
    agreeing = methods or {}
    return tuple(
        Ranked(
            rank=rank,
            sku=product["sku"],
            score=row.score,
            title=product["title"],
            price=product["price"],
            currency=product["currency"],
            methods=tuple(agreeing.get(row.item_id, ())),
            variants=row.variants,
            pinned=row.pinned,
        )
        for rank, row in enumerate(rows, start=1)
        for product in [products[row.item_id]]
    )
