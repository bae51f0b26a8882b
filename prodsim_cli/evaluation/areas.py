"""ROC AUC and average precision of resampled pairs, all resamples at once.

A resample says how often each pair was drawn. Sorted by score once, the running sums of those
counts give both areas of every resample; ties count as one step. Definitions in
``metrics/roc_auc.py`` and ``metrics/pair_average_precision.py``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.evaluation.bootstrap import RESAMPLES

_CELLS = 100_000
"""Counts of one block of resamples, near the processor; changes the time, never a figure."""


def resampled_areas(
    scores: NDArray[np.float64],
    match: NDArray[np.bool_],
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> NDArray[np.float64]:
    """Areas of many methods on the same resampled pairs.

    ``scores`` (methods, p), ``match`` (p,) -> (resamples, methods, 2): ROC AUC, average precision.
    NaN in a resample that drew one kind of pairs only.
    """
    methods, pairs = scores.shape
    random = np.random.default_rng(seed)
    orders = np.argsort(-scores, axis=1, kind="stable")
    block = max(1, _CELLS // pairs)
    out = np.empty((resamples, methods, 2))
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        drawn = random.integers(0, pairs, size=(size, pairs))
        drawn += np.arange(size)[:, None] * pairs
        counts = np.bincount(drawn.ravel(), minlength=size * pairs).astype(np.float64)
        counts = counts.reshape(size, pairs)
        for m, order in enumerate(orders):
            here = np.take(counts, order, axis=1)
            out[start : start + size, m] = areas(scores[m, order], match[order], here)
    return out


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
