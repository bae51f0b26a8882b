"""Each user's last event is held out; needs only an order, no times.

Leave-one-out as in He et al. 2017 (Neural collaborative filtering), with the order kept. Users lie
on different dates, so a method may learn from others' events that came later than the one it is
asked about: use ``time`` where there are times.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import TYPE_CODE, EventLog
from prodsim_cli.errors import InputError
from prodsim_cli.splits._split import Split, cut


def split(data: Dataset, *, target: str = "purchase") -> Split:
    """Test: the last target event of every user who has an event before it; train: all before.

    What a user did after that event (a rating of the same product, say) is left out, since it
    would give the answer away. Users without an event before it stay in training as they are.
    """
    log = data.events
    place = np.arange(len(log))
    final = _last_by_user(log, (log.user >= 0) & (log.type == TYPE_CODE[target]), len(data.users))
    first = np.full(len(data.users) + 1, len(log), np.int64)
    known = log.user >= 0
    np.minimum.at(first, log.user[known], place[known])
    asked = (final >= 0) & (first < final)
    if not asked.any():
        raise InputError(
            f"No user has a {target} with an event before it, so there is nothing to hold out.",
            hint="Ingest events of users with a history, or name another type with --target.",
        )
    mine = asked[log.user] & known
    held = mine & (place == final[log.user])
    later = mine & (place > final[log.user])
    alone = int(((final >= 0) & ~asked).sum())
    notes = [f"Users with nothing before their last {target}, not asked about: {alone:,}."]
    return cut(
        data,
        kind="last",
        target=target,
        train=~held & ~later,
        test=held,
        left_out={"after the event held out": int(later.sum())} if later.any() else {},
        notes=notes if alone else (),
    )


def _last_by_user(log: EventLog, chosen: NDArray[np.bool_], users: int) -> NDArray[np.int64]:
    """(users + 1,) place of each user's last chosen event in the order of the log, -1 if none."""
    last = np.full(users + 1, -1, np.int64)  # the extra place catches user -1
    np.maximum.at(last, log.user[chosen], np.flatnonzero(chosen))
    return last
