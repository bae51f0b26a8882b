"""A table on its way into a file, and the shop that its names are of."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from prodsim_cli.store import catalog

if TYPE_CHECKING:
    from prodsim_cli.records.values import Json

BLOCK = 2_000
"""Products or people that are read at a time: what bounds the memory. Never changes a row."""


@dataclass(frozen=True)
class Sheet:
    """One table.

    Attributes
    ----------
    columns : name -> polars type, in order. A column of lists is written as one in jsonl and
        parquet, and as numbered columns (``v0``, ``v1``...) in csv.
    frames : the rows, block by block, each a frame with these columns.
    about : what was written, for the summary; filled up while ``frames`` is read.
    notes : sentences for the person; filled up in the same way.
    lines : what jsonl holds instead of an object a row.
    """

    columns: dict[str, Any]
    frames: Iterator[pl.DataFrame]
    about: Json = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    lines: Iterator[Json] | None = None


@dataclass(frozen=True)
class Names:
    """Row ids in order of position, and how each is written at the edge.

    ``ids`` (n,) int64; ``words`` n names: SKUs (``source:sku`` where a SKU stands in several
    sources), or keys of people.
    """

    ids: NDArray[np.int64]
    words: pl.Series

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def _place(self) -> NDArray[np.int64]:
        table = np.full(int(self.ids.max(initial=0)) + 1, -1, np.int64)
        table[self.ids] = np.arange(len(self.ids))
        return table

    def places(self, ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
        """Positions of row ids, -1 for those that are not here."""
        wanted = np.asarray(ids, np.int64)
        known = wanted < len(self._place)
        return np.where(known, self._place[np.where(known, wanted, 0)], -1)

    def of(self, places: NDArray[np.integer]) -> pl.Series:
        """The names at some positions."""
        return self.words.gather(places)


def products(connection: sqlite3.Connection) -> Names:
    """The listed products."""
    return _names(list(catalog.products(connection).values()))


def people(connection: sqlite3.Connection) -> Names:
    """All people."""
    return _names(connection.execute("select id, key from users order by key").fetchall())


def _names(rows: Sequence[sqlite3.Row]) -> Names:
    return Names(
        np.array([row[0] for row in rows], np.int64),
        pl.Series([row[1] for row in rows], dtype=pl.String),
    )


def rank_in_row(rows: NDArray[np.integer]) -> NDArray[np.int32]:
    """(t,) numbers of rows that lie together -> 1, 2, 3... within each run."""
    fresh = np.diff(rows, prepend=-1) != 0
    starts = np.flatnonzero(fresh)
    return (np.arange(len(rows)) - starts[np.cumsum(fresh) - 1] + 1).astype(np.int32)
