"""Scores to lists: each method's best products for each question of a test set."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.knn import blocks, neighbor_matrix, recommend_scores, top_k
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.protocol.testset import TestSet

Scores = Callable[[slice], NDArray[np.floating]]
"""Some questions -> (b, n) or (1, n) scores, above 0 where there is something to say."""

_CELLS = 8_000_000
"""Cells of one block of scores: 32 MB. Changes the speed and the memory, never a figure."""


def from_history(
    table: NeighborTable, testset: TestSet, history: sp.csr_matrix | None = None
) -> Scores:
    """score(j) = sum of the scores of those neighbours of j that lie in the user's history.

    ``history`` (q, n): the past as it is remembered; None: all of it the same.
    """
    by_neighbor = neighbor_matrix(table, len(testset.candidates))
    past = testset.history if history is None else history
    return lambda some: recommend_scores(by_neighbor, past, some)


def best(scores: Scores, testset: TestSet, depth: int) -> NDArray[np.int32]:
    """The ``depth`` best products of each question, (q, depth) int32, -1 where there are fewer.

    Left out: products that are no candidates or barred, and products without a score above 0 (a
    method with nothing to say shows nothing). Ties stand in order of position.
    """
    lists = [np.zeros((0, depth), np.int32)]
    n = len(testset.candidates)
    for some in blocks(len(testset), _CELLS // max(n, 1)):
        banned = testset.barred[some].toarray()
        banned |= ~testset.candidates
        given = np.broadcast_to(scores(some).astype(np.float32, copy=False), banned.shape)
        lists.append(top_k(given, depth, mask=banned, above=0.0)[0])
    return np.concatenate(lists)


def rows_of(table: NeighborTable, testset: TestSet, depth: int) -> NDArray[np.int32]:
    """The row of each product asked about, candidates only, (q, depth) int32 with -1 at the end."""
    rows = table.positions[testset.subjects]
    good = (rows >= 0) & testset.candidates[rows]
    order = np.argsort(~good, axis=1, kind="stable")[:, :depth]
    lists = np.full((len(rows), depth), -1, np.int32)
    lists[:, : order.shape[1]] = np.take_along_axis(np.where(good, rows, -1), order, axis=1)
    return lists
