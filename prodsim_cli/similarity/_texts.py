"""Equal texts are computed once: neighbours among groups of equals, then spread to the items."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.knn import Best, best_of_triplets, blocks, cosine_neighbors, sparse_neighbors
from prodsim_cli.data.neighbors import NeighborTable

Positions = NDArray[np.int32]
Scores = NDArray[np.float32]
Search = Callable[[NDArray[np.intp], NDArray[np.intp], int], Best]
"""Groups asked about, groups to be found, k -> columns of the second and scores, best first."""

_BLOCK = 4096


def positions_asked(
    n: int, queries: Positions | None, candidates: Positions | None
) -> tuple[Positions, Positions]:
    """int32 positions of the products asked about and, ascending, of those that may be found; None
    means all n."""
    every = np.arange(n, dtype=np.int32)
    rows = every if queries is None else np.asarray(queries, np.int32)
    return rows, every if candidates is None else np.unique(candidates).astype(np.int32)


@dataclass(frozen=True)
class _Members:
    """The candidates of each group: group g holds ``items[starts[g]:starts[g + 1]]``, ascending."""

    items: Positions
    starts: NDArray[np.intp]


def grouped_neighbors(
    group: NDArray[np.intp],
    search: Search,
    queries: Positions | None,
    candidates: Positions | None,
    k: int,
) -> NeighborTable:
    """The neighbour table of items from a search among groups of equal items.

    ``group``: (n,) group of each item; -1 for one without text, which has no neighbours.
    ``search``: the best groups, positive scores only, ties in order of column. Members of one group
    have a score of 1 with each other, which no score exceeds.
    """
    n = len(group)
    rows, among = positions_asked(n, queries, candidates)
    among = among[group[among] >= 0]
    positions = np.full((len(rows), k), -1, np.int32)
    scores = np.zeros((len(rows), k), np.float32)
    asked, asker = np.unique(group[rows], return_inverse=True)
    found, members = _members(group, among)
    if len(found) and asked[-1:].max(initial=-1) >= 0:
        skipped = int(asked[0] < 0)
        nearest = search(asked[skipped:], found, k + 1)
        for part in blocks(len(asked) - skipped, _BLOCK):
            best = _spread(nearest[0][part], nearest[1][part], members, k + 1)
            here = np.flatnonzero((asker >= part.start + skipped) & (asker < part.stop + skipped))
            at = asker[here] - part.start - skipped
            positions[here], scores[here] = without_self(rows[here], best[0][at], best[1][at])
    return NeighborTable(positions, scores, None if queries is None else rows)


def cosine_of_groups(
    group: NDArray[np.intp],
    vectors: NDArray[np.float32] | sp.csr_matrix,
    queries: Positions | None,
    candidates: Positions | None,
    k: int,
) -> NeighborTable:
    """The k nearest by the cosine of their groups' vectors (g, d), positive ones only."""

    def search(asked: NDArray[np.intp], found: NDArray[np.intp], k: int) -> Best:
        if sp.issparse(vectors):
            positions, scores = sparse_neighbors(vectors[asked], vectors[found].T.tocsr(), k)
        else:
            positions, scores = cosine_neighbors(vectors[asked], vectors[found], k)
        return positions, capped(asked, found, positions, scores)

    return grouped_neighbors(group, search, queries, candidates, k)


def capped(
    asked: NDArray[np.intp], found: NDArray[np.intp], positions: Positions, cosine: Scores
) -> Scores:
    """At most 1, and 1 between equals, whatever the last bit of a vector's length says."""
    equal = (positions >= 0) & (found[positions] == asked[:, None])
    return np.where(equal, np.float32(1), np.minimum(cosine, 1))


def _members(group: NDArray[np.intp], among: Positions) -> tuple[NDArray[np.intp], _Members]:
    """Groups with a candidate, in order of their first one, and the candidates of each.

    That order makes a tie between groups cut by the position of their items.
    """
    _, first, number = np.unique(group[among], return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    number = rank[number]
    starts = np.zeros(len(order) + 1, np.intp)
    np.cumsum(np.bincount(number, minlength=len(order)), out=starts[1:])
    return group[among[first[order]]], _Members(among[np.argsort(number, kind="stable")], starts)


def _spread(columns: Positions, scores: NDArray[np.float32], members: _Members, k: int) -> Best:
    """Ranked groups (b, k) become ranked items (b, k)."""
    b = len(columns)
    size = np.where(columns >= 0, np.diff(members.starts)[columns], 0)
    size = np.minimum(size, k)
    # Where k better items stand before a run of equal scores, that run is not needed.
    before = np.cumsum(size, axis=1) - size
    fresh = np.diff(scores, axis=1, prepend=np.inf) != 0
    run = np.maximum.accumulate(np.where(fresh, np.arange(columns.shape[1]), 0), axis=1)
    size[np.take_along_axis(before, run, 1) >= k] = 0
    flat = size.ravel()
    inside = np.arange(flat.sum()) - np.repeat(np.cumsum(flat) - flat, flat)
    items = members.items[np.repeat(members.starts[columns.ravel()], flat) + inside]
    rows = np.repeat(np.repeat(np.arange(b), columns.shape[1]), flat)
    return best_of_triplets(rows, items, np.repeat(scores.ravel(), flat), b, k)


def without_self(rows: Positions, positions: Positions, scores: NDArray[np.float32]) -> Best:
    """Rows of k + 1 with the item itself, or else the last one, taken out."""
    own = positions == rows[:, None]
    order = np.argsort(own, axis=1, kind="stable")[:, :-1]
    return np.take_along_axis(positions, order, 1), np.take_along_axis(scores, order, 1)


def groups_of_rows(vectors: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Groups of bitwise equal rows, numbered by first appearance; -1 for rows of zeros.

    Returns (n,) groups and the distinct vectors (g, d) in that order.
    """
    filled = np.flatnonzero(vectors.any(axis=1))
    rows = np.ascontiguousarray(vectors[filled] + np.float32(0))  # -0 becomes 0
    keys = rows.view(np.dtype((np.void, rows.shape[1] * 4))).ravel()
    _, first, number = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    group = np.full(len(vectors), -1, np.intp)
    group[filled] = rank[number.ravel()]
    return group, rows[first[order]]


def groups_of_sparse(vectors: sp.csr_matrix) -> tuple[NDArray[np.intp], sp.csr_matrix]:
    """Groups of rows with the same columns, numbered by first appearance; -1 for empty rows.

    Returns (n,) groups and the distinct rows (g, m) in that order.
    """
    pointer, columns = vectors.indptr, vectors.indices.astype(np.int32)
    number: dict[bytes, int] = {}
    group = np.full(vectors.shape[0], -1, np.intp)
    first: list[int] = []
    for row in np.flatnonzero(np.diff(pointer)).tolist():
        key = columns[pointer[row] : pointer[row + 1]].tobytes()
        group[row] = number.setdefault(key, len(first))
        if group[row] == len(first):
            first.append(row)
    return group, vectors[first]
