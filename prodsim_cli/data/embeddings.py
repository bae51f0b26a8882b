"""Vectors of one space, one row an item."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class EmbeddingMatrix:
    """(n, d) float32, rows of unit length, or zero for an empty text; ``space`` names the model."""

    vectors: NDArray[np.float32]
    space: str


def normalized(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows scaled to unit length; zero rows stay zero. (n, d) float32 -> (n, d) float32."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32, copy=False)
