"""What a reader gets and gives: options in, a raw table out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

DAMAGE, BAD_BYTES = "\ufffd", "bad bytes"
"""Stands for bytes that are not of the encoding, in a file whose decoding says ``damaged``; and why
a line with it is rejected."""


@dataclass(frozen=True)
class ReadOptions:
    """What the person forced; None means: find out.

    ``encoding``: a Python codec name; ``delimiter``: one character; ``sheet``: name or 1-based
    number of an Excel sheet.
    """

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


@dataclass(frozen=True)
class Blob:
    """One input, unzipped: display name, path (None for standard input), bytes, their sha256."""

    name: str
    path: Path | None
    data: bytes = field(repr=False)
    sha256: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reject:
    """A line that cannot be used. ``line``: physical line with the header as line 1 for text, data
    row (1-based) for Parquet, Excel and JSON; ``raw``: its text, as found."""

    line: int | None
    reason: str
    raw: str


@dataclass(frozen=True)
class RawTable:
    """A file as a table, nothing cleaned yet.

    Attributes
    ----------
    frame : polars DataFrame. Text formats give every column as String (empty cell = null);
        Parquet, Excel and JSON keep their own types (nested values as JSON text).
    lines : (n,) int64, the line or row number of each row of ``frame`` (see :class:`Reject`).
    read : data lines or rows in the file: ``len(frame) + len(rejects)``.
    rejects : lines that could not be made into a row (ragged, bad quote, bad bytes).
    notes : sentences for the person, e.g. "encoding: windows-1252 (not valid UTF-8)".
    counts_rows : True when ``lines`` are row numbers rather than physical lines.
    """

    name: str
    frame: pl.DataFrame
    lines: NDArray[np.int64]
    read: int
    rejects: tuple[Reject, ...] = ()
    notes: tuple[str, ...] = ()
    counts_rows: bool = False


MOST_IN_A_CELL = 1_000_000
"""Bytes of one cell. What is longer is no field of a product, but a quote that was never closed."""


def without_huge_cells(table: RawTable) -> RawTable:
    """The table without lines that hold a cell of more than :data:`MOST_IN_A_CELL` bytes."""
    import polars as pl

    texts = [name for name, kind in table.frame.schema.items() if kind == pl.String]
    if not texts or not len(table.frame):
        return table
    sizes = table.frame.select(pl.max_horizontal(pl.col(texts).str.len_bytes().fill_null(0)))
    huge = sizes.to_series() > MOST_IN_A_CELL
    if not huge.any():
        return table
    gone = table.frame.filter(huge).with_columns(pl.col(texts).str.slice(0, 200))
    rejects = tuple(
        Reject(
            int(line), f"a cell of more than {MOST_IN_A_CELL:,} bytes", " ".join(filter(None, row))
        )
        for line, row in zip(
            table.lines[huge.to_numpy()], gone.select(texts).iter_rows(), strict=True
        )
    )
    return replace(
        table,
        frame=table.frame.filter(~huge),
        lines=table.lines[~huge.to_numpy()],
        rejects=(*table.rejects, *rejects),
    )


@dataclass(frozen=True)
class CleanOptions:
    """How cells are understood; all of it enters the identity of an ingest.

    ``mapping``: field -> column, forced by ``--map``; ``dates``: dmy, mdy, ymd or None (decided
    over the column); ``decimal``: '.' or ',' or None; ``keep_case``: SKUs that differ
    in case stay apart; ``service_lines``: False keeps postage, fees and vouchers as products.
    """

    mapping: dict[str, str] = field(default_factory=dict)
    dates: str | None = None
    decimal: str | None = None
    keep_case: bool = False
    service_lines: bool = True


@dataclass(frozen=True)
class Cleaned:
    """One file, understood and cleaned, ready for the store.

    Attributes
    ----------
    kind : ``catalog``, ``transactions`` (events that also describe their products) or ``events``.
    mapping : field -> column taken (what is printed).
    items : for a catalogue, one row per SKU: ``sku`` (String, never null) and those of ``title
        description brand category tags currency image url lang attributes`` (String; attributes is
        a JSON object), ``price`` (Float64), ``in_stock`` (Boolean) for which the file has a column
        (an absent column is absent here; an empty cell is null), and ``line`` (Int64). A column
        ``source`` may be present.
    events : for transactions and events: ``user`` (String or null), ``sku`` (String), ``type``
        (String of records.EVENT_TYPES), ``quantity`` (Float64, positive), ``weight`` (Float64 or
        null), ``value`` (Float64: unit price, or the rating), ``order_id`` (String or null), ``at``
        (Datetime[us] or null), ``position`` (Int64 or null), ``title`` (String or null;
        transactions only), ``line`` (Int64). In file order. Columns of other item
        fields (category, brand...) may be present for transactions.
    read, merged, set_aside, rejected, emptied : the account (records.FileReport); ``read`` includes
        what the reader rejected. ``rejects`` holds every rejected line (of reader and cleaner).
    """

    kind: str
    mapping: dict[str, str]
    items: pl.DataFrame | None
    events: pl.DataFrame | None
    read: int
    merged: dict[str, int]
    set_aside: dict[str, int]
    rejected: dict[str, int]
    emptied: dict[str, int]
    rejects: tuple[Reject, ...]
    notes: tuple[str, ...]

    @property
    def kept(self) -> int:
        """Lines that reach the store (the account balances by construction of the cleaner)."""
        gone = (self.merged, self.set_aside, self.rejected)
        return self.read - sum(sum(reasons.values()) for reasons in gone)


def distinct(names: list[str]) -> list[str]:
    """The names, each once: ``name``, ``name_2``...; an empty one is ``column_N``."""
    taken: set[str] = set()
    out: list[str] = []
    for place, name in enumerate(names, 1):
        wanted = base = name or f"column_{place}"
        number = 1
        while wanted in taken or (number > 1 and wanted in names):
            number += 1
            wanted = f"{base}_{number}"
        taken.add(wanted)
        out.append(wanted)
    return out
