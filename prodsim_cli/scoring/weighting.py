"""What a person's score is made of beside tables: how a history counts, constants.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

CONSTANTS = ("popularity", "recent")
"""Baselines that are parts of ``recommend``, never of ``similar``: the same for everybody."""

RECENT_HALF_LIFE = 14.0
"""Days after which a buyer counts half for ``recent``."""

USERS = "users"
"""What people alike have (``similarity._user_knn``): a part of ``recommend`` only, too."""

DAY = 86_400.0
_EPOCH = datetime(1970, 1, 1)


class HistoryWeighting(NamedTuple):
    """How much a person's older events count when that person is scored.

    ``kind``: ``flat`` (all the same), ``steps`` (times ``value`` for each later moment at which the
    person did something), ``days`` (half after ``value`` days).
    """

    kind: str = "flat"
    value: float = 1.0

    def as_dict(self) -> dict[str, Any]:
        return self._asdict()

    def weights(
        self, moments: Mapping[int, tuple[int, str | None]], now: float | None = None
    ) -> dict[int, float]:
        """Item id -> how much it counts; ``scoring.weighted_history`` does it for many.

        ``moments``: item id -> number of the moment of its latest event, and its ISO time.
        ``now``: seconds since 1970 that days are counted from; None: the latest event.
        """
        if self.kind == "flat":
            return dict.fromkeys(moments, 1.0)
        if self.kind == "days":
            times = {item: _seconds(at) for item, (_, at) in moments.items() if at}
            today = max(times.values(), default=0.0) if now is None else now
            return {
                item: 0.5 ** (max(today - times.get(item, today), 0.0) / DAY / self.value)
                for item in moments
            }
        latest = max((number for number, _ in moments.values()), default=0)
        return {item: self.value ** (latest - number) for item, (number, _) in moments.items()}


FLAT = HistoryWeighting()


def _seconds(at: str) -> float:
    return (datetime.fromisoformat(at) - _EPOCH).total_seconds()
