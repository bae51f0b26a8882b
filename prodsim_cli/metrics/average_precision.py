"""Average precision at k: precision at each hit, summed, divided by all right products.

AP = sum over hits at rank i <= k of (hits up to i) / i, divided by the number of right products,
found or not (Buckley, Voorhees 2000, Evaluating evaluation measure stability). Its mean over
queries is MAP.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

OVER = "ranks"
LABEL = "map"


def score(hits: NDArray[np.bool_], relevant: NDArray[np.integer], k: int) -> NDArray[np.float64]:
    """(q, depth) bool, (q,) int -> (q,) float64 in 0..1."""
    top = hits[:, :k]
    precision = top.cumsum(axis=1) / np.arange(1.0, top.shape[1] + 1)
    return (precision * top).sum(axis=1) / np.maximum(relevant, 1)
