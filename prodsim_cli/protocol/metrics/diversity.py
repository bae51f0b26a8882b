"""Diversity at k: how unlike the products of one list are.

The mean over all pairs of the first k products of 1 - cosine of their vectors (Ziegler et al. 2005,
Improving recommendation lists through topic diversification, whose intra-list similarity this
turns round). A product without a vector is like nothing. NaN for fewer than two products. The sum
of the cosines of all pairs is (|sum of the vectors|^2 - sum of |vector|^2) / 2.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.protocol.metrics._seen import Shown

OVER = "lists"
LABEL = "diversity"
PLACE = 1
NEEDS_VECTORS = True

_BLOCK = 1 << 20
"""Numbers that are held at once for a block of lists, about."""


def score(shown: Shown, k: int) -> NDArray[np.float64]:
    """(q,) float64 in 0..2; NaN for fewer than two products, or without vectors."""
    length = shown.length_at(k)
    figures = np.full(len(length), np.nan)
    if shown.vectors is None:
        return figures
    cosines = (_cosines_sparse if sp.issparse(shown.vectors) else _cosines_dense)(
        shown.lists[:, :k], shown.vectors
    )
    pairs = length * (length - 1) / 2.0
    np.divide(pairs - cosines, pairs, out=figures, where=pairs > 0)
    # the vectors are of unit length but for rounding, and so is the cosine of two of the same
    return np.maximum(figures, 0.0)


def _cosines_dense(lists: NDArray[np.int32], vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """The sum of the cosines of all pairs of each list: (q, k), (n, d) float32 -> (q,)."""
    dimension = vectors.shape[1]
    rows = max(1, _BLOCK // max(dimension, 1))
    cosines = np.zeros(len(lists))
    for start in range(0, len(lists), rows):
        some = lists[start : start + rows]
        together, alone = np.zeros((len(some), dimension)), np.zeros(len(some))
        for column in some.T:  # place by place: no (q, k, d) is ever made
            vector = vectors[column].astype(np.float64)
            vector[column < 0] = 0.0
            together += vector
            alone += (vector * vector).sum(axis=1)
        cosines[start : start + rows] = ((together * together).sum(axis=1) - alone) / 2.0
    return cosines


def _cosines_sparse(lists: NDArray[np.int32], vectors: sp.csr_matrix) -> NDArray[np.float64]:
    """The same of sparse vectors: (q, k), (n, d) CSR -> (q,)."""
    used = np.unique(lists[lists >= 0])
    vectors = vectors[used].astype(np.float64)
    squares = _row_sums_of_squares(vectors)
    rows = max(1, _BLOCK // max(1, lists.shape[1] * vectors.nnz // max(len(used), 1)))
    cosines = np.zeros(len(lists))
    for start in range(0, len(lists), rows):
        some = lists[start : start + rows]
        here = some >= 0
        places = np.searchsorted(used, some[here])
        ends = np.concatenate(([0], np.cumsum(here.sum(axis=1))))
        chosen = sp.csr_matrix((np.ones(len(places)), places, ends), shape=(len(some), len(used)))
        alone = chosen @ squares
        together = _row_sums_of_squares(chosen @ vectors)
        cosines[start : start + rows] = (together - alone) / 2.0
    return cosines


def _row_sums_of_squares(matrix: sp.csr_matrix) -> NDArray[np.float64]:
    """(m, d) CSR float64 -> (m,), each row added up in its own order."""
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    return np.bincount(row, matrix.data**2, minlength=matrix.shape[0]).astype(np.float64)
