"""The evaluations that the database keeps. Ground floor."""

from __future__ import annotations

import json
import sqlite3

from prodsim_cli.records import Listing

COLUMNS = (
    "run",
    "created_at",
    "task",
    "split",
    "asked",
    "best",
    "figure",
    "value",
    "data_version",
)


def runs(connection: sqlite3.Connection) -> Listing:
    """Every run, the latest first: when, what was asked, which method was best by what."""
    rows = connection.execute(
        "select id, created_at, task, data_version, figures from evaluations order by id desc"
    )
    return Listing(COLUMNS, tuple(_row(row) for row in rows))


def _row(row: sqlite3.Row) -> tuple[object, ...]:
    card = json.loads(row["figures"])
    split = card["split"]
    best = next(iter(card["methods"]), None)
    # runs kept before schema 2 don't say their main figure: it is the first of the best method
    main = card.get("main") or next(iter(card["methods"][best]), None) if best else None
    value = card["methods"][best].get(main, {}).get("mean") if best else None
    where = " ".join(str(part) for part in (split.get("kind"), split.get("at")) if part)
    asked = split.get("users") or split.get("queries") or split.get("pairs")
    return (
        row["id"],
        row["created_at"],
        row["task"],
        where,
        asked,
        best,
        main,
        value,
        row["data_version"],
    )
