"""Precision at k: the share of the k places that hold a right product.

|right products among the first k| / k. Divides by k even when fewer are shown, so that a method
gains nothing by staying silent (Manning, Raghavan, Schütze 2008, Introduction to Information
Retrieval, section 8.4).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

OVER = "ranks"
LABEL = "precision"


def score(hits: NDArray[np.bool_], relevant: NDArray[np.integer], k: int) -> NDArray[np.float64]:
    """(q, depth) bool, (q,) int -> (q,) float64 in 0..1."""
    return hits[:, :k].sum(axis=1) / float(k)
