"""Small facts about the whole database: counters of change, weights, settings."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from prodsim_cli.records.values import DEFAULT_WEIGHTS

COUNTERS = ("catalog_version", "events_version", "prices_version", "write_version")
"""Bumped by every write that changes texts or the set of listed items; events; prices; anything."""


def get(connection: sqlite3.Connection, key: str, default: str | None = None) -> str | None:
    row = connection.execute("select value from meta where key = ?", (key,)).fetchone()
    return default if row is None else str(row[0])


def put(connection: sqlite3.Connection, key: str, value: str) -> None:
    connection.execute(
        "insert into meta (key, value) values (?, ?)"
        " on conflict (key) do update set value = excluded.value",
        (key, value),
    )


def version(connection: sqlite3.Connection, counter: str) -> int:
    return int(get(connection, counter, "0") or 0)


def bump(connection: sqlite3.Connection, *counters: str) -> None:
    """Count one change more; ``write_version`` always counts along."""
    for counter in {*counters, "write_version"}:
        put(connection, counter, str(version(connection, counter) + 1))


def weights(connection: sqlite3.Connection) -> dict[str, float]:
    """Weight of one event by type: the defaults, changed by ``ingest --weight``."""
    stored = json.loads(get(connection, "weights", "{}") or "{}")
    return {**DEFAULT_WEIGHTS, **stored}


def settings(connection: sqlite3.Connection) -> dict[str, Any]:
    """Choices that stay: ``model``, ``model_reason``, ``fields``, ``graph``."""
    stored: dict[str, Any] = json.loads(get(connection, "settings", "{}") or "{}")
    return stored


def put_settings(connection: sqlite3.Connection, values: dict[str, Any]) -> None:
    put(connection, "settings", json.dumps(values, sort_keys=True, ensure_ascii=False))


def data_version(connection: sqlite3.Connection, *parts: str) -> str:
    """What an artifact made now is made of: ``data_version(c, "catalog", "events")``."""
    return " ".join(f"{part}:{version(connection, part + '_version')}" for part in parts)
