"""Softmax cross-entropy over the items against what was bought, full or sampled.

It ranks the targets above *every* other item, which is what NDCG rewards; BPR (Rendle et al. 2009)
compares with one random item at a time. Up to ``FULL`` items the softmax spans all of them; beyond
that the sum over all is estimated without bias from the batch's targets and a uniform sample.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from prodsim_cli.gnn.graph import row_normalized

FULL = 16_384
"""Items up to which the softmax spans all of them."""
SAMPLE = 4_096
"""Beyond that: items that are drawn beside the batch's own targets."""
TARGETS = 64
"""Targets of one row in one step of a sampled softmax at most."""


def softmax_loss(
    queries: Tensor,
    items: Tensor,
    targets: sp.csr_matrix,
    temperature: float,
    draw: np.random.Generator,
    own: NDArray[np.int64] | None = None,
) -> Tensor:
    """Mean over rows of - sum_j y_j log softmax_j(cos(queries, items) / temperature).

    queries : (b, d); items : (n, d). targets : (b, n) CSR, rows are scaled to sum to 1 (an empty
    row has loss 0). own : (b,) the item of each row, left out of its softmax; None: rows are users.
    """
    n = items.shape[0]
    if n > FULL:
        targets = _at_most(targets, TARGETS, draw)
    columns, bonus = _columns(targets, n, draw)
    wanted = row_normalized(targets)[:, columns].toarray()
    chosen = items[torch.from_numpy(columns).to(items.device)]
    logits = functional.normalize(queries, dim=1) @ functional.normalize(chosen, dim=1).T
    logits = logits / temperature + torch.from_numpy(bonus).to(queries.device)
    if own is not None:
        barred = torch.from_numpy(own[:, None] == columns).to(queries.device)
        logits = logits.masked_fill(barred, -1e9)
    y = torch.from_numpy(wanted).to(queries.device)
    return -(y * functional.log_softmax(logits, dim=1)).sum(1).mean()


def _columns(
    targets: sp.csr_matrix, n: int, draw: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Items in the softmax and what is added to their logits.

    All of them and 0; or the targets, and of the m others a sample of s with log(m / s): then the
    sum of exponentials has the expectation of the sum over all.
    """
    if n <= FULL:
        return np.arange(n), np.zeros(n, np.float32)
    wanted = np.unique(targets.indices).astype(np.int64)
    others = np.setdiff1d(np.arange(n), wanted, assume_unique=True)
    sample = np.sort(draw.choice(others, min(SAMPLE, len(others)), replace=False))
    bonus = np.zeros(len(wanted) + len(sample), np.float32)
    bonus[len(wanted) :] = np.log(len(others) / max(len(sample), 1))
    return np.concatenate([wanted, sample]), bonus


def _at_most(matrix: sp.csr_matrix, most: int, draw: np.random.Generator) -> sp.csr_matrix:
    """The matrix with a random ``most`` of the entries of longer rows."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((draw.random(matrix.nnz), rows))
    place = np.arange(matrix.nnz) - matrix.indptr[rows]
    keep = np.sort(order[place < most])
    return sp.csr_matrix((matrix.data[keep], (rows[keep], matrix.indices[keep])), matrix.shape)
