"""What a person's score is made of beside tables: memories, constants. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

CONSTANTS = ("popularity", "recent")
"""Baselines that are parts of ``recommend``, never of ``similar``: the same for everybody."""

RECENT_HALF_LIFE = 14.0
"""Days after which a buyer counts half for ``recent``."""

USERS = "users"
"""What people alike have (``similarity._user_knn``): a part of ``recommend`` only, too."""


@dataclass(frozen=True)
class Memory:
    """How much a person's older events count when that person is scored.

    ``kind``: ``flat`` (all the same), ``steps`` (times ``value`` for each later moment at which the
    person did something), ``days`` (half after ``value`` days).
    """

    kind: str = "flat"
    value: float = 1.0

    def as_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "value": self.value}


FLAT = Memory()
