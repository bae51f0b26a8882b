"""How one leads to another over products between them, by the stored tables. Ground floor.

An edge lies between two products where one stands in the other's row; its score is the better of
the two directions. Of the shortest paths the one is taken whose weakest edge is the strongest.
Products only: nobody is on the path.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from prodsim_cli.store import reasons as stored

LONGEST = 4
"""Steps; what is farther away has little to do with where it began."""

WIDEST = 5000
"""Products that are asked in one step, those with the strongest edges."""

Path = list[tuple[int, float | None]]
"""Item ids in order, with the score of the edge that leads to each (None for the first)."""


@dataclass
class _Side:
    """What has been reached from one end: item -> (weakest edge so far, over whom, last edge)."""

    reached: dict[int, tuple[float, int | None, float | None]]
    rim: list[int] = field(default_factory=list)

    def step(self, connection: sqlite3.Connection, method: str) -> None:
        found: dict[int, tuple[float, int | None, float | None]] = {}
        for one, other, score in stored.edges(connection, method, self.rim):
            if other in self.reached:
                continue
            weakest = min(self.reached[one][0], score)
            if other not in found or (weakest, score) > (found[other][0], found[other][2]):
                found[other] = (weakest, one, score)
        self.reached |= found
        self.rim = sorted(found, key=lambda item: (-found[item][0], item))[:WIDEST]

    def way(self, item: int) -> Path:
        """From the end to an item."""
        steps: Path = []
        at: int | None = item
        while at is not None:
            _, before, score = self.reached[at]
            steps.append((at, score))
            at = before
        return steps[::-1]


def path(
    connection: sqlite3.Connection, methods: Sequence[str], one: int, other: int
) -> tuple[Path, str | None]:
    """The path by the first of the methods that has one, and that method; empty where none has."""
    for method in methods:
        found = _by(connection, method, one, other)
        if found:
            return found, method
    return [], None


def _by(connection: sqlite3.Connection, method: str, one: int, other: int) -> Path:
    sides = [_Side({end: (float("inf"), None, None)}, [end]) for end in (one, other)]
    for _ in range(LONGEST):
        side = min(sides, key=lambda side: len(side.rim))
        side.step(connection, method)
        if not side.rim:
            return []
        meeting = sides[0].reached.keys() & sides[1].reached.keys()
        if meeting:
            best = max(
                meeting,
                key=lambda item: (min(side.reached[item][0] for side in sides), -item),
            )
            return _joined(sides[0].way(best), sides[1].way(best))
    return []


def _joined(there: Path, back: Path) -> Path:
    """Both ways to the meeting point as one way: the second turned round, its edges moved on."""
    items = [item for item, _ in back[::-1]]
    scores = [score for _, score in back[::-1]]
    return there + list(zip(items[1:], scores[:-1], strict=True))
