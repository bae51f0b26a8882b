"""Lists for people: each method's best products for each user, by blocks of users."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import TYPE_CODE
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.knn import blocks, recommend_scores, speakers, top_k
from prodsim_cli.splits._split import Split

Scores = Callable[[slice], NDArray[np.floating]]
"""Some questions -> (b, n) or (1, n) scores, above 0 where there is something to say."""

_CELLS = 8_000_000
"""Cells of one block of scores: 32 MB. Changes the speed and the memory, never a figure."""


@dataclass(frozen=True)
class Questions:
    """Who is asked about, what they are known for, and what may be answered.

    ``train``: the dataset of the training part. ``users`` (q,) int32. ``history`` (q, n) float32
    CSR, 1 where the user has any event but a return. ``had`` (q, n) bool CSR: products of earlier
    target events, which are no answers. ``known`` (n,) bool: products with an event of a user.
    ``answers`` (q, n) bool CSR: the right ones.
    """

    train: Dataset
    users: NDArray[np.int32]
    history: sp.csr_matrix
    had: sp.csr_matrix
    known: NDArray[np.bool_]
    answers: sp.csr_matrix


def questions(data: Dataset, split: Split) -> Questions:
    """What ``split`` asks of ``data``."""
    train = data.without(~split.train)
    log, shape = train.events, (len(split.users), len(data))
    row = np.full(len(data.users) + 1, -1, np.int64)
    row[split.users] = np.arange(len(split.users))
    past = (log.user >= 0) & (log.type != TYPE_CODE["return"])
    known = np.zeros(len(data), bool)
    known[log.item[past]] = True

    def matrix(chosen: NDArray[np.bool_]) -> sp.csr_matrix:
        rows, columns = row[log.user[chosen]], log.item[chosen]
        return _binary(rows[rows >= 0], columns[rows >= 0], shape)

    return Questions(
        train=train,
        users=split.users,
        history=matrix(past).astype(np.float32),
        had=matrix(past & (log.type == TYPE_CODE[split.target])),
        known=known,
        answers=_binary(split.pair_user, split.pair_item, shape),
    )


def _binary(
    rows: NDArray[np.integer], columns: NDArray[np.integer], shape: tuple[int, int]
) -> sp.csr_matrix:
    """True at each (row, column) named, however often."""
    matrix = sp.csr_matrix((np.ones(len(rows), bool), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    return matrix


def from_table(table: NeighborTable, asked: Questions) -> Scores:
    """score(j) = sum of the scores of those neighbours of j that lie in the user's history."""
    by_neighbor = speakers(table, len(asked.known))
    return lambda some: recommend_scores(by_neighbor, asked.history, some)


def best(scores: Scores, asked: Questions, depth: int) -> NDArray[np.int32]:
    """The ``depth`` best products of each user, (q, depth) int32, -1 where there are fewer.

    Left out: products the user had before, products nobody could know, and products without a
    score above 0 (a method with nothing to say shows nothing). Ties stand in order of position.
    """
    lists = [np.zeros((0, depth), np.int32)]
    n = len(asked.known)
    for some in blocks(len(asked.users), _CELLS // max(n, 1)):
        banned = asked.had[some].toarray()
        banned |= ~asked.known
        given = np.broadcast_to(scores(some).astype(np.float32, copy=False), banned.shape)
        lists.append(top_k(given, depth, mask=banned, above=0.0)[0])
    return np.concatenate(lists)
