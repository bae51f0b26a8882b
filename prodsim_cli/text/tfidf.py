"""Texts to character n-gram TF-IDF, as arrays over all texts at once.

Each letter or digit gives one trigram: itself with its left and its right neighbour, where a word
border counts as a neighbour of its own. That is ``TfidfVectorizer(analyzer="char_wb",
ngram_range=(3, 3))``. Chinese and Japanese, written without spaces, give each sign and each pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.text.normalize import IDEOGRAPH, JOINER, WORD, folded, kind

__all__ = ["folded", "tfidf"]


def tfidf(texts: Sequence[str], counted: int | None = None) -> sp.csr_matrix:
    """(n, grams) CSR float32, rows of unit length; a row is empty where a text has no letter.

    ``counted``: how rare an n-gram is, is counted over so many of the first texts; None: all.

    Term frequency times ln((1 + n) / (1 + df)) + 1, then divided by the length of the row: the
    defaults of scikit-learn. ``texts`` must be :func:`folded`.
    """
    rows, codes = _grams(texts)
    grams, columns = np.unique(codes, return_inverse=True)
    shape = (len(texts), len(grams))
    counts = sp.csr_matrix(
        (np.ones(len(rows), np.float32), (rows, columns.ravel().astype(np.int32))), shape=shape
    )
    counts.sum_duplicates()
    known = len(texts) if counted is None else counted
    found = np.bincount(counts.indices[: counts.indptr[known]], minlength=shape[1])
    idf = np.log((1 + known) / (1 + found)) + 1
    weights = counts.data.astype(np.float64) * idf[counts.indices]
    at = np.repeat(np.arange(shape[0]), np.diff(counts.indptr))
    lengths = np.sqrt(np.bincount(at, weights**2, minlength=shape[0]))
    counts.data = (weights / lengths[at]).astype(np.float32)
    return counts


def _grams(texts: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The text (row) and the code of every n-gram: three code points of 21 bits, border = 0."""
    signs, rows = _signs(texts)
    kinds = _kinds(signs)
    word = kinds == WORD
    joint = (kinds == JOINER) & _shifted(word, 1, False) & _shifted(word, -1, False)
    signs, rows, kinds = signs[~joint], rows[~joint], kinds[~joint]
    word, ideograph = kinds == WORD, kinds == IDEOGRAPH
    letters = np.where(word, signs, 0).astype(np.int64)
    triples = (_shifted(letters, 1, 0) << 42) | (letters << 21) | _shifted(letters, -1, 0)
    singles = np.where(ideograph, signs, 0).astype(np.int64)
    before = _shifted(singles, 1, 0)
    pair = ideograph & (before > 0)
    return (
        np.concatenate([rows[word], rows[ideograph], rows[pair]]),
        np.concatenate([triples[word], singles[ideograph], (before << 42 | singles)[pair]]),
    )


def _signs(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """Code points of all texts in one array, a line break after each, and the text of each."""
    joined = "".join(f"{text}\n" for text in texts)
    signs = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32)
    lengths = np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts))
    return signs, np.repeat(np.arange(len(texts), dtype=np.int32), lengths)


def _kinds(signs: NDArray[np.uint32]) -> NDArray[np.int8]:
    """What each code point is; each different one is looked up once."""
    known, where = np.unique(signs, return_inverse=True)
    kinds = np.fromiter((kind(chr(sign)) for sign in known.tolist()), np.int8, len(known))
    return kinds[where.ravel()]


def _shifted(values: NDArray[Any], by: int, fill: int) -> NDArray[Any]:
    """The neighbour ``by`` places to the left (negative: right), ``fill`` at the rim."""
    out = np.roll(values, by)
    if len(out):
        out[0 if by > 0 else -1] = fill
    return out
