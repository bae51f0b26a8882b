"""One epoch: hide a part of the graph, learn to foretell what was hidden. torch.

What is drawn in an epoch depends on the seed and the epoch's number only, so that a resumed
training goes on as if it had never stopped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prodsim_cli.gnn.graph import Graph, histories, union
from prodsim_cli.gnn.heads import softmax_loss
from prodsim_cli.gnn.model import Edges, Network
from prodsim_cli.gnn.weights import Settings


@dataclass
class Laid:
    """A graph as a network reads it: edges, histories, features, and who has a free vector."""

    edges: Edges
    histories: Edges
    items: Tensor
    known: Tensor

    @classmethod
    def of(cls, graph: Graph, kind: str, device: str, items: Tensor | None = None) -> Laid:
        """``items``: the features, where they are on the device already."""
        evident = np.concatenate(
            [np.diff(graph.bought.indptr) > 0, np.diff(graph.bought.tocsc().indptr) > 0]
        ) | np.concatenate(
            [np.zeros(graph.bought.shape[0], bool), np.diff(graph.together.indptr) > 0]
        )
        if items is None:
            items = torch.from_numpy(graph.items).to(device)
        return cls(
            Edges.of(union(graph, kind), device),
            Edges.of(histories(graph.bought), device),
            items,
            torch.from_numpy(evident[:, None].astype(np.float32)).to(device),
        )


STEPS = 32
"""Steps of an epoch at most: each sends along the whole graph, which costs as much as its edges."""


class Adam:
    """Steps by the running mean and size of the gradients (Kingma & Ba 2015, algorithm 1).

    As ``torch.optim.Adam``, whose import brings a compiler along: some seconds. ``first`` and
    ``second`` are the moments by name, ``steps`` how many were made.
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
    """What every epoch of one training needs."""

    graph: Graph
    kind: str
    network: Network
    settings: Settings
    device: str
    seed: tuple[int, ...]
    items: Tensor

    def run(self, number: int, optimizer: Adam) -> float:
        """One pass over the people who have something hidden; the mean loss."""
        draw = np.random.default_rng((*self.seed, number))
        chance = torch.Generator().manual_seed(int(draw.integers(1 << 62)))
        shown, hidden, partners = hide(self.graph, self.settings, draw)
        laid = Laid.of(shown, self.kind, self.device, self.items)
        people = draw.permutation(np.flatnonzero(np.diff(hidden.indptr)))
        products = np.flatnonzero(np.diff(partners.indptr))
        total, u = 0.0, hidden.shape[0]
        size = max(self.settings.batch, -(-len(people) // STEPS))
        steps = max(-(-len(people) // size), 1)
        for step in range(steps):
            some = people[step * size : (step + 1) * size]
            others = np.sort(draw.permutation(products)[: self.settings.batch])
            first = self.network.first(self._dropped(laid, chance), laid.histories, laid.known)
            z = self.network(laid.edges, thinned(first, self.settings.dropout, chance))
            loss = z.new_zeros(())
            if len(some):
                loss = loss + softmax_loss(
                    z[some], z[u:], hidden[some], self.settings.temperature, draw
                )
            if len(others):
                loss = loss + self.settings.products * softmax_loss(
                    z[u + others], z[u:], partners[others], self.settings.temperature, draw, others
                )
            optimizer.step(loss + self._penalty())
            total += float(loss.detach())
        return total / steps

    def _dropped(self, laid: Laid, chance: torch.Generator) -> Tensor:
        """Features with some columns hidden from everybody for a step."""
        share = self.settings.feature_dropout
        if share == 0:
            return laid.items
        keep = torch.rand(laid.items.shape[1], generator=chance) >= share
        return laid.items * (keep.float() / (1 - share)).to(laid.items.device)

    def _penalty(self) -> Tensor:
        free, s = self.network.free, self.settings
        penalty = s.l2 * free.pow(2).sum(1).mean() + s.l1 * free.abs().sum(1).mean()
        matrices = [w for name, w in self.network.named_parameters() if name != "free"]
        return penalty + s.l2 * sum(w.pow(2).mean() for w in matrices)


def thinned(h: Tensor, share: float, chance: torch.Generator) -> Tensor:
    """Dropout (Srivastava et al. 2014) drawn from a generator of its own."""
    if share == 0:
        return h
    keep = torch.rand(h.shape, generator=chance) >= share
    return h * (keep.to(h.device) / (1 - share))


def hide(
    graph: Graph, settings: Settings, draw: np.random.Generator
) -> tuple[Graph, sp.csr_matrix, sp.csr_matrix]:
    """The graph that is shown in an epoch, the purchases that are hidden, the partners to learn.

    Hidden is each edge by chance (``edge_dropout``), each edge of a product that is made cold, and
    what a hub has beyond about ``fanout`` neighbours. Only hidden purchases are targets: those that
    are shown could be learned by heart.
    """
    n = graph.bought.shape[1]
    known = np.flatnonzero(np.diff(graph.bought.tocsc().indptr))
    cold = np.zeros(n, bool)
    cold[draw.permutation(known)[: int(settings.cold * len(known))]] = True
    gone = _gone(graph.bought, settings, draw) | cold[graph.bought.indices]
    shown = replace(
        graph,
        bought=only(graph.bought, ~gone),
        together=_thin(graph.together, settings, draw, cold),
        text=_thin(graph.text, settings, draw, None),
        alike=_thin(graph.alike, settings, draw, None),
    )
    return shown, only(graph.bought, gone), graph.partners


def _gone(
    matrix: sp.csr_matrix, settings: Settings, draw: np.random.Generator
) -> NDArray[np.bool_]:
    """(nnz,) bool: entries dropped by chance, more of them between two hubs."""
    rows = np.diff(matrix.indptr)
    columns = np.bincount(matrix.indices, minlength=matrix.shape[1])
    least = np.minimum(np.repeat(rows, rows), columns[matrix.indices])
    keep = (1 - settings.edge_dropout) * np.minimum(1, settings.fanout / np.maximum(least, 1))
    return np.asarray(draw.random(matrix.nnz) >= keep)


def _thin(
    matrix: sp.csr_matrix,
    settings: Settings,
    draw: np.random.Generator,
    cold: NDArray[np.bool_] | None,
) -> sp.csr_matrix:
    """A symmetric relation with pairs dropped by chance, and those of cold products."""
    upper = sp.triu(matrix, 1, format="csr")
    gone = draw.random(upper.nnz) < settings.edge_dropout
    if cold is not None:
        rows = np.repeat(np.arange(upper.shape[0]), np.diff(upper.indptr))
        gone |= cold[rows] | cold[upper.indices]
    upper = only(upper, ~gone)
    return (upper + upper.T).tocsr()


def only(matrix: sp.csr_matrix, kept: NDArray[np.bool_]) -> sp.csr_matrix:
    """The entries of a CSR matrix under a mask (nnz,)."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))[kept]
    return sp.csr_matrix((matrix.data[kept], (rows, matrix.indices[kept])), matrix.shape)
