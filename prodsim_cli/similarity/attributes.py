"""Brand, category, tags and price as a knowledge graph: product - has -> value, and back again.

Two products are as near as the values that they share are rare (Di Noia et al. 2012, Linked Open
Data to support content-based recommender systems): with w(v) = ln(1 + (n - n_v + .5) / (n_v + .5)),
n_v of n products having the value v,

    score(i, j) = sum of w(v)^2 over shared v / root of the product over i, j of (c + sum of w(v)^2)

which is the cosine of the products' values where each has one more that no other has (c = its
w^2): of products that share all they have, those that have more are nearer. A category ``A > B``
has the values ``A`` and ``A > B``, tags are taken apart, a price lies in two overlapping bands.
Titles and descriptions are no attributes: ``lexical`` and ``text`` read those.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.knn import Best, sparse_neighbors
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.similarity._texts import grouped_neighbors
from prodsim_cli.text.normalize import folded

NEEDS = "columns"
DEFAULT_WEIGHT = 0.05
FINDS = "substitute"

NAMED = ("brand", "category", "tags")
"""The columns that make attributes; a price speaks only beside them."""
BAND = 1.5  # the dearest price of a band over its cheapest
FEW = 50  # a value that no more products have is never too common to say something
_STEPS = re.compile(r"\s*[>|»›,]\s*|\s+/\s+")
_TAGS = re.compile(r"\s*[,;|]\s*")

Codes = NDArray[np.int64]


def unable(data: Dataset) -> str:
    """Why this shop has no attributes, '' if it has."""
    if any(any(data.columns.get(name, ())) for name in NAMED):
        return ""
    return "no product has a brand, a category or tags; lexical and text do with titles"


def neighbors(
    data: Dataset,
    queries: NDArray[np.int32] | None = None,
    candidates: NDArray[np.int32] | None = None,
    *,
    k: int = 50,
    common: float = 0.2,
) -> NeighborTable:
    """The k nearest by rare values in common; how rare, is counted over the whole shop.

    ``common``: values that more than this share of the products has say nothing. It bounds the
    time, as do products with the very same values, which are computed once.
    """
    n = len(data)
    group, sizes, has = _graph(data)
    found = sizes @ has
    has = has[:, found <= max(FEW, common * n)].tocsr()
    found = sizes @ has
    rarity = np.log1p((n - found + 0.5) / (found + 0.5))
    has.data = rarity[has.indices]
    own = np.log1p((n - 0.5) / 1.5)
    length = np.sqrt(own**2 + np.asarray(has.multiply(has).sum(axis=1)).ravel())
    has.data = (has.data / np.repeat(length, np.diff(has.indptr))).astype(np.float32)
    vectors = has.astype(np.float32)
    group = np.where(np.diff(has.indptr)[group] > 0, group, -1)

    def search(asked: NDArray[np.intp], among: NDArray[np.intp], k: int) -> Best:
        return sparse_neighbors(vectors[asked], vectors[among].T.tocsr(), k)

    return grouped_neighbors(group, search, queries, candidates, k)


def _graph(data: Dataset) -> tuple[NDArray[np.intp], NDArray[np.float64], sp.csr_matrix]:
    """Groups of products with the same cells: (n,) group of each, (g,) sizes, (g, v) what each has.

    The matrix is CSR float64, 1 where a group has a value.
    """
    n = len(data)
    cells: list[Codes] = []
    values: list[sp.csr_matrix] = []
    for name in NAMED:
        codes, distinct = _coded(data.columns.get(name) or [None] * n)
        cells.append(codes)
        values.append(_incidence([_values(name, cell) for cell in distinct]))
    if any(len(part) and part.max() >= 0 for part in cells):
        codes, bands = _bands(data.columns.get("price") or [None] * n)
        cells.append(codes)
        values.append(bands)
    rows, group, sizes = np.unique(
        np.stack(cells, axis=1), axis=0, return_inverse=True, return_counts=True
    )
    parts = [_taken(part, rows[:, place]) for place, part in enumerate(values)]
    return group.ravel(), sizes.astype(np.float64), sp.hstack(parts, format="csr")


def _coded(column: Sequence[str | None]) -> tuple[Codes, list[str]]:
    """(n,) the number of each cell, -1 for an empty one; the different cells, folded."""
    number: dict[str, int] = {}
    known = {cell: folded(cell).strip() for cell in {*column} if cell}
    names = (known.get(cell, "") if cell else "" for cell in column)
    codes = (number.setdefault(name, len(number)) if name else -1 for name in names)
    return np.fromiter(codes, np.int64, len(column)), list(number)


def _values(name: str, cell: str) -> list[str]:
    """The values of one cell: itself, its tags, or every beginning of its path."""
    if name == "brand":
        return [cell]
    parts = [part for part in (_TAGS if name == "tags" else _STEPS).split(cell) if part]
    if name == "tags":
        return sorted(set(parts))
    return [" > ".join(parts[: depth + 1]) for depth in range(len(parts))]


def _incidence(values: Sequence[Sequence[str]]) -> sp.csr_matrix:
    """(cells, different values) CSR float64, 1 where a cell has a value."""
    flat = [value for cell in values for value in cell]
    number = {value: place for place, value in enumerate(dict.fromkeys(flat))}
    columns = np.fromiter((number[value] for value in flat), np.int64, len(flat))
    pointer = np.cumsum([0, *map(len, values)])
    return sp.csr_matrix((np.ones(len(flat)), columns, pointer), shape=(len(values), len(number)))


def _bands(column: Sequence[Any]) -> tuple[Codes, sp.csr_matrix]:
    """(n,) the half band of each price, -1 without one; the two bands that each half lies in."""
    price = np.array([np.nan if value is None else value for value in column], np.float64)
    priced = np.isfinite(price) & (price > 0)
    half = np.floor(2 * np.log(price[priced]) / np.log(BAND)).astype(np.int64)
    halves, number = np.unique(half, return_inverse=True)
    codes = np.full(len(column), -1, np.int64)
    codes[priced] = number.ravel()
    bands, where = np.unique(np.stack([halves, halves + 1], axis=1), return_inverse=True)
    pointer = np.arange(len(halves) + 1) * 2
    entries = (np.ones(2 * len(halves)), where.ravel(), pointer)
    return codes, sp.csr_matrix(entries, shape=(len(halves), len(bands)))


def _taken(matrix: sp.csr_matrix, codes: Codes) -> sp.csr_matrix:
    """The rows at ``codes``, an empty row at -1."""
    there = np.flatnonzero(codes >= 0)
    chosen = sp.csr_matrix(
        (np.ones(len(there)), (there, codes[there])), shape=(len(codes), matrix.shape[0])
    )
    return chosen @ matrix
