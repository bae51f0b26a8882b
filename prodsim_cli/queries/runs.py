"""The evaluations that the database keeps."""

from __future__ import annotations

import json
import sqlite3

from prodsim_cli.records.states import Listing

COLUMNS = ("run", "created_at", "task", "split", "asked", "best", "figure", "value", "data_version")


def runs(connection: sqlite3.Connection) -> Listing:
    """Every run, the latest first: when, what was asked, which method was best by what."""
    rows = connection.execute(
        "select id, created_at, task, data_version, figures from evaluations order by id desc"
    )
    return Listing(COLUMNS, tuple(_row(row) for row in rows))


def brief(listing: Listing) -> Listing:
    """The same runs for a terminal of 80 columns: dates without the time of day."""
    shown = tuple(
        (
            run,
            made[:10],
            *(one.replace("T00:00:00", "") if isinstance(one, str) else one for one in rest[:-1]),
        )
        for run, made, *rest in listing.rows
    )
    return Listing(("run", "made", *COLUMNS[2:-1]), shown)


def _row(row: sqlite3.Row) -> tuple[object, ...]:
    card = json.loads(row["figures"])
    split, methods = card["split"], card["methods"]
    best = next(iter(methods), None)
    figures = methods[best] if best else {}
    # runs kept before schema 2 don't say their main figure: it is the first of the best method
    main = card.get("main") or next(iter(figures), None)
    where = " ".join(str(part) for part in (split.get("kind"), split.get("at")) if part)
    asked = split.get("users") or split.get("queries")
    asked = split.get("pairs") if row["task"] == "pairs" else asked
    shown = (row["id"], row["created_at"], row["task"], where, asked)
    return (*shown, best, main, figures.get(main, {}).get("mean"), row["data_version"])
