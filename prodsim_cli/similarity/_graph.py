"""The item graph: one sweep over the pairs that share a user (or an order), many measures.

Two items are linked where a user has to do with both. For a block of items the product of the
interaction matrix with its transpose gives the links of each; every measure is a small function
of that product and of per-item totals, so that all are scored while a block is at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.knn import BLOCK_BYTES, best_of_csr, in_threads, product_rows, threads
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.similarity._texts import positions_asked

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Settings:
    """How links become scores; each changes the answer.

    shrinkage : a score is multiplied by c / (c + shrinkage), c = number of users that two items
        share: one common buyer says less than twenty (Bell & Koren 2007).
    min_support : pairs that share fewer users have no score.
    half_life : days after which an event counts half; None: no decay.
    by : ``users`` or ``orders`` as the common neighbours.
    """

    shrinkage: float = 0.0
    min_support: int = 1
    half_life: float | None = None
    by: str = "users"


@dataclass(frozen=True)
class Links:
    """The pairs of one block of the graph, t entries.

    ``dot`` (t,): product of the two rows of the (weighed) matrix; ``shared`` (t,): witnesses (users
    or orders) they have in common. ``witnesses``: how many there are at all.
    ``first(x)`` and ``second(x)`` spread a total per item (n,) over the pairs.
    """

    dot: Values
    shared: Values
    witnesses: int
    rows: NDArray[np.int32]
    lengths: NDArray[np.intp]
    columns: NDArray[np.int32]

    def first(self, totals: NDArray[Any]) -> NDArray[Any]:
        return np.repeat(totals[self.rows], self.lengths)

    def second(self, totals: NDArray[Any]) -> NDArray[Any]:
        return totals[self.columns]


@dataclass(frozen=True)
class Totals:
    """Per item (n,) float32: sum, sum of squares and number of its entries."""

    sums: Values
    squares: Values
    counts: Values


@dataclass(frozen=True)
class Measure:
    """What a plug-in adds to the engine.

    score : links and totals -> (t,) scores, larger is closer; not above 0 means: no neighbour.
    weigh : matrix (items x witnesses) -> matrix of the same pattern; None: as it is.
    counts : True takes the events of a pair added up, False its strongest one.
    """

    score: Callable[[Links, Totals], Values]
    weigh: Callable[[sp.csr_matrix], sp.csr_matrix] | None = None
    counts: bool = False


@dataclass
class _Sweep:
    """One measure during a sweep: its weighed matrices and the table being filled."""

    measure: Measure
    left: sp.csr_matrix
    right: sp.csr_matrix
    totals: Totals
    plain: bool  # every entry is 1: the product counts the common witnesses
    positions: NDArray[np.int32]
    scores: Values


def tables(
    matrices: Mapping[bool, sp.csr_matrix],
    measures: Sequence[Measure],
    settings: Settings,
    queries: NDArray[np.int32] | None,
    candidates: NDArray[np.int32] | None,
    k: int,
) -> list[NeighborTable]:
    """The neighbour tables of several measures in one sweep.

    ``matrices``: by ``Measure.counts``, (n, w) CSR of things to compare x witnesses; both have the
    same pattern and positive entries. ``queries``, ``candidates``: positions, or None for all.
    """
    anything = next(iter(matrices.values()))
    n = anything.shape[0]
    rows, among = positions_asked(n, queries, candidates)
    pattern = anything.copy()
    pattern.data = np.ones_like(pattern.data)
    sweeps = [_prepare(measure, matrices[measure.counts], rows, among, k) for measure in measures]
    ones = (pattern[rows], pattern[among].T.tocsr())
    cores = threads()
    groups = product_rows(*ones, BLOCK_BYTES // cores // 2)

    def fill(group: NDArray[np.intp]) -> None:
        _fill(group, ones, sweeps, settings, rows, among, k)

    in_threads(fill, groups, cores)
    given = None if queries is None else rows
    return [NeighborTable(sweep.positions, sweep.scores, given) for sweep in sweeps]


def _prepare(
    measure: Measure,
    matrix: sp.csr_matrix,
    rows: NDArray[np.int32],
    among: NDArray[np.int32],
    k: int,
) -> _Sweep:
    weighed = matrix if measure.weigh is None else measure.weigh(matrix)
    squared = weighed.multiply(weighed)
    totals = Totals(
        np.asarray(weighed.sum(axis=1), np.float32).ravel(),
        np.asarray(squared.sum(axis=1), np.float32).ravel(),
        np.diff(weighed.indptr).astype(np.float32),
    )
    return _Sweep(
        measure,
        weighed[rows],
        weighed[among].T.tocsr(),
        totals,
        bool((weighed.data == 1).all()),
        np.full((len(rows), k), -1, np.int32),
        np.zeros((len(rows), k), np.float32),
    )


def _fill(
    group: NDArray[np.intp],
    ones: tuple[sp.csr_matrix, sp.csr_matrix],
    sweeps: Sequence[_Sweep],
    settings: Settings,
    rows: NDArray[np.int32],
    among: NDArray[np.int32],
    k: int,
) -> None:
    """Score the pairs of some rows by every measure and keep the k best of each."""
    common = ones[0][group] @ ones[1]
    if common.nnz == 0:
        return
    lengths = np.diff(common.indptr)
    columns = among[common.indices]
    links = Links(common.data, common.data, ones[0].shape[1], rows[group], lengths, columns)
    barred = np.repeat(rows[group], lengths) == columns
    if settings.min_support > 1:
        barred |= common.data < settings.min_support
    barred_at = np.flatnonzero(barred)
    for sweep in sweeps:
        # The product of the weighed matrices has the same pattern, hence the same order of entries.
        dot = common.data if sweep.plain else (sweep.left[group] @ sweep.right).data
        links = replace(links, dot=dot)
        scores = np.asarray(sweep.measure.score(links, sweep.totals), np.float32)
        if settings.shrinkage > 0:
            scores = scores * (links.shared / (links.shared + np.float32(settings.shrinkage)))
        scores[barred_at] = 0
        sweep.positions[group], sweep.scores[group] = best_of_csr(common.indptr, columns, scores, k)


def matrices(
    data: Dataset, settings: Settings, counts: Sequence[bool], of: str = "items"
) -> dict[bool, sp.csr_matrix]:
    """The interaction matrices that measures need, by ``Measure.counts``; rows are ``of``."""
    out: dict[bool, sp.csr_matrix] = {}
    for added in sorted(set(counts)):
        matrix = data.interactions(
            counts=added, half_life=settings.half_life, by=settings.by if of == "items" else "users"
        )
        out[added] = matrix.T.tocsr() if of == "items" else matrix
    return out


def unlinked(data: Dataset, by: str) -> str:
    """Why the graph has no edge, '' if a person (or an order) has touched two products."""
    owner = data.events.user if by == "users" else data.events.order
    mask = owner >= 0
    if not mask.any():
        return "no event has a user" if by == "users" else "no event has an order"
    pairs = np.unique(owner[mask].astype(np.int64) * (len(data) + 1) + data.events.item[mask])
    if len(pairs) > len(np.unique(owner[mask])):
        return ""
    return f"no {'customer has bought' if by == 'users' else 'order holds'} two products"


def cosine(links: Links, totals: Totals) -> Values:
    """(t,) cosine of each pair, in (0, 1]."""
    inverse = 1 / np.sqrt(np.maximum(totals.squares, np.finfo(np.float32).tiny))
    return links.dot * (links.first(inverse) * links.second(inverse))


def measured(
    data: Dataset,
    measure: Measure,
    settings: Settings,
    queries: NDArray[np.int32] | None,
    candidates: NDArray[np.int32] | None,
    k: int,
) -> NeighborTable:
    """The neighbour table of one measure."""
    found = matrices(data, settings, [measure.counts])
    return tables(found, [measure], settings, queries, candidates, k)[0]


def neighbors_by(measure: Measure) -> Callable[..., NeighborTable]:
    """``neighbors`` of a plug-in that is a measure over the graph and nothing else."""

    def neighbors(
        data: Dataset,
        queries: NDArray[np.int32] | None = None,
        candidates: NDArray[np.int32] | None = None,
        *,
        k: int = 50,
        shrinkage: float = Settings.shrinkage,
        min_support: int = Settings.min_support,
        half_life: float | None = Settings.half_life,
        by: str = Settings.by,
    ) -> NeighborTable:
        """The k nearest by this measure; settings as in :class:`Settings`."""
        settings = Settings(shrinkage, min_support, half_life, by)
        return measured(data, measure, settings, queries, candidates, k)

    return neighbors


def several(
    data: Dataset, names: Sequence[str], *, k: int = 50, of: str = "items", **settings: Any
) -> dict[str, NeighborTable]:
    """The full tables of several graph methods in one sweep, equal to those of ``neighbors``.

    ``of`` ``users``: people alike; positions are users, witnesses are items.
    """
    from prodsim_cli.registry import load

    asked = Settings(**settings)
    measures: list[Measure] = [load("similarity", name).MEASURE for name in names]
    found = matrices(data, asked, [measure.counts for measure in measures], of)
    made = tables(found, measures, asked, None, None, k)
    return dict(zip(names, made, strict=True))


def user_neighbors(data: Dataset, method: str, k: int = 50, **settings: Any) -> NeighborTable:
    """People alike by a graph method: positions are users, witnesses are items."""
    return several(data, [method], k=k, of="users", **settings)[method]
