"""Who bought what, once per person and product: shared by the popularity baselines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import TYPE_CODE


def buyers(train: Dataset, target: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Item and latest moment of each distinct (user, item) pair of the target type, both (p,).

    Where no event has a user, an order stands for one.
    """
    log = train.events
    owner = log.user if (log.user >= 0).any() else log.order
    wanted = (owner >= 0) & (log.type == TYPE_CODE[target])
    pair = owner[wanted].astype(np.int64) * len(train) + log.item[wanted]
    found, row = np.unique(pair, return_inverse=True)
    latest = np.full(len(found), np.iinfo(np.int64).min, np.int64)
    np.maximum.at(latest, row.reshape(-1), log.at[wanted])
    return found % max(len(train), 1), latest
