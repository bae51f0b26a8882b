"""Random: products in a seeded order of each person's own, the floor that nothing may touch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset

NEEDS_TIMES = False
NEEDS_EVENTS = False
NEEDS_HISTORY = False


def scores(
    train: Dataset, users: NDArray[np.int32], *, target: str, now: int | None, seed: int
) -> NDArray[np.float64]:
    """(b, n) float64 in 0..1; a user's row depends on the seed and the user's position only."""
    rows = [np.random.default_rng([seed, int(user)]).random(len(train)) for user in users]
    return np.array(rows).reshape(len(users), len(train))
