"""How sure it is that two products of two sources are one: a confidence for :mod:`across`.

Of each product of one source the best partner in the other is looked at, and only where the two are
each other's best: a product has one entry in a catalogue. Then

    confidence = 1 / (1 + exp(-(-1.46 + 15.4 (s - 1/2) + 40.7 min(m, 0.1))))

s is the score of :func:`~prodsim_cli.matching.across.across`, m how far it is above the second
best of either product. The three numbers are a logistic regression on catalogues beside a disturbed
copy of half of their products (lost words, typing errors, other prices, no brand, half of the
descriptions): Retail Demo Store, Open Food Facts, Office Products. No labels of pairs were used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.matching.across import across

Positions = NDArray[np.int32]

ALWAYS, SCORE, MARGIN, WIDEST = -1.46, 15.4, 40.7, 0.1


@dataclass(frozen=True)
class Partners:
    """Pairs in falling order of confidence, ties by position.

    ``ours``, ``theirs`` (p,) positions; ``confidence`` (p,) float64 in (0, 1); ``scores`` (p,).
    """

    ours: Positions
    theirs: Positions
    confidence: NDArray[np.float64]
    scores: NDArray[np.float32]


def partners(data: Dataset, ours: Positions, theirs: Positions) -> Partners:
    """The products of two sources that are each other's best, with a confidence."""
    there, back = across(data, ours, theirs, k=2), across(data, theirs, ours, k=2)
    row = np.full(len(data), -1, np.int64)
    row[back.rows] = np.arange(len(back.rows))
    best = there.positions[:, 0]
    found = np.flatnonzero(best >= 0)
    mine, other = there.rows[found], best[found]
    at = row[other]
    mutual = back.positions[at, 0] == mine
    found, mine, other, at = found[mutual], mine[mutual], other[mutual], at[mutual]
    score = there.scores[found, 0]
    second = np.maximum(there.scores[found, 1], back.scores[at, 1])
    margin = np.clip(score - second, 0, WIDEST).astype(np.float64)
    odds = ALWAYS + SCORE * (score.astype(np.float64) - 0.5) + MARGIN * margin
    confidence = 1 / (1 + np.exp(-odds))
    order = np.lexsort((other, mine, -confidence))
    return Partners(mine[order], other[order], confidence[order], score[order])
