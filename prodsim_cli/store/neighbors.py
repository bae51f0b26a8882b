"""Reading neighbour tables: one indexed look-up for several methods and items."""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from prodsim_cli.store.catalog import in_order
from prodsim_cli.store.packed import NONE, TABLES, Row, unpack

Rows = dict[tuple[str, int], Row]
"""(method, item id) -> its row; what is not there has none."""


def rows(
    connection: sqlite3.Connection,
    methods: Iterable[str],
    item_ids: Iterable[int],
    kind: str = "neighbors",
) -> Rows:
    """The rows of some items (users) in some tables, by one statement."""
    table, owner = TABLES[kind]
    cursor = connection.execute(
        f"""select r.method, r.{owner}, r.ids, r.scores
            from json_each(?) m cross join json_each(?) i
            cross join {table} r on r.method = m.value and r.{owner} = i.value""",
        (json.dumps(list(methods)), json.dumps(list(item_ids))),
    )
    return {(method, item): unpack(ids, scores) for method, item, ids, scores in cursor}


def speaking(
    connection: sqlite3.Connection, methods: Iterable[str], item_ids: Iterable[int]
) -> Rows:
    """The same in the other direction: whose rows hold the item, by falling score, then by id.

    One statement for the tables that are stored in this direction; another one is read as a whole.
    """
    item_ids = list(item_ids)
    found = rows(connection, methods, item_ids, "speaking")
    for method in methods:
        if not any(of == method for of, _ in found) and not turned(connection, method):
            found |= _turn(connection, method, item_ids)
    return found


def turned(connection: sqlite3.Connection, method: str) -> bool:
    """Is a table stored in the other direction, too?"""
    found = "select exists (select 1 from speaking_rows where method = ?)"
    return bool(connection.execute(found, (method,)).fetchone()[0])


def _turn(connection: sqlite3.Connection, method: str, item_ids: Iterable[int]) -> Rows:
    pairs: dict[int, list[tuple[float, int]]] = {item: [] for item in item_ids}
    for owner, row in whole(connection, method):
        for other in pairs.keys() & row.ids:
            pairs[other].append((-row.scores[row.ids.index(other)], owner))
    return {
        (method, item): Row(
            array("I", [other for _, other in found]), array("f", [-score for score, _ in found])
        )
        for item, found in ((item, sorted(found)) for item, found in pairs.items())
        if found
    }


def whole(connection: sqlite3.Connection, method: str) -> Iterator[tuple[int, Row]]:
    """(item id, row) of a table, in order of id."""
    cursor = connection.execute(
        "select item_id, ids, scores from neighbor_rows where method = ? order by item_id",
        (method,),
    )
    return ((item, unpack(ids, scores)) for item, ids, scores in cursor)


def holding(connection: sqlite3.Connection, methods: Iterable[str]) -> set[str]:
    """Which of these tables hold any pair."""
    found = connection.execute(
        """select value from json_each(?) where exists (
               select 1 from neighbor_rows where method = value)""",
        (json.dumps(list(methods)),),
    )
    return {row[0] for row in found}


def listed(connection: sqlite3.Connection, item_ids: Iterable[int]) -> set[int]:
    """Those of the items that are in the catalogue."""
    found = connection.execute(
        """select i.id from json_each(?) v cross join items i on i.id = v.value
           where i.listed = 1""",
        (json.dumps(list(item_ids)),),
    )
    return {row[0] for row in found}


def nearest(
    connection: sqlite3.Connection, method: str, item_id: int, k: int
) -> list[tuple[int, float]]:
    """(id, score) of an item's k best listed neighbours, in order."""
    row = rows(connection, [method], [item_id]).get((method, item_id), NONE)
    known = listed(connection, row.ids)
    return [pair for pair in zip(*row, strict=True) if pair[0] in known][:k]


