"""CSV, TSV and any other delimiter: polars where it is exact, else the csv module line by line.

polars fills short rows with nulls, refuses long ones and loses its way at a stray quote. So the
structure of the file is measured first (:mod:`_structure`). Where its quotes are sound, polars gets
the rows that have the cells of the header and the others are rejects; where they are not, a second
pass (:mod:`_lines`) reads line by line. Both give the same, with physical line numbers.
"""

from __future__ import annotations

import io

import numpy as np
import polars as pl
from numpy.typing import NDArray

from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.sources._delimiter import find_delimiter, header_cells
from prodsim_cli.sources._encoding import Decoded, decode
from prodsim_cli.sources._lines import (
    BAD_BYTES,
    DAMAGE,
    Parsed,
    frame_of,
    parse,
    width_problem,
)
from prodsim_cli.sources._raw import Blob, RawTable, ReadOptions, Reject
from prodsim_cli.sources._structure import Structure, measure, places

EXTENSIONS = (".csv", ".tsv", ".tab", ".txt", ".psv")

_NAMES = {"\t": "tab", ";": "semicolon", "|": "vertical bar", ",": "comma"}
_HEAD = 64_000


def read(blob: Blob, options: ReadOptions) -> RawTable:
    """The file as a table of strings, empty cells null.

    Blank lines are no data and are not counted. Line ends inside quoted cells become ``\\n``.
    Raises InputError for an empty file, UsageProblem for an encoding or a delimiter that is none.
    """
    if options.delimiter is not None and (
        len(options.delimiter) != 1 or options.delimiter in '"\r\n'
    ):
        raise UsageProblem(
            f"{options.delimiter!r} cannot part cells.", hint="Write one character, e.g. ';'."
        )
    decoded = decode(blob.data, options.encoding)
    data, notes = _tidy(decoded)
    text_start, first_line, separator = _declared_separator(data)
    data = data[text_start:]
    head = data[:_HEAD].decode("utf-8", "ignore")
    delimiter = options.delimiter or separator or find_delimiter(head)
    if delimiter != ",":
        notes.append(f"delimiter: {_NAMES.get(delimiter, delimiter)}")
    blank = len(data) - len(data.lstrip(b"\n \t" if delimiter != "\t" else b"\n "))
    blank = data.rfind(b"\n", 0, blank) + 1
    first_line += data.count(b"\n", 0, blank)
    data = data[blank:].rstrip(b"\n") + b"\n"
    if not data.strip():
        raise InputError(f"{blob.name} is empty.", hint="Export it again, or leave it out.")
    parsed = _fast(data, delimiter, first_line, decoded.damaged)
    frame, lines, rejects = parsed or parse(data, delimiter, first_line, decoded.damaged)
    return RawTable(
        name=blob.name,
        frame=frame,
        lines=lines,
        read=len(frame) + len(rejects),
        rejects=tuple(rejects),
        notes=(*blob.notes, decoded.note, *notes),
    )


def _tidy(decoded: Decoded) -> tuple[bytes, list[str]]:
    """One kind of line end, no zero bytes.

    A lone ``\\r`` ends a line only where there is no ``\\n`` (old Macs): among other line ends it
    is a slip inside a cell, and a space keeps the row whole and the line numbers an editor's.
    """
    data, notes = decoded.data, []
    if b"\x00" in data:
        notes.append(f"zero bytes taken out: {data.count(0):,}")
        data = data.replace(b"\x00", b"")
    if b"\r" in data:
        while b"\r\n" in data:  # some copies end their lines in \r\r\n
            data = data.replace(b"\r\n", b"\n")
        if b"\n" in data and b"\r" in data:
            notes.append(f"carriage returns inside lines read as spaces: {data.count(13):,}")
        data = data.replace(b"\r", b" " if b"\n" in data else b"\n")
    return data, notes


def _declared_separator(data: bytes) -> tuple[int, int, str]:
    """Start of the table, its first physical line, and the delimiter of a ``sep=;`` line above."""
    end = data.find(b"\n") if b"\n" in data else len(data)
    first = data[:end].strip().strip(b'"')
    if first.lower().startswith(b"sep=") and 4 < len(first.decode("utf-8", "ignore")) <= 5:
        return end + 1, 2, first.decode("utf-8", "ignore")[4]
    if first.lower() == b"sep=":  # sep=<tab>, whose tab was stripped
        return end + 1, 2, "\t"
    return 0, 1, ""


def _fast(data: bytes, delimiter: str, first_line: int, damaged: bool) -> Parsed | None:
    """The table by polars, or None where only a parser can tell the rows.

    Rows of another width than the header's and rows with damaged bytes are found by the structure
    and kept from polars; so are blank lines, and the delimiter at the end of a row.
    """
    if len(delimiter.encode()) != 1 or delimiter == '"':
        return None
    rows = measure(data, delimiter)
    if rows is None or rows.height[0] != 1:
        return None
    names = header_cells(data[: rows.ends[0]].decode(), delimiter)
    if len(names) != rows.cells[0]:
        return None
    extra = rows.trailing & (rows.cells == len(names) + 1)
    good = (rows.cells == len(names)) | extra
    hurt = np.zeros(len(good), bool)
    if damaged:
        hurt[np.searchsorted(rows.ends, places(data, DAMAGE.encode()))] = True
    odd = (rows.cells > 0) & ~good
    if hurt[0] or (odd & (rows.height > 1)).any():
        return None
    kept = good & ~hurt
    kept[0] = False  # the header is no row
    frame = _by_polars(_only(data, rows, kept, extra), names, delimiter)
    if frame is None or len(frame) != kept.sum():
        return None
    rejects = _rejects(data, rows, odd | hurt, hurt, len(names), first_line)
    return frame, rows.lines[kept] + first_line, rejects


def _only(data: bytes, rows: Structure, kept: NDArray[np.bool_], extra: NDArray[np.bool_]) -> bytes:
    """The bytes of the rows that are kept, without the delimiter that ends those of ``extra``."""
    if kept[1:].all() and not extra.any():
        return data[rows.ends[0] + 1 :]
    mask = np.repeat(kept, rows.ends + 1 - rows.starts)
    mask[rows.ends[extra] - 1] = False
    return np.frombuffer(data, np.uint8)[mask].tobytes()


def _by_polars(data: bytes, names: list[str], delimiter: str) -> pl.DataFrame | None:
    """Rows without a header as strings, empty cells null; None where polars refuses them."""
    if not data:
        return frame_of([], names)
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


def _rejects(
    data: bytes,
    rows: Structure,
    bad: NDArray[np.bool_],
    hurt: NDArray[np.bool_],
    width: int,
    first_line: int,
) -> list[Reject]:
    """A reject for each row that is none."""
    rejects = []
    for place in np.flatnonzero(bad).tolist():
        raw = data[rows.starts[place] : rows.ends[place]].decode("utf-8", "replace")
        reason = BAD_BYTES if hurt[place] else width_problem(int(rows.cells[place]), width)
        rejects.append(Reject(int(rows.lines[place]) + first_line, reason, raw))
    return rejects
