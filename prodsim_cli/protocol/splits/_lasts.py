"""Each user's last event: what ``last`` holds out, and ``cold`` where there are no times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import TYPE_CODE, EventLog
from prodsim_cli.errors import InputError

AFTER = "after the event held out"


@dataclass(frozen=True)
class HeldOut:
    """(m,) bool each: ``out``, the last target events; ``later``, what their users did since."""

    out: NDArray[np.bool_]
    later: NDArray[np.bool_]
    notes: tuple[str, ...]


def hold_out(data: Dataset, target: str) -> HeldOut:
    """The last target event of every user who has an event before it."""
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
    alone = int(((final >= 0) & ~asked).sum())
    note = f"Users with nothing before their last {target}, not asked about: {alone:,}."
    return HeldOut(
        out=mine & (place == final[log.user]),
        later=mine & (place > final[log.user]),
        notes=(note,) if alone else (),
    )


def _last_by_user(log: EventLog, chosen: NDArray[np.bool_], users: int) -> NDArray[np.int64]:
    """(users + 1,) place of each user's last chosen event in the order of the log, -1 if none."""
    last = np.full(users + 1, -1, np.int64)  # the extra place catches user -1
    np.maximum.at(last, log.user[chosen], np.flatnonzero(chosen))
    return last
