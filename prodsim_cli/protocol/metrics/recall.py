"""Recall at k: the share of the right products that stand among the first k.

|right products among the first k| / |right products| (Manning, Raghavan, Schütze 2008, section
8.3). A query without a right product gets 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.protocol.metrics._seen import Ranks

OVER = "ranks"
LABEL = "recall"
PLACE = 2


def score(ranks: Ranks, k: int) -> NDArray[np.float64]:
    """(q,) float64 in 0..1."""
    return ranks.found_at(k) / np.maximum(ranks.relevant, 1)
