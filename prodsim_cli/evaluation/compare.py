"""An evaluation beside an earlier one, question by question; and the bar of a figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from prodsim_cli import registry
from prodsim_cli.errors import InputError, Unreached, UsageProblem
from prodsim_cli.evaluation.bootstrap import bootstrap, interval
from prodsim_cli.evaluation.outcome import Outcome
from prodsim_cli.protocol.metrics._columns import metrics
from prodsim_cli.records.figures import Change, Scorecard
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
    compared = ((before.figures["task"], task), (before.figures.get("main", figure), figure))
    for then, now in compared:  # runs kept before schema 2 don't say their main figure
        if then != now:
            raise InputError(
                f"Run {before.id} is about {then}, this one about {now}.",
                hint="Compare runs of one task with the same -k.",
            )
    if before.per_query is None:
        raise InputError(
            f"Run {before.id} was kept by an older prodsim, without its figures by question.",
            hint="Compare with a run made since: `prodsim eval --history` lists them.",
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
    # one person's questions of several windows are drawn together, as in the run itself
    whose = np.unique(np.array(outcome.queries, object)[here], return_inverse=True)[1]
    means, draws = bootstrap(gaps, whose.reshape(-1), seed=seed)
    return Change(
        run=before.id,
        created_at=before.created_at,
        queries=len(here),
        figure=figure,
        methods={name: interval(means[m], draws[:, m]) for m, name in enumerate(both)},
    )


@dataclass(frozen=True)
class Bar:
    """What ``figure`` must reach: ``ndcg@10`` of the best method, ``hybrid:ndcg@10`` of one.

    ``figure`` may have a colon of its own (``accessory:ndcg@10``, a figure of one relation).
    """

    figure: str
    least: float


def bars(words: Sequence[str]) -> list[Bar]:
    """``ndcg@10=0.09`` or ``hybrid:ndcg@10=0.09``."""
    out = []
    for word in words:
        name, _, value = word.rpartition("=")
        try:
            bar = Bar(name.strip(), float(value))
        except ValueError:
            bar = Bar("", 0.0)
        if not bar.figure or not np.isfinite(bar.least):
            raise UsageProblem(
                f"{word!r} is no bar.",
                hint="Write --fail-under ndcg@10=0.09, or hybrid:ndcg@10=0.09 for one method.",
            )
        out.append(bar)
    return out


def check_bars(wanted: Iterable[Bar], ks: Iterable[int]) -> None:
    """Raise UsageProblem for a figure that no run with lists of these lengths has."""
    known = sorted(metrics("ranks", "lists", "run"), key=lambda metric: metric.__name__)
    labels = [metric.LABEL for metric in known]
    there = [f"{label}@{k}" for k in ks for label in labels]
    for bar in wanted:
        if bar.figure.rpartition(":")[2] not in there:
            raise _no_figure(bar, there)


def _no_figure(bar: Bar, there: Iterable[str]) -> UsageProblem:
    return UsageProblem(
        f"There is no figure {bar.figure!r} to hold against a bar.",
        hint=f"Figures are: {', '.join(there)}.",
    )


def hold(card: Scorecard, wanted: Iterable[Bar]) -> None:
    """Raise :class:`Unreached` where a figure lies below its bar.

    A figure without a method is that of the best method that is no baseline. Raises UsageProblem
    where there is no such figure.
    """
    missed = []
    for bar in wanted:
        method, figure = _meant(card, bar)
        mean = card.methods[method][figure].mean
        if mean < bar.least:
            missed.append(f"{figure} of {method} is {mean:.4f}, below {bar.least:g}")
    if missed:
        raise Unreached(
            f"Below the bar: {'; '.join(missed)}.",
            hint="`prodsim eval --against RUN` shows what changed since a run that reached it.",
        )


def _meant(card: Scorecard, bar: Bar) -> tuple[str, str]:
    """Method and figure that a bar is about."""
    best = _best(card)
    if bar.figure in card.methods[best]:
        return best, bar.figure
    method, colon, figure = bar.figure.partition(":")
    if not colon:
        raise _no_figure(bar, card.methods[best])
    if method not in card.methods:
        raise UsageProblem(
            f"There is no method {method!r} in this run to hold against a bar.",
            hint=f"Methods are: {', '.join(card.methods)}.",
        )
    if figure not in card.methods[method]:
        raise _no_figure(bar, card.methods[method])
    return method, figure


def _best(card: Scorecard) -> str:
    """The best method that is no baseline; methods stand in order, best first."""
    clever = [name for name in card.methods if name not in registry.names("baselines")]
    return clever[0] if clever else next(iter(card.methods))
