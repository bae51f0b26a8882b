"""Reading what was bought together: in one order, or by one person on one day. Ground floor.

Each product's events are found by their index; no look-up reads the events of other products.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from itertools import islice

from prodsim_cli.store import neighbors
from prodsim_cli.store.packed import NONE

_BASKET = {
    "orders": "case when e.order_id is not null then e.source || char(31) || e.order_id end",
    "days": "e.user_id || char(31) || substr(e.at, 1, 10)",
}
"""A basket by what baskets are here (see ``builds.together``)."""


def of(connection: sqlite3.Connection, by: str, item_id: int) -> list[str]:
    """The baskets in which a product was bought."""
    rows = connection.execute(
        f"""select distinct {_BASKET[by]} from events e
            where e.item_id = ? and e.type = 'purchase' and {_BASKET[by]} is not null""",
        (item_id,),
    )
    return [row[0] for row in rows]


def shared(
    connection: sqlite3.Connection, by: str, baskets: Sequence[str], item_ids: Iterable[int]
) -> dict[int, int]:
    """Item id -> how many of these baskets hold it; products in none of them are left out."""
    rows = connection.execute(
        f"""select v.value, count(distinct {_BASKET[by]})
            from json_each(?) v cross join events e on e.item_id = v.value
            where e.type = 'purchase' and {_BASKET[by]} in (select value from json_each(?))
            group by v.value""",
        (json.dumps(list(item_ids)), json.dumps(list(baskets))),
    )
    return {row[0]: row[1] for row in rows}


def facts(
    connection: sqlite3.Connection, item_ids: Iterable[int]
) -> dict[int, tuple[str, str, int]]:
    """Item id -> title, category and group of variants (itself where it has none)."""
    rows = connection.execute(
        """select i.id, coalesce(i.title, ''), coalesce(i.category, ''), coalesce(v.group_id, i.id)
           from items i left join variants v on v.item_id = i.id
           where i.id in (select value from json_each(?))""",
        (json.dumps(list(item_ids)),),
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def speaking_for(
    connection: sqlite3.Connection, method: str, item_id: int, limit: int
) -> dict[int, float]:
    """Item id -> score of the rows of a table that tie others to a product, in either direction."""
    sides = (neighbors.rows, neighbors.speaking)
    own, by = (side(connection, [method], [item_id]).get((method, item_id), NONE) for side in sides)
    found: dict[int, float] = {}
    for other, score in (*zip(*own, strict=True), *islice(zip(*by, strict=True), limit)):
        found[other] = max(score, found.get(other, 0.0))
    return found


def share_of_category(connection: sqlite3.Connection, category: str) -> float:
    """How much of the catalogue stands in a category, 0 to 1."""
    row = connection.execute(
        "select avg(category = ?) from items where listed = 1", (category,)
    ).fetchone()
    return float(row[0] or 0.0)
