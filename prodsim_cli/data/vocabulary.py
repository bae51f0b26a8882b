"""Ids to positions and back."""

from __future__ import annotations

from collections.abc import Iterable


class Vocabulary:
    """Ids (hashable, all different) <-> positions 0..n-1, in the order given."""

    __slots__ = ("_positions", "ids")

    def __init__(self, ids: Iterable[object]) -> None:
        self.ids: tuple[object, ...] = tuple(ids)
        self._positions = {key: position for position, key in enumerate(self.ids)}
        if len(self._positions) != len(self.ids):
            raise ValueError("a vocabulary holds each id once")

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, key: object) -> bool:
        return key in self._positions

    def position(self, key: object) -> int:
        """Position of one id; an unknown one raises ``KeyError``."""
        return self._positions[key]

    def at(self, positions: Iterable[int]) -> list[object]:
        """Ids at positions."""
        return [self.ids[position] for position in positions]
