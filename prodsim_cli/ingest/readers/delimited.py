"""CSV, TSV and any other delimiter: polars where it is exact, else the csv module line by line.

polars fills short rows with nulls, refuses long ones and loses its way at a stray quote. So the
structure of the file is measured first (:mod:`_table`). Where its quotes are sound, polars gets
the rows that have the cells of the header and the others are rejects; where they are not, a second
pass (:mod:`_lines`) walks over the lines with quotes. Both give the same.
"""

from __future__ import annotations

import re

from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.ingest.readers._encoding import Decoded, decode
from prodsim_cli.ingest.readers._raw import Blob, RawTable, ReadOptions
from prodsim_cli.ingest.readers._table import parse

EXTENSIONS = (".csv", ".tsv", ".tab", ".txt", ".psv")

CANDIDATES = (",", ";", "\t", "|", "^", "~", ":")
ONE_COLUMN = "\x1f"
"""The delimiter of a file that has none: a character that no text holds."""

_LINES = 60
_MOST = 0.8
_QUOTED = re.compile(r'"(?:[^"]|"")*"')

_NAMES = {
    "\t": "tab",
    ";": "semicolon",
    "|": "vertical bar",
    ",": "comma",
    ONE_COLUMN: "none, one column",
}
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
    frame, lines, rejects = parse(data, delimiter, first_line, decoded.damaged)
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


def find_delimiter(text: str) -> str:
    """The delimiter of the beginning of a text; ``ONE_COLUMN`` for a file of one column.

    Quoted cells are blanked out first. The header must hold the delimiter; the candidate that
    gives most lines as many cells as the header wins, then the one that gives more cells.
    """
    lines = [line for line in _QUOTED.sub('""', text).split("\n") if line.strip()][:_LINES]
    if not lines:
        return ","
    best, best_score = "", (0.0, 0)
    for candidate in CANDIDATES:
        in_header = lines[0].count(candidate)
        if not in_header:
            continue
        alike = sum(line.count(candidate) == in_header for line in lines) / len(lines)
        # A colon cuts times and URLs, too: only where nothing else cuts at all.
        score = (round(alike, 2) if candidate != ":" else alike / 100, in_header)
        if score > best_score:
            best, best_score = candidate, score
    return best or _of_the_body(lines[1:])


def _of_the_body(lines: list[str]) -> str:
    """What cuts nearly all lines below a header of one name alike: then the header is too short,
    and its lines are to be rejected rather than taken for the cells of one column."""
    for candidate in CANDIDATES[:-1]:
        counts = [line.count(candidate) for line in lines]
        usual = max(counts, key=counts.count, default=0)
        if usual and counts.count(usual) >= _MOST * len(lines):
            return candidate
    return ONE_COLUMN
