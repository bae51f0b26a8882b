"""Lines that take a parser: the csv module walks over them, so that every one is a row or a reject
with its physical line number."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.errors import InputError
from prodsim_cli.ingest.readers._raw import BAD_BYTES, DAMAGE, Reject, distinct

csv.field_size_limit(2**31 - 1)  # a description may be long; the default limit is an error

TOO_MANY, TOO_FEW = "too many fields", "too few fields"
UNCLOSED, BAD_QUOTE = "unclosed quote", "bad quote"


class Lines:
    """The physical lines of UTF-8 text that ends in a line end, decoded when asked for (a list of
    ten million strings would not fit)."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        newlines = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
        self.starts: NDArray[np.int64] = np.concatenate([[0], newlines[:-1] + 1])
        self.ends: NDArray[np.int64] = newlines

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, place: int) -> str:
        return self.block(place, 1)

    def block(self, place: int, height: int) -> str:
        """``height`` lines as one text, without the last line end."""
        return self.data[self.starts[place] : self.ends[place + height - 1]].decode()


@dataclass
class Walked:
    """What a walk found: cells of the rows and their places (0-based lines), rejects with places
    for lines, and ``taken`` (n,), True for the lines that are dealt with."""

    taken: NDArray[np.bool_]
    rows: list[list[str]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


def header(lines: Lines, delimiter: str, damaged: bool) -> tuple[list[str], int]:
    """Names of the columns and the lines that they take. Raises InputError for a broken header."""
    cells, height, problem = _record(lines, 0, delimiter)
    if damaged and DAMAGE in lines[0]:
        problem = BAD_BYTES
    if problem:
        raise InputError(
            f"The header line cannot be read ({problem}): {lines[0][:80]}",
            hint="Mend the first line of the file, or name the encoding or the delimiter:"
            " --encoding windows-1252, --delimiter ';'.",
        )
    return distinct([cell.strip() for cell in cells]), height


def walk(
    lines: Lines, places: Iterable[int], delimiter: str, width: int, first: int, damaged: bool
) -> Walked:
    """Parse the records that begin at ``places`` (ascending); those inside of an earlier record, or
    before ``first``, the first line below the header, are passed over."""
    found = Walked(np.zeros(len(lines), bool))
    found.taken[:first] = True
    at = first
    for place in places:
        if place < at:
            continue
        cells, height, problem = _judged(lines, place, delimiter, width)
        raw = lines.block(place, height)
        if damaged and DAMAGE in raw:
            problem = BAD_BYTES
        if problem:
            found.rejects.append(Reject(place, problem, raw))
        elif cells:
            found.rows.append(cells)
            found.places.append(place)
        at = place + height
        found.taken[place:at] = True
    return found


def width_problem(found: int, wanted: int) -> str:
    """Why a row of so many cells is rejected, '' if it is not."""
    if found == wanted:
        return ""
    return TOO_MANY if found > wanted else TOO_FEW


def _judged(lines: Lines, at: int, delimiter: str, width: int) -> tuple[list[str], int, str]:
    """The record at a line with ``width`` cells, or why it has not. No cells: a blank line.

    A quoted cell that spans lines and still gives another number of cells is one wrong row, unless
    a line between its first and its last is a whole row by itself: then the quote was opened by
    mistake, only its line is rejected, and the next one is read afresh.
    """
    cells, height, problem = _record(lines, at, delimiter)
    if not cells and not problem:
        return [], height, ""
    if problem or len(cells) != width or _quoted_after_space(cells):
        spaced, taller, failed = _record(lines, at, delimiter, skip_space=True)
        if not failed and len(spaced) == width:
            return spaced, taller, ""
    if problem and '\\"' in lines[at]:
        escaped, taller, failed = _record(lines, at, delimiter, escaped=True)
        if not failed and len(escaped) == width:
            return escaped, taller, ""
    if problem:
        return [], 1, problem
    if len(cells) == width + 1 and lines[at + height - 1].endswith(delimiter):
        cells = cells[:-1]
    problem = width_problem(len(cells), width)
    inside = range(at + 1, at + height - 1) if problem else ()
    if any(lines[place].count(delimiter) == width - 1 for place in inside):
        return [], 1, UNCLOSED
    return cells, height, problem


def _quoted_after_space(cells: list[str]) -> bool:
    """``1, "Tea"``: the quotes are meant as such, though a space stands before them."""
    return any(
        cell.startswith(" ") and cell.lstrip().startswith('"') and cell.rstrip().endswith('"')
        for cell in cells
    )


def _record(
    lines: Lines, at: int, delimiter: str, skip_space: bool = False, escaped: bool = False
) -> tuple[list[str], int, str]:
    """The cells of the record at a line, how many lines it takes, and what is wrong with it.

    ``escaped``: a quote within a cell is written ``\\"``, as MySQL does.
    """
    line = lines[at]
    if not line.strip(" "):
        return [], 1, ""
    if '"' not in line:
        return line.split(delimiter), 1, ""
    following = (lines[place] + "\n" for place in range(at, len(lines)))
    reader = csv.reader(
        following,
        delimiter=delimiter,
        strict=True,
        skipinitialspace=skip_space,
        doublequote=not escaped,
        escapechar="\\" if escaped else None,
    )
    try:
        cells = next(reader)
    except csv.Error as problem:
        within = reader.line_num == 1 and "unexpected end" not in str(problem)
        return [], 1, BAD_QUOTE if within else UNCLOSED
    return cells, reader.line_num, ""
