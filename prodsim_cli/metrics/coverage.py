"""Catalogue coverage at k: the share of the products that stand in anybody's first k.

|union of all lists cut at k| / |products that could be shown| (Ge, Delgado-Battenfeld, Jannach
2010, Beyond accuracy: evaluating recommender systems by coverage and serendipity). A method that
shows everybody the same ten has a tiny one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

OVER = "lists"
LABEL = "coverage"


def score(lists: NDArray[np.int32], items: int, k: int) -> float:
    """(q, depth) int32 positions, -1 for an empty place -> share of ``items`` in 0..1."""
    shown = np.unique(lists[:, :k])
    return int((shown >= 0).sum()) / max(items, 1)
