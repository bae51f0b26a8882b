"""The person's own history continued: what they had most often, the latest first among equals.

The level to beat where people buy the same again (groceries, supplies). It has nothing to say where
a product that was had before is no answer, and is left out there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import TYPE_CODE

NEEDS_TIMES = False
NEEDS_EVENTS = True
NEEDS_HISTORY = True


def scores(
    train: Dataset, users: NDArray[np.int32], *, target: str, now: int | None, seed: int
) -> NDArray[np.float64]:
    """(b, n) float64: how many times (moments, orders) the user had the target event with each
    product, plus less than 1 for how late the latest of them stands in the user's own log."""
    log, n = train.events, len(train)
    row = np.full(len(train.users) + 1, -1, np.int64)
    row[users] = np.arange(len(users))
    mine = np.flatnonzero((log.type == TYPE_CODE[target]) & (row[log.user] >= 0))
    cell = row[log.user[mine]] * n + log.item[mine]
    # one purchase in two lines of one moment is one purchase
    order = np.lexsort((log.position[mine], log.at[mine], cell))
    cell, mine = cell[order], mine[order]
    fresh = np.ones(len(cell), bool)
    fresh[1:] = (
        (np.diff(cell) != 0) | (np.diff(log.at[mine]) != 0) | (np.diff(log.position[mine]) != 0)
    )
    out = np.bincount(cell, weights=fresh, minlength=len(users) * n).astype(np.float64)
    latest = np.zeros(len(users) * n)
    latest[cell] = (mine + 1) / (len(log) + 1)  # sorted: the last one written is the latest
    return (out + latest).reshape(len(users), n)
