"""The database as arrays: what the making side works on."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import TEXT_FIELDS, Dataset
from prodsim_cli.data.embeddings import EmbeddingMatrix
from prodsim_cli.data.events import NO_TIME, TYPE_CODE, EventLog
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.data.vocabulary import Vocabulary
from prodsim_cli.store import meta, packed
from prodsim_cli.store.artifacts import Built

ITEM_COLUMNS = (
    "source",
    "title",
    "brand",
    "category",
    "tags",
    "description",
    "price",
    "currency",
    "lang",
)
UNFINISHED = "unfinished"
"""``data_version`` of a space whose encoding was begun and not ended."""

_CHUNK = 100_000
_ROWS = 4096


@dataclass(frozen=True)
class Shop:
    """A dataset and the row ids of its items and users.

    ``item_ids`` (n,) int64 and ``user_ids`` (u,) int64: the database id at each position.
    """

    dataset: Dataset
    item_ids: NDArray[np.int64]
    user_ids: NDArray[np.int64]


def load_dataset(connection: sqlite3.Connection, fields: tuple[str, ...] | None = None) -> Dataset:
    """The listed items, all users, their events and the stored spaces as a :class:`Dataset`."""
    return load_shop(connection, fields).dataset


def load_shop(
    connection: sqlite3.Connection, fields: tuple[str, ...] | None = None, *, events: bool = True
) -> Shop:
    """Like :func:`load_dataset`, with the row ids. ``fields`` None: those of the last build.

    ``events`` False: a shop where nobody ever did anything, for methods that ask for no events.
    """
    built = Built(connection)
    chosen = fields or tuple(built.settings.get("fields") or TEXT_FIELDS)
    rows = connection.execute(
        f"select id, sku, {', '.join(ITEM_COLUMNS)} from items where listed = 1"
        " order by source, sku"
    ).fetchall()
    item_ids = np.array([row[0] for row in rows], np.int64)
    columns: dict[str, list[Any]] = {
        name: [row[place] for row in rows] for place, name in enumerate(ITEM_COLUMNS, start=2)
    }
    keys = [f"{row[2]}:{row[1]}" if row[2] else row[1] for row in rows]
    users = connection.execute(
        "select id, key from users where ? order by key", (events,)
    ).fetchall()
    user_ids = np.array([row[0] for row in users], np.int64)
    dataset = Dataset(
        items=Vocabulary(keys),
        columns=columns,
        users=Vocabulary(row[1] for row in users),
        events=load_events(connection, item_ids, user_ids, every=events),
        weights=meta.weights(connection),
        fields=chosen,
        embeddings={
            space: partial(load_space, connection, space, item_ids) for space in spaces(connection)
        },
        learned=frozenset(name for name in spaces(connection) if built.learned(name, "space")),
    )
    return Shop(dataset, item_ids, user_ids)


def lookup(ids: NDArray[np.int64]) -> NDArray[np.int32]:
    """Array from row id to position, -1 for ids that are not there; index 0 is for null."""
    table = np.full(int(ids.max(initial=0)) + 1, -1, np.int32)
    table[ids] = np.arange(len(ids), dtype=np.int32)
    return table


def load_events(
    connection: sqlite3.Connection,
    item_ids: NDArray[np.int64],
    user_ids: NDArray[np.int64],
    *,
    every: bool = True,
) -> EventLog:
    """Events of listed items in a fixed order that does not depend on the order of insertion.

    ``every`` False: none of them.
    """
    types = " ".join(f"when '{name}' then {code}" for name, code in TYPE_CODE.items())
    cursor = connection.execute(
        f"""select coalesce(user_id, 0), item_id, case type {types} end, quantity, value, weight,
               case when order_id is null then null else source || char(31) || order_id end,
               at, coalesce(position, 0) from events where ?""",
        (every,),
    )
    parts: list[tuple[NDArray[Any], ...]] = []
    orders = _Codes()
    while rows := cursor.fetchmany(_CHUNK):
        parts.append(_columns(rows, orders))
    if not parts:
        parts.append(_columns([], orders))
    user, item, kind, quantity, value, weight, order, at, position = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    positions = _at(lookup(item_ids), item)
    log = EventLog(
        user=_at(lookup(user_ids), user),
        item=positions,
        type=kind,
        quantity=quantity,
        value=value,
        weight=weight,
        order=orders.ranked(order),
        at=at,
        position=position,
    ).take(positions >= 0)
    return log.take(np.lexsort((log.quantity, log.type, log.item, log.user, log.position, log.at)))


def _at(table: NDArray[np.int32], ids: NDArray[np.int64]) -> NDArray[np.int32]:
    inside = ids < len(table)
    return np.where(inside, table[np.where(inside, ids, 0)], -1).astype(np.int32)


class _Codes:
    """Strings to running numbers, over all chunks of one reading."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def of(self, keys: tuple[str | None, ...]) -> NDArray[np.int32]:
        known = self._codes
        give = known.setdefault
        return np.fromiter(
            (-1 if key is None else give(key, len(known)) for key in keys), np.int32, len(keys)
        )

    def ranked(self, codes: NDArray[np.int32]) -> NDArray[np.int32]:
        """The same codes, numbered in order of their strings instead of their arrival."""
        place = {key: rank for rank, key in enumerate(sorted(self._codes))}
        ranks = np.fromiter((place[key] for key in self._codes), np.int32, len(place))
        return np.append(ranks, np.int32(-1))[codes]


