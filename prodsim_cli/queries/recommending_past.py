"""What a person did, as recommendations remember it. Ground floor.

The same as :mod:`prodsim_cli.learning.memory` for one person: the latest event of each product
counts, any but a return, less with every later moment or day as each part has learned.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from prodsim_cli.data.people import Memory
from prodsim_cli.store import pasts

_DAY = 86_400.0
_EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True)
class Past:
    """The products that a person has had to do with.

    Attributes
    ----------
    moments : item id -> (number of the moment of its latest event, 0 the first; its time in seconds
        since 1970, None without one), oldest first.
    had : item id of everything bought (or had as what is foretold): no answer.
    user_id : None for a visitor.
    last : ISO time of the latest event, '' without one.
    """

    moments: dict[int, tuple[int, float | None]] = field(default_factory=dict)
    had: frozenset[int] = frozenset()
    user_id: int | None = None
    last: str = ""

    def __len__(self) -> int:
        return len(self.moments)

    def weights(self, memory: Memory, now: float | None) -> dict[int, float]:
        """Item id -> how much it counts. ``now``: what days are counted from; None: the latest."""
        if memory.kind == "flat":
            return dict.fromkeys(self.moments, 1.0)
        if memory.kind == "days":
            times = [at for _, at in self.moments.values() if at is not None]
            today = max(times, default=0.0) if now is None else now
            return {
                item: 1.0 if at is None else 0.5 ** (max(today - at, 0.0) / _DAY / memory.value)
                for item, (_, at) in self.moments.items()
            }
        latest = max((number for number, _ in self.moments.values()), default=0)
        return {
            item: memory.value ** (latest - number) for item, (number, _) in self.moments.items()
        }


def of_user(
    connection: sqlite3.Connection, user_id: int, target: str, before: str | None = None
) -> Past:
    """The past of a known person, up to a moment (ISO)."""
    moments: dict[int, tuple[int, float | None]] = {}
    had = set()
    number, last = -1, None
    for item, at, position, kind in pasts.of_user(connection, user_id, before):
        if (at, position) != last:
            number, last = number + 1, (at, position)
        moments.pop(item, None)  # the latest event of a product is its place
        moments[item] = (number, _seconds(at))
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


def _seconds(at: str | None) -> float | None:
    return None if at is None else (datetime.fromisoformat(at) - _EPOCH).total_seconds()
