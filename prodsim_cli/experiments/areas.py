"""ROC AUC and average precision of resampled pairs, all resamples at once.

A resample says how often each pair was drawn. Sorted by score once, the running sums of those
counts give both areas of every resample; ties count as one step. Definitions in
``metrics/roc_auc.py`` and ``metrics/pair_average_precision.py``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.experiments.intervals import RESAMPLES

_CELLS = 1_000_000
"""Counts of one block of resamples; changes the memory, never a figure."""


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
        counts = np.bincount(drawn.ravel(), minlength=size * pairs).reshape(size, pairs)
        for m, order in enumerate(orders):
            out[start : start + size, m] = areas(
                scores[m, order], match[order], counts[:, order].astype(np.int32)
            )
    return out


def areas(
    ordered: NDArray[np.float64], match: NDArray[np.bool_], counts: NDArray[np.int32]
) -> NDArray[np.float64]:
    """(b, 2) ROC AUC and average precision.

    ``ordered`` (p,) falling scores and ``match`` (p,) in that order; ``counts`` (b, p): how often
    each pair counts in each of b resamples.
    """
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    above = np.cumsum(counts, axis=1, dtype=np.int32)[:, last].astype(np.float64)
    right = np.cumsum(counts * match, axis=1, dtype=np.int32)[:, last].astype(np.float64)
    wrong = above - right
    steps = np.diff(right, axis=1, prepend=0.0)
    aside = np.diff(wrong, axis=1, prepend=0.0)
    matches, others = right[:, -1], wrong[:, -1]
    with np.errstate(invalid="ignore"):  # 0 / 0 where a kind was not drawn
        # a match at this score beats all non-matches below it, and half of those beside it
        beaten = (steps * (others[:, None] - wrong + aside / 2.0)).sum(axis=1)
        roc = beaten / (matches * others)
        precision = (steps * right / np.maximum(above, 1.0)).sum(axis=1) / matches
    precision[others == 0] = np.nan
    return np.stack([roc, precision], axis=1)
