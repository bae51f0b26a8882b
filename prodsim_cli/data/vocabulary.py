"""Names to positions and back, translated once at the edge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


class Vocabulary:
    """Ids <-> positions 0..n-1, in the order given.

    Parameters
    ----------
    ids : sequence of hashable, all different (SKUs, ``source:sku``, user keys or row ids).
    """

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
        """Position of one id; a stranger raises ``KeyError``."""
        return self._positions[key]

    def positions(self, keys: Sequence[object], *, strangers: bool = False) -> NDArray[np.int32]:
        """Positions of many ids, int32. A stranger raises ``KeyError``; is -1 if ``strangers``."""
        find = self._positions
        if strangers:
            return np.fromiter((find.get(key, -1) for key in keys), np.int32, len(keys))
        return np.fromiter((find[key] for key in keys), np.int32, len(keys))

    def at(self, positions: Iterable[int]) -> list[object]:
        """Ids at positions."""
        return [self.ids[position] for position in positions]
