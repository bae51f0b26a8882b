"""Items of a cleaned file: found by spelling or made, described by a catalogue."""

from __future__ import annotations

import hashlib
import json
import sqlite3

import polars as pl

from prodsim_cli.ingest.cleaning import fold_case
from prodsim_cli.ingest.readers._raw import Cleaned
from prodsim_cli.store import meta
from prodsim_cli.store.intake.changes import CONTENT, TEXTS, Changes, next_id, read_frame
from prodsim_cli.store.schema import EVENT_INDEXES


def spellings_of(cleaned: Cleaned, source: str) -> pl.DataFrame:
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


def resolve(
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
    stored = read_frame(
        connection,
        # An item is known by its own name even where the file that spelled it was taken out.
        """select source, sku, title, lines, item_id from spellings
           union all select source, sku, '', 0, id from items""",
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


def _insert_items(
    connection: sqlite3.Connection, missing: pl.DataFrame, cleaned: Cleaned
) -> pl.DataFrame:
    """Insert bare items; frame (source, canonical, item_id)."""
    origin = "catalog" if cleaned.items is not None else cleaned.kind
    first = next_id(connection, "items")
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
    now = read_frame(
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
            "update or ignore items set sku = ?, sku_key = ?, content_hash = null where id = ?",
            (sku, sku.casefold(), item_id),
        )
    changes.items += len(renamed)


def write_catalog(
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
    stored = read_frame(
        connection,
        f"select id, origin, listed, {', '.join(present) or 'null'} from items",
        {"item_id": pl.Int64, "origin": pl.String, "listed": pl.Int64, **(types or {"_": pl.Null})},
    )
    both = frame.join(stored, on="item_id", suffix="_stored")
    differs = [pl.col(name).ne_missing(pl.col(f"{name}_stored")) for name in present]
    texts = [pl.col(n).ne_missing(pl.col(f"{n}_stored")) for n in present if n in TEXTS]
    money = ("price", "currency")
    prices = [pl.col(n).ne_missing(pl.col(f"{n}_stored")) for n in present if n in money]
    both = both.with_columns(
        pl.any_horizontal(pl.lit(False), *texts).alias("_texts"),
        pl.any_horizontal(pl.lit(False), *prices).alias("_prices"),
        (pl.col("listed") == 0).alias("_back"),
    )
    changed = both.filter(
        pl.any_horizontal(pl.col("_back"), pl.col("origin") != "catalog", *differs)
    )
    changes.texts += int(changed["_texts"].sum())
    changes.prices += int(changed["_prices"].sum())
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


def write_spellings(
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


def drop_orphans(connection: sqlite3.Connection, changes: Changes) -> None:
    """Items and users that no file speaks of any more, after a file was applied anew."""
    for create in EVENT_INDEXES.values():  # each deleted row is looked up in events
        connection.execute(create)
    changes.items += connection.execute(
        """delete from items where id not in (select item_id from spellings)
           and id not in (select item_id from events)"""
    ).rowcount
    connection.execute(
        "delete from users where id not in (select user_id from events where user_id is not null)"
    )


def hash_contents(connection: sqlite3.Connection) -> list[int]:
    """sha256 over the content columns of items that were written, for programs that copy them;
    the row ids of these items."""
    rows = connection.execute(
        f"select id, {', '.join(CONTENT)} from items where content_hash is null"
    ).fetchall()
    connection.executemany(
        "update items set content_hash = ? where id = ?",
        ((hashlib.sha256(json.dumps(tuple(row)[1:]).encode()).hexdigest(), row[0]) for row in rows),
    )
    return [row[0] for row in rows]
