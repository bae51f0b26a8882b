"""Joining neighbour tables: each says how much a pair is alike, a sum with weights says it all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.knn import best_of_triplets, blocks
from prodsim_cli.data.neighbors import NeighborTable

Calibration = Callable[[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]], NDArray]
"""Items, their neighbours, scores (all (t,)) -> what the scores mean, in 0..1, (t,)."""

_BLOCK = 8192


@dataclass(frozen=True)
class Part:
    """One table in the sum: its weight and what its scores mean on a scale of 0 to 1."""

    table: NeighborTable
    weight: float
    calibrated: Calibration


def join(
    parts: Sequence[Part],
    n: int,
    k: int,
    queries: NDArray[np.int32] | None = None,
    candidates: NDArray[np.int32] | None = None,
) -> NeighborTable:
    """The k best of the weighted sum of calibrated scores.

    score(j, i) = sum of weight * calibrated score over the tables whose row of j holds i, divided
    by the sum of all weights: in (0, 1]. It depends on the pair only, not on what else is asked.

    Parameters
    ----------
    parts : the tables; each may hold all n items or some queries (an item that a table does not
        hold has no neighbours there).
    n : number of items. ``queries``, ``candidates``: positions, or None for all.
    """
    rows = np.arange(n, dtype=np.int32) if queries is None else np.asarray(queries, np.int32)
    wanted = np.ones(n, bool)
    if candidates is not None:
        wanted[:] = False
        wanted[candidates] = True
    positions = np.full((len(rows), k), -1, np.int32)
    scores = np.zeros((len(rows), k), np.float32)
    places = [_places(part.table, rows, n) for part in parts]
    for some in blocks(len(rows), _BLOCK):
        found = [
            _entries(part, place[some], rows[some], wanted)
            for part, place in zip(parts, places, strict=True)
        ]
        if found:
            at, items, values = (np.concatenate(column) for column in zip(*found, strict=True))
            at, items, values = _summed(at, items, values, n)
            total = np.float32(values / sum(part.weight for part in parts))
            size = some.stop - some.start
            positions[some], scores[some] = best_of_triplets(at, items, total, size, k)
    return NeighborTable(positions, scores, None if queries is None else rows)


def _places(table: NeighborTable, rows: NDArray[np.int32], n: int) -> NDArray[np.int32]:
    """The row of the table for each item of ``rows``, -1 where it has none."""
    place = np.full(n, -1, np.int32)
    place[table.rows] = np.arange(len(table), dtype=np.int32)
    return place[rows]


def _entries(
    part: Part, place: NDArray[np.int32], rows: NDArray[np.int32], wanted: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.int32], NDArray[np.float64]]:
    """Row number, neighbour and weighted score of every entry of some rows of one table."""
    there = np.flatnonzero(place >= 0)
    positions, scores = part.table.positions[place[there]], part.table.scores[place[there]]
    at, column = np.nonzero((positions >= 0) & wanted[positions])
    items, given = positions[at, column], scores[at, column]
    values = part.weight * part.calibrated(rows[there[at]], items, given)
    return there[at], items, np.asarray(values, np.float64)


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
