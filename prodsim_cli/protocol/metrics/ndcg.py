"""NDCG at k: hits count less the further down they stand, against the best possible order.

DCG = sum over hits at rank i <= k of gain / log2(i + 1), divided by the DCG of the list that has
the query's right products first, the most gainful before the others (Järvelin, Kekäläinen 2002,
Cumulated gain-based evaluation of IR techniques; the discount from the first place on in the form
of Burges et al. 2005). The gain is linear: the judgement itself where it is graded, else 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.protocol.metrics._seen import Ranks

OVER = "ranks"
LABEL = "ndcg"
WORDS = "NDCG"
PLACE = 0


def score(ranks: Ranks, k: int) -> NDArray[np.float64]:
    """(q,) float64 in 0..1."""
    best = ranks.ideal_dcg
    if ranks.ideal is None:
        ideal = best[np.minimum(ranks.relevant, k)]
    else:
        ideal = best[:, min(k, best.shape[1] - 1)]
    gained = ranks.summed(ranks.discounted, k)
    return np.divide(gained, ideal, out=np.zeros_like(gained), where=ideal > 0)
