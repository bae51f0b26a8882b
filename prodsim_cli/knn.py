"""Exact nearest neighbours in blocks: partial selection, ties by position, bounded memory.

Every function here is exact and deterministic: a row of the answer depends on its own query and the
candidates only, never on the block it was computed in. numpy and scipy, no torch.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.neighbors import NeighborTable

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
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The k largest entries of every row, descending, equal scores in order of column.

    Parameters
    ----------
    scores : (b, n) float32. Never NaN.
    k : columns of the answer (at least 1).
    mask : (b, n) or (n,) bool, True where an entry must not appear.
    above : only entries larger than this count (``0``: positive scores only).

    Returns
    -------
    (b, k) int32 columns and (b, k) float32 scores; -1 and 0 where a row has fewer than k.

    Notes
    -----
    The k-th value comes from ``np.partition`` (vectorised with SIMD where ``argpartition`` may not
    be). All entries above it win; those equal to it fill up from the left, so that a tie which
    straddles rank k is cut by position. Only the winners are sorted.
    """
    if mask is not None:
        scores = np.where(mask, np.float32(-np.inf), scores)
    rows_n, columns_n = scores.shape
    positions = np.full((rows_n, k), -1, np.int32)
    kept = min(k, columns_n)
    if kept == 0 or rows_n == 0:
        return positions, np.zeros((rows_n, k), np.float32)
    cut = np.partition(scores, columns_n - kept, axis=1)[:, columns_n - kept, None]
    allowed = scores > above
    rows, columns = np.nonzero((scores >= cut) & allowed)
    found = scores[rows, columns]
    strict = found > cut[rows, 0]
    room = kept - np.bincount(rows[strict], minlength=rows_n)
    fill = _rank_in_row(rows[~strict], rows_n) < room[rows[~strict]]
    strict[~strict] = fill
    rows, columns, found = rows[strict], columns[strict], found[strict]
    place = _rank_in_row(rows, rows_n)
    board = np.full((rows_n, k), -np.inf, np.float32)
    board[rows, place] = found
    positions[rows, place] = columns
    order = np.argsort(-board, axis=1, kind="stable")
    board = np.take_along_axis(board, order, 1)
    return np.take_along_axis(positions, order, 1), np.where(board > -np.inf, board, 0)


def _rank_in_row(rows: NDArray[np.intp], n: int) -> NDArray[np.intp]:
    """0, 1, 2... within each run of a sorted array of row numbers."""
    starts = np.zeros(n + 1, np.intp)
    np.cumsum(np.bincount(rows, minlength=n), out=starts[1:])
    return np.arange(len(rows)) - starts[rows]


def best_of_triplets(
    rows: NDArray[np.intp],
    columns: NDArray[np.int32],
    scores: NDArray[np.float32],
    n: int,
    k: int,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """:func:`top_k` over scattered entries: ``scores[t]`` stands at (row, column).

    ``rows`` (t,) in 0..n-1 in any order; a (row, column) pair occurs once.
    """
    order = np.lexsort((columns, -scores, rows))
    rows, columns, scores = rows[order], columns[order], scores[order]
    place = _rank_in_row(rows, n)
    good = place < k
    positions = np.full((n, k), -1, np.int32)
    values = np.zeros((n, k), np.float32)
    positions[rows[good], place[good]] = columns[good]
    values[rows[good], place[good]] = scores[good]
    return positions, values


def speakers(table: NeighborTable, n: int) -> sp.csr_matrix:
    """The table read the other way: (n, n) CSR float32 whose entry [i, j] is the score of i in the
    row of j, so that ``history @ speakers`` gives every candidate j the sum over its own row."""
    width = table.k
    valid = table.positions.ravel() >= 0
    columns = np.repeat(table.rows, width)[valid]
    rows = table.positions.ravel()[valid]
    matrix = sp.csr_matrix((table.scores.ravel()[valid], (rows, columns)), shape=(n, n))
    matrix.sort_indices()
    return matrix


def recommend_scores(
    table: NeighborTable | sp.csr_matrix, history: sp.csr_matrix, users: slice | NDArray[np.intp]
) -> NDArray[np.float32]:
    """Score every candidate for a block of users by the candidate's own row (the one direction).

    score(u, j) = sum over neighbours i of j of ``history[u, i]`` * score(j, i).

    Parameters
    ----------
    table : a neighbour table over n items, or ``speakers(table, n)`` (made once for many blocks).
    history : (n_users, n) CSR; 1 where the item lies in the user's history (or a weight).
    users : slice or positions of b users.

    Returns
    -------
    (b, n) float32; 0 where no neighbour of j was bought.
    """
    if isinstance(table, NeighborTable):
        table = speakers(table, history.shape[1])
    scores: NDArray[np.float32] = (history[users] @ table).toarray().astype(np.float32, copy=False)
    return scores


Block = tuple[NDArray[np.intp], sp.csr_matrix]


def product_rows(
    left: sp.csr_matrix, right: sp.csr_matrix, block_bytes: int = BLOCK_BYTES
) -> list[NDArray[np.intp]]:
    """Rows of ``left`` in groups whose part of ``left @ right`` fits into ``block_bytes``.

    Rows of one group have products of about the same length (they are ordered by an upper bound
    of it), the longest first, so that padding a group to a rectangle wastes little.
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
    pointer: NDArray[np.integer],
    columns: NDArray[np.int32],
    scores: NDArray[np.float32],
    k: int,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """:func:`top_k` over the rows of a CSR matrix with unsorted columns; positive scores only.

    ``pointer`` (n + 1,), ``columns`` and ``scores`` (nnz,): ``indptr``, ``indices``, ``data``.
    """
    lengths = np.diff(pointer)
    n, width = len(lengths), int(lengths.max(initial=0))
    if width <= k:
        entry = np.flatnonzero(scores > 0)
        rows = np.repeat(np.arange(n), lengths)[entry]
        return best_of_triplets(rows, columns[entry], scores[entry], n, k)
    board = np.zeros((n, width), np.float32)
    board[np.arange(width) < lengths[:, None]] = scores
    cut = np.partition(board, width - k, axis=1)[:, width - k, None]
    rows, place = np.nonzero((board >= cut) & (board > 0))
    entry = pointer[rows] + place
    tied = scores[entry] == cut[rows, 0]
    room = k - np.bincount(rows[~tied], minlength=n)
    # Only the tied entries at the cut are sorted by column: there may be very many of them.
    span = int(columns.max(initial=0)) + 1
    keys = np.sort(rows[tied] * span + columns[entry[tied]])
    tied_rows = keys // span
    fits = _rank_in_row(tied_rows, n) < room[tied_rows]
    tied_rows, tied_columns = tied_rows[fits], (keys[fits] % span).astype(np.int32)
    return best_of_triplets(
        np.concatenate([rows[~tied], tied_rows]),
        np.concatenate([columns[entry[~tied]], tied_columns]),
        np.concatenate([scores[entry[~tied]], cut[tied_rows, 0]]),
        n,
        k,
    )
