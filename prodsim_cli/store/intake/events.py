"""Events of a cleaned file: only those that are not stored yet, in bulk."""

from __future__ import annotations

import sqlite3

import polars as pl

from prodsim_cli.store.intake.changes import Changes, next_id, read_frame
from prodsim_cli.store.schema import EVENT_INDEXES

_CHUNK = 50_000


EVENT_KEY = ("user", "item_id", "type", "quantity", "weight", "value", "order_id", "at", "position")
EVENT_SCHEMA = {
    "user": pl.String,
    "item_id": pl.Int64,
    "type": pl.String,
    "quantity": pl.Float64,
    "weight": pl.Float64,
    "value": pl.Float64,
    "order_id": pl.String,
    "at": pl.String,
    "position": pl.Int64,
}


def write_events(
    connection: sqlite3.Connection,
    events: pl.DataFrame,
    item_of: pl.DataFrame,
    source: str,
    file_id: int,
    changes: Changes,
) -> None:
    items = item_of.filter(pl.col("source") == source).select("sku", "item_id")
    seconds = pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%S")
    fraction = pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%S%.3f")
    whole = pl.col("at").dt.millisecond().fill_null(0) == 0
    frame = (
        events.lazy()
        .with_columns(pl.when(whole).then(seconds).otherwise(fraction).alias("at"))
        .join(items.lazy(), on="sku", how="left", maintain_order="left")
        .select(EVENT_KEY)
        .collect()
    )
    stored = connection.execute("select exists (select 1 from events)").fetchone()[0]
    if stored:
        before = len(frame)
        frame = _not_stored(connection, frame, source)
        if before > len(frame):
            changes.merged["already stored"] = before - len(frame)
    frame = _with_user_ids(connection, frame)
    _insert_events(connection, frame, source, file_id)
    changes.events += len(frame)


def _not_stored(connection: sqlite3.Connection, frame: pl.DataFrame, source: str) -> pl.DataFrame:
    """The lines that the database does not hold yet, as multisets: of n equal lines of which m
    are stored, n - m are new. An export that grew adds what is new and nothing twice."""
    low, high = frame["at"].min(), frame["at"].max()
    stored = read_frame(
        connection,
        """select u.key, e.item_id, e.type, e.quantity, e.weight, e.value, e.order_id, e.at,
               e.position from events e left join users u on u.id = e.user_id
           where e.source = ? and (e.at is null or e.at between ? and ?)""",
        EVENT_SCHEMA,
        source,
        low or "",
        high or "",
    )
    if stored.is_empty():
        return frame
    copies = stored.group_by(EVENT_KEY).agg(pl.len().alias("_stored"))
    numbered = frame.with_columns(pl.int_range(pl.len()).over(EVENT_KEY).alias("_copy"))
    joined = numbered.join(
        copies, on=EVENT_KEY, how="left", nulls_equal=True, maintain_order="left"
    )
    return joined.filter(pl.col("_copy") >= pl.col("_stored").fill_null(0)).select(EVENT_KEY)


def _with_user_ids(connection: sqlite3.Connection, frame: pl.DataFrame) -> pl.DataFrame:
    known = read_frame(
        connection, "select key, id from users", {"user": pl.String, "user_id": pl.Int64}
    )
    keys = frame.select("user").drop_nulls().unique().sort("user")
    new = keys.join(known, on="user", how="anti", maintain_order="left")
    first = next_id(connection, "users")
    new = new.with_columns(pl.int_range(first, first + len(new)).alias("user_id"))
    connection.executemany("insert into users (key, id) values (?, ?)", new.iter_rows())
    users = pl.concat([known, new.select("user", "user_id")])
    return frame.join(users, on="user", how="left", maintain_order="left")


def _insert_events(
    connection: sqlite3.Connection, frame: pl.DataFrame, source: str, file_id: int
) -> None:
    stored = connection.execute("select count(*) from events").fetchone()[0]
    if len(frame) > stored:
        # Filling an index in random order costs far more than sorting it once; `build` does that
        # (writing.index_events), and until then the few questions about one item scan.
        for name in EVENT_INDEXES:
            connection.execute(f"drop index if exists {name}")
    columns = ("user_id", "item_id", *EVENT_KEY[2:])
    marks = ", ".join("?" * len(columns))
    statement = (
        f"insert into events ({', '.join(columns)}, source, file_id)"
        f" values ({marks}, {_quote(source)}, {int(file_id)})"
    )
    for part in frame.select(columns).iter_slices(_CHUNK):
        connection.executemany(statement, part.rows())


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
