"""Writing one cleaned file into the database: one transaction, applied once or anew.

First floor (polars). An item is found by (source, spelling); what items know from transaction
lines (title, price) is derived from the table ``spellings`` over all files, so that the order in
which files arrive does not matter. sqlite-utils joins our transaction with savepoints.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import polars as pl

from prodsim_cli.cleaning import commonest_titles, fold_case
from prodsim_cli.records import FileReport
from prodsim_cli.sources._raw import Cleaned
from prodsim_cli.store import meta

TEXTS = ("title", "description", "brand", "category", "tags")
CONTENT = (*TEXTS, "price", "currency", "image", "url", "lang", "in_stock", "attributes")
_CHUNK = 50_000


@dataclass
class Changes:
    """What a write did, to bump the right counters once."""

    texts: int = 0
    items: int = 0
    events: int = 0
    other: int = 0
    merged: dict[str, int] = field(default_factory=dict)
    new_items: int = 0

    def __bool__(self) -> bool:
        return bool(self.texts or self.items or self.events or self.other)


def known_file(
    connection: sqlite3.Connection, sha256: str, source: str, options: str
) -> FileReport | None:
    """The report of the same bytes ingested with the same options before, else None."""
    row = connection.execute(
        # A catalogue that another one has followed must be applied again to count.
        """select report from files f where sha256 = ? and source = ? and options = ?
           and not (kind = 'catalog' and exists (select 1 from files later
               where later.id > f.id and later.kind = 'catalog' and later.source = f.source))""",
        (sha256, source, options),
    ).fetchone()
    if row is None:
        return None
    stored: dict[str, Any] = json.loads(row[0])
    stored["notes"] = tuple(stored["notes"])
    return FileReport(**{**stored, "changed": False})


def apply(
    connection: sqlite3.Connection,
    cleaned: Cleaned,
    *,
    name: str,
    source: str,
    sha256: str,
    options: str,
    keep_case: bool = False,
) -> FileReport:
    """Write one file inside the caller's transaction; counters are bumped, the report returned.

    The same bytes with other options are applied anew: what the earlier application brought is
    taken out first. Lines of events that are stored already (an export that grew) are merged.
    """
    changes = Changes()
    changes.other += _forget_application(connection, sha256, source)
    file_id = _new_file(connection, name, source, cleaned.kind, sha256, options)
    spellings = _spellings(cleaned, source)
    item_of = _resolve_items(connection, spellings, cleaned, keep_case, changes)
    if cleaned.items is not None:
        _write_catalog(connection, cleaned.items, item_of, source, changes)
    _write_spellings(connection, file_id, spellings, item_of)
    if cleaned.events is not None:
        _write_events(connection, cleaned.events, item_of, source, file_id, changes)
        _describe_from_lines(connection, cleaned.events, item_of, changes)
    _derive(connection, changes)
    _drop_orphans(connection, changes)
    _hash_contents(connection)
    _write_rejects(connection, name, file_id, cleaned, changes)
    account = report(cleaned, name, changes)
    _finish(connection, file_id, account, changes)
    return account


def _forget_application(connection: sqlite3.Connection, sha256: str, source: str) -> int:
    """Take out what an earlier application of the same bytes brought; number of rows gone."""
    ids = connection.execute(
        "select id from files where sha256 = ? and source = ?", (sha256, source)
    ).fetchall()
    for (file_id,) in ids:
        connection.execute("delete from events where file_id = ?", (file_id,))
        connection.execute("delete from files where id = ?", (file_id,))  # spellings, rejects too
    if ids:
        # An item that no other catalogue describes falls back to what its events say.
        connection.execute(
            f"""update items set origin = 'events', content_hash = null,
                {", ".join(f"{c} = null" for c in CONTENT)} where origin = 'catalog' and id not in (select s.item_id from spellings s
                    join files f on f.id = s.file_id where f.kind = 'catalog')"""
        )
        meta.bump(connection, "events_version", "catalog_version")
    return len(ids)


def _new_file(
    connection: sqlite3.Connection, name: str, source: str, kind: str, sha256: str, options: str
) -> int:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    cursor = connection.execute(
        "insert into files (name, source, kind, sha256, options, report, ingested_at)"
        " values (?, ?, ?, ?, ?, '{}', ?)",
        (name, source, kind, sha256, options, now),
    )
    return int(cursor.lastrowid or 0)


def _spellings(cleaned: Cleaned, source: str) -> pl.DataFrame:
    """Every (source, sku, title) of the file with its lines, latest time and latest price."""
    if cleaned.events is not None:
        lines = cleaned.events
        title = pl.col("title") if "title" in lines.columns else pl.lit(None, pl.String)
        priced = (pl.col("value") > 0) & pl.col("type").is_in(["purchase", "cart", "view"])
        return (
            lines.lazy()
            .with_columns(title.fill_null("").alias("title"))
            .group_by("sku", "title")
            .agg(
                pl.len().alias("lines"),
                pl.col("at").filter(priced).max().alias("latest"),
                # Of several prices at the latest moment the largest: no matter the file's order.
                pl.col("value")
                .filter(priced & (pl.col("at").eq_missing(pl.col("at").filter(priced).max())))
                .max()
                .alias("price"),
            )
            .with_columns(pl.lit(source).alias("source"), pl.lit("transactions").alias("origin"))
            .sort("sku", "title")
            .collect()
        )
    items = cleaned.items
    assert items is not None
    title = pl.col("title") if "title" in items.columns else pl.lit(None, pl.String)
    return items.select(
        _source_column(items, source),
        pl.col("sku"),
        title.fill_null("").alias("title"),
        pl.lit(1, pl.UInt32).alias("lines"),
        pl.lit(None, pl.Datetime("us")).alias("latest"),
        pl.lit(None, pl.Float64).alias("price"),
        pl.lit("catalog").alias("origin"),
    )


def _source_column(items: pl.DataFrame, source: str) -> pl.Expr:
    if "source" in items.columns and not source:
        return pl.col("source").fill_null("").alias("source")
    return pl.lit(source).alias("source")


def _frame(
    connection: sqlite3.Connection, query: str, schema: dict[str, Any], *args: Any
) -> pl.DataFrame:
    rows = [tuple(row) for row in connection.execute(query, args)]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _resolve_items(
    connection: sqlite3.Connection,
    spellings: pl.DataFrame,
    cleaned: Cleaned,
    keep_case: bool,
    changes: Changes,
) -> pl.DataFrame:
    """Item of each spelling of the file: frame (source, sku, item_id). New items are inserted.

    Spellings that differ by case only are one item (:func:`cleaning.fold_case` over those stored
    and those of the file); the commonest spelling becomes the SKU.
    """
    stored = _frame(
        connection,
        "select source, sku, title, lines, item_id from spellings",
        {
            "source": pl.String,
            "sku": pl.String,
            "title": pl.String,
            "lines": pl.Int64,
            "item_id": pl.Int64,
        },
    )
    stored = stored.filter(pl.col("source").is_in(spellings["source"].unique().implode()))
    union = pl.concat(
        [
            stored,
            spellings.select("source", "sku", "title", pl.col("lines").cast(pl.Int64)).with_columns(
                pl.lit(None, pl.Int64).alias("item_id")
            ),
        ]
    )
    groups = _canonical(union, keep_case)
    owners = (
        union.filter(pl.col("item_id").is_not_null())
        .join(groups, on=["source", "sku"])
        .group_by("source", "canonical")
        .agg(pl.col("item_id").min())
    )
    wanted = groups.join(owners, on=["source", "canonical"], how="left")
    wanted = wanted.join(
        spellings.select("source", "sku").unique(), on=["source", "sku"], how="semi"
    )
    missing = wanted.filter(pl.col("item_id").is_null()).select("source", "canonical").unique()
    missing = missing.sort("source", "canonical")
    created = _insert_items(connection, missing, cleaned)
    changes.items += len(created)
    changes.new_items += len(created)
    wanted = wanted.join(created, on=["source", "canonical"], how="left", suffix="_new")
    resolved = wanted.with_columns(pl.coalesce("item_id", "item_id_new").alias("item_id"))
    _rename(connection, resolved, changes)
    return resolved.select("source", "sku", "item_id")


def _canonical(union: pl.DataFrame, keep_case: bool) -> pl.DataFrame:
    """(source, sku, canonical) over all spellings of the sources at hand."""
    parts = []
    for (source,), part in union.group_by(["source"], maintain_order=True):
        if keep_case:
            folded = part.select("sku", pl.col("sku").alias("canonical")).unique()
        else:
            folded = fold_case(part.select("sku", "title", "lines"))
        parts.append(folded.select("sku", "canonical").with_columns(pl.lit(source).alias("source")))
    return (
        pl.concat(parts)
        if parts
        else pl.DataFrame(schema={"sku": pl.String, "canonical": pl.String, "source": pl.String})
    )


def _next_id(connection: sqlite3.Connection, table: str) -> int:
    """An id that was never given before: a stored neighbour must not come to mean another item."""
    row = connection.execute("select seq from sqlite_sequence where name = ?", (table,)).fetchone()
    return 1 if row is None else int(row[0]) + 1


def _insert_items(
    connection: sqlite3.Connection, missing: pl.DataFrame, cleaned: Cleaned
) -> pl.DataFrame:
    """Insert bare items; frame (source, canonical, item_id)."""
    origin = "catalog" if cleaned.items is not None else cleaned.kind
    first = _next_id(connection, "items")
    created = missing.with_columns(pl.int_range(first, first + len(missing)).alias("item_id"))
    connection.executemany(
        "insert into items (id, sku, source, sku_key, origin) values (?, ?, ?, ?, ?)",
        (
            (item_id, sku, source, sku.casefold(), origin)
            for source, sku, item_id in created.select("source", "canonical", "item_id").iter_rows()
        ),
    )
    return created


def _rename(connection: sqlite3.Connection, resolved: pl.DataFrame, changes: Changes) -> None:
    """Give an item the spelling that has become its commonest one."""
    now = _frame(
        connection, "select id, sku from items", {"item_id": pl.Int64, "stored": pl.String}
    )
    renamed = (
        resolved.select("item_id", "canonical")
        .unique()
        .join(now, on="item_id")
        .filter(pl.col("stored") != pl.col("canonical"))
    )
    for item_id, sku in renamed.select("item_id", "canonical").iter_rows():
        connection.execute(
            "update or ignore items set sku = ?, sku_key = ? where id = ?",
            (sku, sku.casefold(), item_id),
        )
    changes.items += len(renamed)


def _write_catalog(
    connection: sqlite3.Connection,
    items: pl.DataFrame,
    item_of: pl.DataFrame,
    source: str,
    changes: Changes,
) -> None:
    """Bring the columns that the file has into the items; only rows that differ are written."""
    present = [name for name in CONTENT if name in items.columns]
    frame = items.select(_source_column(items, source), "sku", *present, pl.col("line"))
    frame = frame.join(item_of, on=["source", "sku"]).sort("line")
    frame = frame.unique("item_id", keep="last", maintain_order=True)
    if "in_stock" in present:
        frame = frame.with_columns(pl.col("in_stock").cast(pl.Int64))
    types = {name: frame.schema[name] for name in present}
    stored = _frame(
        connection,
        f"select id, origin, listed, {', '.join(present) or 'null'} from items",
        {"item_id": pl.Int64, "origin": pl.String, "listed": pl.Int64, **(types or {"_": pl.Null})},
    )
    both = frame.join(stored, on="item_id", suffix="_stored")
    differs = [pl.col(name).ne_missing(pl.col(f"{name}_stored")) for name in present]
    texts = [pl.col(n).ne_missing(pl.col(f"{n}_stored")) for n in present if n in TEXTS]
    both = both.with_columns(
        pl.any_horizontal(pl.lit(False), *texts).alias("_texts"),
        (pl.col("listed") == 0).alias("_back"),
    )
    changed = both.filter(
        pl.any_horizontal(pl.col("_back"), pl.col("origin") != "catalog", *differs)
    )
    changes.texts += int(changed["_texts"].sum())
    changes.items += int(changed["_back"].sum())
    changes.other += len(changed)
    _update_items(connection, changed.select("item_id", *present), present)
    if "price" in present:
        priced = {*json.loads(meta.get(connection, "priced_sources", "[]") or "[]")}
        priced |= {*frame["source"].unique()}
        meta.put(connection, "priced_sources", json.dumps(sorted(priced)))


def _update_items(
    connection: sqlite3.Connection, changed: pl.DataFrame, present: list[str]
) -> None:
    """An update by id keeps the row, so nothing that points at it is lost."""
    assignments = "".join(f", {name} = ?" for name in present)
    connection.executemany(
        "update items set origin = 'catalog', listed = 1, content_hash = null"
        f"{assignments} where id = ?",
        (row[1:] + row[:1] for row in changed.iter_rows()),
    )


def _write_spellings(
    connection: sqlite3.Connection, file_id: int, spellings: pl.DataFrame, item_of: pl.DataFrame
) -> None:
    rows = spellings.join(item_of, on=["source", "sku"]).select(
        "source",
        "item_id",
        "sku",
        "title",
        pl.col("lines").cast(pl.Int64),
        pl.col("latest").dt.strftime("%Y-%m-%dT%H:%M:%S"),
        "price",
    )
    rows = rows.unique(["source", "sku", "title"], keep="last", maintain_order=True)
    connection.executemany(
        "insert into spellings (file_id, source, item_id, sku, title, lines, latest, price)"
        " values (?, ?, ?, ?, ?, ?, ?, ?)",
        ((file_id, *row) for row in rows.iter_rows()),
    )


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


def _write_events(
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
    stored = _frame(
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
    known = _frame(
        connection, "select key, id from users", {"user": pl.String, "user_id": pl.Int64}
    )
    keys = frame.select("user").drop_nulls().unique().sort("user")
    new = keys.join(known, on="user", how="anti", maintain_order="left")
    first = _next_id(connection, "users")
    new = new.with_columns(pl.int_range(first, first + len(new)).alias("user_id"))
    connection.executemany("insert into users (key, id) values (?, ?)", new.iter_rows())
    users = pl.concat([known, new.select("user", "user_id")])
    return frame.join(users, on="user", how="left", maintain_order="left")


def _insert_events(
    connection: sqlite3.Connection, frame: pl.DataFrame, source: str, file_id: int
) -> None:
    stored = connection.execute("select count(*) from events").fetchone()[0]
    indexes = {
        "events_user": "create index events_user on events (user_id)",
        "events_item": "create index events_item on events (item_id)",
    }
    bulk = len(frame) > stored
    if bulk:  # sorting an index once is far cheaper than filling it in random order
        for name in indexes:
            connection.execute(f"drop index if exists {name}")
    columns = ("user_id", "item_id", *EVENT_KEY[2:])
    marks = ", ".join("?" * len(columns))
    statement = (
        f"insert into events ({', '.join(columns)}, source, file_id)"
        f" values ({marks}, {_quote(source)}, {int(file_id)})"
    )
    for part in frame.select(columns).iter_slices(_CHUNK):
        connection.executemany(statement, part.rows())
    if bulk:
        for create in indexes.values():
            connection.execute(create)


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


LINE_FIELDS = ("brand", "category", "tags", "description", "currency", "image", "url", "lang")


def _describe_from_lines(
    connection: sqlite3.Connection, events: pl.DataFrame, item_of: pl.DataFrame, changes: Changes
) -> None:
    """Category, brand... that stand in transaction lines, for items that no catalogue describes:
    the commonest value of the file."""
    present = [name for name in LINE_FIELDS if name in events.columns]
    if not present:
        return
    commonest = (
        events.join(item_of, on="sku")
        .group_by("item_id")
        .agg(pl.col(name).drop_nulls().mode().sort().first() for name in present)
    )
    stored = _frame(
        connection,
        f"select id, {', '.join(present)} from items where origin != 'catalog'",
        {"item_id": pl.Int64, **{f"{name}_stored": pl.String for name in present}},
    )
    both = commonest.join(stored, on="item_id").sort("item_id")
    differs = [pl.col(name).ne_missing(pl.col(f"{name}_stored")) for name in present]
    changed = both.filter(pl.any_horizontal(*differs))
    changes.texts += len(changed)
    connection.executemany(
        f"update items set content_hash = null, {', '.join(f'{name} = ?' for name in present)}"
        " where id = ?",
        changed.select(*present, "item_id").iter_rows(),
    )


def _derive(connection: sqlite3.Connection, changes: Changes) -> None:
    """Title and price of items that no catalogue describes (prices also where the catalogue has no
    column for them), from all their transaction lines."""
    priced = json.loads(meta.get(connection, "priced_sources", "[]") or "[]")
    lines = _frame(
        connection,
        """select s.item_id, s.title, sum(s.lines), s.latest, s.price,
               i.origin = 'catalog', i.source
           from spellings s join items i on i.id = s.item_id
           group by s.item_id, s.title, s.latest, s.price""",
        {
            "item_id": pl.Int64,
            "title": pl.String,
            "lines": pl.Int64,
            "latest": pl.String,
            "price": pl.Float64,
            "described": pl.Int64,
            "source": pl.String,
        },
    )
    bare = lines.filter(pl.col("described") == 0)
    titles = commonest_titles(
        bare.select(pl.col("item_id").cast(pl.String).alias("sku"), "title", "lines")
    ).select(pl.col("sku").cast(pl.Int64).alias("item_id"), pl.col("title").replace("", None))
    _set_derived(connection, "title", titles, bare["item_id"].unique(), changes)
    unpriced = lines.filter((pl.col("described") == 0) | ~pl.col("source").is_in(priced))
    prices = (
        unpriced.filter(pl.col("price").is_not_null())
        .sort("latest", "price", nulls_last=False)
        .group_by("item_id", maintain_order=True)
        .agg(pl.col("price").last())
    )
    _set_derived(connection, "price", prices, unpriced["item_id"].unique(), changes)


def _set_derived(
    connection: sqlite3.Connection,
    column: str,
    values: pl.DataFrame,
    eligible: pl.Series,
    changes: Changes,
) -> None:
    """Write a derived column where it differs; an eligible item without a value gets null."""
    kind = pl.String if column == "title" else pl.Float64
    stored = _frame(
        connection, f"select id, {column} from items", {"item_id": pl.Int64, "_stored": kind}
    ).filter(pl.col("item_id").is_in(eligible.implode()))
    new = stored.join(values, on="item_id", how="left", maintain_order="left")
    changed = new.filter(pl.col(column).ne_missing(pl.col("_stored")))
    if column == "title":
        changes.texts += len(changed)
    changes.other += len(changed)
    connection.executemany(
        f"update items set content_hash = null, {column} = ? where id = ?",
        changed.select(column, "item_id").iter_rows(),
    )
    connection.execute(
        """update items set origin = 'transactions' where origin = 'events' and title is not null"""
    )


def _drop_orphans(connection: sqlite3.Connection, changes: Changes) -> None:
    """Items and users that no file speaks of any more (after a file was applied anew)."""
    gone = connection.execute(
        """delete from items where id not in (select item_id from spellings)
           and id not in (select item_id from events)"""
    ).rowcount
    changes.items += gone
    if gone or changes.other:
        connection.execute(
            "delete from users where id not in"
            " (select user_id from events where user_id is not null)"
        )


def _hash_contents(connection: sqlite3.Connection) -> None:
    """sha256 over the content columns of items that were written, for programs that copy them."""
    rows = connection.execute(
        f"select id, {', '.join(CONTENT)} from items where content_hash is null"
    ).fetchall()
    connection.executemany(
        "update items set content_hash = ? where id = ?",
        ((hashlib.sha256(json.dumps(tuple(row)[1:]).encode()).hexdigest(), row[0]) for row in rows),
    )


def _write_rejects(
    connection: sqlite3.Connection, name: str, file_id: int, cleaned: Cleaned, changes: Changes
) -> None:
    """Rejects of the newest version of a file take the place of those of the earlier one."""
    changes.other += connection.execute(
        "delete from rejects where file_id in (select id from files where name = ?)", (name,)
    ).rowcount
    shown = name.replace("\\", "/").rsplit("/", 1)[-1]
    connection.executemany(
        "insert into rejects (file, line, reason, raw, file_id) values (?, ?, ?, ?, ?)",
        ((shown, reject.line, reject.reason, reject.raw, file_id) for reject in cleaned.rejects),
    )
    changes.other += len(cleaned.rejects)


def report(cleaned: Cleaned, name: str, changes: Changes | None = None) -> FileReport:
    """The account of a cleaned file, with what the database merged."""
    changes = changes or Changes()
    return FileReport(
        file=name,
        kind=cleaned.kind,
        mapping=cleaned.mapping,
        read=cleaned.read,
        kept=cleaned.kept - sum(changes.merged.values()),
        merged={**cleaned.merged, **changes.merged},
        set_aside=cleaned.set_aside,
        rejected=cleaned.rejected,
        emptied=cleaned.emptied,
        notes=cleaned.notes,
        changed=bool(changes),
    )


def _finish(
    connection: sqlite3.Connection, file_id: int, account: FileReport, changes: Changes
) -> None:
    connection.execute(
        "update files set report = ? where id = ?",
        (json.dumps(account.as_dict(), ensure_ascii=False), file_id),
    )
    if changes.texts or changes.items:
        connection.execute("insert into items_fts (items_fts) values ('rebuild')")
        meta.bump(connection, "catalog_version")
    if changes.events:
        meta.bump(connection, "events_version")
    if changes:
        meta.bump(connection)
