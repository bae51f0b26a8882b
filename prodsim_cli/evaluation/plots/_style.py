"""Colours, letters and lengths that all panels share."""

from __future__ import annotations

import unicodedata
from typing import Any

from prodsim_cli.evaluation.plots._rows import BASELINE, BEST, BEST_PLAIN, LEVEL, METHOD

WIDTH = 640
"""Points of a panel between its axes."""
NAMES = 260
"""Points that the names beside an axis may take."""

INK, FAINT = "#2b2f36", "#6b7280"
# Told apart by lightness too, so that they survive a grey print and a colour-blind reader.
ROLES = {
    BEST: "#d9480f",
    BEST_PLAIN: "#d9480f",
    LEVEL: "#f0a06c",
    METHOD: "#4c78a8",
    BASELINE: "#b4b9c1",
}
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
