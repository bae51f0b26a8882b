"""NDCG at k: hits count less the further down they stand, against the best possible order.

DCG = sum over ranks i of hit_i / log2(i + 1), binary gain; the ideal puts all right products
first, that is min(k, right products) of them (Järvelin, Kekäläinen 2002, Cumulated gain-based
evaluation of IR techniques; the discount in the form of Burges et al. 2005).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

OVER = "ranks"
LABEL = "ndcg"


def score(hits: NDArray[np.bool_], relevant: NDArray[np.integer], k: int) -> NDArray[np.float64]:
    """(q, depth) bool, (q,) int -> (q,) float64 in 0..1."""
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    top = hits[:, :k]
    # a sum of products, not a matrix product: it is the same whatever the number of queries
    gained = np.where(top, discount[: top.shape[1]], 0.0).sum(axis=1)
    ideal = np.concatenate(([1.0], np.cumsum(discount)))[np.minimum(relevant, k)]
    return gained / ideal
