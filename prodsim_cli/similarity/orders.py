"""Bought together in one order: what goes with what, a cosine over the orders.

score(i, j) = sum_o w_o x_oi x_oj / (|x_i| |x_j|) * c / (c + shrinkage), with w_o = 1 / sqrt(|o|) in
the norms, too; |o| the products of an order, c the orders that hold both. It is the cosine of
Sarwar et al. (2001) with orders in the place of people, and a weight that says: two things out of
three were meant for each other more than two out of three hundred. Each order counts once, however
many units it has and whoever made it; those without a customer count, too. An order with one
product tells how often that is bought alone.

Where similar products stand in for each other and are rarely bought at once, this finds what
completes them.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import TYPE_CODE
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.similarity._graph import Measure, Settings, cosine, measured

NEEDS = "events"
RESTS_ON = "orders"
FINDS = "complement"
STORED = True
BY = "orders"
"""What two products share here, whatever the other methods are told."""
SPACE = {"half_life": (None, 90.0, 30.0)}
_INSTEAD = "cosine links what one person buys at any time"


def unable(data: Dataset) -> str:
    """Why there are no complements to learn here, and what does instead; '' if there are."""
    log = data.events
    mask = (log.order >= 0) & (log.type != TYPE_CODE["return"])
    if not mask.any():
        return f"no event has an order; {_INSTEAD}"
    orders = log.order[mask].astype(np.int64)
    pairs = np.unique(orders * (len(data) + 1) + log.item[mask])
    if len(pairs) == len(np.unique(orders)):
        return f"no order holds two products; {_INSTEAD}"
    return ""


def weigh(lines: sp.csr_matrix) -> sp.csr_matrix:
    """(items, orders) -> each entry times |o|^(-1/4), so that products of two have w_o."""
    size = np.bincount(lines.indices, minlength=lines.shape[1])
    weighed = lines.copy()
    weighed.data = (lines.data * np.maximum(size, 1)[lines.indices] ** -0.25).astype(np.float32)
    return weighed


def neighbors(
    data: Dataset,
    queries: NDArray[np.int32] | None = None,
    candidates: NDArray[np.int32] | None = None,
    *,
    k: int = 50,
    shrinkage: float = 10.0,
    min_support: int = Settings.min_support,
    half_life: float | None = Settings.half_life,
) -> NeighborTable:
    """The k that most share the orders of each; settings as in :class:`Settings`.

    ``shrinkage`` is 10 here: an order is a smaller witness than a person, and many pairs share one.
    """
    settings = Settings(shrinkage, min_support, half_life, "orders")
    return measured(data, Measure(cosine, weigh), settings, queries, candidates, k)
