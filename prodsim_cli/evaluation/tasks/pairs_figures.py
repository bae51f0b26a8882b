"""The figures of the task ``pairs``: partners found, pairs told apart, similarities met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prodsim_cli import registry
from prodsim_cli.evaluation.bootstrap import (
    interval,
    resampled_areas,
    resampled_means,
    resampled_sums,
)
from prodsim_cli.evaluation.calibration import (
    Folds,
    best_threshold,
    calibrated,
    deal,
    from_outcomes,
    outcomes,
    thresholds,
)
from prodsim_cli.evaluation.tasks.pairs_questions import Seen, Task
from prodsim_cli.evaluation.verdict import Contest
from prodsim_cli.records import Interval

Figures = dict[str, dict[str, Interval]]

_THREE = ("precision", "recall", "f1")


@dataclass(frozen=True)
class Board:
    """Pairs to be told apart: those of the file and, where all of them match, the rivals.

    ``scores`` (methods, p) float64; ``match`` (p,) bool; ``folds`` over these p.
    """

    methods: tuple[str, ...]
    scores: NDArray[np.float64]
    match: NDArray[np.bool_]
    folds: Folds


def board_of(task: Task, seen: Mapping[str, Seen], seed: int) -> Board:
    """A rival goes into the fold of its product's pairs."""
    rivals = np.isfinite(next(iter(seen.values())).rivals) & task.one_sided
    match = np.concatenate([task.match, np.zeros(int(rivals.sum()), bool)])
    product = np.concatenate([task.row, np.flatnonzero(rivals)])
    scores = np.stack([np.concatenate([one.scores, one.rivals[rivals]]) for one in seen.values()])
    return Board(tuple(seen), scores, match, deal(product, match, seed))


def figures_of(
    task: Task,
    seen: Mapping[str, Seen],
    board: Board,
    *,
    k: int,
    seed: int,
    stored: Mapping[str, float],
) -> tuple[Figures, Contest]:
    """Figures by method, and the one that decides: hit@1 across sources, else F1.

    ``stored``: thresholds by method, judged beside the fitted ones.
    """
    found, contest = _found(task, seen, k, seed)
    decisions, by_f1 = _decisions(board, seed, stored)
    told = _areas(board, seed)
    errors = {} if task.truth is None else _errors(task, seen, board, seed)
    figures = {}
    for m, name in enumerate(board.methods):
        cut = best_threshold(board.scores[m], board.match)
        figures[name] = {
            **found.get(name, {}),
            **{figure: decisions[name][figure] for figure in ("f1", "precision", "recall")},
            **told[name],
            **errors.get(name, {}),
            # as it is: rounding could carry it over the very score that it lies at
            "threshold": Interval(cut.halfway),
            **{figure: value for figure, value in decisions[name].items() if "@" in figure},
        }
    return figures, contest or by_f1


def _found(
    task: Task, seen: Mapping[str, Seen], k: int, seed: int
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


def _decisions(board: Board, seed: int, stored: Mapping[str, float]) -> tuple[Figures, Contest]:
    """Precision, recall and F1 of the decisions on the folds left out, and at stored thresholds."""
    names, columns = [], []
    for m, name in enumerate(board.methods):
        scores = board.scores[m]
        names.append((name, ""))
        columns.append(outcomes(scores, board.match, thresholds(scores, board.match, board.folds)))
        if name in stored:
            names.append((name, "@stored"))
            columns.append(outcomes(scores, board.match, stored[name]))
    rows = np.concatenate(columns, axis=1)
    means = from_outcomes(rows.sum(axis=0).reshape(-1, 3))
    draws = from_outcomes(resampled_sums(rows, seed=seed).reshape(-1, len(names), 3))
    figures: Figures = {name: {} for name in board.methods}
    for place, (name, suffix) in enumerate(names):
        for c, figure in enumerate(_THREE):
            value = interval(means[place, c], draws[:, place, c])
            figures[name][figure + suffix] = value
    fitted = [place for place, (_, suffix) in enumerate(names) if not suffix]
    contest = Contest(
        board.methods, means[fitted, 2], draws[:, fitted, 2], len(board.match), "f1", "pairs"
    )
    return figures, contest


def _areas(board: Board, seed: int) -> Figures:
    """Average precision and ROC AUC, where there are both kinds of pairs."""
    if board.match.all() or not board.match.any():
        return {name: {} for name in board.methods}
    draws = resampled_areas(board.scores, board.match, seed=seed)
    truth = board.match.astype(np.float64)
    figures: Figures = {name: {} for name in board.methods}
    for c, metric in ((1, "pair_average_precision"), (0, "roc_auc")):
        module = registry.load("metrics", metric)
        for m, name in enumerate(board.methods):
            value = module.score(board.scores[m], truth)
            figures[name][module.LABEL] = interval(value, draws[:, m, c])
    return figures


def _errors(task: Task, seen: Mapping[str, Seen], board: Board, seed: int) -> Figures:
    """Mean absolute error of the scores on the scale of the truth, by the lines of other folds."""
    truth = task.truth
    assert truth is not None
    folds = Folds(board.folds.of[: len(truth)], board.folds.count)
    fitted = [calibrated(one.scores, truth, folds, task.pairs.scale) for one in seen.values()]
    module = registry.load("metrics", "mean_absolute_error")
    draws = resampled_means(np.abs(np.stack(fitted, axis=1) - truth[:, None]), seed=seed)
    return {
        name: {module.LABEL: interval(module.score(fitted[m], truth), draws[:, m])}
        for m, name in enumerate(seen)
    }
