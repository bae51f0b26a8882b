"""What a question gets: an ordered answer. Frozen, standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from prodsim_cli.records.values import Json


@dataclass(frozen=True)
class Ranked:
    """One row of an answer.

    ``methods``: the single methods whose own table also holds it. ``variants``: how many products
    (colours, sizes) this row stands for, itself counted. ``pinned``: the person put it there.
    ``why``: the reasons, where they were asked for.
    """

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
        row: Json = {
            "rank": self.rank,
            "sku": self.sku,
            "score": round(self.score, 6),
            "title": self.title,
            "price": self.price,
            "methods": list(self.methods),
            "variants": self.variants,
            "pinned": self.pinned,
        }
        return row if self.why is None else {**row, "why": self.why}


@dataclass(frozen=True)
class Ranking:
    """An ordered answer to one question: ``query`` is ``{"sku": ...}`` (or skus, user, text).

    ``notes`` are sentences for the person; ``about`` is the title of what was asked, for a heading;
    ``searched``: what a search looked for beside the words it was given; ``sources``: how many
    single methods could have named a row (0: only those that did are known).
    """

    query: Json
    method: str
    results: tuple[Ranked, ...]
    notes: tuple[str, ...] = ()
    about: str = ""
    searched: Json | None = None
    sources: int = 0

    def as_dict(self) -> Json:
        return {
            "query": dict(self.query),
            "method": self.method,
            "results": [row.as_dict() for row in self.results],
            **(self.searched or {}),
        }
