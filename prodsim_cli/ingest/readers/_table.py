"""UTF-8 text to a table: polars parses the rows that the structure vouches for, the csv module the
others.

``sound`` and ``mixed`` give the same wherever both can read a file; ``mixed`` with ``every`` is the
plain loop over all lines that the tests hold them against.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from prodsim_cli.ingest.readers._lines import Lines, header, walk, width_problem
from prodsim_cli.ingest.readers._raw import BAD_BYTES, DAMAGE, Reject, distinct

_NEWLINE, _QUOTE, _SPACE = 10, 34, 32

Parsed = tuple[pl.DataFrame, NDArray[np.int64], list[Reject]]


def parse(data: bytes, delimiter: str, first_line: int, damaged: bool) -> Parsed:
    """Rows (all String, empty cells null), their line numbers (n,) and the rejected lines.

    ``data``: from the header to a last line end; ``first_line``: number of the header's line;
    ``damaged``: U+FFFD stands for bad bytes. Raises InputError where the header is unreadable.
    """
    table = sound(data, delimiter, first_line, damaged)
    return table or mixed(data, delimiter, first_line, damaged)


def sound(data: bytes, delimiter: str, first_line: int, damaged: bool) -> Parsed | None:
    """The table by polars alone, or None where only a parser can tell the rows."""
    if not _simple(delimiter):
        return None
    rows = measure(data, delimiter)
    if rows is None or rows.height[0] != 1:
        return None
    names = header_cells(data[: rows.ends[0]].decode(), delimiter)
    head = data[: rows.ends[0]].decode()
    if len(names) != rows.cells[0] or (damaged and DAMAGE in head):
        return None
    wrong = (rows.cells > 0) & (rows.cells != len(names))
    wrong &= ~(rows.trailing & (rows.cells == len(names) + 1))
    if (wrong & (rows.height > 1)).any():
        return None
    body = np.arange(len(rows.cells)) > 0
    return _by_structure(data, rows, body, names, delimiter, first_line, damaged)


def mixed(
    data: bytes, delimiter: str, first_line: int, damaged: bool, every: bool = False
) -> Parsed:
    """Lines with a quote by the csv module (``every``: all lines), the others by polars."""
    lines = Lines(data)
    names, height = header(lines, delimiter, damaged)
    every = every or not _simple(delimiter)
    quoted = np.unique(np.searchsorted(lines.ends, places(data, b'"'))).tolist()
    found = walk(
        lines, range(len(lines)) if every else quoted, delimiter, len(names), height, damaged
    )
    frame = _frame(found.rows, names)
    numbers = np.array(found.places, np.int64) + first_line
    rejects = [Reject((r.line or 0) + first_line, r.reason, r.raw) for r in found.rejects]
    if every or found.taken.all():
        return frame, numbers, rejects
    rows = _of_plain_lines(data, lines, delimiter, found.taken)
    plain = _by_structure(data, rows, ~found.taken, names, delimiter, first_line, damaged)
    if plain is None:
        return mixed(data, delimiter, first_line, damaged, every=True)
    numbers = np.concatenate([numbers, plain[1]])
    order = np.argsort(numbers)
    rejects = sorted([*rejects, *plain[2]], key=lambda reject: reject.line or 0)
    return pl.concat([frame, plain[0]])[order], numbers[order], rejects


def _simple(delimiter: str) -> bool:
    """True if polars and the structure can look for the delimiter as one byte."""
    return len(delimiter.encode()) == 1


def _of_plain_lines(
    data: bytes, lines: Lines, delimiter: str, taken: NDArray[np.bool_]
) -> Structure:
    """The structure of the physical lines, true for those that hold no quote."""
    text = np.frombuffer(data, np.uint8)
    hidden = text.copy()
    hidden[np.repeat(taken, lines.ends + 1 - lines.starts) & (text == ord('"'))] = ord("x")
    rows = measure(hidden.tobytes(), delimiter)
    assert rows is not None  # without quotes there is nothing to be unsound
    return rows


def _by_structure(
    data: bytes,
    rows: Structure,
    body: NDArray[np.bool_],
    names: list[str],
    delimiter: str,
    first_line: int,
    damaged: bool,
) -> Parsed | None:
    """The rows of ``body`` by polars; those of another width or with bad bytes are rejects.

    None where polars does not give the rows that were counted.
    """
    extra = rows.trailing & (rows.cells == len(names) + 1)
    fits = (rows.cells == len(names)) | extra
    hurt = np.zeros(len(fits), bool)
    if damaged:
        hurt[np.searchsorted(rows.ends, places(data, DAMAGE.encode()))] = True
    kept = body & fits & ~hurt
    frame = _by_polars(_only(data, rows, kept, extra), names, delimiter)
    if frame is None or len(frame) != kept.sum():
        return None
    rejects = []
    for place in np.flatnonzero(body & (rows.cells > 0) & ~kept).tolist():
        raw = data[rows.starts[place] : rows.ends[place]].decode()
        reason = BAD_BYTES if hurt[place] else width_problem(int(rows.cells[place]), len(names))
        rejects.append(Reject(int(rows.lines[place]) + first_line, reason, raw))
    return frame, rows.lines[kept] + first_line, rejects


def _only(data: bytes, rows: Structure, kept: NDArray[np.bool_], extra: NDArray[np.bool_]) -> bytes:
    """The bytes of the rows that are kept, without the delimiter that ends those of ``extra``."""
    if kept[1:].all() and not kept[0] and not extra.any():
        return data[rows.ends[0] + 1 :]
    mask = np.repeat(kept, rows.ends + 1 - rows.starts)
    mask[rows.ends[extra] - 1] = False
    return np.frombuffer(data, np.uint8)[mask].tobytes()


def _by_polars(data: bytes, names: list[str], delimiter: str) -> pl.DataFrame | None:
    """Rows without a header as strings, empty cells null; None where polars refuses them."""
    if not data:
        return _frame([], names)
    try:
        frame = pl.read_csv(
            io.BytesIO(data),
            has_header=False,
            new_columns=names,
            separator=delimiter,
            infer_schema=False,
        )
    except pl.exceptions.PolarsError:
        return None
    if frame.width != len(names):
        return None
    if b'""' in data:  # a quoted empty cell is as empty as a bare one
        frame = frame.with_columns(pl.all().replace("", None))
    return frame


def _frame(rows: list[list[str]], names: list[str]) -> pl.DataFrame:
    """Rows of strings as a frame, empty cells null."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    frame = pl.DataFrame(
        {str(place): column for place, column in enumerate(columns)},
        schema={str(place): pl.String for place in range(len(names))},
    )
    frame.columns = names
    return frame.with_columns(pl.all().replace("", None))


def header_cells(line: str, delimiter: str) -> list[str]:
    """Names of the columns: empty ones are ``column_N``, a repeated one gets its number."""
    cells = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    return distinct(cells)


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
        if not _quotes_are_sound(text, quotes, cut):
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


def _quotes_are_sound(text: NDArray[np.uint8], quotes: NDArray[np.intp], cut: int) -> bool:
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
