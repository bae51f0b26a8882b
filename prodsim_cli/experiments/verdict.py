"""The sentence below the table: what to use, and how sure that is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEW = 100
"""Below as many queries the verdict says that they are few."""


@dataclass(frozen=True)
class Contest:
    """One figure of many methods on the same queries.

    ``means`` (methods,) and ``draws`` (resamples, methods), the same resampled queries for all;
    ``figure`` and ``unit`` are what the sentence calls them ("ndcg@10", "users").
    """

    methods: tuple[str, ...]
    means: NDArray[np.float64]
    draws: NDArray[np.float64]
    queries: int
    figure: str
    unit: str

    def gap(self, first: int, second: int) -> tuple[float, float]:
        """The middle 95 % of the difference of two methods over the resamples."""
        low, high = np.percentile(self.draws[:, first] - self.draws[:, second], [2.5, 97.5])
        return float(low), float(high)


def verdict(contest: Contest, baselines: Collection[str] = ()) -> str:
    """The best method against the best baseline and against the runner-up, in words.

    Two methods differ if the interval of their difference leaves out zero.
    """
    # stable: of equals, the one that stands first
    order = [int(m) for m in np.argsort(-contest.means, kind="stable")]
    clever = [m for m in order if contest.methods[m] not in baselines]
    plain = [m for m in order if contest.methods[m] in baselines]
    if not clever:
        return f"Only baselines could be tried; {contest.methods[order[0]]} is the best of them."
    best = clever[0]
    if plain:
        sentences = [_against_baseline(contest, best, plain[0])]
    else:
        figure = f"{contest.figure} {contest.means[best]:.3f}"
        sentences = [f"Use {contest.methods[best]}: {figure}."]
    if len(clever) > 1:
        sentences.append(_against_runner_up(contest, best, clever[1]))
    if contest.queries < FEW:
        sentences.append(f"With only {contest.queries} {contest.unit}, take this as a hint.")
    return " ".join(sentences)


def _against_baseline(contest: Contest, best: int, plain: int) -> str:
    name, baseline = contest.methods[best], contest.methods[plain]
    low, high = contest.gap(best, plain)
    means = f"{contest.means[best]:.3f} against {contest.means[plain]:.3f}"
    gap = f"({means}, difference {low:+.4f} to {high:+.4f})"
    by = f"by {contest.figure}"
    if low > 0:
        return f"Use {name}: {by} it beats the best baseline, {baseline} {gap}."
    if high < 0:
        return (
            f"No method beats {baseline} here: the best {by}, {name}, is worse {gap};"
            f" show what {baseline} shows until there is more to learn from."
        )
    return (
        f"No method is surely better than {baseline} here: the best {by}, {name}, is level"
        f" with it {gap}."
    )


def _against_runner_up(contest: Contest, best: int, second: int) -> str:
    other = contest.methods[second]
    low, high = contest.gap(best, second)
    gap = f"({contest.means[second]:.3f}, difference {low:+.4f} to {high:+.4f})"
    if low > 0:
        return f"It is better than the next method, {other} {gap}."
    return f"It is a tie with the next method, {other} {gap}: on this evidence either will do."
