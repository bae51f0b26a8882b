"""The line account: each line of a file is kept, merged, set aside or rejected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from prodsim_cli.ingest.cleaning.cells import as_text
from prodsim_cli.ingest.cleaning.recognition import Recognition
from prodsim_cli.ingest.readers._raw import Cleaned, RawTable, Reject

ROW, LINE = "__row", "__line"
_RAW_CHARACTERS = 2_000


def body(raw: RawTable) -> pl.DataFrame:
    """The raw columns with ``__row`` (0-based) and ``__line`` (as the reader counts)."""
    return raw.frame.with_columns(
        pl.int_range(len(raw.frame), dtype=pl.UInt32).alias(ROW),
        pl.Series(LINE, raw.lines, dtype=pl.Int64),
    )


@dataclass
class Account:
    """Where the lines of one file went; ``rejects`` begins with those of the reader."""

    raw: RawTable
    merged: dict[str, int] = field(default_factory=dict)
    set_aside: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    emptied: dict[str, int] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)

    def __post_init__(self) -> None:
        for reject in self.raw.rejects:
            self.rejects.append(reject)
            self.rejected[reject.reason] = self.rejected.get(reject.reason, 0) + 1

    def first_of_equal(self, frame: pl.DataFrame) -> pl.Series:
        """The row numbers that stay, in order, when lines equal in every field are taken once."""
        columns = [column for column in frame.columns if not column.startswith("__")]
        if not columns or frame.is_empty():
            return frame[ROW]
        kept = frame.unique(subset=columns, keep="first", maintain_order=True)[ROW].sort()
        self.merge("equal line", len(frame) - len(kept))
        return kept

    def cleaned(
        self,
        found: Recognition,
        notes: Sequence[str],
        *,
        items: pl.DataFrame | None = None,
        events: pl.DataFrame | None = None,
    ) -> Cleaned:
        """The rows that are kept, with what happened to the others."""
        return Cleaned(
            found.kind, found.mapping, items, events, self.raw.read, self.merged, self.set_aside,
            self.rejected, self.emptied, tuple(self.rejects), tuple(notes),
        )  # fmt: skip

    def merge(self, reason: str, count: int) -> None:
        if count:
            self.merged[reason] = self.merged.get(reason, 0) + count

    def put_aside(self, reason: str, count: int) -> None:
        if count:
            self.set_aside[reason] = self.set_aside.get(reason, 0) + count

    def empty(self, column: str, count: int) -> None:
        if count:
            self.emptied[column] = self.emptied.get(column, 0) + count

    def reject(self, reason: str, rows: pl.Series) -> None:
        """Reject the rows at these 0-based positions, with their text put together again."""
        if rows.is_empty():
            return
        self.rejected[reason] = self.rejected.get(reason, 0) + len(rows)
        lines = pl.Series(self.raw.lines, dtype=pl.Int64).gather(rows)
        for line, text in zip(lines, self._texts(rows), strict=True):
            self.rejects.append(Reject(line, reason, text))

    def _texts(self, rows: pl.Series) -> list[str]:
        part = self.raw.frame[rows]
        cells = [as_text(column).fill_null("").alias(str(i)) for i, column in enumerate(part)]
        joined = pl.DataFrame(cells).select(pl.concat_str(pl.all(), separator=",")).to_series()
        return joined.str.slice(0, _RAW_CHARACTERS).to_list()
