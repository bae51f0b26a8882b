"""An evaluation as a table: the winner on top, intervals, the sentence below. Imports rich."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from prodsim_cli.records import Scorecard
from prodsim_cli.registry import names
from prodsim_cli.render.layout import Column, fitted, floor, number
from prodsim_cli.render.text import one_line

_LOWER_IS_BETTER = ("mean_absolute_error", "mae")


def scorecard(card: Scorecard, width: int) -> RenderableType:
    """Methods by the main metric, best first, baselines dimmed, the best of each column bold."""
    baselines = set(names("baselines"))
    order = _ordered(card)
    metrics = list(dict.fromkeys(metric for figures in card.methods.values() for metric in figures))
    metrics.sort(key=lambda metric: metric != card.main)
    columns = [
        Column("", ["★" if not place else "" for place in range(len(order))], style="yellow"),
        Column("Method", [Text(name, "dim" if name in baselines else "") for name in order]),
    ]
    # Where not all fits, the intervals go before a figure does; that of the main one stays.
    figures = _figures(card, metrics, order, intervals=True)
    if floor([*columns, *figures]) > width:
        figures = _figures(card, metrics, order, intervals=False)
    table = fitted([*columns, *figures], width)
    parts: list[RenderableType] = [_task(card), table, Text("")]
    parts += [Text(one_line(card.verdict), style="bold")] if card.verdict else []
    return Group(*parts)


def _ordered(card: Scorecard) -> list[str]:
    """Methods by the main metric, best first; equal ones stay as they came."""
    sign = 1 if card.main.startswith(_LOWER_IS_BETTER) else -1
    missing = float("inf")

    def place(name: str) -> float:
        value = card.methods[name].get(card.main)
        return missing if value is None else sign * value.mean

    return sorted(card.methods, key=place)


def _figures(
    card: Scorecard, metrics: Sequence[str], order: Sequence[str], *, intervals: bool
) -> list[Column]:
    """One column a metric, the main one first; the last ones are dropped first.

    Before them go those that say again what ndcg says.
    """
    again = [f"{name}@{card.k}" for name in ("map", "mrr")]
    return [
        Column(
            # The length of the lists stands in the heading.
            metric.removesuffix(f"@{card.k}"),
            [_figure(card, name, metric, order, intervals or not place) for name in order],
            right=True,
            drop=place + len(metrics) * (metric in again),
        )
        for place, metric in enumerate(metrics)
    ]


def _figure(card: Scorecard, name: str, metric: str, order: Sequence[str], interval: bool) -> Text:
    """The mean, bold where it is the best of its column, with half the width of its interval."""
    value = card.methods[name].get(metric)
    if value is None:
        return Text("")
    means = [card.methods[n][metric].mean for n in order if metric in card.methods[n]]
    best = min(means) if metric.startswith(_LOWER_IS_BETTER) else max(means)
    text = Text(number(value.mean), style="bold" if value.mean == best else "")
    if interval and value.low is not None and value.high is not None:
        text.append(f" ±{(value.high - value.low) / 2:.3f}".replace("±0.", "±."), "dim not bold")
    return text


def _task(card: Scorecard) -> Text:
    split = card.split
    at_k = any(m.endswith(f"@{card.k}") for figures in card.methods.values() for m in figures)
    words = [f"{card.task} at {card.k}" if at_k else card.task]
    if split.get("kind") not in (None, card.task):
        words.append(f"split {split['kind']}" + (f" at {split['at']}" if split.get("at") else ""))
    words += [f"{number(split[name])} {name}" for name in ("users", "pairs") if split.get(name)]
    left = split.get("left_out") or {}
    if left:
        words.append("left out: " + ", ".join(f"{number(n)} {why}" for why, n in left.items()))
    return Text(", ".join(map(one_line, words)), style="bold")
