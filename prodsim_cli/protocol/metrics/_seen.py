"""What a metric looks at: the places of the lists, or the products that are shown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

_BYTES = 1 << 22
"""Bytes that ``hits`` marks in: small enough to stay near the processor."""


@dataclass(frozen=True)
class Ranks:
    """What stands at each place of each list, and what there was to find.

    Summed hit by hit in order of rank: the same bits whatever other queries and however long lists.

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
    def _places(self) -> NDArray[np.int64]:
        """(h,) int64: where the hits stand in the flattened lists, ascending."""
        return np.flatnonzero(self.hits)

    @cached_property
    def query(self) -> NDArray[np.int64]:
        """(h,) int64: the query of each hit, ascending."""
        return self._places // max(self.hits.shape[1], 1)

    @cached_property
    def rank(self) -> NDArray[np.int64]:
        """(h,) int64: the place of each hit in its list, from 1, ascending within a query."""
        return self._places - self.query * self.hits.shape[1] + 1

    @cached_property
    def ordinal(self) -> NDArray[np.int64]:
        """(h,) int64: the how-manieth hit of its query each hit is, from 1."""
        first = np.searchsorted(self.query, np.arange(len(self.hits)))
        return np.arange(1, len(self.query) + 1) - first[self.query]

    @cached_property
    def worth(self) -> NDArray[np.float64] | None:
        """(h,) float64: the gain of each hit; None where every one is worth 1."""
        return None if self.gains is None else self.gains.reshape(-1)[self._places]

    @cached_property
    def first(self) -> NDArray[np.float64]:
        """(q,) float64: the rank of the first hit, infinite where there is none."""
        first = np.full(len(self.hits), np.inf)
        opens = self.ordinal == 1
        first[self.query[opens]] = self.rank[opens]
        return first

    @cached_property
    def discounted(self) -> NDArray[np.float64]:
        """(h,) float64: gain / log2(rank + 1) of each hit, its part of the DCG."""
        discount = discounts(self.hits.shape[1])[self.rank - 1]
        return discount if self.worth is None else self.worth * discount

    @cached_property
    def ideal_dcg(self) -> NDArray[np.float64]:
        """The largest DCG there can be at 0, 1, 2... places: graded (q, w + 1), a row per query;
        binary (m + 1,), of which a query takes the entry of its own number of right products.
        """
        if self.ideal is None:
            most = int(self.relevant.max(initial=0))
            return np.concatenate(([0.0], np.cumsum(discounts(most))))
        best = np.zeros((self.ideal.shape[0], self.ideal.shape[1] + 1))
        np.cumsum(self.ideal * discounts(self.ideal.shape[1]), axis=1, out=best[:, 1:])
        return best

    def summed(self, parts: NDArray[np.float64] | None, k: int) -> NDArray[np.float64]:
        """(q,) float64: the sum of ``parts`` (h,), None to count, over hits among the first k."""
        query = self.query
        if k < self.hits.shape[1]:
            inside = self.rank <= k
            query, parts = query[inside], None if parts is None else parts[inside]
        return np.bincount(query, parts, minlength=len(self.hits)).astype(np.float64, copy=False)

    def found_at(self, k: int) -> NDArray[np.float64]:
        """(q,) float64: right products among the first k places."""
        return self.summed(None, k)


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

    @cached_property
    def head(self) -> NDArray[np.bool_]:
        """(n,) bool: is the product of the head, see :func:`head`."""
        return head(self.candidates, self.people)

    def length_at(self, k: int) -> NDArray[np.int64]:
        """(q,) int64: how many products are shown among the first k places."""
        return np.count_nonzero(self.lists[:, :k] >= 0, axis=1)

    def mean_at(self, values: NDArray[np.float64], k: int) -> NDArray[np.float64]:
        """The mean of ``values`` (n,) over the first k products of each list; NaN without one.

        Added up place by place, so that a list has the same bits whatever stands beside it.
        """
        # position -1, an empty place, reads the last entry
        table = np.append(values.astype(np.float64), 0.0)
        total = np.zeros(len(self.lists))
        for column in self.lists[:, :k].T:
            total += table[column]
        length = self.length_at(k)
        return np.divide(total, length, out=np.full(len(total), np.nan), where=length > 0)

    def exposure(self, k: int) -> NDArray[np.int64]:
        """How often each candidate stands among the first k of a list: (candidates,) int64."""
        shown = self.lists[:, :k]
        times = np.bincount(shown[shown >= 0], minlength=len(self.candidates))
        return times[self.candidates]


def discounts(depth: int) -> NDArray[np.float64]:
    """1 / log2(rank + 1) for the ranks 1..depth: (depth,) float64."""
    return 1.0 / np.log2(np.arange(2.0, depth + 2.0))


def head(candidates: NDArray[np.bool_], people: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The fifth of the candidates (rounded up) with the most people, ties by position.

    (n,) bool, (n,) float64 -> (n,) bool. The rest of the candidates is the tail.
    """
    among = np.flatnonzero(candidates)
    by_people = among[np.argsort(-people[among], kind="stable")]
    chosen = np.zeros(len(candidates), bool)
    chosen[by_people[: -(-len(among) // 5)]] = True
    return chosen


def hits(lists: NDArray[np.int32], answers: sp.csr_matrix) -> NDArray[np.bool_]:
    """(q, depth) int32 positions, -1 where empty; (q, n) CSR -> (q, depth) bool: is it right?

    A few queries at a time mark their right products (entries that are not 0) in an array of one
    byte per query and product, look up their lists there, and wipe it.
    """
    queries, depth = lists.shape
    width = answers.shape[1] + 1
    rows = max(1, min(queries, _BYTES // width, _BYTES // (8 * max(depth, 1))))
    marked = np.zeros(rows * width, bool)
    # the first byte of a row is never marked: position -1, an empty place, lands there
    offset = np.arange(rows, dtype=np.int64) * width + 1
    found = np.zeros((queries, depth), bool)
    right = answers.data != 0
    for start in range(0, queries, rows):
        some = lists[start : start + rows]
        ends = answers.indptr[start : start + len(some) + 1]
        mine = slice(ends[0], ends[-1])
        marks = np.repeat(offset[: len(some)], np.diff(ends)) + answers.indices[mine]
        marked[marks] = right[mine]
        np.take(marked, some + offset[: len(some), None], out=found[start : start + rows])
        marked[marks] = False
    return found
