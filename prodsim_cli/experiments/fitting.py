"""From scores to decisions: the line that makes a score a similarity, the threshold of a match.

Both are fitted in folds and judged on the fold that is left out (cross-validation, Stone 1974,
Cross-validatory choice and assessment of statistical predictions).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FOLDS = 5


@dataclass(frozen=True)
class Folds:
    """Which fold judges each pair.

    ``of`` (p,) int64 in 0..count-1; ``count`` is 1 where there are too few pairs for folds: then
    what is fitted is judged on the very same pairs.
    """

    of: NDArray[np.int64]
    count: int

    def parts(self) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
        """For each fold two (p,) bool masks: what to fit on, what to judge."""
        for fold in range(self.count):
            judged = self.of == fold
            yield (judged if self.count == 1 else ~judged), judged


def deal(product: NDArray[np.integer], match: NDArray[np.bool_], seed: int) -> Folds:
    """Pairs into seeded folds, each with both kinds of pairs, at most :data:`FOLDS`.

    ``product`` (p,) int: the first product of each pair, numbered from 0 without gaps. All pairs of
    one product share a fold. Where fewer than two products have a match (or a non-match), the pairs
    are dealt one by one; where there are fewer than two pairs of a kind, there is one fold.
    """
    for unit in (product, np.arange(len(match))):
        with_match = np.bincount(unit[match], minlength=int(unit.max()) + 1) > 0
        with_other = np.bincount(unit[~match], minlength=int(unit.max()) + 1) > 0
        count = min(FOLDS, int(with_match.sum()), int(with_other.sum()))
        if count >= 2:
            return Folds(_numbers(with_match, with_other, count, seed)[unit], count)
    return Folds(np.zeros(len(match), np.int64), 1)


def _numbers(
    with_match: NDArray[np.bool_], with_other: NDArray[np.bool_], count: int, seed: int
) -> NDArray[np.int64]:
    """(units,) fold of each unit, stratified by the kinds that it has.

    Units with both kinds are dealt first, one to a fold and around again. The two other strata
    begin with the first fold that has none of those, so each fold gets both kinds.
    """
    random = np.random.default_rng(seed)
    fold = np.zeros(len(with_match), np.int64)
    both = with_match & with_other
    begin = 0
    for stratum in (both, with_match & ~both, with_other & ~both):
        units = random.permutation(np.flatnonzero(stratum))
        fold[units] = (begin + np.arange(len(units))) % count
        begin = int(both.sum()) % count
    return fold


@dataclass(frozen=True)
class Line:
    """Least squares of truth on score, never falling: ``height + slope * (score - centre)``."""

    slope: float
    height: float
    centre: float

    def at(self, scores: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
        """(p,) scores -> (p,) on the scale of the truth, cut at its ends."""
        return np.clip(self.height + self.slope * (scores - self.centre), low, high)


def line(scores: NDArray[np.float64], truth: NDArray[np.float64]) -> Line:
    """(p,), (p,) float64, at least one pair. Two numbers, since a finer curve would fit chance.

    A line that would fall, or scores that are all the same, give the mean of the truth.
    """
    centred = scores - scores.mean()
    spread = float((centred**2).mean())
    slope = max(float((centred * truth).mean()) / spread, 0.0) if spread > 0 else 0.0
    return Line(slope, float(truth.mean()), float(scores.mean()))


def calibrated(
    scores: NDArray[np.float64],
    truth: NDArray[np.float64],
    folds: Folds,
    scale: tuple[float, float],
) -> NDArray[np.float64]:
    """(p,) float64: each score by the :func:`line` of the other folds, cut at the scale's ends."""
    fitted = np.empty(len(scores))
    for fit, judged in folds.parts():
        fitted[judged] = line(scores[fit], truth[fit]).at(scores[judged], *scale)
    return fitted


def best_threshold(scores: NDArray[np.float64], match: NDArray[np.bool_]) -> float:
    """From which score on calling pairs matches has the highest F1 here; of equals, the highest.

    Every distinct score is tried: sort once, count matches from the top, look where scores change.
    The threshold lies in the middle between the last score that is called and the first that is
    not, so that a new pair is judged by what it lies nearer to. Always finite.
    """
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    right = np.cumsum(match[order])
    called = np.arange(1, len(scores) + 1)
    # equal scores are called together: only the last of each run is a possible cut
    last = np.append(ordered[1:] != ordered[:-1], True)
    f1 = np.where(last, 2.0 * right / (called + match.sum()), -1.0)
    best = int(np.argmax(f1))
    return float((ordered[best] + ordered[min(best + 1, len(ordered) - 1)]) / 2.0)


def called(
    scores: NDArray[np.float64], match: NDArray[np.bool_], folds: Folds
) -> NDArray[np.bool_]:
    """(p,) bool: is a pair called a match by the best threshold of the other folds?"""
    decided = np.zeros(len(scores), bool)
    for fit, judged in folds.parts():
        decided[judged] = scores[judged] >= best_threshold(scores[fit], match[fit])
    return decided


def outcomes(decided: NDArray[np.bool_], match: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(p, 3) float64, 0 or 1: found matches, false alarms, missed matches."""
    return np.stack([decided & match, decided & ~match, ~decided & match], axis=1).astype(float)


def from_outcomes(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Counts (..., 3) of :func:`outcomes` -> precision, recall, F1 (..., 3); 0 where undefined."""
    found, alarms, missed = counts[..., 0], counts[..., 1], counts[..., 2]
    parts = (
        (found, found + alarms),
        (found, found + missed),
        (2.0 * found, 2.0 * found + alarms + missed),
    )
    return np.stack([above / np.maximum(below, 1e-300) for above, below in parts], axis=-1)
