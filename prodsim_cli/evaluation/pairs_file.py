"""A file of known pairs: which of our products are the same, or how alike they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.errors import InputError
from prodsim_cli.ingest import readers as sources

if TYPE_CHECKING:
    import polars as pl

_FIRST = ("sku_a", "sku_b")
_LABELS = ("label", "match")
_TRUTH = ("similarity", "label", "match", "score")

UNIT = (0.0, 1.0)
"""The scale of a similarity, unless its column is on another one."""


Place = Callable[[int], str]
"""What an error calls a row of the table, counted from 0."""


@dataclass(frozen=True)
class Pairs:
    """Pairs by name. ``truth`` (p,) float64, or None where every pair is a match.

    ``header``: the first line where it names no known column and so may be a pair itself.
    """

    a: tuple[str, ...]
    b: tuple[str, ...]
    truth: NDArray[np.float64] | None = None
    header: tuple[str, ...] = ()


def read_pairs(path: str | Path, stdin: BinaryIO | None = None) -> Pairs:
    """Two or three columns of a file in any format and with any delimiter that ``ingest`` reads.

    Columns ``sku_a``, ``sku_b`` and ``similarity`` (or ``label``, ``match``, ``score``) by name,
    else the first two and, if there is one, the third. ``-`` reads ``stdin``.

    Raises :class:`InputError` that names the line where a line can't be understood.
    """
    found = sources.inputs([str(path)], stdin=stdin)
    if len(found) != 1:
        raise InputError(f"{path} is a folder.", hint="Name the one file with the pairs.")
    raw = sources.read(sources.load(found[0]), sources.ReadOptions())
    word = "row" if raw.counts_rows else "line"
    if raw.rejects:
        worst = raw.rejects[0]
        raise InputError(
            f"{path}, {word} {worst.line}: {worst.reason}.",
            hint="Repair the line, or take it out.",
        )
    return pairs_of(raw.frame, str(path), lambda row: f"{path}, {word} {raw.lines[row]}")


def pairs_of(frame: pl.DataFrame, name: str, place: Place | None = None) -> Pairs:
    """The columns of a table as :class:`Pairs`.

    ``name`` is what an error calls the file, ``place(row)`` what it calls a row (from 0 on).
    """
    headers = {column.strip().lower(): column for column in frame.columns}
    by_name = all(column in headers for column in _FIRST)
    if frame.width < 2:
        raise InputError(
            f"{name} has one column; pairs need two SKUs a line.",
            hint="Write sku_a, sku_b and, if pairs differ, similarity or a 0/1 label.",
        )
    if by_name and frame.is_empty():
        raise InputError(
            f"{name} holds no pair, only a header.",
            hint="Write one pair a line below it: two SKUs and, if pairs differ, how alike they"
            " are.",
        )
    first, second = (headers[c] for c in _FIRST) if by_name else frame.columns[:2]
    third = next((headers[c] for c in _TRUTH if c in headers), None)
    if third is None and not by_name and frame.width > 2:
        third = frame.columns[2]
    place = place or (lambda row: f"{name}, row {row + 1}")
    return Pairs(
        a=_texts(frame[first], place),
        b=_texts(frame[second], place),
        truth=None if third is None else _truth(frame[third], place),
        header=() if by_name else (first, second, *([third] if third else [])),
    )


def _texts(column: pl.Series, place: Place) -> tuple[str, ...]:
    import polars as pl

    if column.dtype.is_float() and (column.drop_nulls() % 1 == 0).all():
        column = column.cast(pl.Int64)
    texts = column.cast(pl.String).str.strip_chars().fill_null("").to_list()
    if "" in texts:
        raise InputError(
            f"{place(texts.index(''))}: no SKU in column {column.name!r}.",
            hint="Write both SKUs, or take the line out.",
        )
    return tuple(texts)


def number(cell: str) -> float | None:
    """A finite number, or true and false as 1 and 0; None for anything else."""
    words = {"true": 1.0, "false": 0.0}
    try:
        value = words.get(cell.strip().lower())
        value = float(cell) if value is None else value
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _truth(column: pl.Series, place: Place) -> NDArray[np.float64]:
    """The third column as numbers: 0 and 1 of a label, or a similarity on one scale."""
    import polars as pl

    cells = column.cast(pl.String).fill_null("").to_list()
    values = np.array([np.nan if (v := number(cell)) is None else v for cell in cells], float)
    if column.name.strip().lower() in _LABELS:
        _refuse(
            ~np.isin(values, UNIT),
            "no label",
            "Write 1 for a match and 0 for none (true and false will do, too); for degrees, call"
            " the column similarity.",
            column,
            place,
        )
    _refuse(
        np.isnan(values),
        "no number",
        "Write a similarity, as 0.8 with a point, or 1 for a match and 0 for none.",
        column,
        place,
    )
    _refuse(
        _strays(values),
        "no fraction of 1, as most others are",
        "Repair the line, or put the whole column on one scale, as 0 to 1.",
        column,
        place,
    )
    return values


def _refuse(bad: NDArray[np.bool_], what: str, hint: str, column: pl.Series, place: Place) -> None:
    """Name the first bad cell by its line, and how many others there are."""
    if not bad.any():
        return
    row, more = int(np.argmax(bad)), int(bad.sum()) - 1
    cell = "an empty cell" if column[row] is None else repr(column[row])
    also = f" ({more:,} more below)" if more else ""
    raise InputError(f"{place(row)}: {cell} in column {column.name!r} is {what}{also}.", hint=hint)


def _strays(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(p,) bool: values outside of -1..1 in a column whose most values are fractions of 1.

    Whole numbers (grades of 0 to 3, stars) are no fractions, so they may be on any scale.
    """
    fractions = (values > 0) & (values < 1)
    return (np.abs(values) > 1) & (fractions.sum() * 2 > len(values))


def scale_of(truth: NDArray[np.float64] | None) -> tuple[float, float]:
    """The ends of the scale: 0 and 1, or those of the column where it goes beyond them."""
    if truth is None or not len(truth) or (truth.min() >= 0 and truth.max() <= 1):
        return UNIT
    return float(truth.min()), float(truth.max())
