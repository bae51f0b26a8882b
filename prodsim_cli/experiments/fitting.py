"""From scores to decisions: the line that makes a score a similarity, the threshold of a match."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def calibrated(scores: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores on the scale of the truth: the least-squares line, never falling, cut at its range.

    (p,), (p,) float64 -> (p,) float64. Two numbers are fitted on the pairs they are judged on,
    which flatters a little where pairs are few (a finer curve would flatter much more). A line that
    would fall, or scores that are all the same, give the mean of the truth.
    """
    centred = scores - scores.mean()
    spread = float((centred**2).mean())
    slope = max(float((centred * truth).mean()) / spread, 0.0) if spread > 0 else 0.0
    fitted = np.clip(truth.mean() + slope * centred, truth.min(), truth.max())
    return np.asarray(fitted, np.float64)


@dataclass(frozen=True)
class Decision:
    """Pairs with a score of at least ``threshold`` are called matches; the four counts follow."""

    threshold: float
    precision: float
    recall: float
    f1: float


def best_threshold(scores: NDArray[np.float64], match: NDArray[np.bool_]) -> Decision:
    """The threshold with the highest F1 on these pairs; of equals, the highest.

    Every distinct score is tried: sort once, count matches from the top, look where scores change.
    """
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    right = np.cumsum(match[order])
    called = np.arange(1, len(scores) + 1)
    # equal scores are called together: only the last of each run is a possible cut
    last = np.append(ordered[1:] != ordered[:-1], True)
    f1 = np.where(last, 2.0 * right / (called + match.sum()), -1.0)
    best = int(np.argmax(f1))
    return Decision(
        threshold=float(ordered[best]),
        precision=float(right[best] / called[best]),
        recall=float(right[best] / max(int(match.sum()), 1)),
        f1=float(max(f1[best], 0.0)),
    )


def outcomes(
    scores: NDArray[np.float64], match: NDArray[np.bool_], threshold: float
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
