"""Precision at k: the share of the k places that hold a right product.

|right products among the first k| / k. Divides by k even when fewer are shown, so that a method
gains nothing by staying silent (Manning, Raghavan, Schütze 2008, Introduction to Information
Retrieval, section 8.4).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.protocol.metrics._seen import Ranks

OVER = "ranks"
LABEL = "precision"
PLACE = 3


def score(ranks: Ranks, k: int) -> NDArray[np.float64]:
    """(q,) float64 in 0..1."""
    return ranks.found_at(k) / k
