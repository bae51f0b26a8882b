"""What all panels share: the methods by the main figure with their roles; colours and lengths."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from prodsim_cli import registry
from prodsim_cli.protocol.metrics._columns import smaller_is_better
from prodsim_cli.records.figures import Interval, Scorecard

WIDTH = 640
"""Points of a panel between its axes."""
NAMES = 260
"""Points that the names beside an axis may take."""

INK, FAINT = "#2b2f36", "#6b7280"
# Told apart by lightness too, so that they survive a grey print and a colour-blind reader.
ROLES = {
    "best": "#d9480f",
    "best, though a baseline": "#d9480f",
    "level with the best": "#f0a06c",
    "other method": "#4c78a8",
    "baseline": "#b4b9c1",
}
"""Colour by role, in the order of a legend."""
BEST, BEST_PLAIN, LEVEL, METHOD, BASELINE = ROLES
SERIES = ("#d9480f", "#1f5a96", "#4aa3a2", "#a05195")
"""Colours of single methods, the best one first."""
PLAIN = "#8a8f98"
"""The colour of a baseline among single methods."""

FONT = "Roboto, 'Segoe UI', 'Helvetica Neue', Arial, 'Noto Sans', sans-serif"

# What a page offers beside the picture: saving it, which works offline.
EMBED = {"embedOptions": {"actions": {"export": True, "source": False, "editor": False}}}

CONFIG: dict[str, Any] = {
    "background": "white",
    "font": FONT,
    "padding": 20,
    "view": {"stroke": None},
    "title": {
        "anchor": "start",
        "frame": "group",
        "fontSize": 16,
        "color": INK,
        "offset": 12,
        "subtitleColor": FAINT,
        "subtitleFontSize": 13,
        "subtitlePadding": 6,
    },
    "axis": {
        "labelFontSize": 13,
        "titleFontSize": 13,
        "labelColor": INK,
        "titleColor": FAINT,
        "titleFontWeight": "normal",
        "titlePadding": 10,
        "labelLimit": NAMES,
        "labelFlush": False,
        "gridColor": "#e8eaed",
        "domainColor": "#c4c8ce",
        "tickColor": "#c4c8ce",
    },
    "legend": {
        "labelFontSize": 13,
        "labelColor": INK,
        "symbolSize": 140,
        "title": None,
        "labelLimit": NAMES,
    },
}


def number(value: float, largest: float) -> str:
    """A figure with the decimals that its panel needs: three, or more where all are small."""
    return f"{value:.3f}" if largest >= 0.05 else f"{value:.2g}"


def short(text: str, letters: int) -> str:
    """A text of at most so many letters' width, cut with an ellipsis."""
    if width(text) <= letters:
        return text
    while width(text) > letters - 1:
        text = text[:-1]
    return f"{text.rstrip()}…"


def width(text: str) -> int:
    """How many letters wide a text is; a Chinese, Japanese or Korean one counts two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def role_colours(rows: Sequence[Row]) -> alt.Color:
    """The colours of the roles that these methods have."""
    roles = [role for role in ROLES if any(row.role == role for row in rows)]
    return alt.Color("role:N", sort=roles).scale(
        domain=roles, range=[ROLES[role] for role in roles]
    )


@dataclass(frozen=True)
class Row:
    """One method: its mean with its interval, if any, and its role. ``plain``: it is a baseline."""

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
    rows = []
    for place, name in enumerate(order):
        value, role = known[name], _role(name, place, baselines, level)
        low, high = _finite(value.low), _finite(value.high)
        rows.append(Row(name, value.mean, low, high, role, name in baselines))
    return rows


def drawable(value: Interval) -> bool:
    return math.isfinite(value.mean)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _role(name: str, place: int, baselines: set[str], level: set[str]) -> str:
    if name in baselines:
        return BASELINE if place else BEST_PLAIN
    if not place:
        return BEST
    return LEVEL if name in level else METHOD
