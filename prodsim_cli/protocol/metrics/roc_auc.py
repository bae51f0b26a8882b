"""ROC AUC: the chance that a match gets a higher score than a non-match, ties counting half.

The area under the curve of true against false positives, which is the Mann-Whitney statistic
(Hanley, McNeil 1982, The meaning and use of the area under a ROC curve).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

OVER = "pairs"
LABEL = "auc"
WORDS = "ROC AUC"


def score(predicted: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    """(p,) scores, (p,) truth (a match is above 0) -> 0..1; NaN if one of the kinds is missing."""
    match = truth > 0
    positives, negatives = int(match.sum()), int((~match).sum())
    if not positives or not negatives:
        return float("nan")
    _, place, size = np.unique(predicted, return_inverse=True, return_counts=True)
    # mid-rank of each distinct score: ranks are 1-based, equal scores share their mean
    middle = np.cumsum(size) - (size - 1) / 2.0
    ranks = middle[place.reshape(-1)]
    above = ranks[match].sum() - positives * (positives + 1) / 2.0
    return float(above / (positives * negatives))
