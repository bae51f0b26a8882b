"""People like one, and what they share. Frozen, standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from prodsim_cli.records.values import Json


@dataclass(frozen=True)
class SharedProduct:
    """A product that two people have: how many people have it in all, and when one of the two had
    last to do with it (ISO; None where no event says)."""

    sku: str
    title: str | None
    people: int
    latest: str | None = None

    def as_dict(self) -> Json:
        return dict(self.__dict__)


@dataclass(frozen=True)
class Person:
    """One person alike. ``products``: how many this person has; ``shared``: how many of them the
    one asked about has, too; ``best``: a few of these, the rarest first."""

    rank: int
    user: str
    score: float
    products: int
    shared: int
    best: tuple[SharedProduct, ...] = ()

    def as_dict(self) -> Json:
        return {
            "rank": self.rank,
            "user": self.user,
            "score": round(self.score, 6),
            "products": self.products,
            "shared": self.shared,
            "best": [product.as_dict() for product in self.best],
        }


@dataclass(frozen=True)
class PeopleAlike:
    """The people most like one.

    ``query`` is ``{"user": ...}``, ``products`` how many products that person has, ``notes``
    sentences for the person who asks.
    """

    query: Json
    method: str
    products: int
    results: tuple[Person, ...]
    notes: tuple[str, ...] = ()

    def as_dict(self) -> Json:
        return {
            "query": dict(self.query),
            "method": self.method,
            "products": self.products,
            "results": [person.as_dict() for person in self.results],
        }
