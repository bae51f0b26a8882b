"""Reading the state of the database: counts, sizes, what is built, rejects."""

from __future__ import annotations

import json
import os
import sqlite3

from prodsim_cli.records.states import ArtifactStatus
from prodsim_cli.records.values import EVENT_TYPES
from prodsim_cli.store.artifacts import BLEND, Built
from prodsim_cli.store.catalog import NO_TEXT

Period = tuple[str | None, str | None]


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """``items without_text unlisted users files rejects``; the first two are of the feed."""
    row = connection.execute(
        f"""select coalesce(sum(i.listed), 0) as items,
               coalesce(sum(i.listed and {NO_TEXT}), 0) as without_text,
               coalesce(sum(not i.listed), 0) as unlisted,
               (select count(*) from users) as users,
               (select count(*) from files) as files,
               (select count(*) from rejects) as rejects
           from items i"""
    ).fetchone()
    return dict(row)


def events(connection: sqlite3.Connection) -> tuple[dict[str, int], int, Period]:
    """Events by type, how many have no customer, and the (first, last) moment; in one sweep."""
    rows = connection.execute(
        """select type, count(*) as n, sum(user_id is null) as nobody, min(at) as first,
               max(at) as last from events group by type"""
    ).fetchall()
    found = {row["type"]: row["n"] for row in rows}
    moments = [row[name] for row in rows for name in ("first", "last") if row[name]]
    period: Period = (min(moments), max(moments)) if moments else (None, None)
    by_type = {name: found[name] for name in EVENT_TYPES if name in found}
    return by_type, sum(row["nobody"] for row in rows), period


def size(path: str) -> int:
    """Bytes of the database with its write-ahead log."""
    parts = (path, f"{path}-wal")
    return sum(os.path.getsize(part) for part in parts if os.path.exists(part))


def rejects(connection: sqlite3.Connection, limit: int | None) -> list[sqlite3.Row]:
    """``file line reason raw`` of refused lines, in order of file and line."""
    return connection.execute(
        "select file, line, reason, raw from rejects order by file, line, rowid limit ?",
        (-1 if limit is None else limit,),
    ).fetchall()


def made(connection: sqlite3.Connection, built: Built) -> list[ArtifactStatus]:
    """Every artifact with its freshness and the number of its rows."""
    rows = connection.execute(
        """select name, kind, settings, data_version, created_at, seconds from artifacts
           order by kind = 'user_neighbors', kind = 'neighbors', name != ?, name""",
        (BLEND,),
    ).fetchall()
    counted = {
        (kind, name): count
        for kind, query in _COUNTED.items()
        for name, count in connection.execute(query)
    }
    return [
        ArtifactStatus(
            name=row["name"],
            kind=row["kind"],
            settings=json.loads(row["settings"]),
            data_version=row["data_version"],
            created_at=row["created_at"],
            seconds=row["seconds"],
            stale=built.why_stale(row["name"], row["kind"]),
            rows=counted.get((row["kind"], row["name"]), 0) if row["kind"] in _COUNTED else None,
        )
        for row in rows
    ]


_COUNTED = {
    "space": "select space, count(*) from vectors group by 1",
    "neighbors": "select method, sum(length(scores)) / 4 from neighbor_rows group by 1",
    "user_neighbors": "select method, sum(length(scores)) / 4 from user_neighbor_rows group by 1",
    "item_scores": "select name, count(*) from item_scores group by 1",
    "variants": "select 'variants', count(*) from variants",
}
"""Kind of artifact -> (name, rows) of each; another kind has no rows of its own."""
