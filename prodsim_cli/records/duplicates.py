"""Products that stand in the catalogue twice."""

from __future__ import annotations

from dataclasses import dataclass

from prodsim_cli.records.answers import Product
from prodsim_cli.records.values import Json, Record


@dataclass(frozen=True)
class Duplicate(Record):
    """Two entries that are one product, how sure that is (0 to 1), and what speaks for it."""

    _json = ("confidence", "a", "b", "reasons")
    _digits = (("confidence", 4),)

    a: Product
    b: Product
    confidence: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Duplicates(Record):
    """The surest pairs first. ``found``: how many pairs are as sure as was asked for, those that
    are not shown included; ``sources``: among which was looked; ``notes``: sentences."""

    _json = ("across", "sources", "min_confidence", "found", "results")

    across: bool
    sources: tuple[str, ...]
    min_confidence: float
    found: int
    results: tuple[Duplicate, ...]
    notes: tuple[str, ...] = ()

    def as_dict(self) -> Json:
        out = super().as_dict()
        out["results"] = [{"rank": at, **pair} for at, pair in enumerate(out["results"], 1)]
        return out
