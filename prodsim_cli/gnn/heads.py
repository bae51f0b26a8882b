"""The two heads: softmax over products against what was bought, full or sampled.

A softmax over all products asks for the right ones to stand above *every* other one, which is what
NDCG rewards; BPR (Rendle et al. 2009) asks for it against one random product at a time. On Online
Retail the full softmax is a matter of milliseconds, so it is taken wherever there are at most
``FULL`` products; beyond that the sum over all is estimated without bias from the batch's own
targets and a uniform sample of the rest.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

FULL = 16_384
"""Products up to which the softmax spans all of them."""
SAMPLE = 4_096
"""Beyond that: products that are drawn beside the batch's own targets."""
TARGETS = 64
"""Targets of one person or product in one step: bounds a batch of a large shop."""


def softmax_loss(
    asked: Tensor,
    items: Tensor,
    targets: sp.csr_matrix,
    temperature: float,
    draw: np.random.Generator,
    own: NDArray[np.int64] | None = None,
) -> Tensor:
    """Mean over rows of - sum_j y_j log softmax_j(cos(asked, items) / temperature).

    asked : (b, d); items : (n, d). targets : (b, n) CSR, rows are scaled to sum to 1 (empty rows
    have no loss). own : (b,) the product of each row, which is no answer; None: people.
    """
    n = items.shape[0]
    if n > FULL:
        targets = _at_most(targets, TARGETS, draw)
    columns, bonus = _columns(targets, n, draw)
    total = np.asarray(targets.sum(axis=1)).ravel()
    right = torch.from_numpy(
        (sp.diags(1 / np.where(total > 0, total, 1)) @ targets)[:, columns]
        .toarray()
        .astype(np.float32)
    ).to(asked.device)
    chosen = items[torch.from_numpy(columns).to(items.device)]
    logits = functional.normalize(asked, dim=1) @ functional.normalize(chosen, dim=1).T
    logits = logits / temperature + torch.from_numpy(bonus).to(asked.device)
    if own is not None:
        barred = torch.from_numpy(own[:, None] == columns).to(asked.device)
        logits = logits.masked_fill(barred, -1e9)
    return -(right * functional.log_softmax(logits, dim=1)).sum(1).mean()


def _columns(
    targets: sp.csr_matrix, n: int, draw: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Products in the softmax and what is added to their logits.

    All of them and nothing; or the targets, and of the m others a sample of s, each standing for
    m / s: then the sum of exponentials has the expectation of the sum over all.
    """
    if n <= FULL:
        return np.arange(n), np.zeros(n, np.float32)
    wanted = np.unique(targets.indices).astype(np.int64)
    others = np.setdiff1d(np.arange(n), wanted, assume_unique=True)
    sample = np.sort(draw.choice(others, min(SAMPLE, len(others)), replace=False))
    weight = np.log(len(others) / max(len(sample), 1))
    bonus = np.zeros(len(wanted) + len(sample), np.float32)
    bonus[len(wanted) :] = weight
    return np.concatenate([wanted, sample]), bonus


def _at_most(matrix: sp.csr_matrix, most: int, draw: np.random.Generator) -> sp.csr_matrix:
    """The matrix with a random ``most`` of the entries of longer rows."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((draw.random(matrix.nnz), rows))
    place = np.arange(matrix.nnz) - matrix.indptr[rows]
    keep = np.sort(order[place < most])
    return sp.csr_matrix((matrix.data[keep], (rows[keep], matrix.indices[keep])), matrix.shape)
