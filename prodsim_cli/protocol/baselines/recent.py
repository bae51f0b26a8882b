"""Recent popularity: distinct buyers, each counting half for every 14 days since they bought."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.protocol.baselines._buyers import buyers
from prodsim_cli.scoring.weighting import RECENT_HALF_LIFE

NEEDS_TIMES = True
NEEDS_EVENTS = True
NEEDS_HISTORY = False
_DAY = 86_400.0


def scores(
    train: Dataset,
    users: NDArray[np.int32],
    *,
    target: str,
    now: int | None,
    seed: int,
    half_life_days: float = RECENT_HALF_LIFE,
) -> NDArray[np.float64]:
    """(1, n) float64: sum over buyers of 0.5 ** (days since their latest purchase / half-life)."""
    if now is None:
        raise ValueError("recent popularity needs a moment of asking")
    item, latest = buyers(train, target)
    weight = 0.5 ** ((now - latest) / _DAY / half_life_days)
    total = np.bincount(item, weights=weight, minlength=len(train))
    return total.astype(np.float64, copy=False)[None, :]
