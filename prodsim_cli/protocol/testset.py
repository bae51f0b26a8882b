"""Questions and lists: who is asked about, and each method's best products for each question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.knn import blocks, recommend_scores, speakers, top_k
from prodsim_cli.data.neighbors import NeighborTable

Scores = Callable[[slice], NDArray[np.floating]]
"""Some questions -> (b, n) or (1, n) scores, above 0 where there is something to say."""

_CELLS = 8_000_000
"""Cells of one block of scores: 32 MB. Changes the speed and the memory, never a figure."""


@dataclass(frozen=True)
class Questions:
    """Who is asked about, what they are known for, and what may be answered.

    Attributes
    ----------
    train : the dataset of the training part.
    subjects : (q,) int32: the user (``recommend``), the product (``similar``) or the number of the
        text (``search``) that each question is about.
    candidates : (n,) bool: products that may be answered.
    answers : (q, n) CSR float32: what each right product is worth, above 0.
    barred : (q, n) bool CSR: products that are no answer to this question.
    history : (q, n) float32 CSR, 1 where the user has any event but a return; None where nobody
        is asked about.
    texts : the questions in words, where they are words.
    relations : the right answers once more by kind, where there are several kinds.
    target : the event type that is to be foretold; ``now``: seconds since 1970 of the moment of
        asking, None where there is none; ``again``: what was had before is an answer, too.
    """

    train: Dataset
    subjects: NDArray[np.int32]
    candidates: NDArray[np.bool_]
    answers: sp.csr_matrix
    barred: sp.csr_matrix
    history: sp.csr_matrix | None = None
    texts: tuple[str, ...] = ()
    relations: tuple[tuple[str, sp.csr_matrix], ...] = ()
    target: str = "purchase"
    now: int | None = None
    again: bool = False

    def __len__(self) -> int:
        return len(self.subjects)


def binary(
    rows: NDArray[np.integer], columns: NDArray[np.integer], shape: tuple[int, int]
) -> sp.csr_matrix:
    """True at each (row, column) named, however often."""
    matrix = sp.csr_matrix((np.ones(len(rows), bool), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    return matrix


def from_history(
    table: NeighborTable, asked: Questions, history: sp.csr_matrix | None = None
) -> Scores:
    """score(j) = sum of the scores of those neighbours of j that lie in the user's history.

    ``history`` (q, n): the past as it is remembered; None: all of it the same.
    """
    by_neighbor = speakers(table, len(asked.candidates))
    past = asked.history if history is None else history
    return lambda some: recommend_scores(by_neighbor, past, some)


def best(scores: Scores, asked: Questions, depth: int) -> NDArray[np.int32]:
    """The ``depth`` best products of each question, (q, depth) int32, -1 where there are fewer.

    Left out: products that are no candidates or barred, and products without a score above 0 (a
    method with nothing to say shows nothing). Ties stand in order of position.
    """
    lists = [np.zeros((0, depth), np.int32)]
    n = len(asked.candidates)
    for some in blocks(len(asked), _CELLS // max(n, 1)):
        banned = asked.barred[some].toarray()
        banned |= ~asked.candidates
        given = np.broadcast_to(scores(some).astype(np.float32, copy=False), banned.shape)
        lists.append(top_k(given, depth, mask=banned, above=0.0)[0])
    return np.concatenate(lists)


def rows_of(table: NeighborTable, asked: Questions, depth: int) -> NDArray[np.int32]:
    """The row of each product asked about, candidates only, (q, depth) int32 with -1 at the end."""
    rows = table.positions[asked.subjects]
    good = (rows >= 0) & asked.candidates[rows]
    order = np.argsort(~good, axis=1, kind="stable")[:, :depth]
    lists = np.full((len(rows), depth), -1, np.int32)
    lists[:, : order.shape[1]] = np.take_along_axis(np.where(good, rows, -1), order, axis=1)
    return lists
