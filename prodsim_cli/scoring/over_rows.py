"""The formula over rows of tables, for one product or one person. Standard library only.

``scoring.coefficients`` gives the factors; ``scoring.over_arrays`` does the same for many at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt

from prodsim_cli.scoring.coefficients import Factor, Factors, class_of

Shares = dict[int, dict[str, float]]
"""Row id of a product -> method -> what it gives; the sum is the score."""


def shares_of_pairs(
    rows: Mapping[str, tuple[Sequence[int], Sequence[float]]],
    factors: Mapping[str, Factor],
    item_id: int,
    buyers: Mapping[int, float],
) -> Shares:
    """What each method gives to the pairs of one product.

    ``rows``: by method, neighbours' ids and scores. ``buyers``: how many people have to do with the
    product and with the neighbours of a method whose factor has a shrinkage.
    """
    out: Shares = {}
    for name, (factor, power, shrinkage) in factors.items():
        for other, score in zip(*rows[name], strict=True) if factor > 0 else ():
            given = factor * score**power
            if shrinkage:
                common = score * sqrt(buyers[item_id] * buyers[other])
                given *= common / (common + shrinkage)
            out.setdefault(other, {})[name] = given
    return out


def totals(found: Shares) -> dict[int, float]:
    """Product -> score."""
    return {other: sum(parts.values()) for other, parts in found.items()}


def history_sums(
    rows: Iterable[tuple[float, Sequence[int], Sequence[float]]], size: int
) -> dict[int, float]:
    """Product -> sum over the products of a history of score times weight, where it is not 0.

    ``rows``: for each product of the history its weight, and ids and scores of those that have it
    as a neighbour; every id is below ``size``. A list is twice as fast as a dict here.
    """
    sums = [0.0] * size
    for weight, items, scores in rows:
        if weight == 1.0:
            for item, score in zip(items, scores, strict=True):
                sums[item] += score
        else:
            for item, score in zip(items, scores, strict=True):
                sums[item] += weight * score
    return {item: total for item, total in enumerate(sums) if total}


def spread(values: Iterable[float], n: int) -> float:
    """Population standard deviation of n numbers, those that are not named being 0."""
    if not n:
        return 0.0
    total = squares = 0.0
    for value in values:
        total += value
        squares += value * value
    mean = total / n
    return sqrt(max(squares / n - mean * mean, 0.0))


def weighted_sums(
    sums: Mapping[str, Mapping[int, float]],
    factors: Factors,
    people: Mapping[int, float],
    start: Mapping[int, float],
) -> dict[int, float]:
    """Product -> score: what is the same for everybody, and each method's sum times its factor.

    ``sums``: by method, product -> sum over a person's history. ``people``: product -> how many
    have to do with it; ``start``: product -> what the constants give. Both hold every product.
    """
    out = dict(start)
    kinds = {item: class_of(count) for item, count in people.items()}
    for name, of in sums.items():
        by_class = {kind: table[name].factor for kind, table in factors.items()}
        for item, sum_ in of.items():
            out[item] += sum_ * by_class[kinds[item]]
    return out
