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
    product, plus less than 1 for how late the latest of them is among the user's own times."""
    log, n = train.events, len(train)
    row = np.full(len(train.users) + 1, -1, np.int64)
    row[users] = np.arange(len(users))
    mine = np.flatnonzero((log.type == TYPE_CODE[target]) & (row[log.user] >= 0))
    user, cell = row[log.user[mine]], row[log.user[mine]] * n + log.item[mine]
    when, times = _times_of(user, log.at[mine], log.position[mine], len(users))
    # one purchase in two lines of one moment is one purchase
    order = np.lexsort((when, cell))
    cell, when, user = cell[order], when[order], user[order]
    fresh = np.ones(len(cell), bool)
    fresh[1:] = (np.diff(cell) != 0) | (np.diff(when) != 0)
    out = np.bincount(cell, weights=fresh, minlength=len(users) * n).astype(np.float64)
    last = np.append(np.diff(cell) != 0, True)[: len(cell)]
    out[cell[last]] += (when[last] + 1) / (times[user[last]] + 1)
    return out.reshape(len(users), n)


def _times_of(
    user: NDArray[np.int64], at: NDArray[np.int64], position: NDArray[np.int64], users: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(m,) the how-manieth of its user's different times an event is, from 0; (users,) how many."""
    order = np.lexsort((position, at, user))
    new_user = np.diff(user[order], prepend=-1) != 0
    new = new_user.copy()
    new[1:] |= (np.diff(at[order]) != 0) | (np.diff(position[order]) != 0)
    place = np.cumsum(new)
    first = np.zeros(users, np.int64)
    first[user[order][new_user]] = place[new_user]
    when = np.empty(len(user), np.int64)
    when[order] = place - first[user[order]]
    return when, np.bincount(user[order][new], minlength=users)