def _columns(rows: list[Any], orders: _Codes) -> tuple[NDArray[Any], ...]:
    """One chunk of rows as arrays, in the order of the query."""
    user, item, kind, quantity, value, weight, order, at, position = (
        zip(*rows, strict=True) if rows else ((),) * 9
    )
    # numpy reads None as NaN and as NaT, which is what the log wants.
    times = np.array(at, "datetime64[s]").astype(np.int64)
    return (
        np.array(user, np.int64),
        np.array(item, np.int64),
        np.array(kind, np.int8),
        np.array(quantity, np.float32),
        np.array(value, np.float32),
        np.array(weight, np.float32),
        orders.of(order),
        np.where(times == np.iinfo(np.int64).min, NO_TIME, times),
        np.array(position, np.int64),
    )


def spaces(connection: sqlite3.Connection) -> list[str]:
    """Names of the stored embedding spaces of items, whole ones only."""
    rows = connection.execute(
        "select name from artifacts where kind = 'space' and data_version != ? order by name",
        (UNFINISHED,),
    )
    return [row[0] for row in rows]


def load_space(
    connection: sqlite3.Connection, space: str, item_ids: NDArray[np.int64], *, few: bool = False
) -> EmbeddingMatrix:
    """Vectors in order of ``item_ids``; an item without a vector has a zero row.

    ``few``: of many products only these, so look up each; the vectors are the same.
    """
    place = lookup(item_ids)
    chosen = " and entity_id in (select value from json_each(?))" if few else ""
    rows = connection.execute(
        f"select entity_id, vector from vectors where space = ?{chosen}",
        (space, json.dumps(item_ids.tolist())) if few else (space,),
    ).fetchall()
    width = len(rows[0][1]) // 4 if rows else 1
    vectors = np.zeros((len(item_ids), width), np.float32)
    if rows:
        found = _at(place, np.array([row[0] for row in rows], np.int64))
        stacked = np.frombuffer(b"".join(row[1] for row in rows), "<f4").reshape(-1, width)
        vectors[found[found >= 0]] = stacked[found >= 0]
    return EmbeddingMatrix(vectors, space)


def load_neighbors(
    connection: sqlite3.Connection,
    method: str,
    item_ids: NDArray[np.int64],
    table: str = "neighbors",
) -> NeighborTable:
    """A stored table as arrays in order of ``item_ids`` (of ``user_ids`` for ``user_neighbors``).

    Items that left the catalogue since are dropped; a row keeps its order.
    """
    rows, key = packed.TABLES[table]
    place = lookup(item_ids)
    width = connection.execute(
        f"select max(length(scores)) / 4 from {rows} where method = ?", (method,)
    ).fetchone()[0]
    positions = np.full((len(item_ids), width or 1), -1, np.int32)
    scores = np.zeros_like(positions, np.float32)
    cursor = connection.execute(
        f"select {key}, ids, scores from {rows} where method = ?", (method,)
    )
    while block := cursor.fetchmany(_ROWS):
        owner, rank, neighbor, score = _pairs(block)
        at, other = _at(place, owner), _at(place, neighbor)
        good = (at >= 0) & (other >= 0)
        positions[at[good], rank[good]] = other[good]
        scores[at[good], rank[good]] = score[good]
    order = np.argsort(positions < 0, axis=1, kind="stable")
    return NeighborTable(
        np.take_along_axis(positions, order, 1), np.take_along_axis(scores, order, 1)
    )


def load_pairs(
    connection: sqlite3.Connection, method: str, owners: NDArray[np.int64], table: str = "neighbors"
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """(p,) owner, neighbour (row ids) and score of the pairs of some rows, each in its order."""
    rows, key = packed.TABLES[table]
    block = connection.execute(
        f"""select r.{key}, r.ids, r.scores from json_each(?) v
            cross join {rows} r on r.method = ? and r.{key} = v.value""",
        (json.dumps(owners.tolist()), method),
    ).fetchall()
    owner, _, neighbor, score = _pairs(block)
    return owner, neighbor, score


def _pairs(
    block: list[Any],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Owner, rank from 0, neighbour and score of each pair of (owner, ids, scores) rows."""
    owners, ids, values = zip(*block, strict=True) if block else ((), (), ())
    counts = np.array([len(blob) // 4 for blob in values], np.int64)
    rank = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    joined, score = b"".join(ids), np.frombuffer(b"".join(values), "<f4")
    neighbor = np.frombuffer(joined, f"<u{len(joined) // max(1, len(score)) or 2}")
    return np.repeat(np.array(owners, np.int64), counts), rank, neighbor.astype(np.int64), score
