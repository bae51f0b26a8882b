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
    """``of`` (p,) int64 in 0..count-1: which fold judges each pair.

    With a ``count`` of 1 (too few pairs) what is fitted is judged on the very same pairs.
    """

    of: NDArray[np.int64]
    count: int

    def parts(self) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
        """For each fold two (p,) bool masks: what to fit on, what to judge."""
        for fold in range(self.count):
            judged = self.of == fold
            yield (judged if self.count == 1 else ~judged), judged


def one_fold(pairs: int) -> Folds:
    """All pairs in one fold: what is fitted on them is judged on them."""
    return Folds(np.zeros(pairs, np.int64), 1)


def deal(product: NDArray[np.integer], match: NDArray[np.bool_], seed: int) -> Folds:
    """Pairs into at most :data:`FOLDS` seeded folds, each with both kinds of pairs.

    ``product`` (p,) int from 0: the first product of each pair; its pairs share a fold. Where fewer
    than two products have a match (or a non-match), pairs are dealt one by one, else in one fold.
    """
    for unit in (product, np.arange(len(match))):
        with_match = np.bincount(unit[match], minlength=int(unit.max()) + 1) > 0
        with_other = np.bincount(unit[~match], minlength=int(unit.max()) + 1) > 0
        count = min(FOLDS, int(with_match.sum()), int(with_other.sum()))
        if count >= 2:
            return Folds(_numbers(with_match, with_other, count, seed)[unit], count)
    return one_fold(len(match))


def _numbers(
    with_match: NDArray[np.bool_], with_other: NDArray[np.bool_], count: int, seed: int
) -> NDArray[np.int64]:
    """(units,) fold of each unit: those with both kinds are dealt first, one to a fold.

    The two other strata begin with the first fold that has none of those.
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
    """(p,), (p,) float64, at least one pair; the mean of the truth where the line would fall."""
    centred = scores - scores.mean()
    spread = float((centred**2).mean())
    slope = max(float((centred * truth).mean()) / spread, 0.0) if spread > 0 else 0.0
    return Line(slope, float(truth.mean()), float(scores.mean()))


def calibrated(
    scores: NDArray[np.float64],
    truth: NDArray[np.float64],
    folds: Folds | None = None,
    scale: tuple[float, float] | None = None,
) -> NDArray[np.float64]:
    """(p,) float64: each score by the :func:`line` of the other folds, cut at the scale's ends.

    Without ``folds`` by the line of all pairs, without ``scale`` cut at the range of the truth.
    """
    low, high = scale or (float(truth.min()), float(truth.max()))
    fitted = np.empty(len(scores))
    for fit, judged in (folds or one_fold(len(scores))).parts():
        fitted[judged] = line(scores[fit], truth[fit]).at(scores[judged], low, high)
    return fitted


@dataclass(frozen=True)
class Decision:
    """The best cut of some pairs: those with a score of at least ``threshold`` are called matches.

    ``halfway``: the middle between ``threshold`` and the next score below it, which decides the
    same here and judges a new pair by what it lies nearer to.
    """

    threshold: float
    precision: float
    recall: float
    f1: float
    halfway: float


def best_threshold(scores: NDArray[np.float64], match: NDArray[np.bool_]) -> Decision:
    """The threshold with the highest F1 on these pairs; of equals, the highest."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    right = np.cumsum(match[order])
    called = np.arange(1, len(scores) + 1)
    # equal scores are called together: only the last of each run is a possible cut
    last = np.append(ordered[1:] != ordered[:-1], True)
    f1 = np.where(last, 2.0 * right / (called + match.sum()), -1.0)
    best = int(np.argmax(f1))
    below = min(best + 1, len(scores) - 1)
    return Decision(
        threshold=float(ordered[best]),
        precision=float(right[best] / called[best]),
        recall=float(right[best] / max(int(match.sum()), 1)),
        f1=float(max(f1[best], 0.0)),
        halfway=float((ordered[best] + ordered[below]) / 2.0),
    )


def thresholds(
    scores: NDArray[np.float64], match: NDArray[np.bool_], folds: Folds
) -> NDArray[np.float64]:
    """(p,) float64: for each pair the best threshold of the other folds, halfway."""
    out = np.empty(len(scores))
    for fit, judged in folds.parts():
        out[judged] = best_threshold(scores[fit], match[fit]).halfway
    return out


def outcomes(
    scores: NDArray[np.float64], match: NDArray[np.bool_], threshold: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """(p, 3) float64, 0 or 1: found matches, false alarms, missed matches."""
    called = scores >= threshold
    return np.stack([called & match, called & ~match, ~called & match], axis=1).astype(np.float64)


def from_outcomes(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Counts (..., 3) of :func:`outcomes` -> precision, recall, F1 (..., 3); 0 where undefined."""
    found, alarms, missed = counts[..., 0], counts[..., 1], counts[..., 2]
    parts = (
        (found, found + alarms),
        (found, found + missed),
        (2.0 * found, 2.0 * found + alarms + missed),
    )
    return np.stack([above / np.maximum(below, 1e-300) for above, below in parts], axis=-1)
