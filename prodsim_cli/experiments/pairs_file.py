"""A file of known pairs: which of our products are the same, or how alike they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from prodsim_cli import sources
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.errors import AmbiguousSku, InputError, UsageProblem

if TYPE_CHECKING:
    import polars as pl

_FIRST = ("sku_a", "sku_b")
_TRUTH = ("similarity", "label", "match", "score")


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
    """Pairs by position, each once, both products in the catalogue.

    ``a``, ``b`` (p,) int32; ``truth`` (p,) float64 or None; ``left_out``: pairs by reason;
    ``strangers``: SKUs that the catalogue does not hold, in the order of the file.
    """

    a: NDArray[np.int32]
    b: NDArray[np.int32]
    truth: NDArray[np.float64] | None
    left_out: dict[str, int] = field(default_factory=dict)
    strangers: tuple[str, ...] = ()


def read_pairs(path: str | Path, stdin: BinaryIO | None = None) -> Pairs:
    """Two or three columns of a file in any format and with any delimiter that ``ingest`` reads.

    Columns ``sku_a``, ``sku_b`` and ``similarity`` (or ``label``, ``match``, ``score``) by name,
    else the first two and, if there is one, the third. ``-`` reads ``stdin``.
    """
    found = sources.inputs([str(path)], stdin=stdin)
    if len(found) != 1:
        raise InputError(f"{path} is a folder.", hint="Name the one file with the pairs.")
    raw = sources.read(sources.load(found[0]), sources.ReadOptions())
    if raw.rejects:
        worst = raw.rejects[0]
        raise InputError(
            f"{path}, line {worst.line}: {worst.reason}.", hint="Repair the line, or take it out."
        )
    return pairs_of(raw.frame, str(path))


def pairs_of(frame: pl.DataFrame, name: str) -> Pairs:
    """The columns of a table as :class:`Pairs`; ``name`` is what an error calls the file."""
    headers = {column.strip().lower(): column for column in frame.columns}
    by_name = all(column in headers for column in _FIRST)
    if frame.width < 2:
        raise InputError(
            f"{name} has one column; pairs need two SKUs a line.",
            hint="Write sku_a, sku_b and, if pairs differ, similarity or a 0/1 label.",
        )
    first, second = (headers[c] for c in _FIRST) if by_name else frame.columns[:2]
    third = next((headers[c] for c in _TRUTH if c in headers), None)
    if third is None and not by_name and frame.width > 2:
        third = frame.columns[2]
    return Pairs(
        a=_texts(frame[first]),
        b=_texts(frame[second]),
        truth=None if third is None else _numbers(frame[third], name),
        header=() if by_name else tuple(frame.columns[:3]),
    )


def _texts(column: pl.Series) -> tuple[str, ...]:
    import polars as pl

    if column.dtype.is_float() and (column.drop_nulls() % 1 == 0).all():
        column = column.cast(pl.Int64)
    return tuple(column.cast(pl.String).str.strip_chars().fill_null("").to_list())


def _numbers(column: pl.Series, name: str) -> NDArray[np.float64]:
    import polars as pl

    values = column.cast(pl.Float64, strict=False)
    bad = column.filter(~values.is_finite().fill_null(False))
    if len(bad):
        raise InputError(
            f"{name}: {bad[0]!r} in column {column.name!r} is no number.",
            hint="The third column holds a similarity, or 1 for a match and 0 for none.",
        )
    return values.to_numpy().astype(np.float64)


def resolve(pairs: Pairs, data: Dataset, homes: Sequence[str] | None) -> Known:
    """SKUs to positions. ``homes``: the sources whose SKUs the two columns hold.

    Raises :class:`InputError` where no pair is left, :class:`UsageProblem` for an unknown source.
    """
    sides = _sides(data, homes)
    names: tuple[tuple[str, ...], ...] = (pairs.a, pairs.b)
    truth = pairs.truth
    if len(pairs.header) >= 2 and all(
        side.find(name) >= 0 for side, name in zip(sides, pairs.header[:2], strict=True)
    ):
        names = tuple((head, *rest) for head, rest in zip(pairs.header[:2], names, strict=True))
        if truth is not None:
            truth = np.concatenate(([float(pairs.header[2])], truth))
    a, b = (
        np.fromiter((side.find(name) for name in column), np.int32, len(column))
        for side, column in zip(sides, names, strict=True)
    )
    strangers = [
        name
        for column, found in zip(names, (a, b), strict=True)
        for name in dict.fromkeys(np.array(column, object)[found < 0].tolist())
    ]
    known = (a >= 0) & (b >= 0)
    if not known.any():
        raise InputError(
            f"None of the {len(a):,} pairs joins two products of the catalogue"
            f" ({named(strangers)} unknown).",
            hint="Say whose SKUs the columns hold with --sources A,B"
            + (f" (there are: {', '.join(_sources(data))})." if _sources(data) else "."),
        )
    return _once(a, b, truth, known, len(data), tuple(dict.fromkeys(strangers)))


def _once(
    a: NDArray[np.int32],
    b: NDArray[np.int32],
    truth: NDArray[np.float64] | None,
    known: NDArray[np.bool_],
    items: int,
    strangers: tuple[str, ...],
) -> Known:
    """Drop pairs with strangers, pairs of a product with itself, and pairs named before."""
    left_out = {"unknown products": int((~known).sum()), "the same product twice": 0}
    left_out["the same product twice"] = int((known & (a == b)).sum())
    rest = np.flatnonzero(known & (a != b))
    _, first = np.unique(a[rest].astype(np.int64) * items + b[rest], return_index=True)
    left_out["named before"] = len(rest) - len(first)
    rest = rest[np.sort(first)]
    return Known(
        a=a[rest],
        b=b[rest],
        truth=None if truth is None else truth[rest],
        left_out={reason: count for reason, count in left_out.items() if count},
        strangers=strangers,
    )


@dataclass(frozen=True)
class _Side:
    """How one column's SKUs are found: by ``source:sku``, else by bare SKU, else in any case."""

    data: Dataset
    source: str | None
    bare: dict[str, list[int]]
    folded: dict[str, list[int]]

    def find(self, sku: str) -> int:
        """Position, or -1 for a stranger; :class:`AmbiguousSku` if several sources hold it."""
        if self.source is None and sku in self.data.items:
            return self.data.items.position(sku)
        if self.source and f"{self.source}:{sku}" in self.data.items:
            return self.data.items.position(f"{self.source}:{sku}")
        for names, key in ((self.bare, sku), (self.folded, sku.casefold())):
            found = names.get(key, [])
            if len(found) > 1:
                every = ", ".join(map(str, self.data.items.at(found)))
                raise AmbiguousSku(
                    f"{sku} stands in several sources: {every}.",
                    hint="Say whose SKUs the columns hold with --sources A,B.",
                )
            if found:
                return found[0]
        return -1


def _sides(data: Dataset, homes: Sequence[str] | None) -> tuple[_Side, _Side]:
    known = _sources(data)
    if homes is not None and len(homes) != 2:
        raise UsageProblem(
            "--sources names two sources, one for each column.", hint="Write `--sources abt,buy`."
        )
    for source in homes or ():
        if source not in known:
            raise UsageProblem(
                f"There is no source {source!r}.",
                hint=f"There are: {', '.join(known)}."
                if known
                else "No file was given a --source.",
            )
    one, other = homes or (None, None)
    return _side(data, one), _side(data, other)


def _side(data: Dataset, source: str | None) -> _Side:
    bare: dict[str, list[int]] = {}
    folded: dict[str, list[int]] = {}
    for position, (key, home) in enumerate(
        zip(data.items.ids, data.columns["source"], strict=True)
    ):
        if source is not None and home != source:
            continue
        sku = str(key)[len(home) + 1 :] if home else str(key)
        bare.setdefault(sku, []).append(position)
        for name in {sku.casefold(), str(key).casefold()}:
            folded.setdefault(name, []).append(position)
    return _Side(data, source, bare, folded)


def _sources(data: Dataset) -> list[str]:
    return sorted({source for source in data.columns["source"] if source})


def named(names: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown
