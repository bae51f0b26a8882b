"""The formula over arrays: many products or many people at once.

``scoring.coefficients`` gives the factors; ``scoring.over_rows`` does the same for one.

A person's score for a product by one method is the sum over the product's own row (see
docs/architecture.md, "one direction"), weighed by how the person's history counts. Divided by its
spread among the candidates it can stand beside the others: 1 is one standard deviation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.knn import best_of_triplets, blocks, neighbor_matrix, recommend_scores
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.scoring.coefficients import EVIDENCE, MANY_PEOPLE, Factor, Factors, Weights
from prodsim_cli.scoring.coefficients import for_people as factors_for_people

Scores = Callable[[slice], NDArray[np.floating]]
"""Some questions -> (b, n) or (1, n) scores, above 0 where there is something to say."""

_BLOCK = 8192


def evidence_of(people: NDArray[np.floating]) -> NDArray[np.int8]:
    """(n,) people who have to do with each product -> (n,) int8 place in :data:`EVIDENCE`."""
    return np.where(people >= MANY_PEOPLE, 0, np.where(people > 0, 1, 2)).astype(np.int8)


def by_evidence(factors: Factors, name: str) -> NDArray[np.float64]:
    """(classes,) the factor of one method for each class of evidence."""
    return np.array([factors[kind][name].factor for kind in EVIDENCE])


@dataclass(frozen=True)
class Parts:
    """What the scores of q people are made of.

    Attributes
    ----------
    tables : by method, (n, n) CSR, the table read the other way (``data.knn.neighbor_matrix``).
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
    turned = {name: neighbor_matrix(table, n) for name, table in tables.items()}
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
    """The weighted sum of the parts; each candidate by the factors of its evidence class (n,)."""
    used = [name for name in made.names if any(name in table for table in weights.values())]
    factors = factors_for_people(used, weights)
    by_item = {name: by_evidence(factors, name).astype(np.float32)[evidence] for name in used}

    def score(some: slice) -> NDArray[np.float32]:
        total: NDArray[np.float32] | None = None
        for name in used:
            given = made.scores(name, some) * by_item[name][None, :]
            total = given if total is None else total + given
        if total is None:
            return np.zeros((1, len(evidence)), np.float32)
        return total

    return score


def join(
    tables: Mapping[str, NeighborTable],
    factors: Factors,
    evidence: NDArray[np.int8],
    k: int,
    queries: NDArray[np.int32] | None = None,
    candidates: NDArray[np.int32] | None = None,
    buyers: NDArray[np.float64] | None = None,
) -> NeighborTable:
    """The k best of the sum of all tables; a score depends on the pair, not on what else is asked.

    Parameters
    ----------
    tables : each may hold all n items or some queries (an item that a table does not hold has no
        neighbours there).
    factors : by the class of the item asked about; ``evidence``: (n,) place in EVIDENCE.
    queries, candidates : positions, or None for all.
    buyers : (n,) people who have to do with each item; for factors with a shrinkage.
    """
    n = len(evidence)
    rows = np.arange(n, dtype=np.int32) if queries is None else np.asarray(queries, np.int32)
    wanted = np.ones(n, bool)
    if candidates is not None:
        wanted[:] = False
        wanted[candidates] = True
    positions = np.full((len(rows), k), -1, np.int32)
    scores = np.zeros((len(rows), k), np.float32)
    names = list(factors[EVIDENCE[0]])
    places = {name: _places(tables[name], rows, n) for name in names}
    for some in blocks(len(rows), _BLOCK):
        found = []
        for name in names:
            at, items, given = _entries(tables[name], places[name][some], wanted)
            asked = rows[some][at]
            values = by_evidence(factors, name)[evidence[asked]] * given
            values *= _meaning(factors[EVIDENCE[0]][name], asked, items, given, buyers)
            found.append((at, items, values))
        if found:
            at, items, values = (np.concatenate(column) for column in zip(*found, strict=True))
            at, items, values = _summed(at, items, values, n)
            size = some.stop - some.start
            positions[some], scores[some] = best_of_triplets(
                at, items, values.astype(np.float32), size, k
            )
    return NeighborTable(positions, scores, None if queries is None else rows)


def _meaning(
    how: Factor,
    asked: NDArray[np.int32],
    items: NDArray[np.int32],
    given: NDArray[np.float32],
    buyers: NDArray[np.float64] | None,
) -> NDArray[np.floating] | float:
    """What scores (t,) are multiplied by beside the factor, which alone depends on the class."""
    meaning: NDArray[np.floating] | float = given ** (how.power - 1) if how.power != 1 else 1.0
    if how.shrinkage and buyers is not None:
        common = given * np.sqrt(buyers[asked] * buyers[items])
        meaning = meaning * (common / (common + how.shrinkage))
    return meaning


def _places(table: NeighborTable, rows: NDArray[np.int32], n: int) -> NDArray[np.int32]:
    """The row of the table for each item of ``rows``, -1 where it has none."""
    place = np.full(n, -1, np.int32)
    place[table.rows] = np.arange(len(table), dtype=np.int32)
    return place[rows]


def _entries(
    table: NeighborTable, place: NDArray[np.int32], wanted: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.int32], NDArray[np.float32]]:
    """Row number, neighbour and score of every entry of some rows of one table."""
    there = np.flatnonzero(place >= 0)
    positions, scores = table.positions[place[there]], table.scores[place[there]]
    at, column = np.nonzero((positions >= 0) & wanted[positions])
    return there[at], positions[at, column], scores[at, column]


def _summed(
    at: NDArray[np.intp], items: NDArray[np.int32], values: NDArray[np.float64], n: int
) -> tuple[NDArray[np.intp], NDArray[np.int32], NDArray[np.float64]]:
    """Entries of the same row and item added up, in order of row and item; positive sums only."""
    keys = at * np.int64(n) + items
    order = np.argsort(keys, kind="stable")
    keys, values = keys[order], values[order]
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    totals = np.add.reduceat(values, first) if len(first) else values
    keys, totals = keys[first][totals > 0], totals[totals > 0]
    return keys // n, (keys % n).astype(np.int32), totals
