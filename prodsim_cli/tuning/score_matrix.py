"""For each question the candidates that any part would put forward, with the scores of all parts.

Small enough to be ranked anew thousands of times while weights are sought.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.knn import blocks, top_k
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.protocol.metrics import ndcg
from prodsim_cli.protocol.metrics._seen import Ranks
from prodsim_cli.protocol.testset import TestSet

K = 10
DEPTH = 100
"""Candidates that each part puts forward for a question."""

_CELLS = 4_000_000
"""Scores of one block of questions; changes the memory, never a figure."""


@dataclass(frozen=True)
class ScoreMatrix:
    """Scores of m parts for the candidates of q questions, w at most.

    ``scores`` (m, q, w) float32, 0 where a part has nothing to say; ``gains`` (q, w) float32: what
    each candidate is worth; ``there`` (q, w) bool: False in the empty places of a row; ``ideal``
    (q, :data:`K`) float64: the largest gains, falling; ``kind`` (q, w) int8: evidence class.
    """

    names: tuple[str, ...]
    scores: NDArray[np.float32]
    gains: NDArray[np.float32]
    there: NDArray[np.bool_]
    ideal: NDArray[np.float64]
    kind: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.ideal)

    def ndcg(self, total: NDArray[np.float32]) -> NDArray[np.float64]:
        """(q, w) total scores -> (q,) NDCG at :data:`K`; a score of 0 is not shown."""
        total = np.where(self.there & (total > 0), total, np.float32(-1))
        k = min(K, total.shape[1])
        top = np.argpartition(-total, k - 1, axis=1)[:, :k] if k else np.zeros((len(total), 0), int)
        values = np.take_along_axis(total, top, axis=1)
        order = np.lexsort((top, -values), axis=1)
        top = np.take_along_axis(top, order, axis=1)
        shown = np.take_along_axis(values, order, axis=1) > 0
        gained = np.take_along_axis(self.gains, top, axis=1) * shown
        found = gained > 0
        return ndcg.score(Ranks(found, found.sum(axis=1), gained.astype(float), self.ideal), K)

    def only(self, questions: NDArray[np.bool_]) -> ScoreMatrix:
        """The matrix of some questions."""
        some = questions
        gains, there, ideal = self.gains[some], self.there[some], self.ideal[some]
        return ScoreMatrix(self.names, self.scores[:, some], gains, there, ideal, self.kind[some])


def gathered(
    names: Sequence[str],
    testset: TestSet,
    scores: Callable[[slice], NDArray[np.float32]],
    kind: NDArray[np.int8],
    cells: int = _CELLS,
) -> ScoreMatrix:
    """The best :data:`DEPTH` of each part, in order of position.

    ``scores``: some questions -> (m, b, n); ``kind`` (n,): evidence class of each product.
    """
    size = cells // max(len(testset.candidates) * len(names), 1)
    rows = [
        _block(
            scores(some),
            testset.barred[some].toarray() | ~testset.candidates[None, :],
            testset.answers[some].toarray(),
            kind,
        )
        for some in blocks(len(testset), size)
    ]
    width = max((row[2].shape[1] for row in rows), default=0)

    def joined(part: int, axis: int) -> NDArray:
        """One part of all blocks, those filled up to the same width."""
        wide = []
        for row in rows:
            pads = [(0, 0)] * row[part].ndim
            pads[axis] = (0, width - row[part].shape[axis])
            wide.append(np.pad(row[part], pads))
        return np.concatenate(wide, axis=axis - 1)

    ideal = np.concatenate([row[4] for row in rows])
    return ScoreMatrix(tuple(names), joined(0, 2), joined(1, 1), joined(2, 1), ideal, joined(3, 1))


def _block(
    scores: NDArray[np.float32],
    barred: NDArray[np.bool_],
    gains: NDArray[np.float32],
    kind: NDArray[np.int8],
) -> tuple[NDArray, NDArray, NDArray, NDArray, NDArray]:
    """Scores, gains, there, kind and ideal of some questions: (m, b, n), (b, n), (b, n), (n,)."""
    put = np.zeros(barred.shape, bool)
    depth = min(DEPTH, barred.shape[1])
    for part in scores:
        best = top_k(part, depth, mask=barred, above=0.0)[0]
        row, place = np.nonzero(best >= 0)
        put[row, best[row, place]] = True
    width = max(int(put.sum(axis=1).max(initial=0)), 1)
    place = np.argsort(~put, axis=1, kind="stable")[:, :width]
    there = np.take_along_axis(put, place, axis=1)
    kept = np.stack([np.where(there, np.take_along_axis(part, place, 1), 0) for part in scores])
    worth = np.where(there, np.take_along_axis(gains, place, axis=1), 0)
    ideal = np.zeros((len(gains), K))
    ideal[:, : gains.shape[1]] = -np.sort(-gains, axis=1)[:, :K]
    return kept.astype(np.float32), worth.astype(np.float32), there, kind[place], ideal


def scale_of(table: NeighborTable) -> float:
    """The mean of the best score of a row, over rows that have one; 1 for an empty table."""
    best = table.scores[:, 0][table.positions[:, 0] >= 0] if table.k else table.scores.ravel()
    mean = float(best.mean(dtype=np.float64)) if len(best) else 0.0
    return mean if mean > 0 else 1.0


def matrix_of_rows(
    tables: Mapping[str, NeighborTable],
    testset: TestSet,
    kind: NDArray[np.int8],
    same: Mapping[str, NDArray[np.float32]] | None = None,
) -> ScoreMatrix:
    """Each part's own row of a product, its scores divided by :func:`scale_of`.

    ``same``: by name, (n,) scores that every product asked about has alike (popularity).
    """
    n = len(testset.candidates)
    rows = {name: _rows(table, testset.subjects, n) for name, table in tables.items()}
    scales = {name: np.float32(1 / scale_of(table)) for name, table in tables.items()}
    flat = {
        name: scores / max(scores.max(initial=0), 1e-9) for name, scores in (same or {}).items()
    }

    def scores(some: slice) -> NDArray[np.float32]:
        own = [rows[name][some].toarray() * scales[name] for name in tables]
        size = some.stop - some.start
        return np.stack([*own, *(np.broadcast_to(one, (size, n)) for one in flat.values())])

    return gathered([*tables, *flat], testset, scores, kind)


def _rows(table: NeighborTable, subjects: NDArray[np.int32], n: int) -> sp.csr_matrix:
    """The rows of some products as (q, n) CSR float32."""
    positions, scores = table.positions[subjects], table.scores[subjects]
    valid = positions >= 0
    pointer = np.zeros(len(subjects) + 1, np.int64)
    np.cumsum(valid.sum(axis=1), out=pointer[1:])
    return sp.csr_matrix((scores[valid], positions[valid], pointer), shape=(len(subjects), n))
