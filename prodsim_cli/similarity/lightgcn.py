"""LightGCN: vectors averaged over the purchases of people, layer by layer (He et al. 2020).

The bipartite graph of people and products only, no weights in the layers; vectors from the text and
free ones, the mean over all layers.
The space is made by ``prodsim train`` (``prodsim_cli/gnn``); here the nearest in it are found.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.similarity._network import nearest

NEEDS = "network"
REACHES_NEW = True


def unable(data: Dataset) -> str:
    """Why it can't work on this dataset, '' if it can."""
    if "lightgcn" in data.embeddings:
        return ""
    return "no such network was trained (`prodsim train --networks lightgcn`); cosine needs none"


def neighbors(
    data: Dataset,
    queries: NDArray[np.int32] | None = None,
    candidates: NDArray[np.int32] | None = None,
    *,
    k: int = 50,
) -> NeighborTable:
    """The k nearest by the cosine of the vectors in the space ``lightgcn``, to the power of 5."""
    return nearest(data, "lightgcn", queries, candidates, k)
