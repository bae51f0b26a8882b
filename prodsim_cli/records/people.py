"""People like one, and what they share."""

from __future__ import annotations

from dataclasses import dataclass

from prodsim_cli.records.values import Json, Record


@dataclass(frozen=True)
class SharedProduct(Record):
    """A product that two people have: how many people have it in all, and when one of the two had
    last to do with it (ISO; None where no event says)."""

    sku: str
    title: str | None
    people: int
    latest: str | None = None


@dataclass(frozen=True)
class Person(Record):
    """One person alike. ``products``: how many this person has; ``shared``: how many of them the
    one asked about has, too; ``best``: a few of these, the rarest first."""

    _digits = (("score", 6),)

    rank: int
    user: str
    score: float
    products: int
    shared: int
    best: tuple[SharedProduct, ...] = ()


@dataclass(frozen=True)
class PeopleAlike(Record):
    """The people most like one.

    ``query`` is ``{"user": ...}``, ``products`` how many products that person has, ``notes``
    sentences for the person who asks.
    """

    _json = ("query", "method", "products", "results")

    query: Json
    method: str
    products: int
    results: tuple[Person, ...]
    notes: tuple[str, ...] = ()
