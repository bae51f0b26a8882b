"""People by what they did, not by what they are called: figures that no renaming can change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import EventLog
from prodsim_cli.data.vocabulary import Vocabulary


def anonymous(data: Dataset) -> Dataset:
    """The same shop, its users numbered by a fingerprint of their events, its log in order.

    Sums over users, resamples of users and random choices then come out the same, bit by bit,
    whatever the users are called and in whatever order their events were read. Users with the same
    fingerprint did the same things, so that exchanging them changes nothing.
    """
    users = len(data.users)
    rank = np.empty(users + 1, np.int32)
    rank[order_of_users(data)] = np.arange(users)
    rank[-1] = -1  # an event without a user stays so
    log = replace(data.events, user=rank[data.events.user])
    # lexsort: the last key is the first in importance
    order = np.lexsort(
        (log.value, log.quantity, log.type, log.item, log.user, log.position, log.at)
    )
    return replace(data, events=log.take(order), users=Vocabulary(range(users)))


def order_of_users(data: Dataset) -> NDArray[np.intp]:
    """(users,) the position in ``data`` of each user of ``anonymous(data)``."""
    return np.argsort(_fingerprints(data.events, len(data.users)), kind="stable")


def _fingerprints(log: EventLog, users: int) -> NDArray[np.uint64]:
    """(users,) uint64: sum of the hashes of each user's events, whatever their order."""
    mixed = np.zeros(len(log), np.uint64)
    for column in (log.item, log.type, log.at, log.position, log.quantity.view(np.int32)):
        mixed = _mix(mixed ^ column.astype(np.int64).view(np.uint64))
    order = np.argsort(log.user, kind="stable")
    order = order[np.searchsorted(log.user[order], 0) :]
    prints = np.zeros(users, np.uint64)
    if len(order):
        found, start = np.unique(log.user[order], return_index=True)
        prints[found] = np.add.reduceat(mixed[order], start)
    return prints


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64 (Steele, Lea, Flood 2014): neighbouring numbers become unrelated ones."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
