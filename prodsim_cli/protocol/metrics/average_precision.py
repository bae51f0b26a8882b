"""Average precision at k: precision at each hit, summed, divided by all right products.

AP = sum over hits at rank i <= k of (hits up to i) / i, divided by the number of right products,
found or not (Buckley, Voorhees 2000, Evaluating evaluation measure stability). Its mean over
queries is MAP.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.protocol.metrics._seen import Ranks

OVER = "ranks"
LABEL = "map"
WORDS = "MAP"
PLACE = 6


def score(ranks: Ranks, k: int) -> NDArray[np.float64]:
    """(q,) float64 in 0..1."""
    return ranks.summed(ranks.ordinal / ranks.rank, k) / np.maximum(ranks.relevant, 1)
