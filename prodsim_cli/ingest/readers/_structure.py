"""Rows and cells of a text table, counted with arrays before anybody parses it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_NEWLINE, _QUOTE, _SPACE = 10, 34, 32


@dataclass(frozen=True)
class Structure:
    """One entry per row (n,), the header included.

    ``starts``, ``ends``: offsets of the first byte of a row and of the line end that closes it;
    ``cells``: number of cells, 0 for a line of nothing or spaces; ``trailing``: True where a
    delimiter is the last byte; ``lines``: physical lines before the row begins (0 for the first);
    ``height``: physical lines of the row.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    cells: NDArray[np.int64]
    trailing: NDArray[np.bool_]
    lines: NDArray[np.int64]
    height: NDArray[np.int64]


def measure(data: bytes, delimiter: str) -> Structure | None:
    """The structure of a table that ends in a line end, or None where it takes a parser to tell.

    None: a quote that opens inside a cell or closes before its end, or an unclosed one. Quotes are
    sound where every one that opens (the 1st, 3rd... of the file) follows a delimiter, a line end
    or a quote, and every one that closes is followed by one of them.
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
    blank = starts == ends
    cells = np.diff(np.searchsorted(delimiters, ends), prepend=0) + 1
    blank |= (cells == 1) & _spaces(text, starts, ends, cells)
    cells[blank] = 0
    lines = np.searchsorted(newlines, starts)
    height = np.diff(np.searchsorted(newlines, ends), prepend=-1)
    # The last byte of a row lies outside of quotes, so a delimiter there is one.
    trailing = ~blank & (text[ends - 1] == cut)
    return Structure(starts, ends, cells, trailing, lines, height)


def _spaces(
    text: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    cells: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """True for rows of spaces only; looked for where a row without a delimiter stands."""
    if not (cells == 1).any():
        return np.zeros(len(cells), bool)
    spaces = np.flatnonzero(text == _SPACE)
    return np.searchsorted(spaces, ends) - np.searchsorted(spaces, starts) == ends - starts


def places(data: bytes, what: bytes) -> NDArray[np.int64]:
    """Offsets at which the bytes ``what`` begin, (m,)."""
    text = np.frombuffer(data, np.uint8)
    found = np.flatnonzero(text[: len(text) - len(what) + 1] == what[0])
    for step, byte in enumerate(what[1:], 1):
        found = found[text[found + step] == byte]
    return found


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
