"""The sentence below the table: what to use, and how sure that is."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.experiments.judging import Judged

FEW = 100
"""Below as many queries the verdict says that they are few."""


def verdict(
    judged: Judged,
    samples: NDArray[np.float64],
    *,
    main: str,
    baselines: Collection[str],
    unit: str,
) -> str:
    """Best method against the best baseline and against the runner-up, by paired resamples.

    Two methods differ if the 95 % interval of the difference of their means over the same resampled
    queries leaves out zero.
    """
    column = judged.metrics.index(main)
    means = judged.values[:, :, column].mean(axis=0)
    draws = samples[:, :, column]
    # stable: of equals, the one that stands first
    order = [int(m) for m in np.argsort(-means, kind="stable")]
    clever = [m for m in order if judged.methods[m] not in baselines]
    plain = [m for m in order if judged.methods[m] in baselines]
    if not clever:
        return f"Only baselines could be tried; {judged.methods[order[0]]} is the best of them."
    sentences = []
    if plain:
        sentences.append(_against_baseline(judged, means, draws, clever[0], plain[0], main))
    else:
        sentences.append(f"Use {judged.methods[clever[0]]}: {main} {means[clever[0]]:.3f}.")
    if len(clever) > 1:
        sentences.append(_against_runner_up(judged, means, draws, clever[0], clever[1]))
    if len(judged.values) < FEW:
        sentences.append(f"With only {len(judged.values)} {unit}, take this as a hint.")
    return " ".join(sentences)


def _against_baseline(
    judged: Judged,
    means: NDArray[np.float64],
    draws: NDArray[np.float64],
    best: int,
    plain: int,
    main: str,
) -> str:
    name, baseline = judged.methods[best], judged.methods[plain]
    low, high = _bounds(draws[:, best] - draws[:, plain])
    gap = f"({means[best]:.3f} against {means[plain]:.3f}, difference {low:+.3f} to {high:+.3f})"
    if low > 0:
        return f"Use {name}: by {main} it beats the best baseline, {baseline} {gap}."
    if high < 0:
        return (
            f"No method beats {baseline} here: the best by {main}, {name}, is worse {gap};"
            f" show what {baseline} shows until there is more to learn from."
        )
    return (
        f"No method is surely better than {baseline} here: the best by {main}, {name}, is level"
        f" with it {gap}."
    )


def _against_runner_up(
    judged: Judged, means: NDArray[np.float64], draws: NDArray[np.float64], best: int, second: int
) -> str:
    other = judged.methods[second]
    low, high = _bounds(draws[:, best] - draws[:, second])
    gap = f"({means[second]:.3f}, difference {low:+.3f} to {high:+.3f})"
    if low > 0:
        return f"It is better than the next method, {other} {gap}."
    return f"It is a tie with the next method, {other} {gap}: on this evidence either will do."


def _bounds(differences: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.percentile(differences, [2.5, 97.5])
    return float(low), float(high)
