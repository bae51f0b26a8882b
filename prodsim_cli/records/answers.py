"""What a question gets: an ordered answer. Frozen, standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from prodsim_cli.records.values import Json


@dataclass(frozen=True)
class Ranked:
    """One row of an answer. ``methods``: the single methods whose own table also holds it."""

    rank: int
    sku: str
    score: float
    title: str | None = None
    price: float | None = None
    methods: tuple[str, ...] = ()
    currency: str | None = None

    def as_dict(self) -> Json:
        return {
            "rank": self.rank,
            "sku": self.sku,
            "score": round(self.score, 6),
            "title": self.title,
            "price": self.price,
            "methods": list(self.methods),
        }


@dataclass(frozen=True)
class Ranking:
    """An ordered answer to one question: ``query`` is ``{"sku": ...}`` (or skus, user, text).

    ``notes`` are sentences for the person; ``about`` is the title of what was asked, for a heading.
    """

    query: Json
    method: str
    results: tuple[Ranked, ...]
    notes: tuple[str, ...] = ()
    about: str = ""

    def as_dict(self) -> Json:
        return {
            "query": dict(self.query),
            "method": self.method,
            "results": [row.as_dict() for row in self.results],
        }
