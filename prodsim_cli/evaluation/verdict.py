"""What to use, and how sure that is: methods compared in pairs, and the sentences below the table.

Two methods are compared by the paired bootstrap of the difference of their means; because many are
compared, the p-values are corrected (Holm 1979). A difference with p below .05 is called one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.evaluation.bootstrap import holm, interval, rounded, two_sided
from prodsim_cli.records.figures import Interval, Standing

FEW = 100
"""Below as many queries the verdict says that they are few."""

LEVEL = 0.05


@dataclass(frozen=True)
class Contest:
    """One figure of many methods: ``means`` (methods,) and, on the same resamples, ``draws``
    (resamples, methods); ``figure`` and ``unit`` as the sentence has them ("ndcg@10", "users")."""

    methods: tuple[str, ...]
    means: NDArray[np.float64]
    draws: NDArray[np.float64]
    queries: int
    figure: str
    unit: str

    def gap(self, first: int, second: int) -> Interval:
        """How much higher the first is than the second, with the middle 95 % of the resamples."""
        return interval(
            self.means[first] - self.means[second], self.draws[:, first] - self.draws[:, second]
        )

    def order(self) -> list[int]:
        """Methods by their mean, best first; of equals, the one that stands first."""
        return [int(m) for m in np.argsort(-rounded(self.means), kind="stable")]


def standings(contest: Contest, whose: Collection[int], other: int) -> dict[str, Standing]:
    """How each of ``whose`` compares with one method, corrected for how many are compared."""
    mine = [m for m in contest.order() if m in whose and m != other]
    draws = contest.draws
    # n questions show no p below that of n tossed coins that all fall alike
    least = min(1.0, 2.0 ** (1 - contest.queries))
    found = [max(two_sided(draws[:, m] - draws[:, other]), least) for m in mine]
    corrected = holm(np.array(found))
    out: dict[str, Standing] = {}
    for m, p in zip(mine, corrected, strict=True):
        difference = contest.gap(m, other)
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
        standings(contest, clever, plain[0]) if plain else {}, standings(contest, order, order[0])
    )


def verdict(contest: Contest, baselines: Collection[str] = ()) -> str:
    """The best method against the best baseline and against the runner-up, in words."""
    order = contest.order()
    clever = [m for m in order if contest.methods[m] not in baselines]
    plain = [m for m in order if contest.methods[m] in baselines]
    if not clever:
        return f"Only baselines could be tried; {contest.methods[order[0]]} is the best of them."
    best, beaten = clever[0], False
    if plain:
        sentence, beaten = _against_baseline(contest, clever, plain[0])
    else:
        figure = f"{contest.figure} {contest.means[best]:.3f}"
        sentence = f"Use {contest.methods[best]}: {figure}."
    sentences = [sentence]
    if len(clever) > 1 and not beaten:
        sentences.append(_against_others(contest, clever))
    if contest.queries < FEW:
        sentences.append(f"With only {contest.queries} {contest.unit}, take this as a hint.")
    return " ".join(sentences)


def _against_baseline(contest: Contest, clever: list[int], plain: int) -> tuple[str, bool]:
    """The sentence, and whether the baseline is surely the better one."""
    best = clever[0]
    name, baseline = contest.methods[best], contest.methods[plain]
    standing = standings(contest, clever, plain)[name]
    means = f"{contest.means[best]:.3f} against {contest.means[plain]:.3f}"
    gap = f"({means}, difference {_range(standing.difference)})"
    by = f"by {contest.figure}"
    if standing.verdict == "better":
        return f"Use {name}: {by} it beats the best baseline, {baseline} {gap}.", False
    if standing.verdict == "worse":
        return (
            f"No method beats {baseline} here: the best {by}, {name}, is worse {gap};"
            f" show what {baseline} shows until there is more to learn from."
        ), True
    return (
        f"No method is surely better than {baseline} here: the best {by}, {name}, is level"
        f" with it {gap}."
    ), False


def _against_others(contest: Contest, clever: list[int]) -> str:
    """The best method against the others: which are level, and by how much it leads."""
    best, second = clever[0], clever[1]
    # corrected for all methods, as the marks of the table are
    among = standings(contest, contest.order(), best)
    ties = [contest.methods[m] for m in clever[1:] if among[contest.methods[m]].verdict == "tie"]
    other = contest.methods[second]
    gap = f"({contest.means[second]:.3f}, difference {_range(contest.gap(best, second))})"
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


def _range(difference: Interval) -> str:
    return f"{difference.low:+.4f} to {difference.high:+.4f}"
