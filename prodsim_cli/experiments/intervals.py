"""How sure a mean is: the bootstrap over queries (Efron, Tibshirani 1993, chapters 13 and 16).

Queries are drawn with replacement as often as there are queries, the mean is taken anew, 1,000
times over; the middle 95 % of those means are the interval (percentile method). All methods and
metrics see the same draws, so that a difference of two methods has its own, paired interval.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.records import Interval

RESAMPLES = 1000
_CELLS = 8_000_000
_DIGITS = 12  # what the order of a sum can change lies below


def resampled_sums(
    values: NDArray[np.float64], *, seed: int, resamples: int = RESAMPLES
) -> NDArray[np.float64]:
    """Column sums of resampled rows: (q, c) float64 -> (resamples, c) float64.

    A resample says how often each row was drawn; a block of them is one matrix product.
    """
    random = np.random.default_rng(seed)
    block = max(1, _CELLS // len(values))
    return np.concatenate(
        [
            _counts(random, min(block, resamples - start), len(values)) @ values
            for start in range(0, resamples, block)
        ]
    )


def _counts(random: np.random.Generator, resamples: int, rows: int) -> NDArray[np.float64]:
    """(resamples, rows) how often each row is drawn when as many are drawn as there are."""
    drawn = random.integers(0, rows, size=(resamples, rows))
    drawn += np.arange(resamples)[:, None] * rows
    counts = np.bincount(drawn.ravel(), minlength=resamples * rows)
    return counts.reshape(resamples, rows).astype(np.float64)


def resampled_means(
    values: NDArray[np.float64], *, seed: int, resamples: int = RESAMPLES
) -> NDArray[np.float64]:
    """Column means of resampled rows: (q, c) float64 -> (resamples, c) float64."""
    return resampled_sums(values, seed=seed, resamples=resamples) / len(values)


def interval(estimate: float, samples: NDArray[np.float64] | None = None) -> Interval:
    """A figure and the middle 95 % of its resampled values, rounded below what sums can differ by.

    Without samples there are no bounds.

    Samples that are NaN (a resample in which the figure has no value) are left out.
    """
    mean = round(float(estimate), _DIGITS)
    if samples is None or np.isnan(samples).all():
        return Interval(mean)
    low, high = np.nanpercentile(samples, [2.5, 97.5])
    return Interval(mean, round(float(low), _DIGITS), round(float(high), _DIGITS))
