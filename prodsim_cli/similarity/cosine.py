"""Cosine of two products over the people who want them (Sarwar et al. 2001).

cos(i, j) = sum_u w_ui w_uj / (|w_i| |w_j|); with one entry per pair: the number of common buyers
over the geometric mean of the two numbers of buyers.
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
    """(t,) cosine of each pair, in (0, 1]."""
    inverse = 1 / np.sqrt(np.maximum(totals.squares, np.finfo(np.float32).tiny))
    return links.dot * (links.first(inverse) * links.second(inverse))


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
    """The k nearest by cosine; settings as in :class:`Settings`."""
    settings = Settings(shrinkage, min_support, half_life, by)
    return measured(data, MEASURE, settings, queries, candidates, k)
