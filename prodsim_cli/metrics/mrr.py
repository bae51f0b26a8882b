"""Reciprocal rank at k: 1 / rank of the first right product, 0 if none is among the first k.

Its mean over queries is MRR (Voorhees 1999, The TREC-8 question answering track report).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

OVER = "ranks"
LABEL = "mrr"


def score(hits: NDArray[np.bool_], relevant: NDArray[np.integer], k: int) -> NDArray[np.float64]:
    """(q, depth) bool, (q,) int -> (q,) float64 in 0..1."""
    top = hits[:, :k]
    if top.shape[1] == 0:
        return np.zeros(len(top))
    # argmax finds the first True, and 0 where there is none: hence the second factor
    return top.any(axis=1) / (top.argmax(axis=1) + 1.0)
