"""The networks LightGCN, GCN and GAT: features and relation layers to one vector for each node.

    h0 = x P + f            projected features, plus a free vector (an ID embedding), which is 0 for
                            a node without events, so that the network is inductive
    h(l+1) = layer(h(l))    along the edges of ``graph``
    z = mean(h0 .. hL)

Two losses are added up (``epoch``), both a softmax over all items of the cosine at a temperature t:

    users    cos(z_u, z_j) / t against the purchases of u that are masked in this epoch
    items    cos(z_i, z_j) / t against what i was bought with
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from prodsim_cli.gnn.weights import Settings

_CHUNK = 1 << 18

with warnings.catch_warnings():  # torch warns once a process that its sparse matrices are in beta
    warnings.simplefilter("ignore")
    torch.eye(1).to_sparse_csr()


@dataclass(frozen=True)
class Edges:
    """A sparse matrix as tensors: rows receive, columns send.

    ``pointer`` (r + 1,), ``source`` (e,), ``weight`` (e,): CSR; ``target`` (e,): the row of each.
    ``transpose``: pointer, columns and order of the entries of the transpose, for gradients.
    """

    pointer: Tensor
    source: Tensor
    target: Tensor
    weight: Tensor
    transpose: tuple[Tensor, Tensor, Tensor]
    shape: tuple[int, int]

    @classmethod
    def of(cls, matrix: sp.csr_matrix, device: torch.device | str = "cpu") -> Edges:
        """From a CSR matrix with sorted columns."""
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        order = np.lexsort((rows, matrix.indices))
        ends = np.cumsum(np.bincount(matrix.indices, minlength=matrix.shape[1]))

        def put(values: NDArray[Any], kind: Any = np.int64) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(values, kind)).to(device)

        return cls(
            put(matrix.indptr),
            put(matrix.indices),
            put(rows),
            put(matrix.data, np.float32),
            (put(np.append(0, ends)), put(rows[order]), put(order)),
            matrix.shape,
        )


class _SparseProduct(torch.autograd.Function):
    """y = A x with A given by its entries; gradients for x and, where asked for, the entries."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, x: Tensor, edges: Edges) -> Tensor:
        ctx.save_for_backward(values, x)
        ctx.edges = edges
        return _product(edges.pointer, edges.source, values, x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor, None]:
        values, x = ctx.saved_tensors
        edges: Edges = ctx.edges
        pointer, receivers, order = edges.transpose
        for_x = _product(pointer, receivers, values[order], grad)
        if not ctx.needs_input_grad[0]:
            return None, for_x, None
        for_values = torch.empty_like(values)
        for start in range(0, len(values), _CHUNK):  # never all edges times all columns at once
            part = slice(start, start + _CHUNK)
            for_values[part] = (grad[edges.target[part]] * x[edges.source[part]]).sum(1)
        return for_values, for_x, None


def _product(pointer: Tensor, columns: Tensor, values: Tensor, x: Tensor) -> Tensor:
    if x.device.type == "cpu":
        shape = (len(pointer) - 1, len(x))
        return torch.sparse_csr_tensor(pointer, columns, values, shape, check_invariants=False) @ x
    return _gathered(pointer, columns, values, x)


def _gathered(pointer: Tensor, columns: Tensor, values: Tensor, x: Tensor) -> Tensor:
    """The same without a sparse matrix, which not every device multiplies."""
    rows = len(pointer) - 1
    row = torch.repeat_interleave(torch.arange(rows, device=x.device), pointer.diff())
    return x.new_zeros(rows, x.shape[1]).index_add_(0, row, values[:, None] * x[columns])


def propagate(edges: Edges, x: Tensor, values: Tensor | None = None) -> Tensor:
    """(r, d): for each row the sum of its columns' vectors x (n, d) times ``values`` (e,).

    ``values`` None: the weights of the edges.
    """
    out: Tensor = _SparseProduct.apply(edges.weight if values is None else values, x, edges)
    return out


class LightGCN(nn.Module):
    """h' = D^-1/2 A D^-1/2 h (He et al. 2020, eq. 3): no parameters."""

    def forward(self, edges: Edges, h: Tensor, own: Tensor | None = None) -> Tensor:
        return propagate(edges, h)


def _near_identity(size: int, draw: torch.Generator) -> nn.Parameter:
    """(size, size): before training a layer does almost what LightGCN does."""
    noise = torch.randn(size, size, generator=draw) * 0.1 / size**0.5
    return nn.Parameter(torch.eye(size) + noise)


