"""The validation window that tells when to stop: purchases after it, predicted from those before.

A candidate is scored by its own nearest items over the history, as an evaluation does. numpy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import TYPE_CODE
from prodsim_cli.data.interactions import binary
from prodsim_cli.data.knn import blocks, top_k
from prodsim_cli.protocol.metrics import ndcg as ndcg_metric
from prodsim_cli.protocol.relevance import Relevance
from prodsim_cli.similarity._network import sharpened

SHARE = 0.15
"""Of the events, the last ones, where all have a time."""
USERS, ITEMS, FEWEST = 1_000, 5_000, 20
"""Users at most, candidates at most, users below which there is no validation."""


@dataclass(frozen=True)
class Window:
    """The data before the window, and what is to be predicted from it.

    ``history``, ``relevant``: (q, n) CSR float32, binary; ``candidates``: (c,) item positions.
    """

    before: Dataset
    history: sp.csr_matrix
    relevant: sp.csr_matrix
    candidates: NDArray[np.intp]


def window(data: Dataset, seed: int) -> Window | None:
    """The last ``SHARE`` of the time, or each user's last event; None below ``FEWEST`` users."""
    log = data.events
    good = (log.user >= 0) & (log.type != TYPE_CODE["return"])
    if not good.any():
        return None
    if log.timed:
        later = log.at >= np.quantile(log.at[good], 1 - SHARE, method="higher")
    else:
        later = np.zeros(len(log), bool)
        last = np.full(len(data.users), -1, np.int64)
        last[log.user[good]] = np.flatnonzero(good)  # the log is in order: the last one stays
        later[last[last >= 0]] = True
    shape = (len(data.users), len(data))

    def matrix(chosen: NDArray[np.bool_]) -> sp.csr_matrix:
        return binary(log.user[chosen], log.item[chosen], shape).astype(np.float32)

    past, future = matrix(good & ~later), matrix(good & later)
    known = np.asarray(past.sum(axis=0)).ravel() > 0
    relevant = (future - future.multiply(past)).tocsr() @ sp.diags(known.astype(np.float32))
    relevant = relevant.tocsr()
    relevant.eliminate_zeros()
    users = np.flatnonzero((np.diff(relevant.indptr) > 0) & (np.diff(past.indptr) > 0))
    if len(users) < FEWEST:
        return None
    draw = np.random.default_rng(seed)
    users = np.sort(draw.permutation(users)[:USERS])
    candidates = np.sort(draw.permutation(np.flatnonzero(known))[:ITEMS])
    return Window(data.without(later), past[users], relevant[users], candidates)


def ndcg(window: Window, items: NDArray[np.float32], k: int = 10) -> float:
    """Mean NDCG@k over the users of the window; 0 for one without a relevant candidate.

    items : (n, d) float32 rows of unit length.
    """
    n, keep, candidates = len(items), min(50, len(items) - 1), window.candidates
    scores = np.zeros((window.history.shape[0], len(candidates)), np.float32)
    for part in blocks(len(candidates), 40_000_000 // max(n, 1)):
        own = candidates[part]
        near = items[own] @ items.T
        near[np.arange(len(own)), own] = -1
        cut = np.partition(near, n - keep, axis=1)[:, [n - keep]]
        near = np.where((near >= cut) & (near > 0), sharpened(near), 0)
        scores[:, part] = window.history @ near.T
    bought = window.history[:, candidates].toarray() > 0
    best, _ = top_k(scores, k, mask=bought, above=0.0)
    relevance = Relevance(window.relevant[:, candidates].tocsr(), k)
    return float(ndcg_metric.score(relevance.ranks(best), k).mean())
