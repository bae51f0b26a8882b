"""What a network is laid over: people and products as nodes, four relations as edges. numpy, scipy.

Nodes are the users (0..u-1), then the items (u..u+n-1). Every relation is symmetric:

- ``bought``: user - item, weight of the pair, decayed;
- ``together``: item - item, nearest by the cosine of their buyers, decayed;
- ``text``: item - item, nearest by their texts' vectors, which needs no events;
- ``alike``: user - user, nearest by the cosine of what they bought, decayed.

``lightgcn`` has the first only (He et al. 2020), ``gcn`` and ``gat`` have all.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.interactions import interactions
from prodsim_cli.data.knn import speakers
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.registry import load

Vectors = NDArray[np.float32]

ATTRIBUTES = ("brand", "category", "tags")
BUCKETS = 64
"""Columns that the names of brands, categories and tags are hashed into."""
NEAR_TEXT, NEAR_BOUGHT, NEAR_USERS = 10, 20, 10
"""Neighbours of a node in each relation: what bounds the graph of a large shop."""
PARTNERS = 100
"""Partners of a product that the similarity head learns from."""


@dataclass(frozen=True)
class Graph:
    """The nodes' features and the relations, before any is dropped or normalised.

    Attributes
    ----------
    items : (n, f) float32 features. A user's are the mean over the history, see :func:`histories`.
    bought : (u, n) CSR float32, weights of the pairs after decay.
    together, text : (n, n) CSR float32 symmetric; alike : (u, u) CSR float32 symmetric.
    partners : (n, n) CSR float32, rows sum to 1 (or are empty): what each product was bought with.
    """

    items: Vectors
    bought: sp.csr_matrix
    together: sp.csr_matrix
    text: sp.csr_matrix
    alike: sp.csr_matrix
    partners: sp.csr_matrix


def lay(data: Dataset, *, half_life: float | None, space: str | None, full: bool) -> Graph:
    """The graph of a dataset. ``full`` False: the user-product relation only, the others empty."""
    n, u = len(data), len(data.users)
    log = data.events
    bought = interactions(log, u, n, data.weights, half_life=half_life).matrix
    items = features(data, space)
    by = "orders" if (log.order >= 0).mean() > 0.5 else "users"
    cosine = load("similarity", "cosine").neighbors
    # What goes together changes less than what is wanted now: the partners don't decay.
    partners = speakers(cosine(data, k=min(PARTNERS, n), by=by), n).T.tocsr()
    empty = sp.csr_matrix((n, n), dtype=np.float32)
    together, text, alike = empty, empty, sp.csr_matrix((u, u), dtype=np.float32)
    if full:
        from prodsim_cli.similarity._graph import user_neighbors

        together = _symmetric(cosine(data, k=min(NEAR_BOUGHT, n), half_life=half_life), n)
        alike = _symmetric(user_neighbors(data, "cosine", NEAR_USERS, half_life=half_life), u)
        text = _symmetric(near_text(items, items), n)
    return Graph(items, bought, together, text, alike, mean_rows(partners))


def features(data: Dataset, space: str | None = None) -> Vectors:
    """(n, f) float32: the text's vector, then brand, category, tags hashed into ``BUCKETS``.

    ``space``: the text vectors; None: the first space that has not learned from events, and where
    there is none, hashed n-grams of the texts. All that a product without any event has to say.
    """
    return np.hstack([_text_vectors(data, space), _attributes(data)])


def _text_vectors(data: Dataset, space: str | None) -> Vectors:
    blind = [name for name in data.embeddings if name not in data.learned]
    if space is None and blind:
        space = blind[0]
    if space is not None:
        return data.embedding(space).vectors
    from prodsim_cli import embedders

    hashing = embedders.load("hashing")
    texts = data.texts()
    filled = [row for row, text in enumerate(texts) if text.strip()]
    vectors = np.zeros((len(data), hashing.dimension), np.float32)
    if filled:
        vectors[filled] = hashing.encode([texts[row] for row in filled])
    return vectors


def _attributes(data: Dataset) -> Vectors:
    """(n, BUCKETS) float32, rows of length 1/2 (or 0): signed feature hashing (Weinberger 2009)."""
    rows, codes = [], []
    for name in ATTRIBUTES:
        for row, value in enumerate(data.columns.get(name, ())):
            if value:
                rows.append(row)
                codes.append(zlib.crc32(f"{name}={value}".casefold().encode()))
    code = np.array(codes, np.int64)
    out = np.zeros((len(data), BUCKETS), np.float32)
    np.add.at(out, (np.array(rows, np.intp), code % BUCKETS), np.where(code >> 16 & 1, 1, -1))
    length = np.linalg.norm(out, axis=1, keepdims=True)
    return np.asarray(out / np.where(length == 0, 1, 2 * length), np.float32)


def near_text(asked: Vectors, known: Vectors, k: int = NEAR_TEXT) -> NeighborTable:
    """For each row of ``asked`` the nearest rows of ``known`` by cosine, itself among them."""
    from prodsim_cli.data.embeddings import normalized
    from prodsim_cli.data.knn import cosine_neighbors

    k = min(k, max(len(known), 1))
    positions, scores = cosine_neighbors(normalized(asked), normalized(known), k)
    return NeighborTable(positions, scores, np.full(len(asked), -2, np.int32))


def _symmetric(table: NeighborTable, n: int) -> sp.csr_matrix:
    """The pairs of a table as a symmetric matrix without a diagonal: the larger of both scores."""
    rows = np.repeat(np.arange(len(table)), table.k)
    columns, values = table.positions.ravel(), table.scores.ravel()
    good = (columns >= 0) & (columns != rows)
    matrix = sp.csr_matrix((values[good], (rows[good], columns[good])), shape=(n, n))
    return matrix.maximum(matrix.T).tocsr().astype(np.float32)


def histories(bought: sp.csr_matrix) -> sp.csr_matrix:
    """(u, n) CSR float32: 1 / (products of the user) at each: times features, a user's features."""
    ever = bought.copy()
    ever.data = np.ones_like(ever.data)
    return mean_rows(ever)


