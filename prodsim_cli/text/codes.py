"""Tokens that look like model numbers, and how rare each is: ``PSLX-350H``, ``MB111LL/A``, EANs.

A model number is the same in every language and every trade, and few products share it. What else
looks like one (``500ml``, ``10x15cm``, ``1080p``) is shared by many, and loses by rarity.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.text.tfidf import folded

# Latin, Greek, Cyrillic, Armenian and Georgian, which part words by spaces; a sign of any other
# writing is a border, so that a model number inside a Chinese sentence is found.
_PIECE = "[0-9a-z\u00df-\u00f6\u00f8-\u024f\u0370-\u058f\u10a0-\u10ff]+"
_RUN = re.compile(f"{_PIECE}(?:[-./'’‐‑_]{_PIECE})*")
_JOINERS = str.maketrans("", "", "-./'’‐‑_")
_DIGIT = re.compile("[0-9]")
_STEM = re.compile("(.*[0-9])[^0-9]{1,4}")

SHORTEST = 4
"""Letters and digits of a mixed token, at least: ``a4`` and ``3m`` are no model numbers."""

DIGITS = 5
"""Digits of a token without letters, at least: years have four."""


def codes(text: str) -> set[str]:
    """The model numbers in a text that is :func:`~prodsim_cli.text.tfidf.folded`.

    Punctuation inside is removed. Up to four letters at the end are often a colour or a country
    (``AM53BK``, ``KXTH1212B``), so what stands before them is a second code of the same product
    where it looks like a model number, too: ``AM53`` and ``AM53BK`` share it.
    """
    if not _DIGIT.search(text):
        return set()
    found = {
        token
        for run in _RUN.findall(text)
        if _DIGIT.search(run) and _alike(token := run.translate(_JOINERS))
    }
    stems = (_STEM.fullmatch(token) for token in found)
    return found | {stem[1] for stem in stems if stem and _alike(stem[1])}


def _alike(token: str) -> bool:
    """Does a token without punctuation look like a model number?"""
    digits = len(_DIGIT.findall(token))
    mixed = 0 < digits < len(token)
    return len(token) >= SHORTEST if mixed else digits >= DIGITS


def code_vectors(texts: Sequence[str]) -> sp.csr_matrix:
    """(n, codes) CSR float32, rows of unit length; a row is empty where a text has no code.

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


def groups_of_sparse(vectors: sp.csr_matrix) -> tuple[NDArray[np.intp], sp.csr_matrix]:
    """Groups of rows with the same columns, numbered by first appearance; -1 for empty rows.

    Returns (n,) groups and the distinct rows (g, m) in that order.
    """
    pointer, columns = vectors.indptr, vectors.indices.astype(np.int32)
    number: dict[bytes, int] = {}
    group = np.full(vectors.shape[0], -1, np.intp)
    first: list[int] = []
    for row in np.flatnonzero(np.diff(pointer)).tolist():
        key = columns[pointer[row] : pointer[row + 1]].tobytes()
        group[row] = number.setdefault(key, len(first))
        if group[row] == len(first):
            first.append(row)
    return group, vectors[first]
