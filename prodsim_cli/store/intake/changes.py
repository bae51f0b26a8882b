"""What a write did, and reading rows as frames: shared by the parts of an intake."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import Any

import polars as pl

TEXTS = ("title", "description", "brand", "category", "tags")
CONTENT = (*TEXTS, "price", "currency", "image", "url", "lang", "in_stock", "attributes")


@dataclass
class Changes:
    """What a write did, to bump the right counters once."""

    texts: int = 0
    items: int = 0
    events: int = 0
    prices: int = 0
    other: int = 0
    merged: dict[str, int] = field(default_factory=dict)
    new_items: int = 0

    def __bool__(self) -> bool:
        return bool(self.texts or self.items or self.events or self.other)


def read_frame(
    connection: sqlite3.Connection, query: str, schema: dict[str, Any], *args: Any
) -> pl.DataFrame:
    rows = [tuple(row) for row in connection.execute(query, args)]
    return pl.DataFrame(rows, schema=schema, orient="row")


def next_id(connection: sqlite3.Connection, table: str) -> int:
    """An id that was never given before: a stored neighbour must not come to mean another item."""
    row = connection.execute("select seq from sqlite_sequence where name = ?", (table,)).fetchone()
    return 1 if row is None else int(row[0]) + 1
