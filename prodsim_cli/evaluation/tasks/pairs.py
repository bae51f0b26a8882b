"""``pairs``: known pairs of products, told apart from others by each method's live score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prodsim_cli import registry
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.errors import InputError
from prodsim_cli.evaluation import trained_tables
from prodsim_cli.evaluation.answer_table import named
from prodsim_cli.evaluation.bootstrap import (
    interval,
    resampled_areas,
    resampled_means,
    resampled_sums,
)
from prodsim_cli.evaluation.calibration import (
    FOLDS,
    Folds,
    best_threshold,
    calibrated,
    deal,
    from_outcomes,
    outcomes,
    thresholds,
)
from prodsim_cli.evaluation.pairs_file import UNIT, Pairs, resolve
from prodsim_cli.evaluation.tasks._pair_scores import PairScores, PairsTask, ask, task_of
from prodsim_cli.evaluation.verdict import Contest, compared, verdict
from prodsim_cli.records.figures import Interval, Scorecard

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress

SEED = 42

Figures = dict[str, dict[str, Interval]]

_THREE = ("precision", "recall", "f1")


def evaluate_pairs(
    data: Dataset,
    pairs: Pairs,
    *,
    sources: Sequence[str] | None = None,
    methods: Iterable[str] | None = None,
    k: int = 10,
    seed: int = SEED,
    settings: Mapping[str, Any] | None = None,
    thresholds: Mapping[str, float] | None = None,
    progress: Progress | None = None,
) -> Scorecard:
    """Judge methods by pairs whose truth is known; definitions in docs/pairs.md.

    ``sources``: the two sources whose SKUs the columns hold, None where the SKUs say it themselves.
    ``thresholds``: stored ones by method; they add figures ``@stored``. The figure ``threshold``,
    the one to store, is fitted on all pairs and always finite.
    Raises InputError where no pair is known or no method can work, UsageProblem for unknown names.
    """
    task = task_of(data, resolve(pairs, data, sources))
    wanted, chosen, stored = trained_tables.chosen(methods), settings or {}, thresholds or {}
    why = trained_tables.reasons(wanted, data, chosen)
    usable = [name for name in wanted if not why[name]]
    if not usable:
        reasons = "; ".join(f"{name}: {why[name]}" for name in wanted)
        raise InputError(
            f"No method can be tried on these products ({reasons}).",
            hint="Ingest titles or events first, then run `prodsim build`.",
        )
    seen = ask(data, task, usable, chosen, k, progress)
    known = labelled(task, seen, seed)
    figures, contest = figures_of(task, seen, known, k=k, seed=seed, stored=stored)
    main = contest.figure
    order = sorted(usable, key=lambda name: -figures[name][main].mean)
    notes = [*_about_file(task), *_about_fitting(task, known)]
    if any(name in stored for name in usable):
        notes.append(
            "@stored is by the stored threshold of a method; if that was fitted on these very"
            " pairs, it flatters."
        )
    notes += [f"{name} is left out: {why[name]}." for name in wanted if why[name]]
    return Scorecard(
        task="pairs",
        split={
            "kind": "pairs",
            "at": None,
            "users": 0,
            "queries": len(task.queries),
            "candidates": len(task.candidates),
            "pairs": len(task.row),
            "left_out": task.pairs.left_out,
        },
        k=k,
        ks=(k,),
        methods={name: figures[name] for name in order},
        verdict=verdict(contest),
        main=main,
        notes=tuple(notes),
        against_best=compared(contest).against_best,
    )


def _about_file(task: PairsTask) -> list[str]:
    """What was found in the file that a person should know."""
    notes = []
    if task.pairs.strangers:
        notes.append(f"Not in the catalogue: {named(task.pairs.strangers)}.")
    if task.pairs.scale != UNIT:
        low, high = task.pairs.scale
        notes.append(
            f"The similarities lie between {low:g} and {high:g}, so a pair counts as a match from"
            f" {task.middle:g} on."
        )
    if task.one_sided:
        end = "." if task.truth is not None else "; a mean absolute error has no meaning."
        notes.append(
            "Every pair is a match, so the other side are the best products that are no partner,"
            f" one for each product asked about{end}"
        )
    elif not task.match.any():
        notes.append(
            f"No pair is a match (from {task.middle:g} on), so precision, recall and F1 have no"
            " meaning."
        )
    return notes


def _about_fitting(task: PairsTask, known: Labelled) -> list[str]:
    """Where there are fewer folds than there should be."""
    what = "Thresholds are" if task.truth is None else "Thresholds and calibration are"
    if known.folds.count == 1:
        return [
            f"{what} fitted on the pairs that they are judged on, since there are fewer than two"
            " matches or fewer than two non-matches: the figures flatter."
        ]
    if known.folds.count < FOLDS:
        return [
            f"{what} fitted in {known.folds.count} folds instead of {FOLDS}, since the file has few"
            " products with a match or few with a non-match."
        ]
    return []


@dataclass(frozen=True)
class Labelled:
    """Pairs to be told apart: those of the file and, where all of them match, the rivals.

    ``scores`` (methods, p) float64; ``match`` (p,) bool; ``folds`` over these p.
    """

    methods: tuple[str, ...]
    scores: NDArray[np.float64]
    match: NDArray[np.bool_]
    folds: Folds


def labelled(task: PairsTask, seen: Mapping[str, PairScores], seed: int) -> Labelled:
    """A rival goes into the fold of its product's pairs."""
    rivals = np.isfinite(next(iter(seen.values())).rivals) & task.one_sided
    match = np.concatenate([task.match, np.zeros(int(rivals.sum()), bool)])
    product = np.concatenate([task.row, np.flatnonzero(rivals)])
    scores = np.stack([np.concatenate([one.scores, one.rivals[rivals]]) for one in seen.values()])
    return Labelled(tuple(seen), scores, match, deal(product, match, seed))


