"""Reading what ties two products: indexed look-ups, no scan of all events. Ground floor."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from prodsim_cli.store import neighbors
from prodsim_cli.store.catalog import TEXTS

Moment = tuple[str | None, str]
"""When (ISO, None where unknown), and who: a person, or an order that no person stands behind."""

_DONE = {"bought": "type = 'purchase'", "touched": "type != 'return'"}


def standing(
    connection: sqlite3.Connection, methods: Sequence[str], item_id: int, other_id: int
) -> dict[str, tuple[int, float]]:
    """Method -> (rank among the listed, score) of a product in another's stored row."""
    found = {}
    stored = neighbors.rows(connection, methods, [item_id])
    known = neighbors.listed(connection, {other for row in stored.values() for other in row.ids})
    for (method, _), row in stored.items():
        if other_id in row.ids:
            at = row.ids.index(other_id)
            rank = sum(other in known for other in row.ids[: at + 1])
            found[method] = (rank, row.scores[at])
    return {method: found[method] for method in methods if method in found}


def people_of_both(
    connection: sqlite3.Connection, item_id: int, other_id: int, did: str
) -> list[Moment]:
    """When each person who ``bought`` (or ``touched``) both had done so, and the person."""
    own = (
        "select user_id, min(at) as at from events"
        f" where item_id = ? and user_id is not null and {_DONE[did]} group by user_id"
    )
    rows = connection.execute(
        f"select max(a.at, b.at), a.user_id from ({own}) a join ({own}) b on b.user_id = a.user_id",
        (item_id, other_id),
    )
    return [(row[0], f"u{row[1]}") for row in rows]


def orders_of_both(connection: sqlite3.Connection, item_id: int, other_id: int) -> list[Moment]:
    """When each order that holds both was made, and by whom."""
    own = """select source, order_id, max(at) as at, max(user_id) as user_id from events
        where item_id = ? and type = 'purchase' and order_id is not null
        group by source, order_id"""
    rows = connection.execute(
        f"""select max(coalesce(a.at, b.at), coalesce(b.at, a.at)),
                coalesce('u' || a.user_id, 'u' || b.user_id,
                    'o' || a.source || char(31) || a.order_id)
            from ({own}) a join ({own}) b on b.source = a.source and b.order_id = a.order_id""",
        (item_id, other_id),
    )
    return [(row[0], row[1]) for row in rows]


def people_of(connection: sqlite3.Connection, item_id: int, did: str) -> int:
    """How many people bought (touched) a product."""
    row = connection.execute(
        f"select count(distinct user_id) from events where item_id = ? and {_DONE[did]}",
        (item_id,),
    )
    return int(row.fetchone()[0])


def orders_of(connection: sqlite3.Connection, item_id: int) -> list[str]:
    """By whom each order with a product was made."""
    rows = connection.execute(
        """select coalesce('u' || max(user_id), 'o' || source || char(31) || order_id) from events
           where item_id = ? and type = 'purchase' and order_id is not null
           group by source, order_id""",
        (item_id,),
    )
    return [row[0] for row in rows]


def texts(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """``id`` and the text columns of every listed product."""
    return connection.execute(
        f"select id, {', '.join(TEXTS)} from items where listed = 1"
    ).fetchall()


def with_value(connection: sqlite3.Connection, column: str, value: str) -> int:
    """How many listed products have a value in brand, category or tags."""
    assert column in ("brand", "category", "tags")
    row = connection.execute(
        f"select count(*) from items where listed = 1 and {column} = ?", (value,)
    )
    return int(row.fetchone()[0])


def edges(
    connection: sqlite3.Connection, method: str, item_ids: Iterable[int]
) -> list[tuple[int, int, float]]:
    """(one of the items, a listed product in its row or in whose row it is, score)."""
    ids = list(item_ids)
    found = [
        (item, other, score)
        for direction in (neighbors.rows, neighbors.speaking)
        for (_, item), row in direction(connection, [method], ids).items()
        for other, score in zip(*row, strict=True)
    ]
    known = neighbors.listed(connection, {other for _, other, _ in found})
    return [edge for edge in found if edge[1] in known]


def vectors(connection: sqlite3.Connection, space: str, item_ids: Sequence[int]) -> list[bytes]:
    """The vectors (float32) of the items that have one in a space, in order."""
    found = (
        connection.execute(
            "select vector from vectors where space = ? and entity_id = ?", (space, item)
        ).fetchone()
        for item in item_ids
    )
    return [row[0] for row in found if row is not None]


def listed(connection: sqlite3.Connection) -> int:
    """How many products there are."""
    return int(connection.execute("select count(*) from items where listed = 1").fetchone()[0])
