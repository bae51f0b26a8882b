"""The main figure of every method, best first, each with its 95 % interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from prodsim_cli.evaluation.plots._style import FAINT, INK, WIDTH, Row, number, role_colours
from prodsim_cli.protocol.metrics._columns import in_words
from prodsim_cli.records.figures import Scorecard

_STEP = 32


def panel(card: Scorecard, rows: Sequence[Row]) -> alt.LayerChart:
    """Horizontal bars: long names stay readable, and the eye goes down from the best."""
    figure = in_words(card.main)
    top = max(max(row.mean, row.high or 0.0) for row in rows)
    values = [_value(row, top) for row in rows]
    base = alt.Chart(alt.InlineData(values=values)).encode(
        y=alt.Y("method:N", sort=[row.name for row in rows], title=None).axis(
            ticks=False, domain=False, labelPadding=8
        )
    )
    scale = alt.Scale(domain=[0, top * 1.12 or 1.0], nice=False)
    bars = base.mark_bar(height=20, cornerRadiusEnd=2).encode(
        x=alt.X("mean:Q", scale=scale, title=figure).axis(tickCount=6),
        color=role_colours(rows).legend(orient="top", offset=6, symbolType="square"),
        tooltip=[
            alt.Tooltip("method:N"),
            alt.Tooltip("mean:Q", title=figure, format=".4f"),
            alt.Tooltip("low:Q", title="95 % from", format=".4f"),
            alt.Tooltip("high:Q", title="to", format=".4f"),
        ],
    )
    spans = base.transform_filter("isValid(datum.low) && isValid(datum.high)")
    lines = spans.mark_rule(color=INK, strokeWidth=1.5).encode(
        x=alt.X("low:Q", scale=scale), x2="high:Q"
    )
    ends = [
        spans.mark_tick(color=INK, thickness=1.5, height=8, size=8).encode(
            x=alt.X(f"{end}:Q", scale=scale)
        )
        for end in ("low", "high")
    ]
    labels = base.mark_text(align="left", dx=7, fontSize=13, color=INK).encode(
        x=alt.X("end:Q", scale=scale), text="text:N"
    )
    known = any(row.low is not None for row in rows)
    said = f"Bars: mean {figure}. Lines: its 95 % interval." if known else f"Bars: {figure}."
    title = alt.TitleParams("How good each method is", subtitle=said, subtitleColor=FAINT)
    return alt.layer(bars, lines, *ends, labels).properties(
        width=WIDTH, height=_STEP * len(rows), title=title
    )


def _value(row: Row, top: float) -> dict[str, Any]:
    value = {"method": row.name, "mean": row.mean, "low": row.low, "high": row.high}
    value |= {"end": max(row.mean, row.high or row.mean), "text": number(row.mean, top)}
    return {**value, "role": row.role}
