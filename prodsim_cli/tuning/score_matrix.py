"""A board: for each question the candidates that any part would put forward, with all scores.

Small enough to be ranked anew thousands of times while weights are sought.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.knn import top_k

K = 10
DEPTH = 100
"""Candidates that each part puts forward for a question."""

_DISCOUNT = 1.0 / np.log2(np.arange(2.0, K + 2.0))


@dataclass(frozen=True)
class Board:
    """Scores of m parts for the candidates of q questions, w at most.

    Attributes
    ----------
    names : (m,) parts. ``scores`` (m, q, w) float32, 0 where a part has nothing to say.
    gains : (q, w) float32: what each candidate is worth, 0 for a wrong one.
    there : (q, w) bool: False in the empty places of a row.
    ideal : (q,) float64: the best DCG at :data:`K` that a list can have.
    kind : (q, w) int8: evidence class of the candidate.
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
        return np.asarray((gained * _DISCOUNT[:k]).sum(axis=1) / self.ideal)

    def only(self, questions: NDArray[np.bool_]) -> Board:
        """The board of some questions."""
        return Board(
            self.names,
            self.scores[:, questions],
            self.gains[questions],
            self.there[questions],
            self.ideal[questions],
            self.kind[questions],
        )


def gathered(
    names: Sequence[str],
    blocks: Sequence[slice],
    scores: Callable[[slice], NDArray[np.float32]],
    barred: Callable[[slice], NDArray[np.bool_]],
    gains: Callable[[slice], NDArray[np.float32]],
    kind: NDArray[np.int8],
) -> Board:
    """A board from dense blocks of questions: (m, b, n) scores, (b, n) bool, (b, n) gains.

    The best :data:`DEPTH` of each part are put forward; candidates stand in order of position.
    """
    rows = [_block(scores(some), barred(some), gains(some), kind) for some in blocks]
    width = max((there.shape[1] for _, _, there, _, _ in rows), default=0)

    def wide(part: NDArray, axis: int) -> NDArray:
        short = width - part.shape[axis]
        pads = [(0, short if a == axis else 0) for a in range(part.ndim)]
        return np.pad(part, pads)

    return Board(
        names=tuple(names),
        scores=np.concatenate([wide(row[0], 2) for row in rows], axis=1),
        gains=np.concatenate([wide(row[1], 1) for row in rows]),
        there=np.concatenate([wide(row[2], 1) for row in rows]),
        ideal=np.concatenate([row[3] for row in rows]),
        kind=np.concatenate([wide(row[4], 1) for row in rows]),
    )


def _block(
    scores: NDArray[np.float32],
    barred: NDArray[np.bool_],
    gains: NDArray[np.float32],
    kind: NDArray[np.int8],
) -> tuple[NDArray, NDArray, NDArray, NDArray, NDArray]:
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
    best_gains = -np.sort(-gains, axis=1)[:, :K]
    ideal = (best_gains * _DISCOUNT[: best_gains.shape[1]]).sum(axis=1)
    return (
        kept.astype(np.float32),
        worth.astype(np.float32),
        there,
        np.where(ideal > 0, ideal, np.inf).astype(np.float64),
        kind[place],
    )
