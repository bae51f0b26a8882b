"""From scored products to an answer: what every answer obeys, in one place. Ground floor.

A question (``similar``, ``recommend``, ``search``) gives :class:`Candidates`; :func:`answer` lets
through what the rules admit, and only then takes k: filter first, then take k.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from prodsim_cli.records import Ranked
from prodsim_cli.store.catalog import label

Scored = tuple[int, float]
"""Row id of an item, and its score."""


class Candidates(Protocol):
    """What a question has to say of products."""

    def tiers(self) -> Iterator[Sequence[Scored]]:
        """Scored products in falling order, from what is stored; each tier below the one before,
        no product twice. Asked for one by one, so a later tier may cost more."""

    def rest(self, ids: Sequence[int]) -> Sequence[Scored]:
        """The products ``ids`` (in order of position), which stood in no tier, scored live and in
        falling order; a score of 0: nothing ties it to the question, it only fills the answer up
        (:func:`prodsim_cli.queries.filling.by_popularity` gives that order); those left out are no
        answer to this question."""


@dataclass(frozen=True)
class Rules:
    """What an answer must obey (docs/rules.md). Made by ``options.rules``.

    ``where``: expressions that must all hold. ``same``: columns in which an answer equals a seed.
    ``price_within``: ``20%`` or ``5`` off a seed's price. ``exclude``, ``pin``: SKUs. ``max_per``:
    (column, most rows with one value of it). ``diversity``: 0 (as ranked) to 1. ``all_stock``:
    products that are not in stock are answers, too. ``variants``: each colour and size is a row.
    """

    where: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    price_within: str = ""
    exclude: tuple[str, ...] = ()
    pin: tuple[str, ...] = ()
    max_per: tuple[tuple[str, int], ...] = ()
    diversity: float = 0.0
    all_stock: bool = False
    variants: bool = False


@dataclass(frozen=True)
class Chosen:
    """One row of an answer before it is dressed; ``variants``: how many it stands for, ``live``:
    it stood in no tier."""

    item_id: int
    score: float
    variants: int = 1
    pinned: bool = False
    live: bool = False


@dataclass(frozen=True)
class Answer:
    """Rows in order and sentences for the person."""

    rows: tuple[Chosen, ...]
    notes: tuple[str, ...] = field(default=())


def answer(
    connection: sqlite3.Connection,
    candidates: Candidates,
    rules: Rules,
    k: int,
    seeds: Sequence[int] = (),
    *,
    barred: Iterable[int] | None = None,
) -> Answer:
    """The k best of what the rules admit; always k where k exist.

    ``seeds``: row ids of the products asked about, to which ``--same`` and ``--price-within``
    refer. ``barred``: row ids that are no answers, even if they are pinned; None: the seeds.
    """
    rows: list[Chosen] = []
    barred = set(seeds if barred is None else barred)
    for tier in candidates.tiers():
        good = admitted(connection, rules, [one for one, _ in tier])
        rows += [Chosen(one, score) for one, score in tier if one in good and one not in barred]
        barred |= {one for one, _ in tier}
        if len(rows) >= k:
            return Answer(tuple(rows[:k]))
    return Answer(tuple(rows[:k]))


def admitted(
    connection: sqlite3.Connection,
    rules: Rules,
    item_ids: Iterable[int] | None = None,
    seeds: Sequence[int] = (),
) -> set[int]:
    """Which of ``item_ids`` (None: of all products) the rules let through."""
    stock = "" if rules.all_stock else " and coalesce(i.in_stock, 1) != 0"
    among = "" if item_ids is None else " and i.id in (select value from json_each(?))"
    values = () if item_ids is None else (json.dumps(list(item_ids)),)
    rows = connection.execute(f"select i.id from items i where i.listed = 1{stock}{among}", values)
    return {row[0] for row in rows}


def dressed(
    connection: sqlite3.Connection,
    rows: Sequence[Chosen],
    methods: dict[int, list[str]] | None = None,
) -> tuple[Ranked, ...]:
    """Rows as a person sees them; ``methods``: item id -> which single methods hold it, too."""
    found = connection.execute(
        f"""select i.id, {label(connection)} as sku, i.title, i.price, i.currency
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
