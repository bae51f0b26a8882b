"""An evaluation beside an earlier one, question by question; and the bar of a figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from prodsim_cli.errors import InputError, Unreached, UsageProblem
from prodsim_cli.experiments.intervals import bootstrap, interval
from prodsim_cli.experiments.outcome import Outcome
from prodsim_cli.records import Change, Interval, Scorecard
from prodsim_cli.registry import names
from prodsim_cli.store.evaluations import PerQuery, StoredRun


def main_figure(outcome: Outcome) -> PerQuery:
    """The main figure of every method and question, each question by a fingerprint of its name."""
    if outcome.card.main not in outcome.figures:
        return PerQuery()
    at = outcome.figures.index(outcome.card.main)
    keys = [
        blake2b(f"{name}\x1f{window}".encode(), digest_size=8).digest()
        for name, window in zip(outcome.queries, outcome.window.tolist(), strict=True)
    ]
    return PerQuery(
        methods=outcome.methods,
        keys=np.frombuffer(b"".join(keys), "<u8").astype(np.uint64),
        values=outcome.values[:, :, at],
    )


def comparable(before: StoredRun, task: str, figure: str) -> None:
    """Raise InputError where a run of this task by this figure can't be held against ``before``."""
    if before.per_query is None:
        raise InputError(
            f"Run {before.id} ({before.figures['task']}) kept no figures by question to compare.",
            hint="Runs of recommend, similar and search can be compared, each with its like.",
        )
    if (before.figures["task"], before.figures["main"]) != (task, figure):
        raise InputError(
            f"Run {before.id} is {before.figures['task']} by {before.figures['main']}, this one is"
            f" {task} by {figure}.",
            hint="Compare runs of one task with the same -k.",
        )


def change(outcome: Outcome, before: StoredRun, seed: int) -> Change:
    """Differences (now less then) of every method of both runs, over the questions of both.

    Raises InputError where the runs can't be compared: another figure, or no question in common.
    """
    comparable(before, outcome.card.task, outcome.card.main)
    now, then = main_figure(outcome), before.per_query or PerQuery()
    figure = outcome.card.main
    _, here, there = np.intersect1d(now.keys, then.keys, return_indices=True)
    if not len(here):
        raise InputError(
            f"Run {before.id} asked about nobody that this one asks about.",
            hint="`prodsim eval --history` shows what each run asked.",
        )
    both = [name for name in now.methods if name in then.methods]
    gaps = np.stack(
        [
            now.values[here, now.methods.index(name)] - then.values[there, then.methods.index(name)]
            for name in both
        ],
        axis=1,
    )
    means, draws = bootstrap(gaps, seed=seed)
    return Change(
        run=before.id,
        made_at=before.created_at,
        queries=len(here),
        figure=figure,
        methods={name: interval(means[m], draws[:, m]) for m, name in enumerate(both)},
    )


@dataclass(frozen=True)
class Bar:
    """``figure`` of ``method`` (None: the best one that is no baseline) must reach ``least``."""

    method: str | None
    figure: str
    least: float

    @property
    def words(self) -> str:
        return f"{self.method}:{self.figure}" if self.method else self.figure


def bars(words: Sequence[str]) -> list[Bar]:
    """``ndcg@10=0.09`` or ``hybrid:ndcg@10=0.09``."""
    return [_bar(word) for word in words]


def _bar(word: str) -> Bar:
    name, mark, value = word.partition("=")
    method, colon, figure = name.strip().partition(":")
    try:
        least = float(value)
    except ValueError:
        least = float("nan")
    if not mark or not name.strip() or not np.isfinite(least):
        raise UsageProblem(
            f"{word!r} is no bar.",
            hint="Write --fail-under ndcg@10=0.09, or hybrid:ndcg@10=0.09 for one method.",
        )
    return Bar(method, figure, least) if colon else Bar(None, method, least)


def hold(card: Scorecard, wanted: Sequence[Bar]) -> None:
    """Raise :class:`Unreached` where a figure lies below its bar.

    Raises UsageProblem where there is no such figure.
    """
    missed = []
    for bar in wanted:
        name = bar.method or _best(card)
        figures = card.methods.get(name, {})
        value: Interval | None = figures.get(bar.figure)
        if value is None:
            there = ", ".join(figures) or ", ".join(card.methods)
            raise UsageProblem(
                f"There is no figure {bar.words!r} to hold against a bar.",
                hint=f"{'Figures' if figures else 'Methods'} are: {there}.",
            )
        if value.mean < bar.least:
            missed.append(f"{bar.figure} of {name} is {value.mean:.4f}, below {bar.least:g}")
    if missed:
        raise Unreached(
            f"Below the bar: {'; '.join(missed)}.",
            hint="`prodsim eval --against RUN` shows what changed since a run that reached it.",
        )


def _best(card: Scorecard) -> str:
    """The best method that is no baseline; methods stand in order, best first."""
    clever = [name for name in card.methods if name not in names("baselines")]
    return clever[0] if clever else next(iter(card.methods))