class GCN(nn.Module):
    """h' = D^-1/2 (A + I) D^-1/2 h W (Kipf & Welling 2017, eq. 2); edges come normalised."""

    def __init__(self, size: int, draw: torch.Generator) -> None:
        super().__init__()
        self.weight = _near_identity(size, draw)

    def forward(self, edges: Edges, h: Tensor, own: Tensor | None = None) -> Tensor:
        return propagate(edges, h @ self.weight)


class GAT(nn.Module):
    """Attention over the neighbours, heads concatenated (Velickovic et al. 2018, eq. 1-5).

    e_ij = LeakyReLU(a_to . W h_i + a_from . W h_j);  alpha_ij = w_ij exp(e_ij) over its sum over j
    (w_ij: the edge's weight, 1 in the paper);  h'_i = sum_j alpha_ij W h_j.
    """

    def __init__(self, size: int, heads: int, draw: torch.Generator) -> None:
        super().__init__()
        self.weight = _near_identity(size, draw)
        self.receiving = nn.Parameter(torch.randn(heads, size // heads, generator=draw) * 0.1)
        self.sending = nn.Parameter(torch.randn(heads, size // heads, generator=draw) * 0.1)

    def forward(self, edges: Edges, h: Tensor, own: Tensor | None = None) -> Tensor:
        """``own``: vectors of the receivers; None where they are the senders."""
        heads = len(self.receiving)
        sent = (h @ self.weight).view(len(h), heads, -1)
        received = sent if own is None else (own @ self.weight).view(len(own), heads, -1)
        to, of = (received * self.receiving).sum(2), (sent * self.sending).sum(2)
        logits = functional.leaky_relu(to[edges.target] + of[edges.source], 0.2)
        alpha = edge_softmax(logits, edges)
        return torch.cat([propagate(edges, sent[:, m], alpha[:, m]) for m in range(heads)], dim=1)


def edge_softmax(logits: Tensor, edges: Edges) -> Tensor:
    """(e, heads): w exp(logit) divided by its sum over the edges of the same receiver."""
    shape = (edges.shape[0], logits.shape[1])
    where = edges.target[:, None].expand_as(logits)
    peak = logits.new_full(shape, -torch.inf).scatter_reduce(
        0, where, logits.detach(), "amax", include_self=True
    )
    raised = edges.weight[:, None] * torch.exp(logits - peak[edges.target])
    total = logits.new_zeros(shape).scatter_add(0, where, raised)
    return raised / total[edges.target]


class Network(nn.Module):
    """Projection, free vectors and the relation layers of one kind."""

    def __init__(
        self, kind: str, nodes: int, features: int, settings: Settings, draw: torch.Generator
    ) -> None:
        super().__init__()
        self.kind, size = kind, settings.size
        self.project = nn.Parameter(torch.randn(features, size, generator=draw) / features**0.5)
        self.free = nn.Parameter(torch.randn(nodes, size, generator=draw) * 0.1)
        make: dict[str, Callable[[], nn.Module]] = {
            "lightgcn": LightGCN,
            "gcn": lambda: GCN(size, draw),
            "gat": lambda: GAT(size, settings.heads, draw),
        }
        self.layers = nn.ModuleList(make[kind]() for _ in range(settings.layers))
        # Between layers; the last one is linear, and LightGCN all of it.
        activations = {"lightgcn": lambda h: h, "gcn": torch.relu, "gat": functional.elu}
        self.activation = activations[kind]

    def first(self, items: Tensor, histories: Edges, known: Tensor) -> Tensor:
        """h0 (users + items, size).

        items : (n, f) features; ``histories`` (u, n): their mean over each user's history is the
        user's. known : (nodes, 1), 0 leaves the free vector of a node out.
        """
        projected = items @ self.project
        return torch.cat([propagate(histories, projected), projected]) + known * self.free

    def hidden(self, edges: Edges, h: Tensor) -> list[Tensor]:
        """h0 .. hL along the edges."""
        states = [h]
        for number, layer in enumerate(self.layers):
            h = layer(edges, h)
            h = h if number == len(self.layers) - 1 else self.activation(h)
            states.append(h)
        return states

    def forward(self, edges: Edges, first: Tensor) -> Tensor:
        """z (nodes, size)."""
        return torch.stack(self.hidden(edges, first)).mean(0)
