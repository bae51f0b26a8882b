"""What items know from transaction lines: title, price and description, over all files."""

from __future__ import annotations

import json
import sqlite3

import polars as pl

from prodsim_cli.ingest.cleaning import commonest_titles
from prodsim_cli.store import meta
from prodsim_cli.store.intake.changes import Changes, read_frame

LINE_FIELDS = ("brand", "category", "tags", "description", "currency", "image", "url", "lang")


def describe_from_lines(
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
    stored = read_frame(
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


def derive(connection: sqlite3.Connection, changes: Changes) -> None:
    """Title and price of items that no catalogue describes (prices also where the catalogue has no
    column for them), from all their transaction lines."""
    priced = json.loads(meta.get(connection, "priced_sources", "[]") or "[]")
    lines = read_frame(
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
    stored = read_frame(
        connection, f"select id, {column} from items", {"item_id": pl.Int64, "_stored": kind}
    ).filter(pl.col("item_id").is_in(eligible.implode()))
    new = stored.join(values, on="item_id", how="left", maintain_order="left")
    changed = new.filter(pl.col(column).ne_missing(pl.col("_stored")))
    if column == "title":
        changes.texts += len(changed)
    else:
        changes.prices += len(changed)
    changes.other += len(changed)
    connection.executemany(
        f"update items set content_hash = null, {column} = ? where id = ?",
        changed.select(column, "item_id").iter_rows(),
    )
    connection.execute(
        """update items set origin = 'transactions' where origin = 'events' and title is not null"""
    )
