"""Methods asked about some products among some others, with every score, not a table of fifty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.knn import blocks
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.similarity import method

_CELLS = 2_000_000
"""Scores of one block of queries; changes the memory, never a figure."""


def live(
    data: Dataset,
    methods: list[str],
    joined: list[str],
    settings: Mapping[str, Any],
    queries: NDArray[np.int32],
    candidates: NDArray[np.int32],
) -> Iterator[tuple[slice, str, NeighborTable]]:
    """For each block of queries and each method: which queries, its name, its full table.

    ``joined``: the methods whose tables a joining one reads. Its own answer comes from their full
    tables of this block, as it would from the stored ones.
    """
    single = [name for name in methods if not method(name).joins]
    several = [name for name in methods if name not in single]
    for some in blocks(len(queries), _CELLS // max(len(candidates), 1)):
        here = data
        for name in dict.fromkeys([*single, *(joined if several else [])]):
            table = _ask(name, data, settings, queries[some], candidates)
            here = here.with_neighbors(name, table)
            if name in single:
                yield some, name, table
        for name in several:
            yield some, name, _ask(name, here, settings, queries[some], candidates)


def _ask(
    name: str,
    data: Dataset,
    settings: Mapping[str, Any],
    queries: NDArray[np.int32],
    candidates: NDArray[np.int32],
) -> NeighborTable:
    return method(name).build(data, {**settings, "k": len(candidates)}, queries, candidates)
