"""Graph convolution over products and people, learned end to end (Kipf & Welling 2017).

Text vectors through a projection, then layers h' = D^-1/2 (A + I) D^-1/2 h W over what was bought,
bought together, alike in text, and people alike; trained on what was bought together.
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
    if "gcn" in data.embeddings:
        return ""
    return "no such network was trained (`prodsim train --networks gcn`); cosine needs none"


def neighbors(
    data: Dataset,
    queries: NDArray[np.int32] | None = None,
    candidates: NDArray[np.int32] | None = None,
    *,
    k: int = 50,
) -> NeighborTable:
    """The k nearest by the cosine of the vectors in the space ``gcn``, to the power of 5."""
    return nearest(data, "gcn", queries, candidates, k)
