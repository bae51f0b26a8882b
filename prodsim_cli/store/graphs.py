"""Reading relations: who a product or person is tied to, one indexed look-up each. Ground floor.

What reads the events of an order has no index to go by: it looks at every event once for all the
products asked about, hence :func:`lines_of` takes them together.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from prodsim_cli.store.catalog import label

ORDER = tuple[str, str]
"""An order: its source and its number, which is unique within the source only."""


def bonds(connection: sqlite3.Connection, owner: str, row_id: int, k: int) -> list[sqlite3.Row]:
    """``id bought bought_at touched touched_at`` of what one person has to do with, or who with one
    product (``owner``: user_id or item_id); most often bought first, then the latest.

    Events other than a return count as touched, so that a shop of views or ratings has bonds, too.
    """
    other, named = {
        "user_id": ("item_id", "join items n on n.id = e.item_id and n.listed = 1"),
        "item_id": ("user_id", "join users n on n.id = e.user_id"),
    }[owner]
    names = "n.source, n.sku" if owner == "user_id" else "n.key"
    return connection.execute(
        f"""select e.{other} as id, sum(e.type = 'purchase') as bought,
                max(case when e.type = 'purchase' then e.at end) as bought_at,
                count(*) as touched, max(e.at) as touched_at
            from events e {named} where e.{owner} = ? and e.type != 'return'
            group by e.{other}
            order by bought desc, bought_at desc, touched desc, touched_at desc, {names} limit ?""",
        (row_id, k),
    ).fetchall()


def latest_orders(connection: sqlite3.Connection, item_id: int, limit: int) -> list[ORDER]:
    """The latest orders in which a product was bought."""
    rows = connection.execute(
        """select source, order_id from events
           where item_id = ? and type = 'purchase' and order_id is not null
           group by source, order_id order by max(at) desc, order_id desc, source limit ?""",
        (item_id, limit),
    )
    return [(row[0], row[1]) for row in rows]


def lines_of(
    connection: sqlite3.Connection, orders: Iterable[ORDER]
) -> Iterable[tuple[str, str, int]]:
    """(source, order, item id) of every line with a listed product in these orders (and maybe in
    others of the same number); reads all events once."""
    numbers = json.dumps(sorted({number for _, number in orders}))
    return connection.execute(
        # "cross": SQLite would begin with the items and look up the events of each (5 x)
        """select e.source, e.order_id, e.item_id
           from events e cross join items i on i.id = e.item_id
           where e.order_id in (select value from json_each(?)) and e.type = 'purchase'
               and i.listed = 1""",
        (numbers,),
    )


def has_orders(connection: sqlite3.Connection) -> bool:
    """True if one of the first 100,000 events names an order."""
    row = connection.execute(
        """select exists (select 1 from (select order_id from events limit 100000)
                          where order_id is not null)"""
    )
    return bool(row.fetchone()[0])


def events_at_most(connection: sqlite3.Connection) -> int:
    """An upper bound of the number of events, in no time: their largest row number."""
    return connection.execute("select max(id) from events").fetchone()[0] or 0


def places(connection: sqlite3.Connection, item_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Item id -> (source, sku), the order in which equal products stand everywhere."""
    rows = connection.execute(
        """select id, source, sku from items where id in (select value from json_each(?))""",
        (json.dumps(list(item_ids)),),
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def products(connection: sqlite3.Connection, item_ids: Iterable[int]) -> dict[int, sqlite3.Row]:
    """Item id -> ``id label title price currency category``."""
    rows = connection.execute(
        f"""select i.id, {label()} as label, i.title, i.price, i.currency, i.category
            from items i where i.id in (select value from json_each(?))""",
        (json.dumps(list(item_ids)),),
    )
    return {row["id"]: row for row in rows}


def people(connection: sqlite3.Connection, user_ids: Iterable[int]) -> dict[int, str]:
    """User id -> key."""
    rows = connection.execute(
        "select id, key from users where id in (select value from json_each(?))",
        (json.dumps(list(user_ids)),),
    )
    return {row[0]: row[1] for row in rows}
