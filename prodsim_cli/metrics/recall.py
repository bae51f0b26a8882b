"""Recall at k: the share of the right products that stand among the first k.

|right products among the first k| / |right products| (Manning, Raghavan, Schütze 2008, section
8.3). A query without a right product gets 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

OVER = "ranks"
LABEL = "recall"


def score(hits: NDArray[np.bool_], relevant: NDArray[np.integer], k: int) -> NDArray[np.float64]:
    """(q, depth) bool, (q,) int -> (q,) float64 in 0..1."""
    found = hits[:, :k].sum(axis=1)
    return found / np.maximum(relevant, 1).astype(np.float64)
