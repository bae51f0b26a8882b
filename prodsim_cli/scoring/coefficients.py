"""The formula of ``hybrid``, in numbers: what a method's score gives, by class of evidence.

    score(j, i) = sum over the methods of factor * s^power * c / (c + shrinkage)

s: the method's score of the pair. c = s * sqrt(n_j n_i), the common buyers that a cosine of s
stands for; its quotient is 1 without ``shrinkage``. The factors of a product depend on its class
of evidence, which is how many people have to do with it. ``scoring.over_rows`` and
``scoring.over_arrays`` multiply and add. Standard library only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from prodsim_cli.registry import FACTS, declared

MANY, FEW, NONE = "many", "few", "none"
EVIDENCE = (MANY, FEW, NONE)
"""Classes of products by how many people have to do with them: the ladder from warm to cold."""

MANY_PEOPLE = 20

SHRINKAGE = 10.0
"""Common buyers that the graph's word needs to count half."""

Weights = Mapping[str, Mapping[str, float]]
"""Evidence class -> name -> weight, none below 0; a name that is missing has weight 0."""


class Factor(NamedTuple):
    """What a score of a method is multiplied by (see above)."""

    factor: float
    power: int = 1
    shrinkage: float = 0.0


Factors = Mapping[str, Mapping[str, Factor]]
"""Evidence class -> method -> factor."""


def class_of(people: float) -> str:
    """The class of a product that so many people have to do with."""
    return MANY if people >= MANY_PEOPLE else FEW if people > 0 else NONE


def weighted(weights: Weights) -> list[str]:
    """Names with a weight above 0 in any class, sorted."""
    return sorted({name for table in weights.values() for name, w in table.items() if w > 0})


def for_pairs(
    there: Collection[str],
    weights: Weights | None = None,
    scales: Mapping[str, float] | None = None,
) -> Factors:
    """The factors of ``similar``, for the class of the product asked about.

    ``there``: the methods that have a table. ``weights``: learned ones, divided by their sum;
    ``scales``: by method, the score that counts as 1. Without a weight for a table that is there a
    fixed formula stands, the same for each class: the first measure that counts people at 1, beside
    it the squared scores of others at their ``DEFAULT_WEIGHT``.
    """
    names = [name for name in weighted(weights or {}) if name in there]
    if not names:
        return dict.fromkeys(EVIDENCE, _default(there))
    out = {}
    for kind in EVIDENCE:
        mine = (weights or {}).get(kind, {})
        total = max(sum(mine.get(name, 0.0) for name in names), 1e-9)
        out[kind] = {
            name: Factor(mine.get(name, 0.0) / total / (scales or {}).get(name, 1.0))
            for name in names
        }
    return out


def _default(there: Collection[str]) -> dict[str, Factor]:
    found = {name: declared(name) for name in there}
    counting = [name for name, one in found.items() if one.counts_people]
    graph = min(counting, key=lambda name: found[name].users_rank, default=None)
    squared = {
        name: one.default_weight
        for name, one in sorted(found.items(), key=lambda pair: (-pair[1].default_weight, pair[0]))
        if one.default_weight and (graph is None or one.rests_on != FACTS)
    }
    total = sum(squared.values()) + (1.0 if graph else 0.0)
    out = {name: Factor(weight / total, power=2) for name, weight in squared.items()}
    if graph is not None:
        out[graph] = Factor(1.0 / total, shrinkage=SHRINKAGE)
    return out


def for_people(
    names: Iterable[str], weights: Weights, scales: Mapping[str, float] | None = None
) -> Factors:
    """The factors of ``recommend``, for the class of the candidate.

    ``scales``: by name, 1 over the spread of its scores among the candidates; None: the scores are
    of unit spread.
    """
    used = list(names)
    return {
        kind: {
            name: Factor(weights.get(kind, {}).get(name, 0.0) * (scales or {}).get(name, 1.0))
            for name in used
        }
        for kind in EVIDENCE
    }
