"""Lists beside the right answers: figures by method, metric and question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli import registry
from prodsim_cli.evaluation.run import Run
from prodsim_cli.evaluation.slices import Part, parts_of, people_of
from prodsim_cli.protocol.metrics._columns import metrics
from prodsim_cli.protocol.metrics._seen import Shown
from prodsim_cli.protocol.relevance import Relevance
from prodsim_cli.protocol.testset import TestSet

MAIN = "ndcg"


@dataclass(frozen=True)
class Judged:
    """Figures of many methods on the same questions.

    ``values`` (q, methods, figures) float64, NaN where a figure has no value for a question;
    ``whole``: figures of a run as a whole, by method (a mean over folds); ``sliced`` (q, methods,
    parts) float64: the main figure on slices, NaN outside; ``answers`` (parts,): right answers in
    each; ``fold``, ``group`` (q,) int: the fold of a question, and whom or what it is about.
    """

    methods: tuple[str, ...]
    figures: tuple[str, ...]
    values: NDArray[np.float64]
    whole: dict[str, dict[str, float]]
    parts: tuple[Part, ...]
    sliced: NDArray[np.float64]
    answers: NDArray[np.int64]
    fold: NDArray[np.int64]
    group: NDArray[np.int64]


def judge(runs: Sequence[Run], ks: Sequence[int], main_k: int) -> Judged:
    """Judge the methods that have lists in every fold by all metrics at each k."""
    methods = [name for name in runs[0].lists if all(name in run.lists for run in runs)]
    folds = [_figures(run, methods, ks) for run in runs]
    parts = list(dict.fromkeys(part for run in runs for part in parts_of(run.testset)))
    sliced = [_sliced(run, methods, parts, main_k) for run in runs]
    whole = {
        name: {
            figure: float(np.mean([fold[2][name][figure] for fold in folds]))
            for figure in folds[0][2][name]
        }
        for name in methods
    }
    subjects = np.concatenate([run.testset.subjects for run in runs])
    return Judged(
        methods=tuple(methods),
        figures=tuple(folds[0][0]),
        values=np.concatenate([fold[1] for fold in folds]),
        whole=whole,
        parts=tuple(parts),
        sliced=np.concatenate([one[0] for one in sliced]),
        answers=np.sum([one[1] for one in sliced], axis=0, dtype=np.int64),
        fold=np.repeat(np.arange(len(runs)), [len(run.testset) for run in runs]),
        group=np.unique(subjects, return_inverse=True)[1].reshape(-1),
    )


def _figures(
    run: Run, methods: Sequence[str], ks: Sequence[int]
) -> tuple[list[str], NDArray[np.float64], dict[str, dict[str, float]]]:
    """Names of the figures, values (q, methods, figures), and figures of whole runs by method."""
    people, users = people_of(run.testset)
    vectors = _vectors(run.testset)
    over = {kind: metrics(kind) for kind in ("ranks", "lists", "run")}
    if vectors is None:
        over["lists"] = [one for one in over["lists"] if not getattr(one, "NEEDS_VECTORS", False)]
    columns, whole = [], {}
    right = Relevance(run.testset.answers, max(ks))
    relations = [Relevance(answers, ks[0]) for _, answers in run.testset.relations]
    for name in methods:
        ranks = right.ranks(run.lists[name])
        shown = Shown(run.lists[name], run.testset.candidates, people, users, vectors)
        of_ranks = [metric.score(ranks, k) for metric in over["ranks"] for k in ks]
        of_lists = [metric.score(shown, k) for metric in over["lists"] for k in ks]
        by_kind = [
            np.where(one.relevant > 0, metric.score(of_kind, ks[0]), np.nan)
            for one, of_kind in ((one, one.ranks(run.lists[name])) for one in relations)
            for metric in over["ranks"]
        ]
        columns.append(np.stack([*of_ranks, *of_lists, *by_kind], axis=1))
        whole[name] = {
            f"{metric.LABEL}@{k}": metric.score(shown, k) for metric in over["run"] for k in ks
        }
    names = [
        f"{metric.LABEL}@{k}" for kind in ("ranks", "lists") for metric in over[kind] for k in ks
    ]
    names += [
        f"{relation}:{metric.LABEL}@{ks[0]}"
        for relation, _ in run.testset.relations
        for metric in over["ranks"]
    ]
    return names, np.stack(columns, axis=1), whole


def _vectors(testset: TestSet) -> NDArray[np.float32] | sp.csr_matrix | None:
    """Where products lie: the vectors of the language model, else those of the words."""
    from prodsim_cli.text.normalize import folded
    from prodsim_cli.text.tfidf import tfidf

    data = testset.train
    for space in data.embeddings:
        if space not in data.learned:
            return data.embedding(space).vectors
    texts = [folded(text[:300]) for text in data.texts()]
    return tfidf(texts) if any(texts) else None


def _sliced(
    run: Run, methods: Sequence[str], parts: Sequence[Part], k: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The main figure on each slice: (q, methods, slices) with NaN outside, (slices,) answers."""
    here = parts_of(run.testset)
    metric = registry.load("metrics", MAIN)
    values = np.full((len(run.testset), len(methods), len(parts)), np.nan)
    answers = np.zeros(len(parts), np.int64)
    for p, part in enumerate(parts):
        if part not in here:
            continue
        queries, items = here[part]
        some = np.flatnonzero(queries)
        right = run.testset.answers[some]
        if items is not None:
            right = right.multiply(items[None, :]).tocsr()
            right.eliminate_zeros()
            kept = np.diff(right.indptr) > 0
            some, right = some[kept], right[kept]
        answers[p] = right.nnz
        judge_by = Relevance(right, k)
        for m, name in enumerate(methods):
            values[some, m, p] = metric.score(judge_by.ranks(run.lists[name][some, :k]), k)
    return values, answers
