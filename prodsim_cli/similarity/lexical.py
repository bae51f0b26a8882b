"""Character n-gram TF-IDF of the texts: the same words, parts of words and model numbers.

Cosine of TF-IDF vectors (Salton & Buckley 1988) of character trigrams within words; signs and pairs
of signs for Chinese and Japanese. No vocabulary, no language, no training: ``DVD-R16`` is near
``DVDR16``. An item without text has no neighbours; equal texts are computed once.

The fields make one text, or each has a vector with a weight (``weights``): then an item's vector is
that of its fields side by side, each of unit length times the root of its weight, and

    score(i, j) = sum of weight * cosine, over the fields
                  / root of the product over i and j of (sum of the weights of the fields it has)

This is the weighted mean of the fields' cosines where both have the same fields. A field that only
one of them has takes off less than one in which they differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import TEXT_FIELDS, Dataset
from prodsim_cli.data.knn import Best, sparse_neighbors
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.similarity._texts import cosine_of_groups
from prodsim_cli.text.normalize import folded
from prodsim_cli.text.tfidf import tfidf

NEEDS = "text"
RANK = 2
DEFAULT_WEIGHT = 0.15
FINDS = "substitute"
STORED = True

_OTHERS: tuple[dict[str, float], ...] = (
    {},
    {"brand": 0.3},
    {"brand": 0.3, "category": 0.2, "tags": 0.3, "description": 0.3},
)
"""What may stand beside a title of weight 1: a wrong weight costs more than a model gains."""


def neighbors(
    data: Dataset,
    queries: NDArray[np.int32] | None = None,
    candidates: NDArray[np.int32] | None = None,
    *,
    k: int = 50,
    characters: int = 300,
    weights: Mapping[str, float] | None = None,
) -> NeighborTable:
    """The k nearest by cosine of their TF-IDF vectors.

    How rare an n-gram is, is counted over the different texts of the whole shop, whatever is asked.

    ``characters``: only so many of a text are read. Title, brand and category come first; what a
    long description adds drowns them (NDCG@10 on Office Products: all of it .051, the first 300
    characters .057, titles alone .057) and costs the most.
    ``weights``: by field (title, brand, category, tags, description), whatever ``data.fields``
    holds; a field that is not named has none, and of each so many ``characters`` are read. None:
    the fields of the shop as one text.
    """
    group, vectors = (
        _whole(data, characters) if weights is None else _apart(data, characters, weights)
    )
    return cosine_of_groups(group, vectors, queries, candidates, k)


def space(data: Dataset) -> dict[str, tuple[Any, ...]]:
    """Weights of the text fields to be tried, where there are titles and more than titles."""
    there = [name for name in TEXT_FIELDS if any(data.columns.get(name, ()))]
    if "title" not in there or len(there) < 2:
        return {}
    tried = [{"title": 1.0, **{n: w for n, w in more.items() if n in there}} for more in _OTHERS]
    return {"weights": (None, *(w for place, w in enumerate(tried) if w not in tried[:place]))}


def _whole(data: Dataset, characters: int) -> tuple[NDArray[np.intp], sp.csr_matrix]:
    """The group of each item by its one text, -1 without a letter, and the groups' vectors."""
    group, vectors = _distinct(data.texts(), characters)
    group[np.diff(vectors.indptr)[group] == 0] = -1
    return group, vectors


def _apart(
    data: Dataset, characters: int, weights: Mapping[str, float]
) -> tuple[NDArray[np.intp], sp.csr_matrix]:
    """The same with the fields side by side."""
    wrong = [name for name, weight in weights.items() if name not in TEXT_FIELDS or not weight >= 0]
    if wrong:
        raise ValueError(f"weights by text field, 0 or more, not {', '.join(sorted(wrong))}")
    chosen = [name for name in TEXT_FIELDS if weights.get(name) and name in data.columns]
    if not chosen:
        return np.full(len(data), -1, np.intp), sp.csr_matrix((0, 0), dtype=np.float32)
    fields = [_distinct(data.columns[name], characters) for name in chosen]
    codes = np.stack([group for group, _ in fields], axis=1)
    rows, group = np.unique(codes, axis=0, return_inverse=True)
    group = group.reshape(-1).astype(np.intp)
    parts, total = [], np.zeros(len(rows))
    for (_, vectors), name, row in zip(fields, chosen, rows.T, strict=True):
        parts.append(vectors[row] * np.float32(np.sqrt(weights[name])))
        total += weights[name] * (np.diff(parts[-1].indptr) > 0)
    joined = sp.hstack(parts, format="csr")
    length = np.sqrt(np.repeat(total, np.diff(joined.indptr)))
    joined.data = (joined.data / length).astype(np.float32)
    group[total[group] == 0] = -1
    return group, joined


def _distinct(
    texts: Sequence[str | None], characters: int
) -> tuple[NDArray[np.intp], sp.csr_matrix]:
    """The number of each item's folded text, and the vectors of the different ones."""
    number: dict[str, int] = {}
    read = (folded((text or "")[:characters]) for text in texts)
    group = np.fromiter((number.setdefault(text, len(number)) for text in read), np.intp)
    return group, tfidf(list(number))


def search(data: Dataset, texts: Sequence[str], *, k: int = 50, characters: int = 300) -> Best:
    """The k products whose texts are nearest to each text asked for: (q, k) positions, scores.

    How rare an n-gram is, is counted over the different texts of the catalogue, as for
    :func:`neighbors`, so no question changes another.
    """
    number: dict[str, int] = {}
    products = (folded(text[:characters]) for text in data.texts())
    group = np.fromiter((number.setdefault(text, len(number)) for text in products), np.intp)
    vectors = tfidf([*number, *map(folded, texts)], counted=len(number))
    return sparse_neighbors(vectors[len(number) :], vectors[group].T.tocsr(), k)
