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

from prodsim_cli.queries.ranking.pipeline import Filter, first_of_groups
from prodsim_cli.store import catalog

if TYPE_CHECKING:
    from prodsim_cli.queries.ranking.request import Rules
    from prodsim_cli.records.values import Json

BLOCK = 2_000
"""Products or people that are read at a time: what bounds the memory. Never changes a row."""


@dataclass(frozen=True)
class Table:
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


class Passing:
    """What the rules let through that look at products alone, and which of it are variants.

    ``open``: (n,) bool. ``group``: (n,) int64 group of variants, -1 for a product by itself.
    """

    def __init__(self, connection: sqlite3.Connection, names: Names, rules: Rules) -> None:
        good = Filter(connection, rules).all()
        places = names.places(list(good))
        self.open = np.zeros(len(names), bool)
        self.open[places] = True
        self.group = np.full(len(names), -1, np.int64)
        self.group[places] = [-1 if group is None else group for group in good.values()]
        self.variants = bool((self.group >= 0).any())

    def first(
        self,
        items: NDArray[np.integer],
        rows: NDArray[np.integer] | int = 0,
        above: NDArray[np.integer] | None = None,
    ) -> NDArray[np.bool_]:
        """(t,) bool: is a product the first of its group in its row?

        ``items``: (t,) positions, best first; ``rows``: (t,) numbers of their rows, or the one;
        ``above``: positions that stand above them (in the one row).
        """
        if not self.variants:
            return np.ones(len(items), bool)
        key = self.group[items] + rows * (int(self.group.max()) + 1)
        keys = np.where(self.group[items] < 0, -1, key).tolist()
        taken = set() if above is None else set(self.group[above].tolist()) - {-1}
        groups = (None if one < 0 else one for one in keys)
        return np.array(first_of_groups(groups, taken), bool)


def rank_in_row(rows: NDArray[np.integer]) -> NDArray[np.int32]:
    """(t,) numbers of rows that lie together -> 1, 2, 3... within each run."""
    fresh = np.diff(rows, prepend=-1) != 0
    starts = np.flatnonzero(fresh)
    return (np.arange(len(rows)) - starts[np.cumsum(fresh) - 1] + 1).astype(np.int32)
