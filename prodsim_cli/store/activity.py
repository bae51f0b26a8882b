"""Reading events: what happened to a product, what a person did. Ground floor."""

from __future__ import annotations

import sqlite3

from prodsim_cli.store.catalog import label

_OWNERS = ("item_id", "user_id")


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
