"""Neighbour tables: the k best others of each item."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class NeighborTable:
    """For each query its k best others.

    Attributes
    ----------
    positions : (n, k) int32, positions of neighbours in the item (or user) vocabulary; -1 where
        fewer than k exist, always at the end of a row.
    scores : (n, k) float32, descending, larger is closer; 0 where the position is -1.
    queries : (n,) int32 or None; the item of each row, None when row i is item i.

    A row never holds its own item; equal scores stand in order of position. The row of item j
    holds the items that speak *for j* (docs/architecture.md, "one direction").
    """

    positions: NDArray[np.int32]
    scores: NDArray[np.float32]
    queries: NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        if self.positions.shape != self.scores.shape or self.positions.ndim != 2:
            raise ValueError("positions and scores must both be (n, k)")

    def __len__(self) -> int:
        return int(self.positions.shape[0])

    @property
    def k(self) -> int:
        """Columns of the table (the largest number of neighbours of a row)."""
        return int(self.positions.shape[1])

    @property
    def rows(self) -> NDArray[np.int32]:
        """(n,) int32: the item of each row."""
        if self.queries is not None:
            return self.queries
        return np.arange(len(self), dtype=np.int32)
