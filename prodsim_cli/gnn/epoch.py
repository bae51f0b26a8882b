"""One epoch: a part of the edges is masked, the network is trained to predict the masked ones.

The loss is a softmax cross-entropy over the items: it ranks the targets above *every* other item,
which is what NDCG rewards; BPR (Rendle et al. 2009) compares with one random item at a time.

All draws depend on the seed and the epoch's number only, so a resumed training gives the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from prodsim_cli.gnn.message_graph import Graph, adjacency, history_means, row_normalized
from prodsim_cli.gnn.model import Edges, Network
from prodsim_cli.gnn.weights import Settings

STEPS = 32
"""Steps of an epoch at most: each propagates along the whole graph."""
FULL = 16_384
"""Items up to which the softmax spans all of them."""
SAMPLE = 4_096
"""Beyond that: items that are drawn beside the batch's own targets."""
TARGETS = 64
"""Targets of one row in one step of a sampled softmax at most."""


@dataclass
class GraphTensors:
    """What a network reads: ``edges`` and ``histories``, ``features`` (n, f), and ``known``
    (nodes, 1), 1 where a node has events (its free vector counts)."""

    edges: Edges
    histories: Edges
    features: Tensor
    known: Tensor

    @classmethod
    def of(cls, graph: Graph, kind: str, device: torch.device | str) -> GraphTensors:
        users = np.diff(graph.bought.indptr) > 0
        items = np.diff(graph.bought.tocsc().indptr) + np.diff(graph.co_bought.indptr) > 0
        known = np.concatenate([users, items])[:, None].astype(np.float32)
        return cls(
            Edges.of(adjacency(graph, kind), device),
            Edges.of(history_means(graph.bought), device),
            torch.from_numpy(graph.features).to(device),
            torch.from_numpy(known).to(device),
        )

    def first(self, network: Network, features: Tensor | None = None) -> Tensor:
        """h0 of all nodes; of other ``features`` where they are given."""
        features = self.features if features is None else features
        return network.first(features, self.histories, self.known)


class Adam:
    """Kingma & Ba 2015, algorithm 1, as ``torch.optim.Adam``, whose import takes some seconds.

    ``first`` and ``second`` are the moments by name, ``steps`` how many were made.
    """

    def __init__(self, network: nn.Module, rate: float) -> None:
        self.named, self.rate, self.steps = dict(network.named_parameters()), rate, 0
        self.first = {name: torch.zeros_like(value) for name, value in self.named.items()}
        self.second = {name: torch.zeros_like(value) for name, value in self.named.items()}

    @torch.no_grad()
    def step(self, loss: Tensor) -> None:
        """Down the gradient of ``loss``."""
        names = list(self.named)
        gradients = torch.autograd.grad(loss, [self.named[n] for n in names], allow_unused=True)
        self.steps += 1
        for name, gradient in zip(names, gradients, strict=True):
            if gradient is None:
                continue
            self.first[name].lerp_(gradient, 0.1)
            self.second[name].mul_(0.999).addcmul_(gradient, gradient, value=0.001)
            size = (self.second[name] / (1 - 0.999**self.steps)).sqrt_().add_(1e-8)
            rate = self.rate / (1 - 0.9**self.steps)
            self.named[name].addcdiv_(self.first[name], size, value=-rate)


