"""Each layer beside a dense matrix product, and beside torch_geometric where it is installed."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from prodsim_cli.gnn.message_graph import degree_normalized
from prodsim_cli.gnn.model import GAT, GCN, Edges, LightGCN, Network, edge_softmax, propagate
from prodsim_cli.gnn.weights import Settings

SIZE, HEADS = 8, 2


def matrix(seed: int, n: int = 12, m: int | None = None) -> sp.csr_matrix:
    """A random pattern with positive weights; symmetric with self loops if ``m`` is None."""
    draw = np.random.default_rng(seed)
    dense = draw.random((n, m or n)) * (draw.random((n, m or n)) < 0.3)
    if m is None:
        dense = np.maximum(dense, dense.T)
        np.fill_diagonal(dense, 1)
    made = sp.csr_matrix(dense.astype(np.float32))
    made.sort_indices()
    return made


def vectors(seed: int, n: int = 12) -> torch.Tensor:
    return torch.randn(n, SIZE, generator=torch.Generator().manual_seed(seed), dtype=torch.float32)


def drawn(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 15), st.integers(1, 15))
def test_sending_is_a_matrix_product_and_so_are_its_gradients(seed: int, n: int, m: int) -> None:
    made = matrix(seed, n, m)
    edges, x = Edges.of(made), vectors(seed, m).requires_grad_()
    values = edges.weight.clone().requires_grad_()
    dense = torch.from_numpy(made.toarray()).requires_grad_()
    plain = x.detach().clone().requires_grad_()
    pull = vectors(seed + 1, n)
    (propagate(edges, x, values) * pull).sum().backward()
    (dense @ plain * pull).sum().backward()
    torch.testing.assert_close(propagate(edges, x), dense @ plain)
    torch.testing.assert_close(x.grad, plain.grad)
    rows, columns = made.nonzero()
    torch.testing.assert_close(values.grad, dense.grad[rows, columns])


def test_the_way_without_sparse_matrices_gives_the_same() -> None:
    from prodsim_cli.gnn.model import _gathered

    edges, x = Edges.of(matrix(3)), vectors(3)
    torch.testing.assert_close(
        _gathered(edges.pointer, edges.source, edges.weight, x), propagate(edges, x)
    )


def test_lightgcn_is_the_normalised_matrix_times_the_vectors() -> None:
    made, x = degree_normalized(matrix(1)), vectors(1)
    expected = torch.from_numpy(made.toarray()) @ x
    torch.testing.assert_close(LightGCN()(Edges.of(made), x), expected)


def test_gcn_is_the_formula_of_kipf_and_welling() -> None:
    plain = matrix(2).toarray()
    np.fill_diagonal(plain, 0)
    loops = plain + np.eye(12)
    root = np.diag(loops.sum(1) ** -0.5)
    layer, x = GCN(SIZE, drawn()), vectors(2)
    expected = torch.from_numpy((root @ loops @ root).astype(np.float32)) @ x @ layer.weight
    made = degree_normalized(sp.csr_matrix(plain.astype(np.float32)) + sp.eye(12, format="csr"))
    made.sort_indices()
    torch.testing.assert_close(layer(Edges.of(made), x), expected)


def test_gat_is_the_formula_of_velickovic() -> None:
    made, layer, x = matrix(4), GAT(SIZE, HEADS, drawn()), vectors(4)
    weights = torch.from_numpy(made.toarray())
    moved = (x @ layer.weight).view(12, HEADS, -1)
    out = []
    for head in range(HEADS):
        h = moved[:, head]
        to, of = h @ layer.receiving[head], h @ layer.sending[head]
        logits = torch.nn.functional.leaky_relu(to[:, None] + of[None, :], 0.2)
        share = weights * torch.exp(logits)
        out.append(share / share.sum(1, keepdim=True) @ h)
    torch.testing.assert_close(layer(Edges.of(made), x), torch.cat(out, 1))


def test_attention_adds_up_to_one_and_survives_large_logits() -> None:
    edges = Edges.of(matrix(5))
    logits = torch.randn(len(edges.source), HEADS, generator=drawn()) * 200
    alpha = edge_softmax(logits, edges)
    total = torch.zeros(12, HEADS).index_add_(0, edges.target, alpha)
    torch.testing.assert_close(total, torch.ones(12, HEADS))


def test_the_network_is_the_mean_of_its_layers() -> None:
    made = degree_normalized(matrix(6))
    network = Network("lightgcn", 12, 5, Settings(size=SIZE, heads=HEADS), drawn())
    h, dense = vectors(6), torch.from_numpy(made.toarray())
    expected = (h + dense @ h + dense @ (dense @ h)) / 3
    torch.testing.assert_close(network(Edges.of(made), h), expected)


def pyg():
    """torch_geometric.nn, or a skip with the reason."""
    return pytest.importorskip("torch_geometric.nn", reason="torch_geometric is not installed")


def edge_index(made: sp.csr_matrix) -> torch.Tensor:
    """torch_geometric's (2, e): who sends, who receives."""
    rows, columns = made.nonzero()
    return torch.from_numpy(np.stack([columns, rows]).astype(np.int64))


def test_gcn_beside_torch_geometric() -> None:
    plain = matrix(7)
    plain.setdiag(0)
    plain.eliminate_zeros()
    theirs = pyg().GCNConv(SIZE, SIZE, bias=False)
    ours = GCN(SIZE, drawn())
    with torch.no_grad():
        theirs.lin.weight.copy_(ours.weight.T)
    made = degree_normalized(plain + sp.eye(12, format="csr", dtype=np.float32))
    made.sort_indices()
    x = vectors(7)
    expected = theirs(x, edge_index(plain), torch.from_numpy(plain.data))
    torch.testing.assert_close(ours(Edges.of(made), x), expected)


def test_gat_beside_torch_geometric() -> None:
    made = matrix(8)
    made.data[:] = 1
    theirs = pyg().GATConv(SIZE, SIZE // HEADS, heads=HEADS, bias=False, add_self_loops=False)
    ours, x = GAT(SIZE, HEADS, drawn()), vectors(8)
    with torch.no_grad():
        theirs.lin.weight.copy_(ours.weight.T)
        theirs.att_src.copy_(ours.sending[None])
        theirs.att_dst.copy_(ours.receiving[None])
    torch.testing.assert_close(ours(Edges.of(made), x), theirs(x, edge_index(made)))


def test_lightgcn_beside_torch_geometric() -> None:
    plain = matrix(9)
    plain.setdiag(0)
    plain.eliminate_zeros()
    theirs = pyg().LGConv()
    x = vectors(9)
    expected = theirs(x, edge_index(plain), torch.from_numpy(plain.data))
    torch.testing.assert_close(LightGCN()(Edges.of(degree_normalized(plain)), x), expected)


def test_adam_is_the_one_of_torch() -> None:
    from prodsim_cli.gnn.epoch import Adam

    ours, theirs = (GCN(SIZE, drawn()).double() for _ in range(2))
    x, pull = vectors(1).double(), vectors(2).double()
    mine, optimizer = Adam(ours, 0.01), torch.optim.Adam(theirs.parameters(), lr=0.01)
    for _ in range(5):
        mine.step((torch.tanh(x @ ours.weight) * pull).sum())
        optimizer.zero_grad()
        (torch.tanh(x @ theirs.weight) * pull).sum().backward()
        optimizer.step()
    for name, value in ours.named_parameters():
        torch.testing.assert_close(value, dict(theirs.named_parameters())[name])