def figures_of(
    task: PairsTask,
    seen: Mapping[str, PairScores],
    known: Labelled,
    *,
    k: int,
    seed: int,
    stored: Mapping[str, float],
) -> tuple[Figures, Contest]:
    """Figures by method, and the one that decides: hit@1 across sources, else F1."""
    found, contest = _found(task, seen, k, seed)
    decisions, by_f1 = _decisions(known, seed, stored)
    of_areas = _areas(known, seed)
    errors = {} if task.truth is None else _errors(task, seen, known, seed)
    figures = {}
    for m, name in enumerate(known.methods):
        cut = best_threshold(known.scores[m], known.match)
        figures[name] = {
            **found.get(name, {}),
            **{figure: decisions[name][figure] for figure in ("f1", "precision", "recall")},
            **of_areas[name],
            **errors.get(name, {}),
            # as it is: rounding could carry it over the very score that it lies at
            "threshold": Interval(cut.halfway),
            **{figure: value for figure, value in decisions[name].items() if "@" in figure},
        }
    return figures, contest or by_f1


def _found(
    task: PairsTask, seen: Mapping[str, PairScores], k: int, seed: int
) -> tuple[Figures, Contest | None]:
    """hit@1, hit@k and MRR over the products that have a partner, where two sources are joined."""
    asked = np.diff(task.partners.indptr) > 0
    if not (task.across and asked.any()):
        return {}, None
    found = np.stack([one.found[asked] for one in seen.values()], axis=1)
    means = found.mean(axis=0)
    draws = resampled_means(found.reshape(len(found), -1), seed=seed)
    draws = draws.reshape(-1, *found.shape[1:])
    figures = {
        name: {
            figure: interval(means[m, c], draws[:, m, c])
            for c, figure in enumerate(("hit@1", f"hit@{k}", "mrr"))
        }
        for m, name in enumerate(seen)
    }
    queries = int(asked.sum())
    return figures, Contest(tuple(seen), means[:, 0], draws[:, :, 0], queries, "hit@1", "products")


def _decisions(known: Labelled, seed: int, stored: Mapping[str, float]) -> tuple[Figures, Contest]:
    """Precision, recall and F1 of the decisions on the folds left out, and at stored thresholds."""
    names, columns = [], []
    for m, name in enumerate(known.methods):
        scores = known.scores[m]
        names.append((name, ""))
        columns.append(outcomes(scores, known.match, thresholds(scores, known.match, known.folds)))
        if name in stored:
            names.append((name, "@stored"))
            columns.append(outcomes(scores, known.match, stored[name]))
    rows = np.concatenate(columns, axis=1)
    means = from_outcomes(rows.sum(axis=0).reshape(-1, 3))
    draws = from_outcomes(resampled_sums(rows, seed=seed).reshape(-1, len(names), 3))
    figures: Figures = {name: {} for name in known.methods}
    for place, (name, suffix) in enumerate(names):
        for c, figure in enumerate(_THREE):
            figures[name][figure + suffix] = interval(means[place, c], draws[:, place, c])
    fitted = [place for place, (_, suffix) in enumerate(names) if not suffix]
    contest = Contest(
        known.methods, means[fitted, 2], draws[:, fitted, 2], len(known.match), "f1", "pairs"
    )
    return figures, contest


def _areas(known: Labelled, seed: int) -> Figures:
    """Average precision and ROC AUC, where there are both kinds of pairs."""
    if known.match.all() or not known.match.any():
        return {name: {} for name in known.methods}
    draws = resampled_areas(known.scores, known.match, seed=seed)
    truth = known.match.astype(np.float64)
    figures: Figures = {name: {} for name in known.methods}
    for c, metric in ((1, "pair_average_precision"), (0, "roc_auc")):
        module = registry.load("metrics", metric)
        for m, name in enumerate(known.methods):
            value = module.score(known.scores[m], truth)
            figures[name][module.LABEL] = interval(value, draws[:, m, c])
    return figures


def _errors(task: PairsTask, seen: Mapping[str, PairScores], known: Labelled, seed: int) -> Figures:
    """Mean absolute error of the scores on the scale of the truth, by the lines of other folds."""
    truth = task.truth
    assert truth is not None
    folds = Folds(known.folds.of[: len(truth)], known.folds.count)
    fitted = [calibrated(one.scores, truth, folds, task.pairs.scale) for one in seen.values()]
    module = registry.load("metrics", "mean_absolute_error")
    draws = resampled_means(np.abs(np.stack(fitted, axis=1) - truth[:, None]), seed=seed)
    return {
        name: {module.LABEL: interval(module.score(fitted[m], truth), draws[:, m])}
        for m, name in enumerate(seen)
    }