def mean_rows(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """Rows that sum to 1, or stay empty."""
    total = np.asarray(matrix.sum(axis=1)).ravel()
    return (sp.diags(1 / np.where(total > 0, total, 1)) @ matrix).tocsr().astype(np.float32)


def normalized_sum(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """D^-1/2 A D^-1/2: entries divided by the roots of the sums of their row and column."""
    rows = np.asarray(matrix.sum(axis=1)).ravel()
    columns = np.asarray(matrix.sum(axis=0)).ravel()
    left, right = (np.where(x > 0, 1 / np.sqrt(np.maximum(x, 1e-12)), 0) for x in (rows, columns))
    return (sp.diags(left) @ matrix @ sp.diags(right)).tocsr().astype(np.float32)


def union(graph: Graph, kind: str) -> sp.csr_matrix:
    """(u + n, u + n) CSR symmetric, sorted: what the network of this kind sends along.

    lightgcn: the bipartite relation, normalised. gcn and gat: each relation normalised by itself,
    so that none drowns the others, added up, and a self loop of weight 1 on every node; for gcn
    the sum is normalised again (Kipf & Welling 2017, the renormalisation trick).
    """
    whole = _added(graph, kind)
    whole = normalized_sum(whole) if kind == "gcn" else whole
    whole.sort_indices()
    return whole


def _added(graph: Graph, kind: str) -> sp.csr_matrix:
    bought = normalized_sum(graph.bought)
    inside = alike = None
    if kind != "lightgcn":
        inside = normalized_sum(graph.together) + normalized_sum(graph.text)
        alike = normalized_sum(graph.alike)
    whole = sp.bmat([[alike, bought], [bought.T, inside]], format="csr", dtype=np.float32)
    if kind != "lightgcn":
        whole = (whole + sp.eye(whole.shape[0], format="csr", dtype=np.float32)).tocsr()
    return whole


def sums(graph: Graph, kind: str) -> dict[str, Vectors]:
    """What a new product's edges are normalised by: (n,) ``text_sums`` and ``sums`` of all edges of
    each product."""
    users = graph.bought.shape[0]
    every = np.asarray(_added(graph, kind).sum(axis=1), np.float32).ravel()[users:]
    return {"text_sums": np.asarray(graph.text.sum(axis=1), np.float32).ravel(), "sums": every}
