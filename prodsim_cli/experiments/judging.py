"""A run beside the right answers: figures by method, metric and query."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli import registry
from prodsim_cli.experiments.intervals import interval, resampled_means
from prodsim_cli.experiments.verdict import Contest
from prodsim_cli.records import Interval
from prodsim_cli.splits._split import among

_FIRST = ("ndcg", "hit_rate", "recall", "precision", "f1", "mrr", "average_precision", "coverage")
"""Columns in the order a reader asks for them; a metric that is not named here follows."""


def metric_names(over: str) -> list[str]:
    """The metrics of one kind (``ranks``, ``lists``, ``pairs``), in column order."""
    names = sorted(
        registry.names("metrics"),
        key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name),
    )
    return [name for name in names if over == registry.load("metrics", name).OVER]


def hits(lists: NDArray[np.int32], answers: sp.csr_matrix) -> NDArray[np.bool_]:
    """Is the product at each place a right one? (q, depth) int32, (q, n) CSR -> (q, depth) bool."""
    n = answers.shape[1]
    rows, columns = answers.nonzero()
    right = np.sort(rows.astype(np.int64) * n + columns)
    keys = np.arange(len(lists), dtype=np.int64)[:, None] * n + lists
    return among(keys.ravel(), right).reshape(lists.shape) & (lists >= 0)


@dataclass(frozen=True)
class Judged:
    """Figures of many methods on the same questions.

    ``methods`` (in order of the second axis) and ``metrics`` (of the third) name what ``values``
    (q, methods, metrics) float64 holds; ``whole``: figures of a run as a whole by method.
    """

    methods: tuple[str, ...]
    metrics: tuple[str, ...]
    values: NDArray[np.float64]
    whole: dict[str, dict[str, float]]

    def samples(self, seed: int) -> NDArray[np.float64]:
        """(resamples, methods, metrics) means of resampled queries, the same draws for all."""
        flat = self.values.reshape(len(self.values), -1)
        return resampled_means(flat, seed=seed).reshape(-1, *self.values.shape[1:])

    def contest(self, metric: str, samples: NDArray[np.float64], unit: str) -> Contest:
        """One metric of all methods, for the verdict."""
        column = self.metrics.index(metric)
        means = self.values[:, :, column].mean(axis=0)
        draws = samples[:, :, column]
        return Contest(self.methods, means, draws, len(self.values), metric, unit)

    def figures(self, samples: NDArray[np.float64]) -> dict[str, dict[str, Interval]]:
        """``figures[method][metric]``, the whole-run figures without an interval."""
        means = self.values.mean(axis=0)
        return {
            method: {
                **{
                    metric: interval(means[m, c], samples[:, m, c])
                    for c, metric in enumerate(self.metrics)
                },
                **{metric: interval(value) for metric, value in self.whole[method].items()},
            }
            for m, method in enumerate(self.methods)
        }


def judge(
    runs: dict[str, NDArray[np.int32]], answers: sp.csr_matrix, *, items: int, k: int
) -> Judged:
    """Judge lists (q, depth) of several methods by all metrics over ranks and over lists."""
    relevant = np.diff(answers.indptr).astype(np.int64)
    ranks = [registry.load("metrics", name) for name in metric_names("ranks")]
    whole = [registry.load("metrics", name) for name in metric_names("lists")]
    columns = []
    for lists in runs.values():
        right = hits(lists, answers)
        columns.append(np.stack([metric.score(right, relevant, k) for metric in ranks], axis=1))
    return Judged(
        methods=tuple(runs),
        metrics=tuple(f"{metric.LABEL}@{k}" for metric in ranks),
        values=np.stack(columns, axis=1),
        whole={
            method: {f"{metric.LABEL}@{k}": metric.score(lists, items, k) for metric in whole}
            for method, lists in runs.items()
        },
    )
