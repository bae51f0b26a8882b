"""Popularity: products by the number of different people who had the target event with them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.protocol.baselines._buyers import buyers

NEEDS_TIMES = False
NEEDS_EVENTS = True
NEEDS_HISTORY = False


def scores(
    train: Dataset, users: NDArray[np.int32], *, target: str, now: int | None, seed: int
) -> NDArray[np.float64]:
    """(1, n) float64: distinct buyers of each product."""
    item, _ = buyers(train, target)
    return np.bincount(item, minlength=len(train)).astype(np.float64)[None, :]
