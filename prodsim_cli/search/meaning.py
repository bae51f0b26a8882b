"""What a question means beside what the products mean, fused with its words.

score(product) = (1 - MEANING) * words + MEANING * max(0, (cosine - median) / (largest - median))

over the cosines of the question with all products: how far a product stands on the way from the
ordinary one to the nearest one. ``words`` is absolute (:mod:`words`), so a question whose words
nobody holds is left to meaning. A weighted sum of scores beats reciprocal ranks (Cormack et al.
2009), as Bruch, Gai & Ingber 2023 found too: docs/search.md has the figures.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.embedders import Embedder
from prodsim_cli.search import index, ranking
from prodsim_cli.search.ranking import FIRST, Found
from prodsim_cli.search.words import SPELLING, Reading, Word, read

if TYPE_CHECKING:
    from prodsim_cli.data.dataset import Dataset

MEANING = 0.5
NEAR = 100
"""Products that meaning is said to have found."""

KEPT, KEPT_LONG = 0.9, 0.75
"""A correction leaves a question at least so much of its nearness to the nearest product, or it was
none; that of a word of :data:`LONG` letters may cost more, for few words are near a long one by
chance."""

LONG = 7

SAME = 0.6
"""Cosine from which on two words are one to the model: ``guitarra``, ``guitar``."""

_BLOCK = 20_000

Encode = Callable[[list[str]], NDArray[np.float32]]
Floats = NDArray[np.float64]
Best = tuple[NDArray[np.int32], NDArray[np.float32]]


@dataclass(frozen=True)
class Space:
    """Products in order of position: ``ids`` (n,) int64 row ids, ``vectors`` (n, d) float32 of unit
    length, zero for a product without a text; ``encode``: the model that made them."""

    ids: NDArray[np.int64]
    vectors: NDArray[np.float32]
    encode: Encode

    def knows(self, word: str) -> bool:
        """True for a word that the model has whole; without a model of words none is."""
        model = getattr(self.encode, "__self__", None)
        return model.has_token(word) if isinstance(model, Embedder) else False

    def cosines(self, texts: Sequence[str]) -> list[Floats]:
        """(n,) for each text. One product a text: no question changes another."""
        return [self._cosines(vector) for vector in self.encode(list(texts))]

    def like(self, ids: Sequence[int]) -> Floats:
        """(n,) cosines with the mean of some products."""
        own = self.vectors[np.isin(self.ids, np.asarray(ids, np.int64))].sum(axis=0)
        return self._cosines(own / max(float(np.linalg.norm(own)), 1e-9))

    def _cosines(self, vector: NDArray[np.float32]) -> Floats:
        if not self.vectors.shape[1]:  # no product has a text
            return np.zeros(len(self.vectors))
        # What the last bits are depends on the size of a block and on nothing else.
        parts = [
            self.vectors[at : at + _BLOCK] @ vector for at in range(0, len(self.vectors), _BLOCK)
        ]
        joined = np.concatenate(parts) if parts else np.zeros(0)
        return np.round(joined.astype(np.float64), 6)

    def shares(self, cosines: Floats) -> Floats:
        """(n,) in 0..1: the way from the ordinary product to the nearest one."""
        there = cosines[self.vectors.any(axis=1)]
        if not len(there):
            return np.zeros(len(cosines))
        middle, most = float(np.median(there)), float(there.max())
        if most <= middle:
            return np.zeros(len(cosines))
        return np.maximum((cosines - middle) / (most - middle), 0)


def read_space(connection: sqlite3.Connection, space: str, encode: Encode) -> Space:
    """The vectors of all listed products."""
    rows = connection.execute(
        """select i.id, v.vector from items i
           left join vectors v on v.entity_id = i.id and v.space = ?
           where i.listed = 1 order by i.source, i.sku""",
        (space,),
    ).fetchall()
    width = max((len(row[1]) for row in rows if row[1]), default=0)
    nothing = bytes(width)
    vectors = np.frombuffer(b"".join(row[1] or nothing for row in rows), "<f4")
    ids = np.array([row[0] for row in rows], np.int64)
    return Space(ids, vectors.reshape(len(rows), width // 4), encode)


def checked(reading: Reading, space: Space) -> tuple[Reading, Floats]:
    """The reading without corrections that lead away from the products, and (n,) its cosines.

    A slip that is put right brings a question nearer to what it asks for; a word of another
    language, or one that the shop has another word for, is led astray (``puppy`` to ``poppy``). Nor
    is a word a slip that the model has read often.
    """
    asked, *corrected = space.cosines([reading.text, *_one_by_one(reading)])
    nearest = asked.max(initial=0)
    for word, cosines in zip(reading.corrections(), corrected, strict=True):
        kept = KEPT if len(word.text) < LONG else KEPT_LONG
        if cosines.max(initial=0) < nearest * kept or _other(word, space):
            reading = reading.without(word)
    if not reading.corrections():
        return reading, asked
    return reading, space.cosines([reading.understood()])[0]


def _other(word: Word, space: Space) -> bool:
    """True where the model knows a word that was taken for a slip, as one that means another thing:
    ``mesa`` is no ``mesh``, nor ``father`` a ``feather``."""
    if word.kind != SPELLING or not space.knows(word.text):
        return False
    one, other = space.encode([word.text, word.instead[0]])
    return float(one @ other) < SAME


def _one_by_one(reading: Reading) -> list[str]:
    """The text with each correction alone."""
    texts = []
    for word in reading.corrections():
        alone = reading
        for other in reading.corrections():
            alone = alone if other is word else alone.without(other)
        texts.append(alone.understood(begun=True))
    return texts


def fused(
    connection: sqlite3.Connection,
    reading: Reading,
    space: Space,
    cosines: Floats,
    *,
    words: bool = True,
    liked: Mapping[int, float] | None = None,
) -> Found:
    """Words and meaning in one order. ``words`` False: meaning alone; ``liked``: row id -> share of
    a product that the answers are to be like, which counts as much as the question."""
    held, first = ranking.by_words(connection, reading) if words else ({}, set())
    place = {item: at for at, item in enumerate(space.ids.tolist())}
    said = _placed(held, place)
    weight = MEANING if words else 1.0
    total = (1 - weight) * said + weight * space.shares(cosines)
    if words:
        named = _placed(dict.fromkeys(ranking.whole(connection, reading), ranking.WHOLE), place)
        total += named * (1 - total)
    if liked is not None:
        total = (total + _placed(liked, place)) / 2
    total = np.round(total + FIRST * _placed(dict.fromkeys(first, 1.0), place), 9)
    order = np.argsort(-total, kind="stable")
    positive = int((total > 0).sum())
    others = order[positive:][np.argsort(-cosines[order[positive:]], kind="stable")]
    near = np.argsort(-cosines, kind="stable")[:NEAR]
    above = order[:positive]
    holders = (item for word in reading.words for item in word.scores)
    return Found(
        reading,
        list(zip(space.ids[above].tolist(), total[above].tolist(), strict=True)),
        rest=space.ids[others].tolist(),
        words=frozenset(holders if words else ()),
        coded=reading.coded if words else frozenset(),
        near=frozenset(space.ids[near[cosines[near] > 0]].tolist()),
    )


def _placed(values: Mapping[int, float], place: Mapping[int, int]) -> Floats:
    """(n,) values by position; a product that is not there is left out."""
    out = np.zeros(len(place))
    there = [(place[item], value) for item, value in values.items() if item in place]
    if there:
        at, given = zip(*there, strict=True)
        out[list(at)] = given
    return out


def best(
    data: Dataset,
    texts: Sequence[str],
    *,
    k: int,
    vectors: NDArray[np.float32] | None = None,
    encode: Encode | None = None,
) -> Best:
    """The k best products of a dataset for each text, as ``search`` ranks them.

    Returns (q, k) positions, -1 where there are fewer, and (q, k) scores.

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
            said = ranking.by_words(connection, reading)
            order = ranking.ordered(connection, reading, *said).order[:k]
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
