"""The second pass over a text table: the csv module, line by line, so that every line is a row or
a reject with its physical line number."""

from __future__ import annotations

import csv

import numpy as np
import polars as pl
from numpy.typing import NDArray

from prodsim_cli.errors import InputError
from prodsim_cli.sources._delimiter import distinct
from prodsim_cli.sources._raw import Reject

csv.field_size_limit(2**31 - 1)  # a description may be long; the default limit is an error

TOO_MANY, TOO_FEW = "too many fields", "too few fields"
UNCLOSED, BAD_QUOTE, BAD_BYTES = "unclosed quote", "bad quote", "bad bytes"
DAMAGE = "\ufffd"
"""Stands for bytes that are not of the encoding, in a file whose decoding says ``damaged``."""

Parsed = tuple[pl.DataFrame, NDArray[np.int64], list[Reject]]


def parse(data: bytes, delimiter: str, first_line: int, damaged: bool) -> Parsed:
    """The table of UTF-8 text that ends in a line end, its line numbers and its rejects.

    A quoted cell may span any number of lines. Raises InputError where the header is unreadable.
    """
    physical = data.decode("utf-8", "replace").split("\n")[:-1]
    header, width, problem = _record(physical, 0, delimiter)
    problem = problem or (BAD_BYTES if damaged and DAMAGE in physical[0] else "")
    if problem:
        raise InputError(
            f"The header line cannot be read ({problem}): {physical[0][:80]}",
            hint="Mend the first line of the file, or name the encoding or the delimiter:"
            " --encoding windows-1252, --delimiter ';'.",
        )
    names = distinct([cell.strip() for cell in header])
    rows: list[list[str]] = []
    lines: list[int] = []
    rejects: list[Reject] = []
    at = width
    while at < len(physical):
        cells, used, problem = _judged(physical, at, delimiter, len(names))
        block = physical[at : at + used]
        if damaged and any(DAMAGE in line for line in block):
            problem = BAD_BYTES
        if problem:
            rejects.append(Reject(at + first_line, problem, "\n".join(block)))
        elif cells:
            rows.append(cells)
            lines.append(at + first_line)
        at += used
    return frame_of(rows, names), np.array(lines, np.int64), rejects


def width_problem(found: int, wanted: int) -> str:
    """Why a row of so many cells is rejected, '' if it is not."""
    if found == wanted:
        return ""
    return TOO_MANY if found > wanted else TOO_FEW


def frame_of(rows: list[list[str]], names: list[str]) -> pl.DataFrame:
    """Rows of strings as a frame, empty cells null."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    frame = pl.DataFrame(
        {str(place): column for place, column in enumerate(columns)},
        schema={str(place): pl.String for place in range(len(names))},
    )
    frame.columns = names
    return frame.with_columns(pl.all().replace("", None))


def _judged(physical: list[str], at: int, delimiter: str, width: int) -> tuple[list[str], int, str]:
    """The record at a line with ``width`` cells, or why it has not. No cells: a blank line.

    A quoted cell that spans lines and still gives another number of cells is one wrong row, unless
    a line between its first and its last is a whole row by itself: then the quote was opened by
    mistake, only its line is rejected, and the next one is read afresh.
    """
    cells, used, problem = _record(physical, at, delimiter)
    if not cells and not problem:
        return [], used, ""
    if problem or len(cells) != width or _quoted_after_space(cells):
        spaced, lines, failed = _record(physical, at, delimiter, skip_space=True)
        if not failed and len(spaced) == width:
            return spaced, lines, ""
    if problem:
        return [], 1, problem
    if len(cells) == width + 1 and physical[at + used - 1].endswith(delimiter):
        cells = cells[:-1]
    problem = width_problem(len(cells), width)
    swallowed = physical[at + 1 : at + used - 1]
    if problem and any(line.count(delimiter) == width - 1 for line in swallowed):
        return [], 1, UNCLOSED
    return cells, used, problem


def _quoted_after_space(cells: list[str]) -> bool:
    """``1, "Tea"``: the quotes are meant as such, though a space stands before them."""
    return any(
        cell.startswith(" ") and cell.lstrip().startswith('"') and cell.rstrip().endswith('"')
        for cell in cells
    )


def _record(
    physical: list[str], at: int, delimiter: str, skip_space: bool = False
) -> tuple[list[str], int, str]:
    """The cells of the record at a line, how many lines it takes, and what is wrong with it."""
    line = physical[at]
    if not line.strip(" "):
        return [], 1, ""
    if '"' not in line:
        return line.split(delimiter), 1, ""
    following = (physical[place] + "\n" for place in range(at, len(physical)))
    reader = csv.reader(following, delimiter=delimiter, strict=True, skipinitialspace=skip_space)
    try:
        cells = next(reader)
    except csv.Error as problem:
        within = reader.line_num == 1 and "unexpected end" not in str(problem)
        return [], 1, BAD_QUOTE if within else UNCLOSED
    return cells, reader.line_num, ""
