"""Cosine of the texts' vectors from a language model (Reimers & Gurevych 2019).

Reads the vectors of one space (``data.embedding``), exact over all pairs. An item without text
(a vector of zeros) has no neighbours; equal vectors are computed once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.errors import NotReady
from prodsim_cli.knn import Best, cosine_neighbors
from prodsim_cli.similarity._texts import grouped_neighbors, groups_of_rows

NEEDS = "vectors"


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
    if space is None and len(data.embeddings) == 1:
        space = next(iter(data.embeddings))
    if space is None or space not in data.embeddings:
        there = ", ".join(data.embeddings) or "none"
        raise NotReady(
            f"There are no text vectors of the model {space or '(none named)'}; there: {there}.",
            hint="Run `prodsim build`, or name a model with --model.",
        )
    group, vectors = groups_of_rows(data.embedding(space).vectors)

    def search(asked: NDArray[np.intp], found: NDArray[np.intp], k: int) -> Best:
        positions, scores = cosine_neighbors(vectors[asked], vectors[found], k)
        # An item is as close to its equals as can be, whatever the last bit of its length says.
        equal = (positions >= 0) & (found[positions] == asked[:, None])
        return positions, np.where(equal, np.float32(1), np.minimum(scores, 1))

    return grouped_neighbors(group, search, queries, candidates, k)
