"""Graph attention over products and people, learned end to end (Velickovic et al. 2018).

As ``gcn``, but each neighbour counts by an attention that is learned: several heads, a softmax over
the neighbours of each node.
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
    if "gat" in data.embeddings:
        return ""
    return "no such network was trained (`prodsim train --networks gat`); cosine needs none"


def neighbors(
    data: Dataset,
    queries: NDArray[np.int32] | None = None,
    candidates: NDArray[np.int32] | None = None,
    *,
    k: int = 50,
) -> NeighborTable:
    """The k nearest by the cosine of the vectors in the space ``gat``, to the power of 5."""
    return nearest(data, "gat", queries, candidates, k)
