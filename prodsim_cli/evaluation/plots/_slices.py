"""The main figure on each slice: where a method is good, and where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from prodsim_cli.evaluation.plots._style import FAINT, PLAIN, SERIES, WIDTH, Row, drawable, short
from prodsim_cli.protocol.metrics._columns import in_words
from prodsim_cli.records.figures import Scorecard, Slice

_BEST = 3
"""Methods shown beside the best baseline."""
_MOST = 10
"""Slices shown of each kind, the largest ones."""
_ROW = 11
"""Points that one method takes within a slice."""


def panels(card: Scorecard, rows: Sequence[Row]) -> list[alt.VConcatChart]:
    """One panel with a block for each kind of slice, or none where there are no slices."""
    colours = _colours(rows)
    shown = list(colours)
    kinds: dict[str, list[Slice]] = {}
    for one in card.slices:
        if any(name in one.methods and drawable(one.methods[name]) for name in shown):
            kinds.setdefault(one.kind, []).append(one)
    if not kinds:
        return []
    values = {kind: _values(_largest(slices), shown) for kind, slices in kinds.items()}
    top = max(value["end"] for block in values.values() for value in block)
    scale = alt.Scale(domain=[0, top * 1.03 or 1.0], nice=False)
    figure = in_words(card.main)
    blocks = [
        _block(
            values[kind], colours, scale, figure, first=not place, last=place == len(kinds) - 1
        ).properties(title=alt.TitleParams(_heading(kind, len(slices)), fontSize=13, offset=6))
        for place, (kind, slices) in enumerate(kinds.items())
    ]
    title = alt.TitleParams(
        "Where each method is good",
        subtitle="Points: mean. Lines: 95 % interval. In brackets: how many were asked about.",
        subtitleColor=FAINT,
    )
    return [alt.vconcat(*blocks, title=title, spacing=16)]


def _colours(rows: Sequence[Row]) -> dict[str, str]:
    """The best methods and the best baseline, in the order of the bars, each with its colour."""
    plain = [row.name for row in rows if row.plain][:1]
    clever = [row.name for row in rows if not row.plain][: _BEST if plain else _BEST + 1]
    colours = dict(zip(clever, SERIES, strict=False)) | dict.fromkeys(plain, PLAIN)
    return {row.name: colours[row.name] for row in rows if row.name in colours}


def _largest(slices: Sequence[Slice]) -> list[Slice]:
    """The slices to show, in the order in which the card has them."""
    kept = sorted(range(len(slices)), key=lambda place: -slices[place].queries)[:_MOST]
    return [slices[place] for place in sorted(kept)]


def _heading(kind: str, count: int) -> str:
    return f"By {kind}" + (f", the largest {_MOST} of {count}" if count > _MOST else "")


def _values(slices: Sequence[Slice], shown: Sequence[str]) -> list[dict[str, Any]]:
    """One dictionary for each slice and method that has a figure there."""
    values = []
    for one, label in zip(slices, _labels(slices), strict=True):
        for name in shown:
            figure = one.methods.get(name)
            if figure is None or not drawable(figure):
                continue
            value = {"slice": label, "method": name, "mean": figure.mean}
            value |= {"low": figure.low, "high": figure.high}
            value |= {"end": max(figure.mean, figure.high or 0.0)}
            values.append({**value, "queries": one.queries, "answers": one.answers})
    return values


def _labels(slices: Sequence[Slice]) -> list[str]:
    """Names cut as far as they stay different, each with its size."""
    for letters in (26, 40, 80):
        labels = [f"{short(one.name or '(none)', letters)} ({one.queries:,})" for one in slices]
        if len(set(labels)) == len(labels):
            return labels
    return [f"{one.name or '(none)'} ({one.queries:,})" for one in slices]


def _block(
    values: list[dict[str, Any]],
    colours: dict[str, str],
    scale: alt.Scale,
    figure: str,
    *,
    first: bool,
    last: bool,
) -> alt.LayerChart:
    """The slices of one kind: a row a slice, a point a method; legend above, title below all."""
    shown = list(colours)
    labels = list(dict.fromkeys(value["slice"] for value in values))
    base = alt.Chart(alt.InlineData(values=values)).encode(
        y=alt.Y("slice:N", sort=labels, title=None)
        .scale(paddingInner=0.25, paddingOuter=0.1)
        .axis(ticks=False, domain=False, labelPadding=8),
        yOffset=alt.YOffset("method:N", sort=shown),
        color=alt.Color("method:N", sort=shown)
        .scale(domain=shown, range=list(colours.values()))
        .legend(alt.Legend(orient="top", padding=8, offset=0, symbolOpacity=1) if first else None),
    )
    lines = base.transform_filter("isValid(datum.low) && isValid(datum.high)").mark_rule(
        strokeWidth=2, opacity=0.6
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=alt.X("mean:Q", scale=scale, title=figure if last else None).axis(tickCount=6),
        tooltip=[
            alt.Tooltip("slice:N"),
            alt.Tooltip("method:N"),
            alt.Tooltip("mean:Q", title=figure, format=".4f"),
            alt.Tooltip("queries:Q", title="asked about", format=","),
            alt.Tooltip("answers:Q", title="right products", format=","),
        ],
    )
    drawn = alt.layer(lines.encode(x=alt.X("low:Q", scale=scale), x2="high:Q"), points)
    return drawn.properties(width=WIDTH, height=len(labels) * (len(shown) * _ROW + 10))
