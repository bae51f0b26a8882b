"""The graph of a shop: users and items as nodes, four symmetric relations as edges. numpy, scipy.

Nodes are the users (0..u-1), then the items (u..u+n-1). The relations:

- ``bought``: user - item, weight of the pair, decayed;
- ``co_bought``: item - item, nearest by the cosine of their buyers, decayed;
- ``text``: item - item, nearest by their features, which needs no events;
- ``similar_users``: user - user, nearest by the cosine of what they bought, decayed.

``lightgcn`` uses the first only (He et al. 2020), ``gcn`` and ``gat`` use all.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.embeddings import normalized
from prodsim_cli.data.knn import Best, cosine_neighbors, neighbor_matrix
from prodsim_cli.registry import load

Vectors = NDArray[np.float32]
Triplets = tuple[NDArray[np.intp], NDArray[np.int32], Vectors]
"""Rows, columns and values of the entries of a sparse matrix, by row."""

ATTRIBUTES = ("brand", "category", "tags")
BUCKETS = 64
"""Columns that the names of brands, categories and tags are hashed into."""
NEAR_TEXT, NEAR_BOUGHT, NEAR_USERS = 10, 20, 10
"""Neighbours of a node in each relation: they bound the graph of a large shop."""
PARTNERS = 100
"""Co-bought items of an item that are targets of the item loss."""


@dataclass(frozen=True)
class Graph:
    """Features of the items and the relations, before edges are masked or normalised.

    Attributes
    ----------
    features : (n, f) float32. A user's are the mean over the history, see :func:`history_means`.
    bought : (u, n) CSR float32, weights of the pairs after decay.
    co_bought, text : (n, n) CSR float32 symmetric; similar_users : (u, u) CSR float32 symmetric.
    partners : (n, n) CSR float32, rows sum to 1 (or are empty): what each item was bought with.
    """

    features: Vectors
    bought: sp.csr_matrix
    co_bought: sp.csr_matrix
    text: sp.csr_matrix
    similar_users: sp.csr_matrix
    partners: sp.csr_matrix


def build_graph(data: Dataset, *, half_life: float | None, space: str | None, full: bool) -> Graph:
    """The graph of a dataset. ``full`` False: the user-item relation only, the others empty."""
    n, u = len(data), len(data.users)
    log = data.events
    bought = data.interactions(half_life=half_life)
    item_features = features(data, space)
    by = "orders" if (log.order >= 0).mean() > 0.5 else "users"
    cosine = load("similarity", "cosine").neighbors
    # What goes together changes less than what is wanted now: the partners don't decay.
    partners = neighbor_matrix(cosine(data, k=min(PARTNERS, n), by=by), n).T.tocsr()
    empty = sp.csr_matrix((n, n), dtype=np.float32)
    co_bought, text, similar_users = empty, empty, sp.csr_matrix((u, u), dtype=np.float32)
    if full:
        from prodsim_cli.similarity._graph import user_neighbors

        items = cosine(data, k=min(NEAR_BOUGHT, n), half_life=half_life)
        co_bought = _symmetric((items.positions, items.scores))
        users = user_neighbors(data, "cosine", NEAR_USERS, half_life=half_life)
        similar_users = _symmetric((users.positions, users.scores))
        text = _symmetric(near_text(item_features, item_features))
    return Graph(item_features, bought, co_bought, text, similar_users, row_normalized(partners))


def features(data: Dataset, space: str | None = None) -> Vectors:
    """(n, f) float32: the text's vector, then brand, category, tags hashed into ``BUCKETS``.

    ``space``: the text vectors; None: the first space that has not learned from events, and where
    there is none, hashed n-grams of the texts.
    """
    if space is None:
        space = next((name for name in data.embeddings if name not in data.learned), None)
    if space is not None:
        return np.hstack([data.embedding(space).vectors, _attributes(data)])
    from prodsim_cli import embedders

    return np.hstack([embedders.load("hashing").encode(data.texts()), _attributes(data)])


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


def near_text(queries: Vectors, candidates: Vectors) -> Best:
    """For each query the ``NEAR_TEXT`` candidates of the largest cosine, itself among them."""
    k = min(NEAR_TEXT, max(len(candidates), 1))
    return cosine_neighbors(normalized(queries), normalized(candidates), k)


def entries(best: Best) -> Triplets:
    """The neighbours that exist (position >= 0) of each row as triplets."""
    positions, scores = best
    there = positions >= 0
    return np.nonzero(there)[0], positions[there], scores[there]


def _symmetric(best: Best) -> sp.csr_matrix:
    """Neighbours of n nodes as (n, n) without a diagonal: the larger of both directions' scores."""
    rows, columns, values = entries(best)
    other, n = rows != columns, len(best[0])
    matrix = sp.csr_matrix((values[other], (rows[other], columns[other])), shape=(n, n))
    return matrix.maximum(matrix.T).tocsr().astype(np.float32)


def history_means(bought: sp.csr_matrix) -> sp.csr_matrix:
    """(u, n) CSR float32, 1 / (items of the user) at each: times item features, a user's."""
    ever = bought.copy()
    ever.data = np.ones_like(ever.data)
    return row_normalized(ever)


def row_normalized(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """Rows that sum to 1, or stay empty."""
    total = np.asarray(matrix.sum(axis=1)).ravel()
    return (sp.diags(1 / np.where(total > 0, total, 1)) @ matrix).tocsr().astype(np.float32)


def degree_normalized(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """D^-1/2 A D^-1/2: entries divided by the roots of the sums of their row and column."""
    rows = np.asarray(matrix.sum(axis=1)).ravel()
    columns = np.asarray(matrix.sum(axis=0)).ravel()
    left, right = (np.where(x > 0, 1 / np.sqrt(np.maximum(x, 1e-12)), 0) for x in (rows, columns))
    return (sp.diags(left) @ matrix @ sp.diags(right)).tocsr().astype(np.float32)


def adjacency(graph: Graph, kind: str) -> sp.csr_matrix:
    """(u + n, u + n) CSR float32 symmetric, sorted: the edges that this kind propagates along.

    lightgcn: the bipartite relation, normalised. gcn and gat: the relations, each normalised by
    itself so that they count alike, added up, and a self loop of weight 1 on every node; for gcn
    the sum is normalised again (Kipf & Welling 2017, the renormalisation trick).
    """
    whole = _added(graph, kind)
    whole = degree_normalized(whole) if kind == "gcn" else whole
    whole.sort_indices()
    return whole


def _added(graph: Graph, kind: str) -> sp.csr_matrix:
    bought = degree_normalized(graph.bought)
    if kind == "lightgcn":
        return sp.bmat([[None, bought], [bought.T, None]], format="csr", dtype=np.float32)
    items = degree_normalized(graph.co_bought) + degree_normalized(graph.text)
    users = degree_normalized(graph.similar_users)
    whole = sp.bmat([[users, bought], [bought.T, items]], format="csr", dtype=np.float32)
    return (whole + sp.eye(whole.shape[0], format="csr", dtype=np.float32)).tocsr()


def degrees(graph: Graph, kind: str) -> dict[str, Vectors]:
    """Each item's sum of edge weights, (n,): ``text_sums`` over its text edges, ``sums`` over all.

    The edges of a new item are normalised by them.
    """
    users = graph.bought.shape[0]
    every = np.asarray(_added(graph, kind).sum(axis=1), np.float32).ravel()[users:]
    return {"text_sums": np.asarray(graph.text.sum(axis=1), np.float32).ravel(), "sums": every}
