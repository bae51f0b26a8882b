"""Which parts help, and how much each counts: forward selection, then a search along each weight.

A part enters only where it raises NDCG on the validation window by more than chance would (its gain
over its standard error, question by question): parsimony generalises better than a fit of
everything (on UCI Online Retail three parts chosen so gave .131, all eight fitted .126).
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.tuning.score_matrix import ScoreMatrix

ENTRY = 2.5
"""Standard errors that the first part beyond the plain ones must gain: 1 in 160 by chance."""
LATER = 1.5
"""Standard errors that each further part must gain."""

_GRID = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0)
_STEPS = (0.0, 0.5, 0.7, 0.85, 1.2, 1.4, 2.0)
_LESS = 5e-5
"""What a part may cost before it is dropped: a simpler blend is worth as much."""


def select(matrix: ScoreMatrix, plain: Collection[str]) -> dict[str, float]:
    """Weights by name that add up to 1, of the parts that help; empty where none has a word.

    ``plain``: parts that need not prove themselves (popularity in ``recommend``, words in
    ``similar``): the best of them begins.
    """
    search = _Search(matrix)
    base = [j for j, name in enumerate(matrix.names) if name in plain]
    search.begin(base)
    proven = False
    while (candidate := search.next_part()) is not None:
        part, weight, values = candidate
        easy = proven or part in base
        if _standard_errors(values - search.values) < (LATER if easy else ENTRY):
            break
        search.take(part, weight, values)
        proven = proven or part not in base
        search.refine(rounds=1)
    search.refine(rounds=3)
    return _named(matrix, search.weights / max(search.weights.sum(), 1e-12))


def adds(matrix: ScoreMatrix, plain: Collection[str]) -> bool:
    """Does any part beyond the plain ones tell more than they do, taken together?"""
    search = _Search(matrix)
    base = [j for j, name in enumerate(matrix.names) if name in plain]
    search.begin(base)
    while (candidate := search.next_part()) is not None:
        part, weight, values = candidate
        easy = part in base
        if _standard_errors(values - search.values) < (LATER if easy else ENTRY):
            return False
        if not easy:
            return True
        search.take(part, weight, values)
        search.refine(rounds=1)
    return False


def _named(matrix: ScoreMatrix, weights: NDArray[np.float64]) -> dict[str, float]:
    """Weights above 0 by name, with the digits that matter."""
    return {
        name: round(float(weight), 6)
        for name, weight in zip(matrix.names, weights, strict=True)
        if weight > 0
    }


def adjust(
    matrix: ScoreMatrix, weights: dict[str, float], kind: int | None = None
) -> dict[str, float]:
    """The same parts with other weights, where that helps these questions.

    ``kind``: for candidates of one evidence class only.
    """
    search = _Search(matrix, inside=None if kind is None else matrix.kind == kind)
    search.weights[:] = [weights.get(name, 0.0) for name in matrix.names]
    search.fixed = search.total(search.weights)
    search.values = search.judge(search.weights)
    before, old = search.values, search.weights.copy()
    search.refine(rounds=2)
    if _standard_errors(search.values - before) < LATER:
        search.weights = old
    return _named(matrix, search.weights)


def _standard_errors(gain: NDArray[np.float64]) -> float:
    """The mean of paired differences in units of its standard error."""
    spread = float(gain.std())
    if spread == 0:
        return 0.0 if gain.mean() <= 0 else np.inf
    return float(gain.mean() / (spread / np.sqrt(len(gain))))


class _Search:
    """The weights found so far, and the NDCG of each question with them."""

    def __init__(self, matrix: ScoreMatrix, inside: NDArray[np.bool_] | None = None) -> None:
        self.matrix = matrix
        self.inside = inside
        self.fixed: NDArray[np.float32] | None = None
        self.weights = np.zeros(len(matrix.names))
        self.values = np.zeros(len(matrix))

    def total(self, weights: NDArray[np.float64]) -> NDArray[np.float32]:
        out = np.zeros(self.matrix.gains.shape, np.float32)
        for j in np.flatnonzero(weights):
            out += np.float32(weights[j]) * self.matrix.scores[j]
        return out

    def judge(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        total = self.total(weights)
        if self.inside is not None and self.fixed is not None:
            total = np.where(self.inside, total, self.fixed)
        return self.matrix.ndcg(total)

    def begin(self, base: list[int]) -> None:
        """The best single part of the plain ones, with weight 1."""
        if not base:
            return
        singles = [self.judge(np.eye(len(self.weights))[j]) for j in base]
        best = int(np.argmax([values.mean() for values in singles]))
        if singles[best].mean() > 0:
            self.take(base[best], 1.0, singles[best])

    def take(self, part: int, weight: float, values: NDArray[np.float64]) -> None:
        self.weights[part] = weight
        self.values = values

    def next_part(self) -> tuple[int, float, NDArray[np.float64]] | None:
        """The part not yet taken, and its weight, with which the mean rises most."""
        now = self.total(self.weights)
        found: tuple[int, float, NDArray[np.float64]] | None = None
        best = self.values.mean()
        for j in np.flatnonzero(self.weights == 0):
            # alone, every weight gives the same order
            for weight in _GRID if self.weights.any() else (1.0,):
                values = self.matrix.ndcg(now + np.float32(weight) * self.matrix.scores[j])
                if values.mean() > best:
                    best, found = values.mean(), (int(j), weight, values)
        return found

    def refine(self, rounds: int) -> None:
        """Search along one weight after the other; drop what can be missed."""
        if len(np.flatnonzero(self.weights)) < 2 and self.inside is None:
            return  # alone, every weight gives the same order
        for _ in range(rounds):
            before = self.values.mean()
            for j in np.flatnonzero(self.weights):
                for step in _STEPS:
                    tried = self.weights.copy()
                    tried[j] *= step
                    if not tried.any():
                        continue
                    values = self.judge(tried)
                    least = self.values.mean() - (_LESS if step == 0 else 0)
                    if values.mean() > least:
                        self.weights, self.values = tried, values
            if self.values.mean() - before < 1e-4:
                return
