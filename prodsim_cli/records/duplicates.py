"""Products that stand in the catalogue twice. Frozen, standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from prodsim_cli.records.values import Json


@dataclass(frozen=True)
class Entry:
    """One of the two: as it is written at the edge."""

    sku: str
    title: str | None
    price: float | None
    currency: str | None = None

    def as_dict(self) -> Json:
        return {"sku": self.sku, "title": self.title, "price": self.price}


@dataclass(frozen=True)
class Duplicate:
    """Two entries that are one product, how sure that is (0 to 1), and what speaks for it."""

    a: Entry
    b: Entry
    confidence: float
    reasons: tuple[str, ...]

    def as_dict(self) -> Json:
        return {
            "confidence": round(self.confidence, 4),
            "a": self.a.as_dict(),
            "b": self.b.as_dict(),
            "reasons": list(self.reasons),
        }


@dataclass(frozen=True)
class Duplicates:
    """The surest pairs first. ``found``: how many pairs are as sure as was asked for, those that
    are not shown included; ``sources``: among which was looked; ``notes``: sentences."""

    across: bool
    sources: tuple[str, ...]
    min_confidence: float
    found: int
    results: tuple[Duplicate, ...]
    notes: tuple[str, ...] = ()

    def as_dict(self) -> Json:
        return {
            "across": self.across,
            "sources": list(self.sources),
            "min_confidence": self.min_confidence,
            "found": self.found,
            "results": [
                {"rank": rank, **pair.as_dict()} for rank, pair in enumerate(self.results, start=1)
            ],
        }
