"""RP3beta: a walk from product to person to product, popular ends held back (Paudel et al. 2016).

P(i -> u) = w_ui / sum_u w_ui and P(u -> j) = w_ui / sum_j w_uj are the steps of a walk on the graph
of people and products. score(j, i) = sum_u (P(i -> u) P(u -> j))^alpha / d_j^beta, with d_j the sum
over the people of j (Paudel, Christoffel, Newell & Bernstein, "Updatable, Accurate, Diverse, and
Scalable Recommendations for Interactive Applications", 2016; alpha below 1 from Cooper et al.
2014). The walk starts at i, a product of a history, and ends at j: the row of j holds where walks
to j come from. The table is not symmetric, and scores are not bounded by 1.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.errors import UsageProblem
from prodsim_cli.similarity._graph import Links, Measure, Settings, Totals, Values, matrices, tables

NEEDS = "events"
SPACE = {"half_life": (None, 90.0, 30.0, 15.0), "beta": (0.2, 0.0, 0.4)}


def weigh(weights: sp.csr_matrix, *, alpha: float) -> sp.csr_matrix:
    """(items, people) -> w^alpha / d_u^(alpha / 2): the dot of two rows has the steps at u twice.

    (w_ui / d_i)^alpha (w_uj / d_u)^alpha = [w_ui^alpha d_u^(-alpha / 2)] [the same of j] d_i^-alpha
    """
    of_people = np.asarray(weights.sum(axis=0), np.float64).ravel()
    inverse = _power(of_people, -alpha / 2)
    weighed = weights.copy()
    weighed.data = (weights.data.astype(np.float64) ** alpha * inverse[weights.indices]).astype(
        np.float32
    )
    return weighed


def score(
    links: Links, _: Totals, *, of_items: NDArray[np.float64], alpha: float, beta: float
) -> Values:
    """(t,) what the walks from the second product to the first weigh; positive."""
    end = links.first(_power(of_items, -beta).astype(np.float32))
    start = links.second(_power(of_items, -alpha).astype(np.float32))
    return links.dot * (end * start)


def _power(totals: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    """totals ** exponent; 0 where there is nothing."""
    return np.power(totals, exponent, out=np.zeros_like(totals), where=totals > 0)


def neighbors(
    data: Dataset,
    queries: NDArray[np.int32] | None = None,
    candidates: NDArray[np.int32] | None = None,
    *,
    k: int = 50,
    alpha: float = 0.6,
    beta: float = 0.2,
    shrinkage: float = Settings.shrinkage,
    min_support: int = Settings.min_support,
    half_life: float | None = Settings.half_life,
    by: str = Settings.by,
) -> NeighborTable:
    """The k products from which most walks end at each; other settings as in :class:`Settings`.

    ``alpha``: power of a step, above 0; below 1 the many ways count more than the one wide way.
    ``beta``: how much a popular end is held back, 0 or more. 0.6 and 0.2 were best or nearly so on
    validation windows of two shops.
    """
    if not (alpha > 0 and beta >= 0):
        raise UsageProblem(
            f"alpha must be above 0 and beta not below it, not {alpha} and {beta}.",
            hint="0.6 and 0.2 are the defaults; 1 and 0 are the plain walk.",
        )
    settings = Settings(shrinkage, min_support, half_life, by)
    found = matrices(data, settings, [False])
    of_items = np.asarray(found[False].sum(axis=1), np.float64).ravel()
    measure = Measure(
        partial(score, of_items=of_items, alpha=alpha, beta=beta), partial(weigh, alpha=alpha)
    )
    return tables(found, [measure], settings, queries, candidates, k)[0]
