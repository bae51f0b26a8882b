"""Scores of several notions of similarity for people, on one scale and in one sum.

A person's score for a product by one method is the sum over the product's own row (see
docs/architecture.md, "one direction"), weighed by how the person's past counts. Divided by its
spread among the candidates it can stand beside the others: 1 is one standard deviation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.knn import recommend_scores, speakers
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.scoring.blend import EVIDENCE, Weights

Scores = Callable[[slice], NDArray[np.floating]]
"""Some questions -> (b, n) or (1, n) scores, above 0 where there is something to say."""


@dataclass(frozen=True)
class Parts:
    """What the scores of q people are made of.

    Attributes
    ----------
    tables : by method, (n, n) CSR, the table read the other way (``data.knn.speakers``).
    histories : by method, (q, n) CSR: the people's pasts as that method remembers them.
    constants : by name, (n,) float: the same for everybody (popularity).
    candidates : (n,) bool.
    personal : by name, scores that no table of products gives (what people alike have).
    """

    tables: Mapping[str, sp.csr_matrix]
    histories: Mapping[str, sp.csr_matrix]
    constants: Mapping[str, NDArray[np.float32]]
    candidates: NDArray[np.bool_]
    personal: Mapping[str, Scores] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return [*self.tables, *self.personal, *self.constants]

    def scores(self, name: str, some: slice) -> NDArray[np.float32]:
        """(b, n) float32 of one part, of unit spread among the candidates; 0 where it is silent."""
        if name in self.constants:
            given = self.constants[name][None, :]
        elif name in self.personal:
            given = self.personal[name](some)
        else:
            given = recommend_scores(self.tables[name], self.histories[name], some)
        return standardized(given, self.candidates)


def parts(
    tables: Mapping[str, NeighborTable],
    histories: Mapping[str, sp.csr_matrix],
    constants: Mapping[str, NDArray[np.float32]],
    candidates: NDArray[np.bool_],
    personal: Mapping[str, Scores] | None = None,
) -> Parts:
    """Parts from neighbour tables of all n products."""
    n = len(candidates)
    turned = {name: speakers(table, n) for name, table in tables.items()}
    return Parts(turned, histories, constants, candidates, personal or {})


def standardized(
    scores: NDArray[np.floating], candidates: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """(b, n) scores divided by their standard deviation among the candidates; flat rows stay 0."""
    among = scores[:, candidates].astype(np.float32, copy=False)
    spread = among.std(axis=1, dtype=np.float64, keepdims=True)
    scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
    return np.asarray(scores * scale.astype(np.float32), np.float32)


def blended(made: Parts, weights: Weights, evidence: NDArray[np.int8]) -> Scores:
    """The weighted sum of the parts; each candidate by the weights of its evidence class (n,)."""
    used = [name for name in made.names if any(name in table for table in weights.values())]
    by_class = class_weights(used, weights)

    def score(some: slice) -> NDArray[np.float32]:
        total: NDArray[np.float32] | None = None
        for place, name in enumerate(used):
            given = made.scores(name, some) * by_class[place][evidence][None, :]
            total = given if total is None else total + given
        if total is None:
            return np.zeros((1, len(evidence)), np.float32)
        return total

    return score


def class_weights(names: Sequence[str], weights: Weights) -> NDArray[np.float32]:
    """(m, classes) float32 weights."""
    return np.array(
        [[weights.get(kind, {}).get(name, 0.0) for kind in EVIDENCE] for name in names], np.float32
    ).reshape(len(names), len(EVIDENCE))
