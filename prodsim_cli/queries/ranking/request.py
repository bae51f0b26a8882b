"""What a question asks for, and what its answer is made of."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from prodsim_cli.queries.ranking.conditions import Columns

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
        (``store.item_scores.by_popularity`` gives that order); those left out are no
        answer to this question."""


class Passing(Protocol):
    """The filter of one question, as the code of a rule sees it."""

    connection: sqlite3.Connection
    notes: list[str]

    @property
    def columns(self) -> Columns: ...


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

    @property
    def narrows(self) -> bool:
        """Does a rule say which products are wanted?"""
        return bool(self.where or self.same or self.price_within)

    @property
    def look_at_one(self) -> bool:
        """Does a rule refer to the question, or to the other rows of its answer?"""
        each = self.same or self.price_within or self.pin or self.max_per or self.diversity
        return bool(each)


@dataclass(frozen=True)
class Chosen:
    """One row of an answer before it is shown; ``variants``: how many it stands for, ``live``:
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
