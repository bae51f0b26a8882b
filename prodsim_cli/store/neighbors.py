"""Reading neighbour tables: the row of one item, as one indexed look-up. Ground floor."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from prodsim_cli.store.catalog import label


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def row_of(connection: sqlite3.Connection, method: str, item_id: int, k: int) -> list[sqlite3.Row]:
    """``id sku score title price currency`` of an item's k best listed neighbours, in order."""
    return connection.execute(
        f"""select i.id, {label()} as sku, n.score, i.title, i.price, i.currency
            from neighbors n join items i on i.id = n.neighbor_id
            where n.method = ? and n.item_id = ? and i.listed = 1 order by n.rank limit ?""",
        (method, item_id, k),
    ).fetchall()


def scored(
    connection: sqlite3.Connection, method: str, item_ids: Sequence[int]
) -> list[tuple[int, float]]:
    """(neighbour id, score) of the whole row of an item, in order.

    Of several items: scores added up, the items left out, equal scores in order of position.
    """
    if len(item_ids) == 1:
        rows = connection.execute(
            """select neighbor_id, score from neighbors where method = ? and item_id = ?
               order by rank""",
            (method, item_ids[0]),
        )
    else:
        ids = json.dumps(list(item_ids))
        rows = connection.execute(
            """select n.neighbor_id, sum(n.score) from neighbors n
               join items i on i.id = n.neighbor_id
               where n.method = ? and n.item_id in (select value from json_each(?))
                   and n.neighbor_id not in (select value from json_each(?))
               group by n.neighbor_id order by sum(n.score) desc, i.source, i.sku""",
            (method, ids, ids),
        )
    return [(row[0], row[1]) for row in rows]


def agreeing(
    connection: sqlite3.Connection, methods: Sequence[str], item_ids: Sequence[int]
) -> dict[int, list[str]]:
    """Neighbour id -> which of ``methods``, in their order, hold it in the row of any item."""
    found: dict[int, list[str]] = {}
    for method in methods:
        rows = connection.execute(
            f"select distinct neighbor_id from neighbors where method = ?"
            f" and item_id in ({_marks(item_ids)})",
            (method, *item_ids),
        )
        for (neighbor,) in rows:
            found.setdefault(neighbor, []).append(method)
    return found


def holding(connection: sqlite3.Connection, methods: Iterable[str]) -> set[str]:
    """Which of these tables hold any pair."""
    found = connection.execute(
        """select value from json_each(?) where exists (
               select 1 from neighbors where method = value)""",
        (json.dumps(list(methods)),),
    )
    return {row[0] for row in found}


def people_like(
    connection: sqlite3.Connection, method: str, user_id: int, k: int
) -> list[sqlite3.Row]:
    """``rank key score`` of the people most like one."""
    return connection.execute(
        """select n.rank, u.key, n.score from user_neighbors n join users u on u.id = n.neighbor_id
           where n.method = ? and n.user_id = ? order by n.rank limit ?""",
        (method, user_id, k),
    ).fetchall()


def alike(connection: sqlite3.Connection, method: str, user_id: int) -> list[tuple[int, float]]:
    """(row id, score) of the people most like one, in order."""
    rows = connection.execute(
        "select neighbor_id, score from user_neighbors where method = ? and user_id = ?"
        " order by rank",
        (method, user_id),
    )
    return [(row[0], row[1]) for row in rows]


def spoken_for(
    connection: sqlite3.Connection, method: str, weights: Mapping[int, float]
) -> list[tuple[int, float]]:
    """(item id, sum over those of its neighbours that have a weight, of score times weight).

    Read from the index alone.
    """
    return connection.execute(
        """select n.item_id, sum(n.score * h.value) from json_each(?) h
           cross join neighbors n on n.method = ? and n.neighbor_id = cast(h.key as integer)
           group by n.item_id""",
        (json.dumps(weights), method),
    ).fetchall()


def among(
    connection: sqlite3.Connection, method: str, item_ids: Iterable[int], others: Iterable[int]
) -> list[tuple[int, int, float]]:
    """(item id, neighbour id, score) of some rows, as far as ``others`` stand in them."""
    return connection.execute(
        """select item_id, neighbor_id, score from neighbors
           where method = ? and item_id in (select value from json_each(?))
               and neighbor_id in (select value from json_each(?))""",
        (method, json.dumps(list(item_ids)), json.dumps(list(others))),
    ).fetchall()
