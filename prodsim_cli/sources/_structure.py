"""Rows and cells of a text table, counted with arrays before anybody parses it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_NEWLINE, _QUOTE = 10, 34


@dataclass(frozen=True)
class Structure:
    """One entry per row (n,), the header included.

    ``ends``: offset of the line end that closes the row; ``cells``: number of cells; ``lines``:
    physical lines before the row begins (0 for the first).
    """

    ends: NDArray[np.int64]
    cells: NDArray[np.int64]
    lines: NDArray[np.int64]


def measure(data: bytes, delimiter: str) -> Structure | None:
    """The structure of a table that ends in a line end, or None where it takes a parser to tell.

    None: a quote that opens inside a cell or closes before its end, an unclosed one, or a blank
    line. Quotes are sound where every one that opens (the 1st, 3rd... of the file) follows a
    delimiter, a line end or a quote, and every one that closes is followed by one of them.
    """
    text = np.frombuffer(data, np.uint8)
    cut = ord(delimiter)
    newlines = np.flatnonzero(text == _NEWLINE)
    delimiters = np.flatnonzero(text == cut)
    quotes = np.flatnonzero(text == _QUOTE)
    ends = newlines
    if len(quotes):
        if not _sound(text, quotes, cut):
            return None
        ends = newlines[np.searchsorted(quotes, newlines) % 2 == 0]
        delimiters = delimiters[np.searchsorted(quotes, delimiters) % 2 == 0]
    starts = np.concatenate([[0], ends[:-1] + 1])
    if (starts == ends).any():
        return None
    cells = np.diff(np.searchsorted(delimiters, ends), prepend=0) + 1
    lines = np.searchsorted(newlines, starts)
    return Structure(ends, cells, lines.astype(np.int64))


def _sound(text: NDArray[np.uint8], quotes: NDArray[np.intp], cut: int) -> bool:
    if len(quotes) % 2:
        return False
    border = np.zeros(256, bool)
    border[[_NEWLINE, _QUOTE, cut]] = True
    opening, closing = quotes[::2], quotes[1::2]
    before = np.where(opening == 0, _NEWLINE, text[opening - 1])
    # A quote after a quote re-opens only if that one closed just now (a doubled quote in a cell).
    reopened = np.concatenate([[False], opening[1:] == closing[:-1] + 1])
    fresh = (before == _NEWLINE) | (before == cut)
    after = text[closing + 1]
    return bool((fresh | reopened).all() and border[after].all())
