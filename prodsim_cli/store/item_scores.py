"""Reading what is the same for everybody: one number a product by name (builds/item_counts.py)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence

from prodsim_cli.store.catalog import in_order

KIND = "item_scores"

_POPULAR = ("popularity", "people")
"""The first of these tables that is there tells what is popular."""


def of(
    connection: sqlite3.Connection, names: Sequence[str], item_ids: Sequence[int]
) -> dict[int, tuple[float, ...]]:
    """Item id -> its number under each of the names, 0 where there is none."""
    columns = ", ".join(f"coalesce(s{place}.score, 0)" for place in range(len(names)))
    joins = " ".join(
        f"left join item_scores s{place} on s{place}.name = ? and s{place}.item_id = v.value"
        for place in range(len(names))
    )
    rows = connection.execute(
        f"select v.value, {columns} from json_each(?) v {joins}",
        (json.dumps(list(item_ids)), *names),
    )
    return {row[0]: tuple(row)[1:] for row in rows}


def falling(connection: sqlite3.Connection, name: str) -> Iterator[tuple[int, float]]:
    """(item id, number) of everything under a name, the largest first; read as far as asked for."""
    rows = connection.execute(
        "select item_id, score from item_scores where name = ? order by score desc", (name,)
    )
    return ((row[0], row[1]) for row in rows)


def count(connection: sqlite3.Connection, name: str) -> int:
    """How many products have a number under a name."""
    row = connection.execute("select count(*) from item_scores where name = ?", (name,)).fetchone()
    return int(row[0])


def largest_id(connection: sqlite3.Connection) -> int:
    """The largest row id of a product, 0 where there is none."""
    return int(connection.execute("select coalesce(max(id), 0) from items").fetchone()[0])


def by_popularity(
    connection: sqlite3.Connection, ids: Sequence[int], counts: Mapping[int, float] | None = None
) -> list[tuple[int, float]]:
    """Products with a score of 0, the most popular first, then in order of position.

    ``counts``: how many bought each product; None: as ``build`` has counted.
    """
    if counts is not None:
        placed = in_order(connection, ids)
        return [(item, 0.0) for item in sorted(placed, key=lambda item: -counts.get(item, 0.0))]
    rows = connection.execute(
        """select i.id from json_each(?) v join items i on i.id = v.value
           left join item_scores s on s.item_id = i.id and s.name = (
               select name from artifacts where kind = 'item_scores' and name in (?, ?)
               order by name = ? desc limit 1)
           order by coalesce(s.score, 0) desc, i.source, i.sku""",
        (json.dumps(list(ids)), *_POPULAR, _POPULAR[0]),
    )
    return [(row[0], 0.0) for row in rows]
