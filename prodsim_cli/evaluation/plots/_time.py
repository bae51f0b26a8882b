"""Quality against time: what a better method costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import altair as alt

from prodsim_cli.evaluation.plots._style import FAINT, INK, WIDTH, Row, role_colours, short, width
from prodsim_cli.protocol.metrics._columns import in_words
from prodsim_cli.records.figures import Scorecard

_HEIGHT = 340
_LEAST = 0.001
"""Seconds below which a clock says nothing."""
_LETTER, _AIR, _LINE, _DOT = 7.4, 8.0, 17.0, 8.0
"""Points: the width of a letter, what a name keeps free after it, the height of a line, the radius
of a point with some air."""
_FAR = 7
"""How many lines up or down a name may go to find a free place."""

Box = tuple[float, float, float, float]


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
    base = alt.Chart(alt.InlineData(values=values)).encode(
        x=across.scale(type="log", domain=x, nice=False).axis(
            values=_ticks(*x), labelExpr="format(datum.value, '~g') + ' s'"
        ),
        y=up.scale(domain=y, nice=False, zero=False).axis(tickCount=6),
    )
    points = base.mark_circle(size=150, opacity=1).encode(
        color=role_colours(timed).legend(None),
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
    said = "Up is better, left is faster."
    title = alt.TitleParams("Quality against time", subtitle=said, subtitleColor=FAINT)
    drawn = alt.layer(points, names).resolve_scale(x="independent", y="independent")
    return [drawn.properties(width=WIDTH, height=_HEIGHT, title=title)]


def _value(card: Scorecard, row: Row) -> dict[str, Any]:
    cost = card.cost[row.name]
    build, answer = cost.build_seconds, cost.answer_seconds
    value = {"method": row.name, "label": short(row.name, 30), "role": row.role, "mean": row.mean}
    value |= {"seconds": max(build + answer, _LEAST), "build": build, "answer": answer}
    return {**value, "memory": cost.peak_mb}


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


def placed(
    points: Sequence[tuple[float, float]], names: Sequence[str], across: float, up: float
) -> list[tuple[float, float]]:
    """For each point the left end and the middle height of its name, within (across, up) points.

    Greedy, from the left: the first free place around the point, right of it by choice; where none
    is free, the one that covers least.
    """
    dots = [(x - _DOT, y - _DOT, x + _DOT, y + _DOT) for x, y in points]
    taken: list[Box] = []
    places = [(0.0, 0.0)] * len(points)
    for one in sorted(range(len(points)), key=lambda i: points[i]):
        others = [dot for other, dot in enumerate(dots) if other != one] + taken
        choices = _around(points[one], width(names[one]) * _LETTER + _AIR)
        best = min(choices, key=lambda box: _covered(box, others, across, up))
        taken.append(best)
        places[one] = (best[0], (best[1] + best[3]) / 2)
    return places


def _around(point: tuple[float, float], long: float) -> list[Box]:
    """Boxes for a name around a point, the best liked first."""
    x, y = point
    left_ends = (x + _DOT + 2, x - _DOT + _AIR - long, x - long / 2)
    choices = [_box(left_ends[0], y, long), _box(left_ends[1], y, long)]
    for away in (_LINE * lines * side for lines in range(1, _FAR + 1) for side in (1, -1)):
        choices += [_box(left_ends[end], y + away, long) for end in (2, 0, 1)]
    return choices


def _box(left: float, middle: float, long: float) -> Box:
    return (left, middle - _LINE / 2, left + long, middle + _LINE / 2)


def _covered(box: Box, others: Sequence[Box], across: float, up: float) -> float:
    """The area that a box shares with others, and what of it lies outside of the panel."""
    inside = _shared(box, (0.0, 0.0, across, up))
    outside = (box[2] - box[0]) * (box[3] - box[1]) - inside
    return outside + sum(_shared(box, other) for other in others)


def _shared(one: Box, other: Box) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(wide, 0.0) * max(high, 0.0)
