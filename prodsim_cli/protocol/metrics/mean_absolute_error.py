"""Mean absolute error: how far, on average, the calibrated score is from the stated similarity.

mean |predicted - truth|, in units of the truth (Willmott, Matsuura 2005, Advantages of the mean
absolute error). Smaller is better.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

OVER = "pairs"
LABEL = "mae"
WORDS = "mean absolute error"
ASCENDING = True


def score(predicted: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    """(p,), (p,) float64 -> mean absolute difference; NaN without a pair."""
    return float(np.abs(predicted - truth).mean()) if len(truth) else float("nan")
