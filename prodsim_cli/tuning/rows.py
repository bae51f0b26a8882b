"""The rows of several tables side by side: what each part says for the products of a question."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.knn import blocks
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.protocol.testset import Questions
from prodsim_cli.tuning.score_matrix import Board, gathered

_CELLS = 4_000_000


def scale_of(table: NeighborTable) -> float:
    """The mean of the best score of a row, over rows that have one; 1 for an empty table."""
    best = table.scores[:, 0][table.positions[:, 0] >= 0] if table.k else table.scores.ravel()
    mean = float(best.mean(dtype=np.float64)) if len(best) else 0.0
    return mean if mean > 0 else 1.0


def row_board(
    tables: Mapping[str, NeighborTable],
    asked: Questions,
    evidence: NDArray[np.int8],
    same: Mapping[str, NDArray[np.float32]] | None = None,
) -> Board:
    """The board of products: each part's own row, its scores divided by :func:`scale_of`.

    ``same``: by name, (n,) scores that every product asked about has alike (popularity).
    """
    n = len(asked.candidates)
    rows = {name: _rows(table, asked.subjects, n) for name, table in tables.items()}
    scales = {name: np.float32(1 / scale_of(table)) for name, table in tables.items()}
    flat = {
        name: scores / max(scores.max(initial=0), 1e-9) for name, scores in (same or {}).items()
    }

    def scores(some: slice) -> NDArray[np.float32]:
        own = [rows[name][some].toarray() * scales[name] for name in tables]
        size = own[0].shape[0] if own else some.stop - some.start
        return np.stack([*own, *(np.broadcast_to(one, (size, n)) for one in flat.values())])

    def barred(some: slice) -> NDArray[np.bool_]:
        return asked.barred[some].toarray() | ~asked.candidates[None, :]

    return gathered(
        [*tables, *flat],
        list(blocks(len(asked), _CELLS // max(n * (len(tables) + len(flat)), 1))),
        scores,
        barred,
        lambda some: asked.answers[some].toarray(),
        evidence,
    )


def _rows(table: NeighborTable, subjects: NDArray[np.int32], n: int) -> sp.csr_matrix:
    """The rows of some products as (q, n) CSR float32."""
    positions, scores = table.positions[subjects], table.scores[subjects]
    valid = positions >= 0
    pointer = np.zeros(len(subjects) + 1, np.int64)
    np.cumsum(valid.sum(axis=1), out=pointer[1:])
    return sp.csr_matrix((scores[valid], positions[valid], pointer), shape=(len(subjects), n))
