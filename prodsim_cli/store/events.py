"""Reading events: what happened to a product, what a person did, which baskets hold what.

The events of a product or a person are found by their index. An order has none: what reads orders
by number looks at every event once, hence :func:`lines_of` takes them together.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

from prodsim_cli.store.catalog import label

Moment = tuple[str | None, str]
"""When (ISO, None where unknown), and who: a person, or an order that no person stands behind."""

ORDER = tuple[str, str]
"""An order: its source and its number, which is unique within the source only."""

_OWNERS = ("item_id", "user_id")
_DONE = {"bought": "type = 'purchase'", "touched": "type != 'return'"}
_BASKET = {
    "orders": "case when e.order_id is not null then e.source || char(31) || e.order_id end",
    "days": "e.user_id || char(31) || substr(e.at, 1, 10)",
}
"""A basket by what baskets are here (see ``builds.companions``)."""


def has_events(connection: sqlite3.Connection, item_id: int) -> bool:
    """True if anything ever happened to the item."""
    row = connection.execute("select exists (select 1 from events where item_id = ?)", (item_id,))
    return bool(row.fetchone()[0])


def by_type(connection: sqlite3.Connection, owner: str, row_id: int) -> list[sqlite3.Row]:
    """``type events units first last`` of one item or person (``owner``: item_id or user_id)."""
    assert owner in _OWNERS
    return connection.execute(
        f"""select type, count(*) as events, sum(quantity) as units, min(at) as first,
               max(at) as last from events where {owner} = ? group by type order by type""",
        (row_id,),
    ).fetchall()


def reach(connection: sqlite3.Connection, item_id: int) -> sqlite3.Row:
    """``buyers users orders without_user`` of one item; orders are told apart by their source."""
    row: sqlite3.Row = connection.execute(
        """select count(distinct case when type = 'purchase' then user_id end) as buyers,
               count(distinct user_id) as users,
               count(distinct source || char(31) || order_id) as orders,
               sum(user_id is null) as without_user
           from events where item_id = ?""",
        (item_id,),
    ).fetchone()
    return row


def breadth(connection: sqlite3.Connection, user_id: int) -> sqlite3.Row:
    """``products bought orders`` of one person."""
    row: sqlite3.Row = connection.execute(
        """select count(distinct item_id) as products,
               count(distinct case when type = 'purchase' then item_id end) as bought,
               count(distinct source || char(31) || order_id) as orders
           from events where user_id = ?""",
        (user_id,),
    ).fetchone()
    return row


def recent(connection: sqlite3.Connection, user_id: int, limit: int) -> list[sqlite3.Row]:
    """``at type sku title quantity value order_id`` of a person's latest events, latest first."""
    return connection.execute(
        f"""select e.at, e.type, {label()} as sku, i.title, e.quantity, e.value,
               e.order_id
            from events e join items i on i.id = e.item_id where e.user_id = ?
            order by e.at is null, e.at desc, e.position desc, e.order_id desc, i.source, i.sku
            limit ?""",
        (user_id, limit),
    ).fetchall()


def people_of(connection: sqlite3.Connection, item_id: int, did: str) -> int:
    """How many people bought (touched) a product."""
    row = connection.execute(
        f"select count(distinct user_id) from events where item_id = ? and {_DONE[did]}", (item_id,)
    )
    return int(row.fetchone()[0])


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


def orders_of(connection: sqlite3.Connection, item_id: int) -> list[str]:
    """By whom each order with a product was made."""
    rows = connection.execute(
        """select coalesce('u' || max(user_id), 'o' || source || char(31) || order_id) from events
           where item_id = ? and type = 'purchase' and order_id is not null
           group by source, order_id""",
        (item_id,),
    )
    return [row[0] for row in rows]


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


def baskets(connection: sqlite3.Connection, by: str, item_id: int) -> list[str]:
    """The baskets in which a product was bought."""
    rows = connection.execute(
        f"""select distinct {_BASKET[by]} from events e
            where e.item_id = ? and e.type = 'purchase' and {_BASKET[by]} is not null""",
        (item_id,),
    )
    return [row[0] for row in rows]


def shared_baskets(
    connection: sqlite3.Connection, by: str, held: Sequence[str], item_ids: Iterable[int]
) -> dict[int, int]:
    """Item id -> how many of these baskets hold it; products in none of them are left out."""
    rows = connection.execute(
        f"""select v.value, count(distinct {_BASKET[by]})
            from json_each(?) v cross join events e on e.item_id = v.value
            where e.type = 'purchase' and {_BASKET[by]} in (select value from json_each(?))
            group by v.value""",
        (json.dumps(list(item_ids)), json.dumps(list(held))),
    )
    return {row[0]: row[1] for row in rows}


def bonds(connection: sqlite3.Connection, owner: str, row_ids: Iterable[int]) -> list[sqlite3.Row]:
    """``owner id bought bought_at touched touched_at`` of what persons have to do with, or who with
    products (``owner``: user_id or item_id); most often bought first, then the latest.

    Events other than a return count as touched, so that a shop of views or ratings has bonds, too.
    """
    other, named, names = {
        "user_id": (
            "item_id",
            "join items n on n.id = e.item_id and n.listed = 1",
            "n.source, n.sku",
        ),
        "item_id": ("user_id", "join users n on n.id = e.user_id", "n.key"),
    }[owner]
    return connection.execute(
        f"""select e.{owner} as owner, e.{other} as id, sum(e.type = 'purchase') as bought,
                max(case when e.type = 'purchase' then e.at end) as bought_at,
                count(*) as touched, max(e.at) as touched_at
            from json_each(?) v cross join events e on e.{owner} = v.value {named}
            where e.type != 'return' group by e.{owner}, e.{other}
            order by owner, bought desc, bought_at desc, touched desc, touched_at desc, {names}""",
        (json.dumps(list(row_ids)),),
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
