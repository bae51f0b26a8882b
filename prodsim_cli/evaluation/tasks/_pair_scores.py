"""What known pairs ask of a method, and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli import registry
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.interactions import binary
from prodsim_cli.data.knn import blocks
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.evaluation import trained_tables
from prodsim_cli.evaluation.pairs_file import Known
from prodsim_cli.progress import stage
from prodsim_cli.protocol.metrics._seen import Ranks, hits
from prodsim_cli.similarity import method

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress

_CELLS = 2_000_000
"""Scores of one block of queries; changes the memory, never a figure."""


@dataclass(frozen=True)
class PairsTask:
    """What is asked: each distinct first product of the pairs, among the candidates.

    ``queries`` (q,), ``candidates`` (c,) int32; ``row`` (p,) query of each pair; ``match`` (p,)
    bool: stated from ``middle`` on; ``truth`` (p,) float64, None where it says no more;
    ``partners`` (q, n) bool CSR of the matches; ``across``: the pairs join two sources.
    """

    pairs: Known
    queries: NDArray[np.int32]
    candidates: NDArray[np.int32]
    row: NDArray[np.intp]
    middle: float
    match: NDArray[np.bool_]
    truth: NDArray[np.float64] | None
    partners: sp.csr_matrix
    across: bool

    @property
    def one_sided(self) -> bool:
        """Every pair is a match, so that the non-matches are the queries' rivals."""
        return bool(self.match.all())


@dataclass(frozen=True)
class PairScores:
    """What one method says, float64: ``scores`` (p,) of the pairs; ``rivals`` (q,): the best score
    of a product that is no partner, -inf without one; ``found`` (q, 3): hit@1, hit@k, MRR."""

    scores: NDArray[np.float64]
    rivals: NDArray[np.float64]
    found: NDArray[np.float64]


def task_of(data: Dataset, known: Known) -> PairsTask:
    """The questions that the pairs put: in the other source, or in the one catalogue."""
    home = np.array(data.columns["source"], object)
    ours, theirs = (set(home[side].tolist()) for side in (known.a, known.b))
    across = len(ours) == 1 and len(theirs) == 1 and ours != theirs
    middle = sum(known.scale) / 2
    match = np.ones(len(known.a), bool) if known.truth is None else known.truth >= middle
    # a column of ones says what two columns say
    same = known.truth is None or known.truth.min() == known.truth.max()
    queries, row = np.unique(known.a, return_inverse=True)
    row = row.reshape(-1)
    if across:
        candidates = np.flatnonzero(home == next(iter(theirs)))
    else:
        candidates = np.arange(len(data)) if match.all() else np.unique(known.b)
    return PairsTask(
        pairs=known,
        queries=queries.astype(np.int32),
        candidates=candidates.astype(np.int32),
        row=row,
        middle=middle,
        match=match,
        truth=None if same and match.all() else known.truth,
        partners=_partners(known, queries, row, match, len(data), both_ways=not across),
        across=across,
    )


def _partners(
    known: Known,
    queries: NDArray[np.int32],
    row: NDArray[np.intp],
    match: NDArray[np.bool_],
    items: int,
    both_ways: bool,
) -> sp.csr_matrix:
    """(q, items) bool CSR; in one catalogue a partner is one in both directions."""
    rows, columns = row[match], known.b[match]
    if both_ways:
        place = np.searchsorted(queries, known.b).clip(max=len(queries) - 1)
        back = match & (queries[place] == known.b)
        rows = np.concatenate([rows, place[back]])
        columns = np.concatenate([columns, known.a[back]])
    return binary(rows, columns, (len(queries), items))


def ask(
    data: Dataset,
    task: PairsTask,
    methods: list[str],
    settings: Mapping[str, Any],
    k: int,
    progress: Progress | None,
) -> dict[str, PairScores]:
    """Ask every method about all queries, by blocks."""
    q, p = len(task.queries), len(task.row)
    seen = {
        name: PairScores(np.zeros(p), np.full(q, -np.inf), np.zeros((q, 3))) for name in methods
    }
    done = stage(progress, "live scores", q * len(methods), "products")
    for some, name, table in live_tables(data, task, methods, settings):
        _note_down(task, some, table, seen[name], len(data), k)
        done(some.stop - some.start)
    return seen


def _note_down(
    task: PairsTask, some: slice, table: NeighborTable, seen: PairScores, items: int, k: int
) -> None:
    """Take from one method's full table of a block what the figures need."""
    size = some.stop - some.start
    place = np.full(items, -1, np.int64)
    place[task.candidates] = np.arange(len(task.candidates))
    # what a method does not name has no evidence for it: score 0
    dense = np.zeros((size, len(task.candidates)))
    rows, columns = np.nonzero(table.positions >= 0)
    dense[rows, place[table.positions[rows, columns]]] = table.scores[rows, columns]
    mine = (task.row >= some.start) & (task.row < some.stop)
    seen.scores[mine] = dense[task.row[mine] - some.start, place[task.pairs.b[mine]]]

    partners = task.partners[some]
    ranks = Ranks(hits=hits(table.positions, partners), relevant=np.diff(partners.indptr))
    for column, (name, depth) in enumerate((("hit_rate", 1), ("hit_rate", k), ("mrr", items))):
        seen.found[some, column] = registry.load("metrics", name).score(ranks, depth)

    row, item = partners.nonzero()
    inside = place[item] >= 0
    dense[row[inside], place[item[inside]]] = -np.inf
    own = place[task.queries[some]]
    dense[np.flatnonzero(own >= 0), own[own >= 0]] = -np.inf
    seen.rivals[some] = dense.max(axis=1)


def live_tables(
    data: Dataset, task: PairsTask, methods: list[str], settings: Mapping[str, Any]
) -> Iterator[tuple[slice, str, NeighborTable]]:
    """For each block of queries and each method: which queries, its name, its full table."""
    bare, every = replace(data, neighbors={}), {**settings, "k": len(task.candidates)}
    single = [name for name in methods if not method(name).joins]
    several = [name for name in methods if name not in single]
    parts = trained_tables.singles(data, settings) if several else []
    for some in blocks(len(task.queries), _CELLS // max(len(task.candidates), 1)):
        here, queries = bare, task.queries[some]
        for name in dict.fromkeys([*single, *parts]):
            table = method(name).build(bare, every, queries, task.candidates)
            here = here.with_neighbors(name, table)
            if name in single:
                yield some, name, table
        for name in several:
            yield some, name, method(name).build(here, every, queries, task.candidates)
