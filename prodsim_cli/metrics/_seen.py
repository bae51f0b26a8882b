"""What a metric looks at: the places of the lists, or the products that are shown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray


@dataclass(frozen=True)
class Ranks:
    """What stands at each place of each list, and what there was to find.

    Attributes
    ----------
    hits : (q, depth) bool: is the product at that place a right one; False at an empty place.
    relevant : (q,) int: how many right products the query has, found or not.
    gains : (q, depth) float64 or None: what the product at that place is worth (0 for a wrong one);
        None: each right product is worth 1.
    ideal : (q, w) float64 or None: the gains of the query's right products in falling order, 0
        where it has fewer than w. Both are given or neither.
    """

    hits: NDArray[np.bool_]
    relevant: NDArray[np.integer]
    gains: NDArray[np.float64] | None = None
    ideal: NDArray[np.float64] | None = None

    @cached_property
    def found(self) -> NDArray[np.int32]:
        """(q, depth + 1) int32: right products among the first 0, 1, 2... places."""
        found = np.zeros((self.hits.shape[0], self.hits.shape[1] + 1), np.int32)
        np.cumsum(self.hits, axis=1, out=found[:, 1:])
        return found

    def found_at(self, k: int) -> NDArray[np.int32]:
        """(q,) int32: right products among the first k places."""
        return self.found[:, min(k, self.hits.shape[1])]


@dataclass(frozen=True)
class Shown:
    """The products that a run shows, and what is known of them.

    Attributes
    ----------
    lists : (q, depth) int32 item positions, -1 where a list is short (always at its end).
    candidates : (n,) bool: the products that could have been shown.
    people : (n,) float64: how many different users of the training part have to do with a product.
    users : how many users the training part has.
    vectors : (n, d) float32 or CSR, rows of unit length (zero for a product without text): where
        products lie that are alike; None where nothing is known.
    """

    lists: NDArray[np.int32]
    candidates: NDArray[np.bool_]
    people: NDArray[np.float64]
    users: int
    vectors: NDArray[np.float32] | sp.csr_matrix | None = None
