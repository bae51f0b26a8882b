"""What a person did, as recommendations remember it. Ground floor.

The same as ``scoring.weighted_history`` for one person: the latest event of each product
counts, any but a return, less with every later moment or day as each part has learned.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from prodsim_cli.scoring.weighting import Memory
from prodsim_cli.store import pasts

_DAY = 86_400.0
_EPOCH = datetime(1970, 1, 1)


class Past(NamedTuple):
    """The products that a person has had to do with. (A dataclass costs a cold start 1 ms.)

    Attributes
    ----------
    moments : item id -> (number of the moment of its latest event, 0 the first; its ISO time, None
        without one), oldest first.
    had : row ids of everything bought (or had as what is foretold) or sent back: no answers.
    user_id : None for a visitor.
    last : ISO time of the latest event, '' without one.
    """

    moments: dict[int, tuple[int, str | None]]
    had: frozenset[int] = frozenset()
    user_id: int | None = None
    last: str = ""

    def weights(self, memory: Memory, now: float | None) -> dict[int, float]:
        """Item id -> how much it counts. ``now``: what days are counted from; None: the latest."""
        if memory.kind == "flat":
            return dict.fromkeys(self.moments, 1.0)
        if memory.kind == "days":
            times = {item: _seconds(at) for item, (_, at) in self.moments.items() if at}
            today = max(times.values(), default=0.0) if now is None else now
            return {
                item: 0.5 ** (max(today - times.get(item, today), 0.0) / _DAY / memory.value)
                for item in self.moments
            }
        latest = max((number for number, _ in self.moments.values()), default=0)
        return {
            item: memory.value ** (latest - number) for item, (number, _) in self.moments.items()
        }


NOTHING = Past({})
"""Nothing is known."""


def of_user(
    connection: sqlite3.Connection, user_id: int, target: str, before: str | None = None
) -> Past:
    """The past of a known person, up to a moment (ISO)."""
    moments: dict[int, tuple[int, str | None]] = {}
    had = pasts.returned(connection, user_id, before)
    number, last = -1, None
    for item, at, position, kind in pasts.of_user(connection, user_id, before):
        if (at, position) != last:
            number, last = number + 1, (at, position)
        moments.pop(item, None)  # the latest event of a product is its place
        moments[item] = (number, at)
        if kind in (target, "purchase"):
            had.add(item)
    return Past(moments, frozenset(had), user_id, (last[0] or "") if last else "")


def with_more(past: Past, item_ids: Sequence[int]) -> Past:
    """The same past with products that come after it, each a moment of its own, the last the
    latest; they are no answers."""
    moments = dict(past.moments)
    number = max((number for number, _ in moments.values()), default=-1)
    for item in item_ids:
        number += 1
        moments.pop(item, None)
        moments[item] = (number, None)
    return Past(moments, past.had | frozenset(item_ids), past.user_id, past.last)


def _seconds(at: str) -> float:
    return (datetime.fromisoformat(at) - _EPOCH).total_seconds()
