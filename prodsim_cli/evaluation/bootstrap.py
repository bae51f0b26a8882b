"""How sure a mean is: the bootstrap over queries (Efron, Tibshirani 1993, chapters 13 and 16).

Queries are drawn with replacement as often as there are queries, the mean is taken anew, 1,000
times over; the middle 95 % of those means are the interval (percentile method). All methods and
metrics see the same draws, so that a difference of two methods has its own, paired interval.
Questions that belong together (one person in several windows) are drawn together.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.records.figures import Interval

RESAMPLES = 1000
_CELLS = 8_000_000
_AREA_CELLS = 100_000
"""Counts of one block of resampled pairs, near the processor; changes the time, never a figure."""

_DIGITS = 12  # what the order of a sum can change lies below


def _draws(
    rows: int, seed: int, resamples: int, cells: int = _CELLS
) -> Iterator[NDArray[np.float64]]:
    """Blocks (b, rows) of how often each row is drawn when as many are drawn as there are."""
    random = np.random.default_rng(seed)
    block = max(1, (cells or _CELLS) // max(rows, 1))
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        drawn = random.integers(0, rows, size=(size, rows))
        drawn += np.arange(size)[:, None] * rows
        counts = np.bincount(drawn.ravel(), minlength=size * rows)
        yield counts.reshape(size, rows).astype(np.float64)


def resampled_sums(
    values: NDArray[np.float64], *, seed: int, resamples: int = RESAMPLES
) -> NDArray[np.float64]:
    """Column sums of resampled rows: (q, c) float64 -> (resamples, c) float64."""
    return np.concatenate([counts @ values for counts in _draws(len(values), seed, resamples)])


def resampled_means(
    values: NDArray[np.float64], *, seed: int, resamples: int = RESAMPLES
) -> NDArray[np.float64]:
    """Column means of resampled rows: (q, c) float64 -> (resamples, c) float64."""
    return resampled_sums(values, seed=seed, resamples=resamples) / len(values)


def bootstrap(
    values: NDArray[np.float64],
    groups: NDArray[np.integer] | None = None,
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means of columns and of their resamples: (q, c) -> (c,) and (resamples, c) float64.

    NaN says that a column has no value for that query: it counts neither above nor below the line,
    and a column without any value has NaN as its mean. ``groups`` (q,) ints 0..g-1: rows that are
    drawn together; None: each by itself.
    """
    whole = ~np.isnan(values)
    holes = np.asarray(~whole.all(axis=0))
    both = np.concatenate(
        [np.nan_to_num(values, nan=0.0), whole[:, holes], np.ones((len(values), 1))], axis=1
    )
    if groups is not None:
        places = (groups, np.arange(len(groups)))
        both = sp.csr_matrix((np.ones(len(groups)), places)) @ both
    sums = resampled_sums(both, seed=seed, resamples=resamples)
    return (_ratios(both.sum(axis=0)[None, :], holes)[0], _ratios(sums, holes))


def _ratios(sums: NDArray[np.float64], holes: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(b, c + holes + 1): sums, how many values those with holes have, how many rows -> (b, c)."""
    columns = len(holes)
    counts = np.repeat(sums[:, -1:], columns, axis=1)
    counts[:, holes] = sums[:, columns:-1]
    with np.errstate(invalid="ignore"):
        return np.asarray(sums[:, :columns] / np.where(counts > 0, counts, np.nan))


def rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without what the order of a sum can change; no zero is negative. Any shape."""
    return np.asarray(np.round(values, _DIGITS) + 0.0)


def interval(estimate: float, samples: NDArray[np.float64] | None = None) -> Interval:
    """A figure and the middle 95 % of its resampled values that aren't NaN, :func:`rounded`."""
    if samples is None or np.isnan(samples).all():
        return Interval(float(rounded(np.array(estimate))))
    ends = np.array([estimate, *np.nanpercentile(samples, [2.5, 97.5])])
    return Interval(*rounded(ends).tolist())


def two_sided(differences: NDArray[np.float64]) -> float:
    """The p-value of "no difference" from resampled differences (Efron, Tibshirani 1993, 15.4).

    Twice the share of resamples on the other side of zero, never below what they can show.
    """
    gaps, size = rounded(differences), len(differences)
    tail = min(int((gaps <= 0).sum()), int((gaps >= 0).sum()))
    return min(1.0, 2.0 * (tail + 1) / (size + 1))


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Holm's correction (1979): p-values of many comparisons, none of which may err by chance.

    The smallest is multiplied by how many there are, the next by one less, never falling; (m,) in,
    (m,) out, at most 1.
    """
    order = np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(raised, 1.0)
    return corrected


def resampled_areas(
    scores: NDArray[np.float64], match: NDArray[np.bool_], *, seed: int, resamples: int = RESAMPLES
) -> NDArray[np.float64]:
    """ROC AUC and average precision of many methods on the same resampled pairs.

    A resample says how often each pair was drawn. Sorted by score once, the running sums of those
    counts give both areas of every resample; ties count as one step. Definitions in the metrics
    ``roc_auc`` and ``pair_average_precision``. ``scores`` (methods, p), ``match`` (p,) ->
    (resamples, methods, 2): ROC AUC, average precision. NaN in a resample that drew one kind of
    pairs only.
    """
    orders = np.argsort(-scores, axis=1, kind="stable")
    blocks = []
    for counts in _draws(scores.shape[1], seed, resamples, _AREA_CELLS):
        of_methods = [
            areas(scores[m, order], match[order], np.take(counts, order, axis=1))
            for m, order in enumerate(orders)
        ]
        blocks.append(np.stack(of_methods, axis=1))
    return np.concatenate(blocks)


def areas(
    ordered: NDArray[np.float64], match: NDArray[np.bool_], counts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(b, 2) ROC AUC and average precision.

    ``ordered`` (p,) falling scores and ``match`` (p,) in that order; ``counts`` (b, p): how often
    each pair counts in each of b resamples.
    """
    right, wrong = counts * match, counts * ~match
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    if len(first) < len(ordered):  # equal scores are one step
        right, wrong = (np.add.reduceat(part, first, axis=1) for part in (right, wrong))
    above_right = np.cumsum(right, axis=1)
    above_wrong = np.cumsum(wrong, axis=1)
    matches, others = above_right[:, -1].copy(), above_wrong[:, -1].copy()
    # a match at a score loses to all non-matches above it, and half to those beside it
    lost = np.einsum("ij,ij->i", right, above_wrong) - np.einsum("ij,ij->i", right, wrong) / 2.0
    with np.errstate(invalid="ignore"):  # 0 / 0 where a kind was not drawn
        roc = 1.0 - lost / (matches * others)
        above_wrong += above_right
        np.maximum(above_wrong, 1.0, out=above_wrong)
        precision = np.divide(above_right, above_wrong, out=above_right)
        found = np.einsum("ij,ij->i", right, precision) / matches
    found[others == 0] = np.nan
    return np.stack([roc, found], axis=1)
