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
_DIGITS = 6


def resampled_sums(
    values: NDArray[np.float64], *, seed: int, resamples: int = RESAMPLES
) -> NDArray[np.float64]:
    """Column sums of resampled rows: (q, c) float64 -> (resamples, c) float64.

    A resample is the count of each query in it, multinomial; all of them at once are one matrix
    product, in blocks so that memory stays bounded.
    """
    queries = len(values)
    random = np.random.default_rng(seed)
    chances = np.full(queries, 1.0 / queries)
    block = max(1, _CELLS // queries)
    parts = [
        random.multinomial(queries, chances, size=min(block, resamples - start)) @ values
        for start in range(0, resamples, block)
    ]
    return np.concatenate(parts)


def resampled_means(
    values: NDArray[np.float64], *, seed: int, resamples: int = RESAMPLES
) -> NDArray[np.float64]:
    """Column means of resampled rows: (q, c) float64 -> (resamples, c) float64."""
    return resampled_sums(values, seed=seed, resamples=resamples) / len(values)


def interval(estimate: float, samples: NDArray[np.float64] | None = None) -> Interval:
    """A figure and the middle 95 % of its resampled values, in six digits; no samples: no bounds.

    Samples that are NaN (a resample in which the figure has no value) are left out.
    """
    mean = round(float(estimate), _DIGITS)
    if samples is None or np.isnan(samples).all():
        return Interval(mean)
    low, high = np.nanpercentile(samples, [2.5, 97.5])
    return Interval(mean, round(float(low), _DIGITS), round(float(high), _DIGITS))
