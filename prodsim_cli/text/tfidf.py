"""Texts as TF-IDF vectors of character n-grams or of model numbers, over all texts at once.

N-grams: each letter or digit gives one trigram, itself with its left and its right neighbour, where
a word border counts as a neighbour. That is ``TfidfVectorizer(analyzer="char_wb",
ngram_range=(3, 3))``. Chinese and Japanese, written without spaces, give each character and each
pair of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.text.codes import codes
from prodsim_cli.text.normalize import IDEOGRAPH, JOINER, WORD, folded, kind

_BITS = 21
"""Of a code point; an n-gram is three of them in one int64, a word border is 0."""


def tfidf(texts: Sequence[str], counted: int | None = None) -> sp.csr_matrix:
    """(n, grams) CSR float32, rows of unit length; a row is empty where a text has no letter.

    ``counted``: how rare an n-gram is, is counted over so many of the first texts; None: all.

    Term frequency times ln((1 + n) / (1 + df)) + 1, then divided by the length of the row: the
    defaults of scikit-learn. ``texts`` must be :func:`folded`.
    """
    counts, _ = _counts(*_grams(texts), len(texts))
    known = len(texts) if counted is None else counted
    held = np.bincount(counts.indices[: counts.indptr[known]], minlength=counts.shape[1])
    return _weighted(counts, held, known).astype(np.float32)


def tfidf_of(
    texts: Sequence[str], rows: Sequence[int]
) -> tuple[sp.csr_matrix, list[str], NDArray[np.intp]]:
    """Some rows of :func:`tfidf` as float64, the n-grams that they hold, and what holds these.

    Returns
    -------
    (len(rows), m) vectors; the m n-grams as texts, `` `` for a border; (m,) how many of all texts
    hold each.
    """
    of_text, grams = _grams(texts)
    asked = np.unique(grams[np.isin(of_text, rows)])
    if not len(asked):
        return sp.csr_matrix((len(rows), 0)), [], np.zeros(0, np.intp)
    there = asked[np.searchsorted(asked, grams).clip(max=len(asked) - 1)] == grams
    counts, names = _counts(of_text[there], grams[there], len(texts))
    held = np.bincount(counts.indices, minlength=counts.shape[1])
    vectors = _weighted(counts[np.asarray(rows, np.intp)], held, len(texts))
    return vectors, [_named(gram) for gram in names.tolist()], held


def code_vectors(texts: Sequence[str]) -> sp.csr_matrix:
    """(n, codes) CSR float32 of model numbers, rows of unit length; empty where there is none.

    The weight of a code is ln(1 + t / df), t different texts, df of them with the code: its inverse
    document frequency (Spärck Jones 1972), above 0 even where every text has it. How often a text
    names a code says nothing. Columns are in order of the codes, so no figure depends on the order
    of the products.
    """
    number: dict[str, int] = {}
    of_text = np.fromiter((number.setdefault(t, len(number)) for t in texts), np.intp, len(texts))
    sets = [codes(folded(text)) for text in number]
    sizes = np.fromiter(map(len, sets), np.intp, len(sets))
    names = np.array([code for found in sets for code in found], dtype=object)
    known, columns = np.unique(names.astype(str), return_inverse=True)
    rows = np.repeat(np.arange(len(sets)), sizes)
    weights = np.log1p(len(sets) / np.bincount(columns.ravel(), minlength=len(known)))
    lengths = np.sqrt(np.bincount(rows, weights[columns.ravel()] ** 2, minlength=len(sets)))
    values = (weights[columns.ravel()] / lengths[rows]).astype(np.float32)
    shape = (len(sets), len(known))
    vectors = sp.csr_matrix((values, (rows, columns.ravel().astype(np.int32))), shape=shape)
    vectors.sort_indices()
    return vectors[of_text]


def _counts(
    rows: NDArray[np.int32], grams: NDArray[np.int64], texts: int
) -> tuple[sp.csr_matrix, NDArray[np.int64]]:
    """(texts, m) how often each text has each n-gram, and the m n-grams in order."""
    names, columns = np.unique(grams, return_inverse=True)
    cells = (np.ones(len(rows), np.float32), (rows, columns.ravel().astype(np.int32)))
    counts = sp.csr_matrix(cells, shape=(texts, len(names)))
    counts.sum_duplicates()
    return counts, names


def _weighted(counts: sp.csr_matrix, held: NDArray[np.intp], texts: int) -> sp.csr_matrix:
    """TF-IDF rows of unit length, float64; ``held``: how many of the ``texts`` hold each column."""
    idf = np.log((1 + texts) / (1 + held)) + 1
    weights = counts.data.astype(np.float64) * idf[counts.indices]
    at = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    lengths = np.sqrt(np.bincount(at, weights**2, minlength=counts.shape[0]))
    return sp.csr_matrix((weights / lengths[at], counts.indices, counts.indptr), counts.shape)


def _grams(texts: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The text (row) and the code of every n-gram."""
    points, rows = _points(texts)
    kinds = _kinds(points)
    word = kinds == WORD
    joint = (kinds == JOINER) & _shifted(word, 1, False) & _shifted(word, -1, False)
    points, rows, kinds = points[~joint], rows[~joint], kinds[~joint]
    word, ideograph = kinds == WORD, kinds == IDEOGRAPH
    letters = np.where(word, points, 0).astype(np.int64)
    before, after = _shifted(letters, 1, 0), _shifted(letters, -1, 0)
    triples = (before << 2 * _BITS) | (letters << _BITS) | after
    singles = np.where(ideograph, points, 0).astype(np.int64)
    before = _shifted(singles, 1, 0)
    pair = ideograph & (before > 0)
    pairs = (before << 2 * _BITS | singles)[pair]
    return (
        np.concatenate([rows[word], rows[ideograph], rows[pair]]),
        np.concatenate([triples[word], singles[ideograph], pairs]),
    )


def _named(gram: int) -> str:
    """An n-gram as text; the middle is 0 in one and two characters without spaces."""
    points = [gram >> 2 * _BITS, gram >> _BITS & (1 << _BITS) - 1, gram & (1 << _BITS) - 1]
    border = " " if points[1] else ""
    return "".join(chr(point) if point else border for point in points)


def _points(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """Code points of all texts in one array, a line break after each, and the text of each."""
    joined = "".join(f"{text}\n" for text in texts)
    points = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32)
    lengths = np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts))
    return points, np.repeat(np.arange(len(texts), dtype=np.int32), lengths)


def _kinds(points: NDArray[np.uint32]) -> NDArray[np.int8]:
    """What each code point is; each different one is looked up once."""
    known, where = np.unique(points, return_inverse=True)
    kinds = np.fromiter((kind(chr(point)) for point in known.tolist()), np.int8, len(known))
    return kinds[where.ravel()]


def _shifted(values: NDArray[Any], by: int, fill: int) -> NDArray[Any]:
    """The neighbour ``by`` places to the left (negative: right), ``fill`` at the rim."""
    out = np.roll(values, by)
    if len(out):
        out[0 if by > 0 else -1] = fill
    return out