@dataclass
class Epochs:
    """What every epoch of one training needs; ``seed`` of the draws, beside the epoch's number."""

    graph: Graph
    network: Network
    settings: Settings
    seed: tuple[int, ...]

    def run(self, number: int, optimizer: Adam) -> float:
        """One pass over the users who have a masked purchase; the mean loss."""
        s, draw = self.settings, np.random.default_rng((*self.seed, number))
        chance = torch.Generator().manual_seed(int(draw.integers(1 << 62)))
        shown, masked = mask_edges(self.graph, s, draw)
        tensors = GraphTensors.of(shown, self.network.kind, self.network.free.device)
        users = draw.permutation(np.flatnonzero(np.diff(masked.indptr)))
        items = np.flatnonzero(np.diff(shown.partners.indptr))
        total, u = 0.0, masked.shape[0]
        size = max(s.batch, -(-len(users) // STEPS))
        steps = max(-(-len(users) // size), 1)
        for step in range(steps):
            batch = users[step * size : (step + 1) * size]
            others = np.sort(draw.permutation(items)[: s.batch])
            features = dropout(tensors.features, s.feature_dropout, chance, columns=True)
            first = tensors.first(self.network, features)
            z = self.network(tensors.edges, dropout(first, s.dropout, chance))
            loss = z.new_zeros(())
            if len(batch):
                loss = loss + softmax_loss(z[batch], z[u:], masked[batch], s.temperature, draw)
            if len(others):
                loss = loss + s.products * softmax_loss(
                    z[u + others], z[u:], shown.partners[others], s.temperature, draw, others
                )
            optimizer.step(loss + self._penalty())
            total += float(loss.detach())
        return total / steps

    def _penalty(self) -> Tensor:
        free, s = self.network.free, self.settings
        penalty = s.l2 * free.pow(2).sum(1).mean() + s.l1 * free.abs().sum(1).mean()
        matrices = [w for name, w in self.network.named_parameters() if name != "free"]
        return penalty + s.l2 * sum(w.pow(2).mean() for w in matrices)


def dropout(h: Tensor, share: float, chance: torch.Generator, *, columns: bool = False) -> Tensor:
    """Dropout (Srivastava et al. 2014) of numbers, or of whole columns."""
    if share == 0:
        return h
    keep = torch.rand(h.shape[1:] if columns else h.shape, generator=chance) >= share
    return h * (keep.to(h.device) / (1 - share))


def mask_edges(
    graph: Graph, settings: Settings, draw: np.random.Generator
) -> tuple[Graph, sp.csr_matrix]:
    """The graph without the edges masked in an epoch, and the masked purchases (u, n) CSR.

    Masked is each edge by chance (``edge_dropout``), each of a cold item but its text edges, and
    of a hub what it has beyond about ``fanout`` neighbours. Only masked purchases are targets:
    edges that are in the graph would be predicted from themselves.
    """
    n = graph.bought.shape[1]
    known = np.flatnonzero(np.diff(graph.bought.tocsc().indptr))
    cold = np.zeros(n, bool)
    cold[draw.permutation(known)[: int(settings.cold * len(known))]] = True
    masked = _masked(graph.bought, settings, draw) | cold[graph.bought.indices]
    shown = replace(
        graph,
        bought=selected(graph.bought, ~masked),
        co_bought=_drop_pairs(graph.co_bought, settings.edge_dropout, draw, cold),
        text=_drop_pairs(graph.text, settings.edge_dropout, draw),
        similar_users=_drop_pairs(graph.similar_users, settings.edge_dropout, draw),
    )
    return shown, selected(graph.bought, masked)


def _masked(
    matrix: sp.csr_matrix, settings: Settings, draw: np.random.Generator
) -> NDArray[np.bool_]:
    """(nnz,) bool: entries masked by chance, more of them between two hubs."""
    rows = np.diff(matrix.indptr)
    columns = np.bincount(matrix.indices, minlength=matrix.shape[1])
    least = np.minimum(np.repeat(rows, rows), columns[matrix.indices])
    keep = (1 - settings.edge_dropout) * np.minimum(1, settings.fanout / np.maximum(least, 1))
    return np.asarray(draw.random(matrix.nnz) >= keep)


def _drop_pairs(
    matrix: sp.csr_matrix,
    share: float,
    draw: np.random.Generator,
    cold: NDArray[np.bool_] | None = None,
) -> sp.csr_matrix:
    """A symmetric relation without a random share of its pairs and without those of cold items."""
    upper = sp.triu(matrix, 1, format="csr")
    keep = draw.random(upper.nnz) >= share
    if cold is not None:
        rows = np.repeat(np.arange(upper.shape[0]), np.diff(upper.indptr))
        keep &= ~(cold[rows] | cold[upper.indices])
    upper = selected(upper, keep)
    return (upper + upper.T).tocsr()


def selected(matrix: sp.csr_matrix, kept: NDArray[np.bool_]) -> sp.csr_matrix:
    """The entries of a CSR matrix under a mask (nnz,)."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))[kept]
    return sp.csr_matrix((matrix.data[kept], (rows, matrix.indices[kept])), matrix.shape)


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