def scored(
    connection: sqlite3.Connection, method: str, item_ids: Sequence[int]
) -> list[tuple[int, float]]:
    """(neighbour id, score) of the whole row of an item, in order.

    Of several items: scores added up, the items left out, equal scores in order of position.
    """
    found = rows(connection, [method], item_ids)
    if len(item_ids) == 1:
        return list(zip(*found.get((method, item_ids[0]), NONE), strict=True))
    sums: dict[int, float] = {}
    for item in dict.fromkeys(item_ids):
        for other, score in zip(*found.get((method, item), NONE), strict=True):
            sums[other] = sums.get(other, 0.0) + score
    for item in item_ids:
        sums.pop(item, None)
    found_in_order = [(item, sums[item]) for item in in_order(connection, list(sums))]
    return sorted(found_in_order, key=lambda pair: -pair[1])


def agreeing(
    connection: sqlite3.Connection, methods: Sequence[str], item_ids: Sequence[int]
) -> dict[int, list[str]]:
    """Neighbour id -> which of ``methods``, in their order, hold it in the row of any item."""
    stored = rows(connection, methods, item_ids)
    found: dict[int, list[str]] = {}
    for method in methods:
        held = (stored[method, item].ids for item in item_ids if (method, item) in stored)
        for other in {other for ids in held for other in ids}:
            found.setdefault(other, []).append(method)
    return found


def alike(connection: sqlite3.Connection, method: str, user_id: int) -> list[tuple[int, float]]:
    """(row id, score) of the people most like one, in order."""
    found = rows(connection, [method], [user_id], "user_neighbors")
    return list(zip(*found.get((method, user_id), NONE), strict=True))


def among(
    connection: sqlite3.Connection, method: str, item_ids: Iterable[int], others: Iterable[int]
) -> list[tuple[int, int, float]]:
    """(item id, neighbour id, score) of some rows, as far as ``others`` stand in them."""
    wanted = frozenset(others)
    return [
        (item, other, score)
        for (_, item), row in rows(connection, [method], item_ids).items()
        for other, score in zip(*row, strict=True)
        if other in wanted
    ]


def standing(
    connection: sqlite3.Connection, methods: Sequence[str], item_id: int, other_id: int
) -> dict[str, tuple[int, float]]:
    """Method -> (rank among the listed, score) of a product in another's stored row."""
    found = {}
    stored = rows(connection, methods, [item_id])
    known = listed(connection, {other for row in stored.values() for other in row.ids})
    for (method, _), row in stored.items():
        if other_id in row.ids:
            at = row.ids.index(other_id)
            rank = sum(other in known for other in row.ids[: at + 1])
            found[method] = (rank, row.scores[at])
    return {method: found[method] for method in methods if method in found}


def edges(
    connection: sqlite3.Connection, method: str, item_ids: Iterable[int]
) -> list[tuple[int, int, float]]:
    """(one of the items, a listed product in its row or in whose row it is, score)."""
    ids = list(item_ids)
    found = [
        (item, other, score)
        for direction in (rows, speaking)
        for (_, item), row in direction(connection, [method], ids).items()
        for other, score in zip(*row, strict=True)
    ]
    known = listed(connection, {other for _, other, _ in found})
    return [edge for edge in found if edge[1] in known]


def tied(connection: sqlite3.Connection, method: str, item_id: int, limit: int) -> dict[int, float]:
    """Item id -> score of the rows of a table that tie others to a product, in either direction."""
    own, by = (
        side(connection, [method], [item_id]).get((method, item_id), NONE)
        for side in (rows, speaking)
    )
    found: dict[int, float] = {}
    for other, score in (*zip(*own, strict=True), *islice(zip(*by, strict=True), limit)):
        found[other] = max(score, found.get(other, 0.0))
    return found


def close(
    connection: sqlite3.Connection, method: str, ranks: int, least: float
) -> Iterator[tuple[int, int, float]]:
    """(item id, neighbour id, score) of the first rows of a table that are at least so close."""
    for item, row in whole(connection, method):
        for other, score in islice(zip(*row, strict=True), ranks):
            if score >= least:
                yield item, other, score
