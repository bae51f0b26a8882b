"""What a question gets: an ordered answer."""

from __future__ import annotations

from dataclasses import dataclass

from prodsim_cli.records.values import Json, Record


@dataclass(frozen=True)
class Ranked(Record):
    """One row of an answer.

    ``methods``: the single methods whose own table also holds it. ``variants``: how many products
    (colours, sizes) this row stands for, itself counted. ``pinned``: the person put it there.
    ``why``: the reasons, where they were asked for.
    """

    _json = ("rank", "sku", "score", "title", "price", "methods", "variants", "pinned")
    _digits = (("score", 6),)

    rank: int
    sku: str
    score: float
    title: str | None = None
    price: float | None = None
    methods: tuple[str, ...] = ()
    currency: str | None = None
    variants: int = 1
    pinned: bool = False
    why: Json | None = None

    def as_dict(self) -> Json:
        why = {} if self.why is None else {"why": self.why}
        return {**super().as_dict(), **why}


@dataclass(frozen=True)
class Ranking(Record):
    """An ordered answer to one question: ``query`` is ``{"sku": ...}`` (or skus, user, text).

    ``notes`` are sentences for the person; ``about`` is the title of what was asked, for a heading;
    ``searched``: what a search looked for beside the words it was given; ``sources``: how many
    single methods could have named a row (0: only those that did are known).
    """

    _json = ("query", "method", "results")

    query: Json
    method: str
    results: tuple[Ranked, ...]
    notes: tuple[str, ...] = ()
    about: str = ""
    searched: Json | None = None
    sources: int = 0

    def as_dict(self) -> Json:
        return {**super().as_dict(), **(self.searched or {})}


@dataclass(frozen=True)
class Product(Record):
    """One of a pair of products, as it is written at the edge."""

    _json = ("sku", "title", "price")

    sku: str
    title: str | None
    price: float | None
    currency: str | None = None
