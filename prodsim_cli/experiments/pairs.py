"""``pairs``: known pairs of products, told apart from others by each method's live score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli import registry
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.errors import InputError
from prodsim_cli.experiments import training
from prodsim_cli.experiments.fitting import best_threshold, calibrated, from_outcomes, outcomes
from prodsim_cli.experiments.intervals import interval, resampled_means, resampled_sums
from prodsim_cli.experiments.judging import hits
from prodsim_cli.experiments.listening import stage
from prodsim_cli.experiments.live import live
from prodsim_cli.experiments.pairs_file import Known, Pairs, named, resolve
from prodsim_cli.experiments.verdict import Contest, verdict
from prodsim_cli.records import Interval, Scorecard

if TYPE_CHECKING:
    from prodsim_cli.builds.progress import Progress

SEED = 42


@dataclass(frozen=True)
class Task:
    """What is asked: each distinct first product of the pairs, among the candidates.

    ``queries`` (q,) and ``candidates`` (c,) int32; ``row`` (p,) query of each pair; ``match`` (p,)
    bool; ``truth`` (p,) float64 or None where it says nothing beyond ``match``; ``partners`` (q, n)
    bool CSR of the matches; ``across``: the pairs join two sources, so that partners are sought.
    """

    pairs: Known
    queries: NDArray[np.int32]
    candidates: NDArray[np.int32]
    row: NDArray[np.intp]
    match: NDArray[np.bool_]
    truth: NDArray[np.float64] | None
    partners: sp.csr_matrix
    across: bool


@dataclass(frozen=True)
class Seen:
    """What one method says.

    ``scores`` (p,) float64 of the pairs; ``rivals`` (q,) float64: the best score of a product that
    is no partner; ``found`` (q, 3) float64: hit@1, hit@k, reciprocal rank.
    """

    scores: NDArray[np.float64]
    rivals: NDArray[np.float64]
    found: NDArray[np.float64]


def evaluate_pairs(
    data: Dataset,
    pairs: Pairs,
    *,
    sources: Sequence[str] | None = None,
    methods: Iterable[str] | None = None,
    k: int = 10,
    seed: int = SEED,
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Scorecard:
    """Judge methods by pairs whose truth is known; definitions in docs/evaluation.md.

    Parameters
    ----------
    pairs : from :func:`~prodsim_cli.experiments.pairs_file.read_pairs`.
    sources : the two sources whose SKUs the columns hold, None where the SKUs say it themselves.
    methods, k, seed, settings, progress : as for :func:`~prodsim_cli.experiments.evaluate`.

    Raises
    ------
    InputError where no pair is known or no method can work; UsageProblem for unknown names.
    """
    task = _task(data, resolve(pairs, data, sources))
    wanted, chosen = training.chosen(methods), settings or {}
    why = training.reasons(wanted, data, chosen)
    usable = [name for name in wanted if not why[name]]
    if not usable:
        reasons = "; ".join(f"{name}: {why[name]}" for name in wanted)
        raise InputError(
            f"No method can be tried on these products ({reasons}).",
            hint="Ingest titles or events first, then run `prodsim build`.",
        )
    seen = _seen(data, task, usable, chosen, k, progress)
    figures, contest = _figures(task, seen, k, seed)
    main = contest.figure
    order = sorted(usable, key=lambda name: -figures[name][main].mean)
    left_out = [f"{name} is left out: {why[name]}." for name in wanted if why[name]]
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
        methods={name: figures[name] for name in order},
        verdict=verdict(contest),
        main=main,
        notes=tuple(_notes(task) + left_out),
    )


def _task(data: Dataset, known: Known) -> Task:
    home = np.array(data.columns["source"], object)
    ours, theirs = (set(home[side].tolist()) for side in (known.a, known.b))
    across = len(ours) == 1 and len(theirs) == 1 and ours != theirs
    truth = known.truth
    if truth is not None and truth.min() == truth.max() and truth.min() > 0:
        truth = None  # a column of ones says what two columns say
    match = np.ones(len(known.a), bool) if truth is None else truth >= _middle(truth)
    queries, row = np.unique(known.a, return_inverse=True)
    row = row.reshape(-1)
    if across:
        candidates = np.flatnonzero(home == next(iter(theirs)))
    elif truth is None:
        candidates = np.arange(len(data))
    else:
        candidates = np.unique(known.b)
    rows, columns = row[match], known.b[match]
    if not across:  # in one catalogue a partner is one in both directions
        place = np.searchsorted(queries, known.b).clip(max=len(queries) - 1)
        back = match & (queries[place] == known.b)
        rows = np.concatenate([rows, place[back]])
        columns = np.concatenate([columns, known.a[back]])
    partners = sp.csr_matrix(
        (np.ones(len(rows), bool), (rows, columns)), shape=(len(queries), len(data))
    )
    partners.sum_duplicates()
    return Task(
        pairs=known,
        queries=queries.astype(np.int32),
        candidates=candidates.astype(np.int32),
        row=row,
        match=match,
        truth=truth,
        partners=partners,
        across=across,
    )


def _middle(truth: NDArray[np.float64]) -> float:
    """From where on a pair is a match: .5, or the middle of another scale."""
    low, high = float(truth.min()), float(truth.max())
    return 0.5 if low >= 0 and high <= 1 else (low + high) / 2


def _seen(
    data: Dataset,
    task: Task,
    methods: list[str],
    settings: Mapping[str, Any],
    k: int,
    progress: Progress | None,
) -> dict[str, Seen]:
    """Ask every method about all queries, by blocks."""
    q, p = len(task.queries), len(task.row)
    seen = {name: Seen(np.zeros(p), np.full(q, -np.inf), np.zeros((q, 3))) for name in methods}
    joined = training.singles(data, settings)
    bare = replace(data, neighbors={})
    done = stage(progress, "live scores", q * len(methods), "products")
    for some, name, table in live(bare, methods, joined, settings, task.queries, task.candidates):
        _note_down(task, some, table, seen[name], len(data), k)
        done(some.stop - some.start)
    return seen


def _note_down(
    task: Task, some: slice, table: NeighborTable, seen: Seen, items: int, k: int
) -> None:
    """Take from one method's full table of a block what the figures need."""
    size = some.stop - some.start
    place = np.full(items, -1, np.int64)
    place[task.candidates] = np.arange(len(task.candidates))
    # what a method does not name has no evidence for it: score 0
    dense = np.zeros((size, len(task.candidates)))
    rows, columns = np.nonzero(table.positions >= 0)
    dense[rows, place[table.positions[rows, columns]]] = table.scores[rows, columns]
    mine = (task.row >= some.start) & (task.row < some.stop)
    seen.scores[mine] = dense[task.row[mine] - some.start, place[task.pairs.b[mine]]]

    partners = task.partners[some]
    right = hits(table.positions, partners)
    relevant = np.diff(partners.indptr)
    for column, (name, depth) in enumerate((("hit_rate", 1), ("hit_rate", k), ("mrr", items))):
        score = registry.load("metrics", name).score
        seen.found[some, column] = score(right, relevant, depth)

    row, item = partners.nonzero()
    inside = place[item] >= 0
    dense[row[inside], place[item[inside]]] = -np.inf
    own = place[task.queries[some]]
    dense[np.flatnonzero(own >= 0), own[own >= 0]] = -np.inf
    seen.rivals[some] = dense.max(axis=1)


