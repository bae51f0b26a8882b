"""Reciprocal rank at k: 1 / rank of the first right product, 0 if none is among the first k.

Its mean over queries is MRR (Voorhees 1999, The TREC-8 question answering track report).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.protocol.metrics._seen import Ranks

OVER = "ranks"
LABEL = "mrr"
WORDS = "MRR"
PLACE = 5


def score(ranks: Ranks, k: int) -> NDArray[np.float64]:
    """(q,) float64 in 0..1."""
    return np.where(ranks.first <= k, 1.0 / ranks.first, 0.0)
