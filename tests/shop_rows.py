"""A shop written straight into the tables, for tests of what is asked of a finished database."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prodsim_cli.search import index
from prodsim_cli.store import meta
from prodsim_cli.store.connection import open_for_writing, transaction
from prodsim_cli.store.packed import TABLES, pack

Row = Mapping[str, Any]
Neighbors = Mapping[str, Mapping[str, Sequence[tuple[str, float]]]]

ITEMS: list[Row] = [
    {"sku": "SKU123", "title": "Red enamel mug", "price": 4.5, "currency": "£", "brand": "Hearth"},
    {"sku": "SKU124", "title": "Blue enamel mug", "price": 4.75, "currency": "£"},
    {"sku": "SKU125", "title": "红色 保温杯 500ml", "price": 1250.0, "currency": "CNY"},
    {"sku": "SKU126", "title": "🧸 Teddy \x1b[31mbear\x1b[0m", "attributes": '{"size": "L"}'},
    {"sku": "85123A", "title": "White T-light holder", "price": 2.95, "origin": "transactions"},
    {"sku": "GONE1", "title": "Green enamel mug", "listed": 0},
    {"sku": "BARE", "origin": "events"},
]
SPELLINGS = [("SKU123", "SKU123", "Red enamel mug", 3), ("85123A", "85123a", "White holder", 1)]
NEIGHBORS: Neighbors = {
    "hybrid": {
        "SKU123": [("SKU124", 0.9), ("GONE1", 0.8), ("SKU125", 0.5), ("SKU126", 0.25)],
        "SKU124": [("SKU123", 0.9), ("SKU125", 0.6), ("85123A", 0.1)],
    },
    "lexical": {"SKU123": [("SKU124", 0.7), ("GONE1", 0.6)], "SKU124": [("SKU123", 0.7)]},
    "cosine": {"SKU123": [("SKU126", 0.4), ("SKU124", 0.3)]},
}
USERS = ["17850", "13047", "SKU124"]
EVENTS: list[Row] = [
    {"user": "17850", "sku": "SKU123", "type": "view", "at": "2011-01-01T10:00:00"},
    {"user": "17850", "sku": "SKU123", "quantity": 2, "value": 4.5, "order_id": "A",
     "at": "2011-01-02T10:00:00"},
    {"user": "17850", "sku": "SKU125", "value": 12.0, "order_id": "A", "at": "2011-01-02T10:00:00"},
    {"user": "13047", "sku": "SKU123", "value": 4.5, "order_id": "B", "at": "2011-01-03T10:00:00"},
    {"user": None, "sku": "SKU123", "value": 4.5, "order_id": "C", "at": "2011-01-04T10:00:00"},
    {"user": "13047", "sku": "SKU123", "type": "return", "at": "2011-01-05T10:00:00"},
]  # fmt: skip
REJECTS = [
    ("events.csv", 7, "no SKU", "1,,2"),
    ("events.csv", 3, "date not understood", "x\x1b[2J"),
]


def write_shop(
    path: Path,
    *,
    items: Sequence[Row] = ITEMS,
    neighbors: Neighbors = NEIGHBORS,
    users: Sequence[str] = USERS,
    events: Sequence[Row] = EVENTS,
    rejects: Sequence[tuple[str, int, str, str]] = REJECTS,
    spellings: Sequence[tuple[str, str, str, int]] = SPELLINGS,
    people: Mapping[str, Sequence[tuple[str, float]]] | None = None,
    k: int = 50,
) -> Path:
    """Insert everything and stamp the tables as made of the data at hand."""
    connection = open_for_writing(path)
    with transaction(connection):
        ids = {_key(row): _insert(connection, "items", _item(row)) for row in items}
        keys = {key: _insert(connection, "users", {"key": key}) for key in users}
        for row in events:
            _insert(connection, "events", _event(row, keys, ids))
        file_id = _insert(connection, "files", _file())
        for sku, spelling, title, lines in spellings:
            row = {"file_id": file_id, "source": "", "item_id": ids[sku], "sku": spelling}
            _insert(connection, "spellings", {**row, "title": title, "lines": lines})
        for file, line, reason, raw in rejects:
            _insert(
                connection, "rejects", {"file": file, "line": line, "reason": reason, "raw": raw}
            )
        for method, table in neighbors.items():
            _table(connection, "neighbors", method, ids, table, k)
        if people:
            _table(connection, "user_neighbors", "cosine", keys, people, k)
        connection.execute("insert into items_fts (items_fts) values ('rebuild')")
        index.refill(connection)
        for counter in meta.COUNTERS:
            meta.put(connection, counter, "1")
    connection.close()
    return path


def _key(row: Row) -> str:
    return f"{row['source']}:{row['sku']}" if row.get("source") else str(row["sku"])


def _item(row: Row) -> Row:
    return {"sku_key": str(row["sku"]).casefold(), **row}


def _event(row: Row, keys: Mapping[str, int], ids: Mapping[str, int]) -> Row:
    rest = {name: value for name, value in row.items() if name not in ("user", "sku")}
    user = None if row.get("user") is None else keys[row["user"]]
    return {"type": "purchase", **rest, "user_id": user, "item_id": ids[row["sku"]]}


def _file() -> Row:
    return {
        "name": "events.csv",
        "kind": "transactions",
        "sha256": "0" * 64,
        "options": "{}",
        "report": "{}",
        "ingested_at": "2011-12-09T12:00:00+00:00",
    }


def _table(
    connection: Any, kind: str, method: str, ids: Mapping[str, int], table: Any, k: int
) -> None:
    pairs = [(ids[a], ids[b], score) for a, row in table.items() for b, score in row]
    put_pairs(connection, kind, method, pairs)
    stamp = {"data_version": "catalog:1 events:1", "created_at": "2011-12-09T12:00:00+00:00"}
    artifact = {"name": method, "kind": kind, "settings": json.dumps({"k": k}), "seconds": 1.5}
    _insert(connection, "artifacts", {**artifact, **stamp})


def put_pairs(
    connection: Any, kind: str, method: str, pairs: Sequence[tuple[int, int, float]]
) -> None:
    """Store (owner, neighbour, score), the best of each owner first, as a neighbour table."""
    table, owner = TABLES[kind]
    rows: dict[int, list[tuple[int, float]]] = {}
    for one, other, score in pairs:
        rows.setdefault(one, []).append((other, score))
    for one, row in sorted(rows.items()):
        ids, scores = pack([other for other, _ in row], [score for _, score in row], 2)
        _insert(connection, table, {"method": method, owner: one, "ids": ids, "scores": scores})


def _insert(connection: Any, table: str, row: Row) -> int:
    marks = ", ".join("?" * len(row))
    cursor = connection.execute(
        f"insert into {table} ({', '.join(row)}) values ({marks})", tuple(row.values())
    )
    return int(cursor.lastrowid or 0)
