"""CSV, TSV and any other delimiter: polars where it is exact, else the csv module line by line.

polars fills short rows with nulls, refuses long ones and loses its way at a stray quote. So the
structure of the file is measured first (:mod:`_structure`); only a file whose every row has the
cells of its header, with sound quotes, goes the fast way. In the second pass good rows stay
and each bad line is a reject with its physical line number.
"""

from __future__ import annotations

import csv
import io

import numpy as np
import polars as pl
from numpy.typing import NDArray

from prodsim_cli.errors import InputError
from prodsim_cli.sources._delimiter import distinct, find_delimiter, header_cells
from prodsim_cli.sources._encoding import Decoded, decode
from prodsim_cli.sources._raw import Blob, RawTable, ReadOptions, Reject
from prodsim_cli.sources._structure import measure

EXTENSIONS = (".csv", ".tsv", ".tab", ".txt", ".psv")

_NAMES = {"\t": "tab", ";": "semicolon", "|": "vertical bar", ",": "comma"}
_HEAD = 64_000
_LONGEST_CELL = 100
"""Lines that a quoted cell may span; a quote that is not closed by then was opened by mistake."""

csv.field_size_limit(2**31 - 1)  # a description may be long; the default limit is an error

TOO_MANY, TOO_FEW = "too many fields", "too few fields"
UNCLOSED, BAD_QUOTE, BAD_BYTES = "unclosed quote", "bad quote", "bad bytes"


def read(blob: Blob, options: ReadOptions) -> RawTable:
    """The file as a table of strings, empty cells null.

    Blank lines are no data and are not counted. Line ends inside quoted cells become ``\\n``.
    Raises InputError for an empty file, UsageProblem for an unknown ``--encoding``.
    """
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
    fast = None if decoded.damaged else _fast(data, delimiter, first_line)
    frame, lines, rejects = fast or _careful(data, delimiter, first_line)
    return RawTable(
        name=blob.name,
        frame=frame,
        lines=lines,
        read=len(frame) + len(rejects),
        rejects=tuple(rejects),
        notes=(*blob.notes, decoded.note, *notes),
    )


def _tidy(decoded: Decoded) -> tuple[bytes, list[str]]:
    """One kind of line end, no zero bytes."""
    data, notes = decoded.data, []
    if b"\x00" in data:
        notes.append(f"zero bytes taken out: {data.count(0):,}")
        data = data.replace(b"\x00", b"")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data, notes


def _declared_separator(data: bytes) -> tuple[int, int, str]:
    """Start of the table, its first physical line, and the delimiter of a ``sep=;`` line above."""
    end = data.find(b"\n")
    first = data[: end if end >= 0 else len(data)].strip().strip(b'"')
    if first.lower().startswith(b"sep=") and 4 < len(first.decode("utf-8", "ignore")) <= 5:
        return end + 1, 2, first.decode("utf-8", "ignore")[4]
    if first.lower() == b"sep=":  # sep=<tab>, whose tab was stripped
        return end + 1, 2, "\t"
    return 0, 1, ""


Parsed = tuple[pl.DataFrame, NDArray[np.int64], list[Reject]]


def _fast(data: bytes, delimiter: str, first_line: int) -> Parsed | None:
    """The table by polars, or None where that would hide, refuse or alter a row."""
    if len(delimiter.encode()) != 1 or delimiter == '"':
        return None
    structure = measure(data, delimiter)
    if structure is None or not (structure.cells == structure.cells[0]).all():
        return None
    header_end = int(structure.ends[0])
    names = header_cells(data[:header_end].decode(), delimiter)
    lines = structure.lines[1:] + first_line
    if len(names) != structure.cells[0]:
        return None
    if not len(lines):
        return _frame([], names), lines, []
    try:
        frame = pl.read_csv(
            io.BytesIO(data[header_end + 1 :]),
            has_header=False,
            new_columns=names,
            separator=delimiter,
            infer_schema=False,
            raise_if_empty=False,
        )
    except pl.exceptions.PolarsError:
        return None
    if frame.shape != (len(lines), len(names)):
        return None
    if b'""' in data:  # a quoted empty cell is as empty as a bare one
        frame = frame.with_columns(pl.all().replace("", None))
    return frame, lines, []


def _careful(data: bytes, delimiter: str, first_line: int) -> Parsed:
    """The table by the csv module: every line becomes a row or a reject."""
    physical = data.decode("utf-8", "replace").split("\n")[:-1]
    header, width, problem = _record(physical, 0, delimiter, None)
    if problem:
        raise InputError(
            f"The header line cannot be read ({problem}): {physical[0][:80]}",
            hint="Mend the first line of the file, or name the character with --delimiter.",
        )
    names = distinct([cell.strip() for cell in header])
    rows: list[list[str]] = []
    lines: list[int] = []
    rejects: list[Reject] = []
    at = width
    while at < len(physical):
        cells, used, problem = _record(physical, at, delimiter, len(names))
        if len(cells) == len(names) + 1 and cells[-1] == "":
            cells = cells[:-1]  # a delimiter at the end of the line
        reason = problem or _width_problem(cells, names)
        if reason:
            raw = "\n".join(physical[at : at + used])
            rejects.append(Reject(at + first_line, reason, raw))
        elif cells:
            rows.append(cells)
            lines.append(at + first_line)
        at += used
    return _frame(rows, names), np.array(lines, np.int64), rejects


def _width_problem(cells: list[str], names: list[str]) -> str:
    if len(cells) in (0, len(names)):  # a blank line is no data
        return ""
    return TOO_MANY if len(cells) > len(names) else TOO_FEW


def _frame(rows: list[list[str]], names: list[str]) -> pl.DataFrame:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    frame = pl.DataFrame(
        {str(place): column for place, column in enumerate(columns)},
        schema={str(place): pl.String for place in range(len(names))},
    )
    frame.columns = names
    return frame.with_columns(pl.all().replace("", None))


def _record(
    physical: list[str], at: int, delimiter: str, width: int | None
) -> tuple[list[str], int, str]:
    """The record that begins at a line: its cells, how many lines it takes, why it is rejected.

    No cells: a blank line. ``width``: cells of a good record (a quoted cell that swallows other
    lines and still gives another number was opened by mistake), None for the header.
    """
    line = physical[at]
    if not line.strip(" "):
        return [], 1, ""
    if "\ufffd" in line:
        return [], 1, BAD_BYTES
    if '"' not in line:
        return line.split(delimiter), 1, ""
    for used in range(1, min(_LONGEST_CELL, len(physical) - at) + 1):
        block = _with_line_ends(physical[at : at + used])
        try:
            cells = next(csv.reader(block, delimiter=delimiter, strict=True))
        except csv.Error as problem:
            if "unexpected end" in str(problem):
                continue
            return [], 1, BAD_QUOTE if used == 1 else UNCLOSED
        if used > 1 and width not in (None, len(cells)):
            return [], 1, UNCLOSED
        return cells, used, ""
    return [], 1, UNCLOSED


def _with_line_ends(block: list[str]) -> list[str]:
    """Physical lines as the csv module wants them: with their ends, but for the last."""
    return [line + "\n" for line in block[:-1]] + block[-1:]
