"""Jaccard: of all people who want one of two products, the share who want both (Jaccard 1912).

With weights: Tanimoto's extension, sum_u w_ui w_uj / (|w_i|^2 + |w_j|^2 - sum_u w_ui w_uj), which
is Jaccard where every entry is 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.similarity._graph import Links, Measure, Settings, Totals, Values, measured

NEEDS = "events"
SPACE = {"half_life": (None, 90.0, 30.0, 15.0)}


def score(links: Links, totals: Totals) -> Values:
    """(t,) Jaccard index of each pair, in (0, 1]."""
    union = links.first(totals.squares) + links.second(totals.squares) - links.dot
    return links.dot / np.maximum(union, np.finfo(np.float32).tiny)


MEASURE = Measure(score)


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
    """The k nearest by jaccard; settings as in :class:`Settings`."""
    settings = Settings(shrinkage, min_support, half_life, by)
    return measured(data, MEASURE, settings, queries, candidates, k)
