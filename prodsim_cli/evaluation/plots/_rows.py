"""What the panels are made of: methods by the main figure, and the part that each plays."""

from __future__ import annotations

import math
from dataclasses import dataclass

from prodsim_cli import registry
from prodsim_cli.protocol.metrics._columns import smaller_is_better
from prodsim_cli.records.figures import Interval, Scorecard

BEST, BEST_PLAIN, LEVEL, METHOD, BASELINE = (
    "best",
    "best, though a baseline",
    "level with the best",
    "other method",
    "baseline",
)
"""The parts, in the order of a legend."""


@dataclass(frozen=True)
class Row:
    """One method: its mean with its interval (None where there is none) and its part.

    ``plain``: it is a baseline, also where it is the best of all.
    """

    name: str
    mean: float
    low: float | None
    high: float | None
    role: str
    plain: bool


def rows_of(card: Scorecard) -> list[Row]:
    """Methods with a main figure, best first; equal ones stay as they came."""
    known = {
        name: figures[card.main]
        for name, figures in card.methods.items()
        if card.main in figures and drawable(figures[card.main])
    }
    sign = 1 if smaller_is_better(card.main) else -1
    order = sorted(known, key=lambda name: sign * known[name].mean)
    baselines = set(registry.names("baselines"))
    level = {name for name, one in card.against_best.items() if one.verdict == "tie"}
    return [
        Row(
            name,
            known[name].mean,
            _finite(known[name].low),
            _finite(known[name].high),
            _role(name, place, baselines, level),
            name in baselines,
        )
        for place, name in enumerate(order)
    ]


def drawable(value: Interval) -> bool:
    """True if there is a number to draw."""
    return math.isfinite(value.mean)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _role(name: str, place: int, baselines: set[str], level: set[str]) -> str:
    if name in baselines:
        return BASELINE if place else BEST_PLAIN
    if not place:
        return BEST
    return LEVEL if name in level else METHOD
