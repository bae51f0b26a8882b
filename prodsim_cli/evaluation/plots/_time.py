"""Quality against time: what a better method costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import altair as alt

from prodsim_cli.evaluation.plots._labels import placed
from prodsim_cli.evaluation.plots._rows import Row
from prodsim_cli.evaluation.plots._style import FAINT, INK, ROLES, WIDTH, short
from prodsim_cli.protocol.metrics._columns import in_words
from prodsim_cli.records.figures import Scorecard

_HEIGHT = 340
_LEAST = 0.001
"""Seconds below which a clock says nothing."""


def panels(card: Scorecard, rows: Sequence[Row]) -> list[alt.LayerChart]:
    """One panel, or none where no method's time is known."""
    timed = [row for row in rows if row.name in card.cost]
    if not timed:
        return []
    values = [_value(card, row) for row in timed]
    x, y = _seconds(values), _figures(values)
    _label(values, x, y)
    across = alt.X("seconds:Q", title="seconds to build and to answer all questions (log scale)")
    up = alt.Y("mean:Q", title=in_words(card.main))
    roles = [role for role in ROLES if any(row.role == role for row in timed)]
    base = alt.Chart(alt.InlineData(values=values)).encode(
        x=across.scale(type="log", domain=x, nice=False).axis(
            values=_ticks(*x), labelExpr="format(datum.value, '~g') + ' s'"
        ),
        y=up.scale(domain=y, nice=False, zero=False).axis(tickCount=6),
    )
    points = base.mark_circle(size=150, opacity=1).encode(
        color=alt.Color("role:N", legend=None).scale(
            domain=roles, range=[ROLES[role] for role in roles]
        ),
        tooltip=[
            alt.Tooltip("method:N"),
            alt.Tooltip("mean:Q", title=in_words(card.main), format=".4f"),
            alt.Tooltip("build:Q", title="seconds to build", format=".3~f"),
            alt.Tooltip("answer:Q", title="seconds to answer", format=".3~f"),
            alt.Tooltip("memory:Q", title="MB of memory", format=".0f"),
        ],
    )
    text = alt.Chart(alt.InlineData(values=values)).encode(
        x=alt.X("text_x:Q").scale(domain=[0, WIDTH]).axis(None),
        y=alt.Y("text_y:Q").scale(domain=[0, _HEIGHT]).axis(None),
    )
    names = text.mark_text(align="left", baseline="middle", fontSize=13, color=INK).encode(
        text="label:N"
    )
    title = alt.TitleParams(
        "Quality against time",
        subtitle="Up is better, left is faster.",
        subtitleColor=FAINT,
    )
    drawn = alt.layer(points, names).resolve_scale(x="independent", y="independent")
    return [drawn.properties(width=WIDTH, height=_HEIGHT, title=title)]


def _value(card: Scorecard, row: Row) -> dict[str, Any]:
    cost = card.cost[row.name]
    return {
        "method": row.name,
        "label": short(row.name, 30),
        "role": row.role,
        "mean": row.mean,
        "seconds": max(cost.build_seconds + cost.answer_seconds, _LEAST),
        "build": cost.build_seconds,
        "answer": cost.answer_seconds,
        "memory": cost.peak_mb,
    }


def _seconds(values: Sequence[dict[str, Any]]) -> list[float]:
    """Ends of the axis: at least a decade, with air on both sides."""
    low = math.log10(min(value["seconds"] for value in values))
    high = math.log10(max(value["seconds"] for value in values))
    air = max(0.06 * (high - low), (1 - (high - low)) / 2, 0.0)
    return [10 ** (low - air), 10 ** (high + air)]


def _figures(values: Sequence[dict[str, Any]]) -> list[float]:
    low = min(value["mean"] for value in values)
    high = max(value["mean"] for value in values)
    air = 0.12 * (high - low) or 0.1 * abs(high) or 0.1
    return [low - air, high + air]


def _ticks(low: float, high: float) -> list[float]:
    """1, 10, 100...; 1, 2, 5, 10... where the axis is short."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if math.log10(high / low) < 2.5 else (1,)
    every = [step * 10.0**decade for decade in decades for step in steps]
    return [tick for tick in every if low <= tick <= high]


def _label(values: list[dict[str, Any]], x: Sequence[float], y: Sequence[float]) -> None:
    """Set ``text_x`` and ``text_y``, the place of each name, in points from below left."""
    across = [WIDTH * math.log(value["seconds"] / x[0]) / math.log(x[1] / x[0]) for value in values]
    up = [_HEIGHT * (value["mean"] - y[0]) / (y[1] - y[0]) for value in values]
    points, names = list(zip(across, up, strict=True)), [value["label"] for value in values]
    places = placed(points, names, WIDTH, _HEIGHT)
    for value, (left, middle) in zip(values, places, strict=True):
        value["text_x"], value["text_y"] = left, middle
