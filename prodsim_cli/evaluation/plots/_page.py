"""The whole picture: a heading that says what to use, and the panels below each other."""

from __future__ import annotations

import textwrap

import altair as alt

from prodsim_cli.evaluation.plots import _bars, _slices, _time
from prodsim_cli.evaluation.plots._style import CONFIG, EMBED, rows_of
from prodsim_cli.protocol.metrics._columns import in_words
from prodsim_cli.records.figures import Scorecard

_QUESTION = {
    "recommend": "Which method foretells best what people take next?",
    "similar": "Which method finds best the products that belong together?",
    "pairs": "Which method knows best which products are the same?",
    "search": "Which method finds best the products that people search for?",
}
_LINE = 100
"""Letters of a line of the heading."""


def page(card: Scorecard) -> alt.VConcatChart:
    """The panels that this card has something for."""
    rows = rows_of(card)
    panels: list[alt.LayerChart | alt.VConcatChart] = [_bars.panel(card, rows)]
    panels += [*_time.panels(card, rows), *_slices.panels(card, rows)]
    advice = card.verdict.replace(card.main, in_words(card.main))
    title = alt.TitleParams(
        text=_QUESTION.get(card.task, f"Which method is best for {card.task}?"),
        offset=26,
        subtitle=[*textwrap.wrap(advice, _LINE), *textwrap.wrap(_asked(card), _LINE)],
    )
    stack = alt.vconcat(*panels, title=title, spacing=36, usermeta=EMBED)
    return stack.resolve_scale(color="independent").configure(**CONFIG)


def _asked(card: Scorecard) -> str:
    """What was asked, in one line."""
    split, words = card.split, []
    if split.get("kind") not in (None, card.task):
        at = f" at {split['at']}".replace("T", " ") if split.get("at") else ""
        words.append(f"Split: {split['kind']}{at}")
    words += [
        f"{split[name]:,} {name}"
        for name in ("users", "queries", "products", "pairs")
        if isinstance(split.get(name), int) and split[name]
    ]
    return ", ".join(words)
