"""Known pairs: which products are the same, or how alike they are; from a file to positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.errors import InputError
from prodsim_cli.evaluation.answer_table import (
    SkuFinder,
    Table,
    finders,
    named,
    number,
    read_table,
    sources_of,
)

_FIRST = ("sku_a", "sku_b")
_LABELS = ("label", "match")
_TRUTH = ("similarity", "label", "match", "score")

UNIT = (0.0, 1.0)
"""The scale of a similarity, unless its column is on another one."""


@dataclass(frozen=True)
class Pairs:
    """Pairs by name. ``truth`` (p,) float64, or None where every pair is a match.

    ``header``: the first line where it names no known column and so may be a pair itself.
    """

    a: tuple[str, ...]
    b: tuple[str, ...]
    truth: NDArray[np.float64] | None = None
    header: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """Pairs of the catalogue by position, each once, in order of position.

    ``scale``: the ends of the scale of the whole file's truth; ``left_out``: pairs by reason;
    ``strangers``: SKUs that the catalogue does not hold, in the order of the file.
    """

    a: NDArray[np.int32]
    b: NDArray[np.int32]
    truth: NDArray[np.float64] | None
    scale: tuple[float, float] = UNIT
    left_out: dict[str, int] = field(default_factory=dict)
    strangers: tuple[str, ...] = ()


def read_pairs(path: str | Path, stdin: BinaryIO | None = None) -> Pairs:
    """Two or three columns of a file in any format and with any delimiter that ``ingest`` reads.

    ``-`` reads ``stdin``. Raises :class:`InputError` that names the line that can't be understood.
    """
    return pairs_of(read_table(path, stdin))


def pairs_of(table: Table) -> Pairs:
    """Columns ``sku_a``, ``sku_b`` and ``similarity`` (or ``label``, ``match``, ``score``) by name,
    else the first two and, if there is one, the third."""
    first, second = (table.header([name]) for name in _FIRST)
    by_name = first is not None and second is not None
    headers = list(table.columns)
    if len(headers) < 2:
        raise InputError(
            f"{table.name} has one column; pairs need two SKUs a line.",
            hint="Write sku_a, sku_b and, if pairs differ, similarity or a 0/1 label.",
        )
    if by_name and not len(table):
        raise InputError(
            f"{table.name} holds no pair, only a header.",
            hint="Write one pair a line below it: two SKUs and, if pairs differ, how alike they"
            " are.",
        )
    third = table.header(_TRUTH)
    if first is None or second is None:
        first, second = headers[:2]
        third = third or next(iter(headers[2:]), None)
    return Pairs(
        a=tuple(table.filled(first, "a SKU")),
        b=tuple(table.filled(second, "a SKU")),
        truth=None if third is None else _truth(table, third),
        header=() if by_name else (first, second, *([third] if third else [])),
    )


def _truth(table: Table, header: str) -> NDArray[np.float64]:
    """The third column as numbers: 0 and 1 of a label, or a similarity on one scale."""
    cells = table.columns[header]
    values = np.array([np.nan if (v := number(cell)) is None else v for cell in cells], float)
    label = header.strip().lower() in _LABELS
    for bad, what, hint in (
        (
            ~np.isin(values, UNIT) & label,
            "no label",
            "Write 1 for a match and 0 for none (true and false will do, too); for degrees, call"
            " the column similarity.",
        ),
        (
            np.isnan(values),
            "no number",
            "Write a similarity, as 0.8 with a point, or 1 for a match and 0 for none.",
        ),
        (
            _strays(values),
            "no fraction of 1, as most others are",
            "Repair the line, or put the whole column on one scale, as 0 to 1.",
        ),
    ):
        if bad.any():
            row, more = int(np.argmax(bad)), int(bad.sum()) - 1
            cell = repr(cells[row]) if cells[row] else "an empty cell"
            also = f" ({more:,} more below)" if more else ""
            said = f"{table.place(row)}: {cell} in column {header!r} is {what}{also}."
            raise InputError(said, hint=hint)
    return values


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


def resolve(pairs: Pairs, data: Dataset, homes: Sequence[str] | None) -> Known:
    """SKUs to positions. ``homes``: the sources whose SKUs the two columns hold.

    Raises :class:`InputError` where no pair is left, :class:`UsageProblem` for an unknown source.
    """
    sides = finders(data, homes)
    names, truth = _with_first_line(pairs, sides)
    if not names[0]:
        raise InputError(
            f"There is no pair, only a first line ({', '.join(pairs.header)}).",
            hint="Write one pair a line: two SKUs and, if pairs differ, how alike they are.",
        )
    a, b = (
        np.fromiter((side.find(name) for name in column), np.int32, len(column))
        for side, column in zip(sides, names, strict=True)
    )
    strangers = tuple(
        dict.fromkeys(
            name
            for column, found in zip(names, (a, b), strict=True)
            for name in np.array(column, object)[found < 0].tolist()
        )
    )
    known = (a >= 0) & (b >= 0)
    if not known.any():
        raise InputError(
            f"None of the {len(a):,} pairs joins two products of the catalogue"
            f" ({named(strangers)} unknown).",
            hint="Say whose SKUs the columns hold with --sources A,B"
            + (f" (there are: {', '.join(sources_of(data))})." if sources_of(data) else "."),
        )
    left_out = {"unknown products": int((~known).sum())}
    left_out["the same product twice"] = int((known & (a == b)).sum())
    kept, repeated = _once(a, b, truth, np.flatnonzero(known & (a != b)), len(data))
    left_out |= repeated
    if not len(kept):
        said = ", ".join(f"{reason}: {n:,}" for reason, n in left_out.items() if n)
        raise InputError(
            f"None of the {len(a):,} pairs can be used ({said}).",
            hint="A pair is two different products, with one similarity or label.",
        )
    return Known(
        a=a[kept],
        b=b[kept],
        truth=None if truth is None else truth[kept],
        scale=scale_of(truth),
        left_out={reason: count for reason, count in left_out.items() if count},
        strangers=strangers,
    )


def _with_first_line(
    pairs: Pairs, sides: tuple[SkuFinder, SkuFinder]
) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], NDArray[np.float64] | None]:
    """The two columns and the truth, with the first line of the file where that is a pair."""
    names, truth, header = (pairs.a, pairs.b), pairs.truth, pairs.header
    if len(header) < 2 or any(
        side.find(name) < 0 for side, name in zip(sides, header[:2], strict=True)
    ):
        return names, truth
    if truth is not None:
        stated = number(header[2])
        if stated is None:
            return names, truth
        truth = np.concatenate(([stated], truth))
    return ((header[0], *pairs.a), (header[1], *pairs.b)), truth


def _once(
    a: NDArray[np.int32],
    b: NDArray[np.int32],
    truth: NDArray[np.float64] | None,
    rest: NDArray[np.intp],
    items: int,
) -> tuple[NDArray[np.intp], dict[str, int]]:
    """Which of the pairs at ``rest`` stay, in order of position, and the others by reason.

    Of a pair and its reverse the one stays whose first product has the smaller position. A pair
    that is stated with two different values goes: the order of the file must not decide.
    """
    low, high = np.minimum(a, b)[rest].astype(np.int64), np.maximum(a, b)[rest]
    key = low * items + high
    order = np.lexsort((a[rest], key))
    starts = np.flatnonzero(np.diff(key[order], prepend=-1) != 0)
    times = np.diff(np.append(starts, len(rest)))
    agree = np.ones(len(starts), bool)
    if truth is not None and len(starts):
        stated = truth[rest][order]
        agree = np.minimum.reduceat(stated, starts) == np.maximum.reduceat(stated, starts)
    kept = rest[order[starts[agree]]]
    return kept[np.lexsort((b[kept], a[kept]))], {
        "named before": int((times[agree] - 1).sum()),
        "named with different values": int(times[~agree].sum()),
    }
