"""Exact nearest neighbours in blocks: partial selection, ties by position, bounded memory.

Every function is exact and deterministic: a row of the answer depends on its own query and the
candidates only, never on the block it was computed in. numpy and scipy, no torch.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.neighbors import NeighborTable

T = TypeVar("T")
Best = tuple[NDArray[np.int32], NDArray[np.float32]]
"""(n, k) positions and (n, k) scores, as in a :class:`NeighborTable`."""

BLOCK_BYTES = 256 * 2**20
"""Working memory of one block. Changes the speed, never the answer."""

ROUNDING = 1e-5
"""More than what a float32 GEMM over unit vectors of some 1,000 dimensions can be off by."""


def blocks(n: int, size: int) -> Iterator[slice]:
    """Slices that cover 0..n-1, ``size`` rows each (at least one row)."""
    size = max(1, size)
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def top_k(
    scores: NDArray[np.float32],
    k: int,
    *,
    mask: NDArray[np.bool_] | None = None,
    above: float = -np.inf,
) -> Best:
    """The k largest entries of every row, descending, equal scores in order of column.

    ``scores``: (b, n) float32, never NaN; ``k``: at least 1; ``mask``: (b, n) or (n,) bool, True
    where an entry must not appear; ``above``: only larger entries count. Gives (b, k) int32 columns
    and (b, k) float32 scores; -1 and 0 where a row has fewer than k.
    """
    if mask is not None:
        scores = np.where(mask, np.float32(-np.inf), scores)
    rows_n, columns_n = scores.shape
    if columns_n == 0:
        return _empty(rows_n, k)
    hits = np.flatnonzero((scores >= _bound(scores, k)[:, None]) & (scores > above))
    rows, columns = np.divmod(hits, columns_n)
    return best_of_triplets(rows, columns.astype(np.int32), scores.ravel()[hits], rows_n, k)


def _empty(n: int, k: int) -> Best:
    """n rows without a neighbour."""
    return np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32)


def _bound(scores: NDArray[np.float32], k: int) -> NDArray[np.float32]:
    """(b,) a value that at least k entries of each row reach (the smallest one in a short row).

    The columns are split into many more than k classes; the k-th largest of the class maxima is
    such a value, close to the k-th largest entry, at a tenth of the time of selecting it.
    """
    width = scores.shape[1]
    if width <= k:
        return np.asarray(scores.min(axis=1))
    size = width // (8 * k)
    if size > 1:
        classes = width // size
        scores = scores[:, : size * classes].reshape(len(scores), size, classes).max(axis=1)
        width = classes
    return np.asarray(np.partition(scores, width - k, axis=1)[:, width - k])


def _rank_in_row(rows: NDArray[np.intp], n: int) -> NDArray[np.intp]:
    """0, 1, 2... within each run of a sorted array of row numbers."""
    starts = np.zeros(n + 1, np.intp)
    np.cumsum(np.bincount(rows, minlength=n), out=starts[1:])
    return np.arange(len(rows)) - starts[rows]


def best_of_triplets(
    rows: NDArray[np.intp], columns: NDArray[np.int32], scores: NDArray[np.float32], n: int, k: int
) -> Best:
    """:func:`top_k` over scattered entries: ``scores[t]`` stands at (row, column).

    ``rows`` (t,) ascending, in 0..n-1; a (row, column) pair occurs once.
    """
    lengths = np.bincount(rows, minlength=n)
    width = int(lengths.max(initial=0))
    positions, values = _empty(n, k)
    if width > k:
        padded = np.full((n, width), -np.inf, np.float32)
        padded[np.arange(width) < lengths[:, None]] = scores
        cut = np.partition(padded, width - k, axis=1)[:, width - k][rows]
        rows, columns, scores = _cut_ties(rows, columns, scores, cut, n, k)
    order = np.lexsort((columns, -scores, rows))
    rows = rows[order]
    place = _rank_in_row(rows, n)
    positions[rows, place] = columns[order]
    values[rows, place] = scores[order]
    return positions, values


def _cut_ties(
    rows: NDArray[np.intp],
    columns: NDArray[np.int32],
    scores: NDArray[np.float32],
    cut: NDArray[np.float32],
    n: int,
    k: int,
) -> tuple[NDArray[np.intp], NDArray[np.int32], NDArray[np.float32]]:
    """The entries above their row's k-th score, and of those equal to it the first by column.

    Only the tied ones are sorted by column, by one integer key: there may be very many.
    """
    above, tied = scores > cut, scores == cut
    room = k - np.bincount(rows[above], minlength=n)
    span = np.int64(columns.max(initial=0)) + 1
    keys = np.sort(rows[tied] * span + columns[tied])
    tied_rows = keys // span
    fits = _rank_in_row(tied_rows, n) < room[tied_rows]
    return (
        np.concatenate([rows[above], tied_rows[fits]]),
        np.concatenate([columns[above], (keys[fits] % span).astype(np.int32)]),
        # Tied entries of a row are equal, so any order of theirs is the order of the keys.
        np.concatenate([scores[above], cut[tied][fits]]),
    )


def neighbor_matrix(table: NeighborTable, n: int) -> sp.csr_matrix:
    """(n, n) CSR float32 whose entry [i, j] is the score of i in the row of j, so that ``history @
    neighbor_matrix`` gives every candidate j the sum over its own row."""
    positions = table.positions.ravel()
    valid = positions >= 0
    columns = np.repeat(table.rows, table.k)[valid]
    entries = (table.scores.ravel()[valid], (positions[valid], columns))
    matrix = sp.csr_matrix(entries, shape=(n, n))
    matrix.sort_indices()
    return matrix


def recommend_scores(
    matrix: sp.csr_matrix, history: sp.csr_matrix, users: slice | NDArray[np.intp]
) -> NDArray[np.float32]:
    """(b, n) float32, score(u, j) = sum over i of ``history[u, i] * matrix[i, j]`` for b users.

    ``matrix``: of :func:`neighbor_matrix`; ``history`` (u, n) CSR: 1 (or a weight) where user u
    has item i. 0 where no neighbour of j was bought.
    """
    scores: NDArray[np.float32] = (history[users] @ matrix).toarray().astype(np.float32, copy=False)
    return scores


def product_rows(
    left: sp.csr_matrix, right: sp.csr_matrix, block_bytes: int = BLOCK_BYTES
) -> list[NDArray[np.intp]]:
    """Rows of ``left`` in groups whose part of ``left @ right`` fits into ``block_bytes``.

    Rows of one group have products of about the same length (by an upper bound of it), the longest
    first, so that padding a group to a rectangle wastes little.
    """
    lengths = np.diff(right.indptr).astype(np.float64)
    pattern = sp.csr_matrix((np.ones(left.nnz), left.indices, left.indptr), shape=left.shape)
    bound = np.minimum(pattern @ lengths, right.shape[1])
    order = np.argsort(bound, kind="stable")
    room = block_bytes // 24  # column, value and a few temporaries for every entry
    groups, end = [], len(order)
    while end > 0:
        size = int(max(1, min(room // max(bound[order[end - 1]], 1), end)))
        groups.append(np.sort(order[end - size : end]))
        end -= size
    return groups


def best_of_csr(
    pointer: NDArray[np.integer], columns: NDArray[np.int32], scores: NDArray[np.float32], k: int
) -> Best:
    """:func:`top_k` over the rows of a CSR matrix with unsorted columns; positive scores only.

    ``pointer`` (n + 1,), ``columns`` and ``scores`` (nnz,): ``indptr``, ``indices``, ``data``.
    """
    lengths = np.diff(pointer)
    n, width = len(lengths), int(lengths.max(initial=0))
    if width == 0:
        return _empty(n, k)
    padded = np.zeros((n, width), np.float32)
    padded[np.arange(width) < lengths[:, None]] = scores
    hits = np.flatnonzero((padded >= _bound(padded, k)[:, None]) & (padded > 0))
    rows, place = np.divmod(hits, width)
    return best_of_triplets(rows, columns[pointer[rows] + place], padded.ravel()[hits], n, k)


def cosine_neighbors(
    queries: NDArray[np.float32],
    candidates: NDArray[np.float32],
    k: int,
    block_bytes: int = BLOCK_BYTES,
) -> Best:
    """For every query vector the k candidates of the largest scalar product; positive ones only.

    ``queries`` (q, d) and ``candidates`` (c, d) float32, rows of unit length (or zero). Returns
    (q, k) int32 rows of ``candidates`` and (q, k) float32 products.

    A matrix product may round one and the same pair differently in another block, so all pairs
    within ``ROUNDING`` of the k-th best are computed again, pair by pair, and ordered by these
    scores. Equal vectors should be given once.
    """
    q, c = len(queries), len(candidates)
    positions, values = _empty(q, k)
    if c == 0:
        return positions, values
    for part in blocks(q, block_bytes // (4 * 3 * c)):
        scores = queries[part] @ candidates.T
        near = (scores >= _bound(scores, k)[:, None] - ROUNDING) & (scores > -ROUNDING)
        rows, columns = np.divmod(np.flatnonzero(near), c)
        exact = np.empty(len(rows), np.float32)
        for some in blocks(len(rows), block_bytes // (16 * queries.shape[1])):
            exact[some] = np.einsum(
                "ij,ij->i", queries[part][rows[some]], candidates[columns[some]]
            )
        good = exact > 0
        positions[part], values[part] = best_of_triplets(
            rows[good], columns[good].astype(np.int32), exact[good], part.stop - part.start, k
        )
    return positions, values


def sparse_neighbors(
    left: sp.csr_matrix, right: sp.csr_matrix, k: int, block_bytes: int = BLOCK_BYTES
) -> Best:
    """For every row of ``left @ right`` its k largest entries; positive ones only.

    ``left`` (q, m) and ``right`` (m, c) CSR float32. The product exists in blocks only.
    """
    positions, values = _empty(left.shape[0], k)
    cores = threads()

    def fill(group: NDArray[np.intp]) -> None:
        part = left[group] @ right
        positions[group], values[group] = best_of_csr(part.indptr, part.indices, part.data, k)

    in_threads(fill, product_rows(left, right, block_bytes // cores), cores)
    return positions, values


def threads() -> int:
    """How many blocks are worked on at a time: the cores that this process may use, at most 4."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else (0, 1)
    return min(len(allowed), 4)


def in_threads(work: Callable[[T], None], parts: Iterable[T], cores: int) -> None:
    """``work`` on every part; numpy and scipy let go of the interpreter lock in their loops."""
    with ThreadPoolExecutor(cores) as pool:
        for _ in pool.map(work, parts):
            pass
