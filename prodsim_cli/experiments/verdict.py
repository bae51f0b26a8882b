"""What to use, and how sure that is: methods compared in pairs, and the sentences below the table.

Two methods are compared by the paired bootstrap of the difference of their means; because many are
compared, the p-values are corrected (Holm 1979). A difference with p below .05 is called one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.experiments.intervals import holm, interval, two_sided
from prodsim_cli.records import Standing

FEW = 100
"""Below as many queries the verdict says that they are few."""

LEVEL = 0.05


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

    def order(self) -> list[int]:
        """Methods by their mean, best first; of equals, the one that stands first."""
        return [int(m) for m in np.argsort(-self.means, kind="stable")]


def standings(contest: Contest, whose: Collection[int], other: int) -> dict[str, Standing]:
    """How each of ``whose`` compares with one method, corrected for how many are compared."""
    mine = [m for m in contest.order() if m in whose and m != other]
    gaps = [contest.draws[:, m] - contest.draws[:, other] for m in mine]
    corrected = holm(np.array([two_sided(gap) for gap in gaps]))
    out: dict[str, Standing] = {}
    for m, gap, p in zip(mine, gaps, corrected, strict=True):
        difference = interval(contest.means[m] - contest.means[other], gap)
        word = "better" if difference.mean > 0 else "worse"
        out[contest.methods[m]] = Standing(
            other=contest.methods[other],
            difference=difference,
            p=round(float(p), 12),
            verdict=word if p < LEVEL else "tie",
        )
    return out


@dataclass(frozen=True)
class Comparison:
    """Every method against the best baseline and against the best of all, by method."""

    against_baseline: dict[str, Standing]
    against_best: dict[str, Standing]


def compared(contest: Contest, baselines: Collection[str] = ()) -> Comparison:
    """The two comparisons that the table marks."""
    order = contest.order()
    plain = [m for m in order if contest.methods[m] in baselines]
    clever = [m for m in order if m not in plain]
    return Comparison(
        standings(contest, clever, plain[0]) if plain else {},
        standings(contest, order, order[0]),
    )


def verdict(contest: Contest, baselines: Collection[str] = ()) -> str:
    """The best method against the best baseline and against the runner-up, in words."""
    order = contest.order()
    clever = [m for m in order if contest.methods[m] not in baselines]
    plain = [m for m in order if contest.methods[m] in baselines]
    if not clever:
        return f"Only baselines could be tried; {contest.methods[order[0]]} is the best of them."
    best = clever[0]
    if plain:
        sentences = [_against_baseline(contest, clever, plain[0])]
    else:
        figure = f"{contest.figure} {contest.means[best]:.3f}"
        sentences = [f"Use {contest.methods[best]}: {figure}."]
    if len(clever) > 1:
        sentences.append(_against_others(contest, clever))
    if contest.queries < FEW:
        sentences.append(f"With only {contest.queries} {contest.unit}, take this as a hint.")
    return " ".join(sentences)


def _against_baseline(contest: Contest, clever: list[int], plain: int) -> str:
    best = clever[0]
    name, baseline = contest.methods[best], contest.methods[plain]
    standing = standings(contest, clever, plain)[name]
    means = f"{contest.means[best]:.3f} against {contest.means[plain]:.3f}"
    gap = f"({means}, difference {_range(standing)})"
    by = f"by {contest.figure}"
    if standing.verdict == "better":
        return f"Use {name}: {by} it beats the best baseline, {baseline} {gap}."
    if standing.verdict == "worse":
        return (
            f"No method beats {baseline} here: the best {by}, {name}, is worse {gap};"
            f" show what {baseline} shows until there is more to learn from."
        )
    return (
        f"No method is surely better than {baseline} here: the best {by}, {name}, is level"
        f" with it {gap}."
    )


def _against_others(contest: Contest, clever: list[int]) -> str:
    """The winner against the other methods: which are ties, and by how much it leads."""
    best, second = clever[0], clever[1]
    among = standings(contest, clever, best)
    ties = [name for name, standing in among.items() if standing.verdict == "tie"]
    other = contest.methods[second]
    # the difference is told from the winner's side
    low, high = contest.gap(best, second)
    gap = f"({contest.means[second]:.3f}, difference {low:+.4f} to {high:+.4f})"
    if not ties:
        every = "the next method," if len(clever) == 2 else "every other method; the next is"
        return f"It is better than {every} {other} {gap}."
    if ties == [other]:
        return f"It is a tie with the next method, {other} {gap}: on this evidence either will do."
    return (
        f"It is a tie with {_listed(ties)}; the next is {other} {gap}: on this evidence any of"
        " them will do."
    )


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _range(standing: Standing) -> str:
    return f"{standing.difference.low:+.4f} to {standing.difference.high:+.4f}"