def _figures(
    task: Task, seen: dict[str, Seen], k: int, seed: int
) -> tuple[dict[str, dict[str, Interval]], Contest]:
    """Figures by method, and the one that decides: hit@1 across sources, else F1."""
    figures: dict[str, dict[str, Interval]] = {name: {} for name in seen}
    names = tuple(seen)
    decisions, f1 = _decisions(task, seen, figures, seed)
    contest = Contest(names, f1.mean(axis=0), f1, len(task.row), "f1", "pairs")
    contest = replace(contest, means=np.array([decisions[name]["f1"].mean for name in names]))
    asked = np.diff(task.partners.indptr) > 0
    if task.across and asked.any():
        found = np.stack([one.found[asked] for one in seen.values()], axis=1)
        means = found.mean(axis=0)
        draws = resampled_means(found.reshape(len(found), -1), seed=seed)
        draws = draws.reshape(-1, *found.shape[1:])
        for m, name in enumerate(names):
            for c, figure in enumerate(("hit@1", f"hit@{k}", "mrr")):
                figures[name][figure] = interval(means[m, c], draws[:, m, c])
        contest = Contest(names, means[:, 0], draws[:, :, 0], int(asked.sum()), "hit@1", "products")
    for name in names:
        figures[name].update(decisions[name])
    return figures, contest


def _decisions(
    task: Task, seen: dict[str, Seen], figures: Mapping[str, object], seed: int
) -> tuple[dict[str, dict[str, Interval]], NDArray[np.float64]]:
    """Precision, recall and F1 at each method's best threshold, error and AUC where they have a
    meaning; and the resampled F1 (resamples, methods)."""
    match = task.match
    rivals = np.isfinite(next(iter(seen.values())).rivals) & (task.truth is None)
    match = np.concatenate([match, np.zeros(int(rivals.sum()), bool)])
    rows, cuts = [], {}
    for name, one in seen.items():
        scores = np.concatenate([one.scores, one.rivals[rivals]])
        cuts[name] = best_threshold(scores, match)
        rows.append(outcomes(scores, match, cuts[name].threshold))
    sums = resampled_sums(np.concatenate(rows, axis=1), seed=seed)
    draws = from_outcomes(sums.reshape(len(sums), len(seen), 3))
    out: dict[str, dict[str, Interval]] = {}
    for m, (name, cut) in enumerate(cuts.items()):
        means = (cut.f1, cut.precision, cut.recall)
        out[name] = {
            figure: interval(mean, draws[:, m, c])
            for figure, mean, c in zip(("f1", "precision", "recall"), means, (2, 0, 1), strict=True)
        }
        if task.truth is not None:
            out[name].update(_graded(seen[name].scores, task.truth, task.match, seed))
        out[name]["threshold"] = interval(cut.threshold)
    return out, draws[:, :, 2]


def _graded(
    scores: NDArray[np.float64],
    truth: NDArray[np.float64],
    match: NDArray[np.bool_],
    seed: int,
) -> dict[str, Interval]:
    """Mean absolute error of the calibrated score, and ROC AUC if both kinds of pairs are there."""
    fitted = calibrated(scores, truth)
    error = registry.load("metrics", "mean_absolute_error").score(fitted, truth)
    draws = resampled_means(np.abs(fitted - truth)[:, None], seed=seed)[:, 0]
    out = {"mae": interval(error, draws)}
    area = registry.load("metrics", "roc_auc").score(scores, match.astype(np.float64))
    if not np.isnan(area):
        out["auc"] = interval(area)
    return out


def _notes(task: Task) -> list[str]:
    notes = []
    if task.pairs.strangers:
        notes.append(f"Not in the catalogue: {named(task.pairs.strangers)}.")
    if task.truth is None:
        notes.append(
            "Every pair is a match, so the other side are the best products that are no partner,"
            " one for each product asked about; a mean absolute error has no meaning."
        )
    notes.append(
        "Threshold and calibration are fitted on these same pairs, which flatters a little."
    )
    return notes
