"""Cosine of the texts' vectors from a language model (Reimers & Gurevych 2019).

Reads the vectors of one space (``data.embedding``), exact over all pairs. An item without text
(a vector of zeros) has no neighbours; equal vectors are computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.knn import Best, cosine_neighbors
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.errors import NotReady
from prodsim_cli.similarity._texts import cosine_of_groups, groups_of_rows

NEEDS = "vectors"
RANK = 1
DEFAULT_WEIGHT = 0.05
FINDS = "substitute"
STORED = True


def neighbors(
    data: Dataset,
    queries: NDArray[np.int32] | None = None,
    candidates: NDArray[np.int32] | None = None,
    *,
    k: int = 50,
    space: str | None = None,
) -> NeighborTable:
    """The k nearest by the cosine of their vectors; positive ones only.

    ``space``: the set of vectors; None: the only one there is. Raises :class:`NotReady` without.
    """
    space = _space(data, space)
    group, vectors = groups_of_rows(data.embedding(space).vectors)
    return cosine_of_groups(group, vectors, queries, candidates, k)


def search(
    data: Dataset,
    texts: Sequence[str],
    *,
    encode: Callable[[list[str]], NDArray[np.float32]],
    k: int = 50,
    space: str | None = None,
) -> Best:
    """The k products whose vectors are nearest to that of each text: (q, k) positions, scores.

    ``encode``: the model of the space, texts to (q, d) float32 rows of unit length.
    """
    vectors = data.embedding(_space(data, space)).vectors
    return cosine_neighbors(encode(list(texts)), vectors, k)


def _space(data: Dataset, space: str | None) -> str:
    """The space asked for, or the only one; raises :class:`NotReady` where it is not there."""
    blind = [name for name in data.embeddings if name not in data.learned]
    if space is None and len(blind) == 1:
        space = blind[0]
    if space is None or space not in data.embeddings:
        there = ", ".join(data.embeddings) or "none"
        raise NotReady(
            f"There are no text vectors of the model {space or '(none named)'}; there: {there}.",
            hint="Run `prodsim build`, or name a model with --model.",
        )
    return space
