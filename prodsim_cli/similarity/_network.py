"""Neighbours in the space of a trained network: cosine, sharpened."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.knn import Best, cosine_neighbors
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.errors import NotReady
from prodsim_cli.similarity._texts import capped, grouped_neighbors, groups_of_rows

SHARPNESS = 5
"""Scores are this power of the cosine: the order in a row stays, near ones weigh more in a sum."""

_NOTHING = 1e-6
"""A cosine whose power would be lost in float32."""


def sharpened(cosine: NDArray[np.float32]) -> NDArray[np.float32]:
    """cosine ** SHARPNESS, same shape and dtype.

    In float64, so that different cosines stay different and in order.
    """
    return (cosine.astype(np.float64) ** SHARPNESS).astype(np.float32)


def nearest(
    data: Dataset,
    name: str,
    queries: NDArray[np.int32] | None,
    candidates: NDArray[np.int32] | None,
    k: int,
) -> NeighborTable:
    """The k nearest in the space ``name``; a product without a vector has no neighbours.

    Raises :class:`NotReady` where no such network was trained.
    """
    if name not in data.embeddings:
        raise NotReady(
            f"No network {name} was trained.", hint=f"Run `prodsim train --networks {name}`."
        )
    group, vectors = groups_of_rows(data.embedding(name).vectors)

    def search(asked: NDArray[np.intp], found: NDArray[np.intp], k: int) -> Best:
        positions, scores = cosine_neighbors(vectors[asked], vectors[found], k)
        scores = capped(asked, found, positions, scores)
        near = scores > _NOTHING
        return np.where(near, positions, -1), np.where(near, sharpened(scores), np.float32(0))

    return grouped_neighbors(group, search, queries, candidates, k)


def plug_in(name: str) -> tuple[Callable[[Dataset], str], Callable[..., NeighborTable]]:
    """``unable`` and ``neighbors`` of the network ``name``."""

    def unable(data: Dataset) -> str:
        """Why it can't work on this dataset, '' if it can."""
        if name in data.embeddings:
            return ""
        return f"no such network was trained (`prodsim train --networks {name}`); cosine needs none"

    def neighbors(
        data: Dataset,
        queries: NDArray[np.int32] | None = None,
        candidates: NDArray[np.int32] | None = None,
        *,
        k: int = 50,
    ) -> NeighborTable:
        """The k nearest by the cosine of the vectors of the network, to the power of 5."""
        return nearest(data, name, queries, candidates, k)

    return unable, neighbors
