"""Character n-gram TF-IDF of the texts: the same words, parts of words and model numbers.

Cosine of TF-IDF vectors (Salton & Buckley 1988) of character trigrams within words; signs and pairs
of signs for Chinese and Japanese. No vocabulary, no language, no training: ``DVD-R16`` is near
``DVDR16``. An item without text has no neighbours; equal texts are computed once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.knn import Best, sparse_neighbors
from prodsim_cli.similarity._ngrams import folded, tfidf
from prodsim_cli.similarity._texts import grouped_neighbors

NEEDS = "text"


def neighbors(
    data: Dataset,
    queries: NDArray[np.int32] | None = None,
    candidates: NDArray[np.int32] | None = None,
    *,
    k: int = 50,
    characters: int = 300,
) -> NeighborTable:
    """The k nearest by cosine of their TF-IDF vectors.

    How rare an n-gram is, is counted over the different texts of the whole shop, whatever is asked.

    ``characters``: only so many of a text are read. Title, brand and category come first; what a
    long description adds drowns them (NDCG@10 on Office Products: all of it .051, the first 300
    characters .057, titles alone .057) and costs the most.
    """
    number: dict[str, int] = {}
    texts = (folded(text[:characters]) for text in data.texts())
    group = np.fromiter((number.setdefault(text, len(number)) for text in texts), np.intp)
    vectors = tfidf(list(number))
    group[np.diff(vectors.indptr)[group] == 0] = -1

    def search(asked: NDArray[np.intp], found: NDArray[np.intp], k: int) -> Best:
        positions, scores = sparse_neighbors(vectors[asked], vectors[found].T.tocsr(), k)
        # An item is as close to its equals as can be, whatever the last bit of its length says.
        equal = (positions >= 0) & (found[positions] == asked[:, None])
        return positions, np.where(equal, np.float32(1), np.minimum(scores, 1))

    return grouped_neighbors(group, search, queries, candidates, k)


def search(data: Dataset, texts: Sequence[str], *, k: int = 50, characters: int = 300) -> Best:
    """The k products whose texts are nearest to each text asked for: (q, k) positions, scores.

    How rare an n-gram is, is counted over the catalogue alone, so no question changes another.
    """
    products = [folded(text[:characters]) for text in data.texts()]
    vectors = tfidf([*products, *map(folded, texts)], counted=len(products))
    return sparse_neighbors(vectors[len(products) :], vectors[: len(products)].T.tocsr(), k)
