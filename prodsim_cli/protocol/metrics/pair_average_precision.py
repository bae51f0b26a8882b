"""Average precision over pairs: the area under the curve of precision against recall, in steps.

sum over the distinct scores, from the highest down, of (recall there - recall before) x precision
there, where all pairs with at least that score are called matches: equal scores are one step and
no order among them is made up (Davis, Goadrich 2006, The relationship between precision-recall and
ROC curves; the figure of ``sklearn.metrics.average_precision_score``). Says more than ROC AUC where
matches are few.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

OVER = "pairs"
LABEL = "ap"


def score(predicted: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    """(p,) scores, (p,) truth (a match is above 0) -> 0..1; NaN without a match."""
    match = truth > 0
    positives = int(match.sum())
    if not positives:
        return float("nan")
    _, step, size = np.unique(-predicted, return_inverse=True, return_counts=True)
    right = np.bincount(step.reshape(-1)[match], minlength=len(size))
    precision = np.cumsum(right) / np.cumsum(size)
    return float((right * precision).sum() / positives)
