"""The right answers, and what each place of a list is worth beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.protocol.metrics._seen import Ranks, hits


def gains_of(lists: NDArray[np.int32], answers: sp.csr_matrix) -> NDArray[np.float64]:
    """What the product at each place is worth: (q, depth) int32, (q, n) CSR -> (q, depth) float64.

    0 for a product that is no right answer, and for an empty place.
    """
    if not answers.has_sorted_indices:
        answers = answers.sorted_indices()
    n = answers.shape[1]
    rows = np.repeat(np.arange(answers.shape[0], dtype=np.int64), np.diff(answers.indptr))
    right = rows * n + answers.indices
    keys = (np.arange(len(lists), dtype=np.int64)[:, None] * n + lists).ravel()
    if not len(right):
        return np.zeros(lists.shape)
    place = np.minimum(np.searchsorted(right, keys), len(right) - 1)
    found = (right[place] == keys) & (lists.ravel() >= 0)
    return np.where(found, answers.data[place].astype(np.float64), 0.0).reshape(lists.shape)


def ideal_of(answers: sp.csr_matrix, width: int) -> NDArray[np.float64]:
    """(q, width) float64: the gains of each question's right products in falling order, then 0."""
    rows = np.repeat(np.arange(answers.shape[0]), np.diff(answers.indptr))
    order = np.lexsort((-answers.data, rows))
    place = np.arange(len(rows)) - answers.indptr[rows]
    kept = place < width
    ideal = np.zeros((answers.shape[0], width))
    ideal[rows[kept], place[kept]] = answers.data[order][kept]
    return ideal


@dataclass(frozen=True)
class Relevance:
    """The right answers of some questions: (q, n) CSR of gains above 0, and what follows from it
    for the ``deepest`` list that is judged."""

    answers: sp.csr_matrix
    deepest: int

    @cached_property
    def relevant(self) -> NDArray[np.int64]:
        """(q,) how many right products a question has."""
        return np.diff(self.answers.indptr).astype(np.int64)

    @cached_property
    def ideal(self) -> NDArray[np.float64] | None:
        """The gains in falling order, None where every right product is worth 1."""
        if (self.answers.data == 1).all():
            return None
        return ideal_of(self.answers, self.deepest)

    def ranks(self, lists: NDArray[np.int32]) -> Ranks:
        """What stands at each place of the lists, graded where the answers are."""
        if self.ideal is None:
            return Ranks(hits(lists, self.answers), self.relevant)
        gains = gains_of(lists, self.answers)
        return Ranks(gains > 0, self.relevant, gains, self.ideal)
