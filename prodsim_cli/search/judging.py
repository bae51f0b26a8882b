"""The same engine over a ``Dataset``: what ``search`` ranks is what ``eval --task search`` judges.

First floor.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.search import index, ranking
from prodsim_cli.search.meaning import Encode, Space, checked, fused
from prodsim_cli.search.words import read

Best = tuple[NDArray[np.int32], NDArray[np.float32]]


def best(
    data: Dataset,
    texts: Sequence[str],
    *,
    k: int,
    vectors: NDArray[np.float32] | None = None,
    encode: Encode | None = None,
) -> Best:
    """The k best products for each text: (q, k) positions, -1 where there are fewer, and scores.

    ``vectors`` (n, d) of the products, None for words alone; ``encode`` makes those of a text.
    """
    n = len(data)
    connection = index.in_memory(_rows(data))
    ids = np.arange(1, n + 1)
    space = Space(ids, vectors, encode) if vectors is not None and encode is not None else None
    positions = np.full((len(texts), k), -1, np.int32)
    scores = np.zeros((len(texts), k), np.float32)
    for row, text in enumerate(texts):
        reading = read(connection, text)
        if reading.asks_meaning() and space is not None:
            reading, cosines = checked(reading, space)
            order = fused(connection, reading, space, cosines).order[:k]
        else:
            order = ranking.ordered(
                connection, reading, *ranking.by_words(connection, reading)
            ).order[:k]
        positions[row, : len(order)] = [item - 1 for item, _ in order]
        scores[row, : len(order)] = [score for _, score in order]
    connection.close()
    return positions, scores


def _rows(data: Dataset) -> list[tuple[object, ...]]:
    """A row of the index for each product, numbered from 1 in order of position."""
    nothing = [None] * len(data)
    fields = [data.columns.get(name, nothing) for name in index.FIELDS]
    sources = [source or "" for source in data.columns.get("source", nothing)]
    skus = [
        str(name)[len(source) + 1 :] if source else str(name)
        for name, source in zip(data.items.ids, sources, strict=True)
    ]
    numbers = range(1, len(data) + 1)
    return list(zip(numbers, *fields, sources, skus, strict=True))
