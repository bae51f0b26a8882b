"""Share of the head at k: how much of what is shown is popular anyway.

Products of the head among the first k / products among the first k. The head is the fifth of the
candidates with the most people, ties by position; the share of the tail is 1 minus this one
(Abdollahpouri, Burke, Mobasher 2019, Managing popularity bias in recommender systems with
personalized re-ranking). Smaller means less of what everybody is shown already.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.protocol.metrics._seen import Shown

OVER = "lists"
LABEL = "head"
PLACE = 2
ASCENDING = True


def score(shown: Shown, k: int) -> NDArray[np.float64]:
    """(q,) float64 in 0..1; NaN for an empty list."""
    return shown.mean_at(shown.head.astype(np.float64), k)
