"""An evaluation as a table: the winner on top, intervals, the sentence below. Imports rich."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from prodsim_cli.protocol.metrics._columns import smaller_is_better, tells_quality
from prodsim_cli.records.figures import Interval, Scorecard, Slice
from prodsim_cli.registry import names
from prodsim_cli.render.layout import Column, fitted, floor, number
from prodsim_cli.render.plain import one_line

_MARKS = {"better": ("▲", "green"), "tie": ("=", "dim"), "worse": ("▼", "red")}


def scorecard(card: Scorecard, width: int) -> RenderableType:
    """Methods by the main metric, best first, baselines dimmed, the best of each column bold."""
    order = _ordered(card)
    first = [
        Column("", [_place(card, name, place) for place, name in enumerate(order)]),
        Column("Method", [Text(name, _style(name)) for name in order]),
    ]
    last = [*_against(card, order), *_since(card, order), *_costs(card, order)]
    metrics = _shown(card)
    # Where not all fits, the intervals go before a figure does; that of the main one stays.
    figures = _figures(card, metrics, order, intervals=True)
    if floor([*first, *figures, *last]) > width:
        figures = _figures(card, metrics, order, intervals=False)
    table = fitted([*first, *figures[:1], *last, *figures[1:]], width)
    parts: list[RenderableType] = [*_heading(card), table]
    if card.against_best:
        parts.append(Text(_legend(card), style="dim"))
    for kind in dict.fromkeys(part.kind for part in card.slices):
        parts += [Text(""), _sliced(card, kind, order, width)]
    parts += [Text(""), Text(one_line(card.verdict), style="bold")] if card.verdict else [Text("")]
    return Group(*parts)


def _style(name: str) -> str:
    return "dim" if name in names("baselines") else ""


def _place(card: Scorecard, name: str, place: int) -> Text:
    """A star for the best, a wave for what is level with it."""
    if not place:
        return Text("★", "yellow")
    standing = card.against_best.get(name)
    return Text("≈" if standing and standing.verdict == "tie" else "", "yellow")


def _legend(card: Scorecard) -> str:
    """What the marks and the columns of this table mean, a line each."""
    words = ["★ best"]
    if any(standing.verdict == "tie" for standing in card.against_best.values()):
        words.append("≈ no proven difference from it")
    if card.against_baseline:
        other = next(iter(card.against_baseline.values())).other
        words.append(f"▲ better, = level, ▼ worse than {one_line(other)}")
    lines = [
        "; ".join(words),
        "(paired, p < .05 after Holm's correction); ± is half of the 95 % interval",
    ]
    if any(":" in figure for figures in card.methods.values() for figure in figures):
        lines.append(f"a column with the name of a relation: {card.main} of its answers alone")
    if card.change is not None:
        lines.append(
            f"since run {card.change.run}: {number(card.change.queries)} {_unit(card)} that both"
            " asked; ▲ ▼ the interval leaves out 0"
        )
    return "\n".join(lines)


def _ordered(card: Scorecard) -> list[str]:
    """Methods by the main metric, best first; equal ones stay as they came."""
    sign = 1 if smaller_is_better(card.main) else -1
    missing = float("inf")

    def place(name: str) -> float:
        value = card.methods[name].get(card.main)
        return missing if value is None else sign * value.mean

    return sorted(card.methods, key=place)


def _shown(card: Scorecard) -> list[str]:
    """The main figure, that of each relation and at each other k, then the others by k."""
    every = list(dict.fromkeys(metric for figures in card.methods.values() for metric in figures))
    every = [metric for metric in every if ":" not in metric or metric.endswith(f":{card.main}")]
    name = card.main.rpartition("@")[0]

    def place(metric: str) -> tuple[bool, bool, bool, bool]:
        label, _, at = metric.rpartition("@")
        another = at.isdigit() and at != str(card.k)
        return metric != card.main, ":" not in metric, not name or label != name, another

    return sorted(every, key=place)


def _figures(
    card: Scorecard, metrics: Sequence[str], order: Sequence[str], *, intervals: bool
) -> list[Column]:
    """One column a metric, the main one first; the last ones are dropped first.

    Before them go those that say again what ndcg says.
    """
    again = [f"{name}@{card.k}" for name in ("map", "mrr")]
    return [
        Column(
            _header(card, metric),
            [_figure(card, name, metric, order, intervals or not place) for name in order],
            right=True,
            drop=place + len(metrics) * (metric in again) if place else 0,
        )
        for place, metric in enumerate(metrics)
    ]


def _header(card: Scorecard, metric: str) -> str:
    """A relation by its name; the length of the lists only where it is not that of the heading."""
    if metric.endswith(f":{card.main}"):
        return one_line(metric.removesuffix(f":{card.main}"))
    several = len(card.ks) > 1
    return metric if several else metric.removesuffix(f"@{card.k}")


def _figure(card: Scorecard, name: str, metric: str, order: Sequence[str], interval: bool) -> Text:
    """The mean, bold where it is the best of its column, with half the width of its interval."""
    value = card.methods[name].get(metric)
    if value is None:
        return Text("")
    means = [card.methods[n][metric].mean for n in order if metric in card.methods[n]]
    best = min(means) if smaller_is_better(metric) else max(means)
    proud = value.mean == best and tells_quality(metric)
    text = Text(number(value.mean), style="bold" if proud else "")
    if interval and value.low is not None and value.high is not None:
        text.append(_half(value), "dim not bold")
    return text


def _half(value: Interval) -> str:
    """Half the width of an interval, as it stands behind a mean."""
    if value.low is None or value.high is None:
        return ""
    return " " + _short(f"±{(value.high - value.low) / 2:.3f}")


def _against(card: Scorecard, order: Sequence[str]) -> list[Column]:
    """The difference to the best baseline, with a mark that says whether it is one."""
    if not card.against_baseline:
        return []
    other = next(iter(card.against_baseline.values())).other
    cells = []
    for name in order:
        standing = card.against_baseline.get(name)
        cells.append(_marked(standing.verdict, standing.difference.mean) if standing else Text(""))
    return [Column(f"vs {other}", cells, right=True, drop=1)]


def _since(card: Scorecard, order: Sequence[str]) -> list[Column]:
    """What has changed since an earlier run."""
    if card.change is None:
        return []
    cells = []
    for name in order:
        value = card.change.methods.get(name)
        if value is None:
            cells.append(Text("new", "dim"))
            continue
        low, high = value.low or 0.0, value.high or 0.0
        word = "better" if low > 0 else "worse" if high < 0 else "tie"
        text = _marked(word, value.mean)
        text.append(_half(value), "dim")
        cells.append(text)
    return [Column(f"since run {card.change.run}", cells, right=True, drop=1)]


def _marked(word: str, difference: float) -> Text:
    mark, style = _MARKS[word]
    return Text(f"{mark} {_short(f'{difference:+.3f}')}", style)


def _short(figure: str) -> str:
    """Without the zero before the point: +.445, but +10.445."""
    sign = figure[0] if figure[0] in "+-±" else ""
    rest = figure[len(sign) :]
    return sign + (rest[1:] if rest.startswith("0.") else rest)


def _costs(card: Scorecard, order: Sequence[str]) -> list[Column]:
    """Seconds to build and to answer, and MB."""
    if not card.cost:
        return []
    known = [card.cost.get(name) for name in order]
    return [
        Column(
            header,
            ["" if cost is None else f"{getattr(cost, field):,.{digits}f}" for cost in known],
            right=True,
            drop=1,
        )
        for header, field, digits in (
            ("build s", "build_seconds", 2),
            ("answer s", "answer_seconds", 2),
            ("MB", "peak_mb", 0),
        )
    ]


def _sliced(card: Scorecard, kind: str, order: Sequence[str], width: int) -> RenderableType:
    """One kind of slices: a row each, a column for each method, the best of a row bold."""
    parts = [part for part in card.slices if part.kind == kind]
    columns = [
        Column(kind, [one_line(part.name) for part in parts], least=18, most=44),
        Column(
            card.split.get("unit") or _unit(card), [number(part.queries) for part in parts], True
        ),
        Column("answers", [number(part.answers) for part in parts], True, drop=99),
    ]
    columns += [
        Column(
            name, [_cell(part, name) for part in parts], right=True, drop=place, style=_style(name)
        )
        for place, name in enumerate(order)
    ]
    return fitted(columns, width)


def _unit(card: Scorecard) -> str:
    return "users" if card.task == "recommend" else "queries"


def _cell(part: Slice, name: str) -> Text:
    value = part.methods[name].mean
    best = max(one.mean for one in part.methods.values())
    return Text(number(value), style="bold" if value == best else "")


def _heading(card: Scorecard) -> list[RenderableType]:
    split = card.split
    at_k = any(m.endswith(f"@{card.k}") for figures in card.methods.values() for m in figures)
    words = [f"{card.task} at {card.k}" if at_k else card.task]
    if split.get("kind") not in (None, card.task):
        words.append(f"split {split['kind']}" + (f" at {split['at']}" if split.get("at") else ""))
    words += ["repeats included"] if split.get("again") else []
    words += [
        f"{number(split[name])} {name}" for name in ("users", "queries", "pairs") if split.get(name)
    ]
    parts: list[RenderableType] = [Text(", ".join(map(one_line, words)), style="bold")]
    left = split.get("left_out") or {}
    if left:
        listed = ", ".join(f"{number(n)} {one_line(why)}" for why, n in left.items())
        unit = "events not asked about" if card.task == "recommend" else "left out"
        parts.append(Text(f"{unit}: {listed}", style="dim"))
    return parts
