"""Hit rate at k: 1 where at least one right product stands among the first k.

The mean over queries is the share of people who are shown something they take (Deshpande, Karypis
2004, Item-based top-N recommendation algorithms, section 6).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.protocol.metrics._seen import Ranks

OVER = "ranks"
LABEL = "hit"
WORDS = "hit rate"
PLACE = 1


def score(ranks: Ranks, k: int) -> NDArray[np.float64]:
    """(q,) float64, 0 or 1."""
    return (ranks.first <= k).astype(np.float64)
