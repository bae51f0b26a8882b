"""Writing cleaned files: upserts keep ids, growing exports add what is new, files apply anew."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from shop_rows import put_pairs

from prodsim_cli.ingest.readers._raw import Cleaned, Reject
from prodsim_cli.store import intake, meta, writing
from prodsim_cli.store.connection import open_for_writing, transaction


@pytest.fixture
def db(tmp_path: Path) -> sqlite3.Connection:
    connection = open_for_writing(tmp_path / "shop.db")
    yield connection
    connection.close()


def catalog(rows: list[dict[str, Any]], columns: dict[str, Any] | None = None) -> Cleaned:
    schema = {"sku": pl.String, **(columns or {"title": pl.String, "price": pl.Float64})}
    frame = pl.DataFrame(rows, schema=schema).with_row_index("line", 2)
    frame = frame.with_columns(pl.col("line").cast(pl.Int64))
    return cleaned("catalog", items=frame)


def events(rows: list[dict[str, Any]], kind: str = "transactions") -> Cleaned:
    schema = {
        "user": pl.String,
        "sku": pl.String,
        "type": pl.String,
        "quantity": pl.Float64,
        "weight": pl.Float64,
        "value": pl.Float64,
        "order_id": pl.String,
        "at": pl.Datetime("us"),
        "position": pl.Int64,
        "title": pl.String,
    }
    full = [{"type": "purchase", "quantity": 1.0, **row} for row in rows]
    frame = pl.DataFrame(
        [{name: row.get(name) for name in schema} for row in full],
        schema={**schema, "at": pl.String},
    )
    frame = frame.with_columns(pl.col("at").str.to_datetime("%Y-%m-%d", time_unit="us"))
    return cleaned(kind, events=frame.with_row_index("line", 2))


def cleaned(kind: str, **frames: pl.DataFrame) -> Cleaned:
    frame = next(iter(frames.values()))
    return Cleaned(
        kind=kind,
        mapping={},
        items=frames.get("items"),
        events=frames.get("events"),
        read=frame.height,
        merged={},
        set_aside={},
        rejected={},
        emptied={},
        rejects=(),
        notes=(),
    )


def put(db: sqlite3.Connection, file: Cleaned, name: str = "f.csv", **options: Any) -> Any:
    arguments = {"source": "", "sha256": name, "options": "{}", **options}
    with transaction(db):
        return intake.apply(db, file, name=name, **arguments)


def rows(db: sqlite3.Connection, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in db.execute(query)]


def test_a_changed_catalogue_keeps_ids_and_so_its_neighbours(db: sqlite3.Connection) -> None:
    put(db, catalog([{"sku": "A", "title": "tea"}, {"sku": "B", "title": "cup"}]), "one")
    before = dict(rows(db, "select sku, id from items"))
    put_pairs(db, "neighbors", "lexical", [(before["A"], before["B"], 0.5)])
    put(db, catalog([{"sku": "A", "title": "green tea"}, {"sku": "B", "title": "cup"}]), "two")
    assert dict(rows(db, "select sku, id from items")) == before
    assert rows(db, "select title from items order by sku") == [("green tea",), ("cup",)]
    assert rows(db, "select count(*) from neighbors") == [(1,)]


def test_an_absent_column_leaves_and_an_empty_cell_empties(db: sqlite3.Connection) -> None:
    both = {"title": pl.String, "brand": pl.String}
    put(db, catalog([{"sku": "A", "title": "tea", "brand": "Finch"}], both), "one")
    put(db, catalog([{"sku": "A", "title": "black tea"}], {"title": pl.String}), "two")
    assert rows(db, "select title, brand from items") == [("black tea", "Finch")]
    put(db, catalog([{"sku": "A", "title": "black tea", "brand": None}], both), "three")
    assert rows(db, "select title, brand from items") == [("black tea", None)]


def test_the_same_catalogue_again_changes_nothing(db: sqlite3.Connection) -> None:
    file = catalog([{"sku": "A", "title": "tea", "price": 2.5}])
    assert put(db, file, "one").changed
    counter = meta.version(db, "catalog_version")
    assert not put(db, file, "copy of one").changed
    assert meta.version(db, "catalog_version") == counter


def test_a_price_change_makes_no_text_stale(db: sqlite3.Connection) -> None:
    put(db, catalog([{"sku": "A", "title": "tea", "price": 2.5}]), "one")
    counter = meta.version(db, "catalog_version")
    assert put(db, catalog([{"sku": "A", "title": "tea", "price": 3.0}]), "two").changed
    assert meta.version(db, "catalog_version") == counter
    assert rows(db, "select price from items") == [(3.0,)]


def test_an_export_that_grew_adds_what_is_new(db: sqlite3.Connection) -> None:
    first = [
        {"user": "u", "sku": "A", "at": "2024-01-01", "title": "tea"},
        {"user": "u", "sku": "A", "at": "2024-01-01", "title": "tea"},
        {"user": None, "sku": "A", "at": "2024-01-02", "title": "tea"},
    ]
    put(db, events(first), "jan.csv")
    report = put(db, events([*first, {"user": "v", "sku": "B", "at": "2024-02-01"}]), "feb.csv")
    assert report.merged == {"already stored": 3}
    assert (report.read, report.kept) == (4, 1)
    assert rows(db, "select count(*), count(user_id) from events") == [(4, 3)]


def test_a_catalogue_outranks_transactions_in_any_order(db: sqlite3.Connection) -> None:
    lines = events([{"user": "u", "sku": "A", "at": "2024-01-01", "title": "TEA??", "value": 9.0}])
    full = catalog([{"sku": "A", "title": "Green tea", "price": 2.0}])
    put(db, lines, "lines")
    assert rows(db, "select title, price, origin from items") == [("TEA??", 9.0, "transactions")]
    put(db, full, "catalog")
    put(
        db,
        events([{"user": "v", "sku": "A", "at": "2024-05-01", "title": "X", "value": 7.0}]),
        "more",
    )
    assert rows(db, "select title, price, origin from items") == [("Green tea", 2.0, "catalog")]


def test_price_of_a_product_known_from_transactions_is_the_latest_positive(
    db: sqlite3.Connection,
) -> None:
    put(
        db,
        events([{"user": "u", "sku": "A", "at": "2024-03-01", "title": "tea", "value": 3.0}]),
        "b",
    )
    put(
        db,
        events(
            [
                {"user": "u", "sku": "A", "at": "2024-01-01", "title": "tea", "value": 1.0},
                {"user": "u", "sku": "A", "at": "2024-04-01", "title": "tea", "value": 0.0},
            ]
        ),
        "a",
    )
    assert rows(db, "select price from items") == [(3.0,)]


def test_spellings_that_differ_by_case_are_one_item(db: sqlite3.Connection) -> None:
    lines = [
        {"user": "u", "sku": sku, "at": "2024-01-01", "title": "tea"} for sku in ("a1", "A1", "A1")
    ]
    put(db, events(lines), "one")
    assert rows(db, "select sku from items") == [("A1",)]
    assert rows(db, "select count(distinct item_id) from events") == [(1,)]
    assert rows(db, "select sku from spellings order by sku") == [("A1",), ("a1",)]


def test_keep_case_keeps_them_apart(db: sqlite3.Connection) -> None:
    lines = [{"user": "u", "sku": sku, "at": "2024-01-01", "title": "tea"} for sku in ("a1", "A1")]
    put(db, events(lines), "one", keep_case=True)
    assert rows(db, "select sku from items order by sku") == [("A1",), ("a1",)]


def test_other_titles_keep_spellings_apart(db: sqlite3.Connection) -> None:
    lines = [
        {"user": "u", "sku": "a1", "at": "2024-01-01", "title": "GREEN TEA"},
        {"user": "u", "sku": "A1", "at": "2024-01-01", "title": "GARDEN CHAIR"},
    ]
    put(db, events(lines), "one")
    assert rows(db, "select sku, title from items order by sku") == [
        ("A1", "GARDEN CHAIR"),
        ("a1", "GREEN TEA"),
    ]


def test_the_same_bytes_with_other_options_are_applied_anew(db: sqlite3.Connection) -> None:
    put(db, catalog([{"sku": "1", "title": "wrong key"}]), "f", sha256="s", options="a")
    put(db, catalog([{"sku": "url/1", "title": "right key"}]), "f", sha256="s", options="b")
    assert rows(db, "select sku, title from items") == [("url/1", "right key")]
    assert rows(db, "select count(*) from files") == [(1,)]


def test_a_file_applied_anew_keeps_the_ids_of_its_items(db: sqlite3.Connection) -> None:
    lines = [
        {"user": "u", "sku": sku, "at": "2024-01-01", "title": "tea"} for sku in ("a1", "A1", "A1")
    ]
    put(db, events(lines), "f", sha256="s", options="a")
    (before,) = rows(db, "select id from items")
    put(db, events(lines), "f", sha256="s", options="b", keep_case=True)
    assert rows(db, "select sku from items order by sku") == [("A1",), ("a1",)]
    assert rows(db, "select id from items where sku = 'A1'") == [before]
    assert rows(db, "select count(*) from events") == [(3,)]
    put(db, events(lines), "f", sha256="s", options="a")
    assert rows(db, "select id, sku from items") == [(*before, "A1")]
    assert rows(db, "select count(*), count(distinct item_id) from events") == [(3, 1)]


def test_an_id_is_never_given_twice(db: sqlite3.Connection) -> None:
    put(db, catalog([{"sku": "1", "title": "old"}]), "f", sha256="s", options="a")
    (old,) = rows(db, "select id from items")
    put(db, catalog([{"sku": "2", "title": "new"}]), "f", sha256="s", options="b")
    (new,) = rows(db, "select id from items")
    assert new > old


def test_two_sources_keep_their_products_apart(db: sqlite3.Connection) -> None:
    put(db, catalog([{"sku": "1", "title": "tea"}]), "a", source="abt")
    put(db, catalog([{"sku": "1", "title": "cup"}]), "b", source="buy")
    assert rows(db, "select source, sku, title from items order by source") == [
        ("abt", "1", "tea"),
        ("buy", "1", "cup"),
    ]


def test_prune_takes_products_out_and_a_later_feed_brings_them_back(db: sqlite3.Connection) -> None:
    put(db, catalog([{"sku": "A", "title": "tea"}, {"sku": "B", "title": "cup"}]), "one")
    put(db, catalog([{"sku": "A", "title": "tea"}]), "two")
    with transaction(db):
        assert writing.prune(db, "", ["two"]) == 1
    assert rows(db, "select sku, listed from items order by sku") == [("A", 1), ("B", 0)]
    put(db, catalog([{"sku": "B", "title": "cup"}]), "three")
    assert rows(db, "select listed from items where sku = 'B'") == [(1,)]


def test_rejects_of_a_newer_version_replace_the_older(db: sqlite3.Connection) -> None:
    from dataclasses import replace

    file = catalog([{"sku": "A", "title": "tea"}])
    bad = Reject(3, "no sku", ",cup")
    put(db, replace(file, rejects=(bad,)), "shop/feed.csv", sha256="1")
    put(db, replace(file, rejects=(bad, Reject(4, "no sku", ",pot"))), "shop/feed.csv", sha256="2")
    assert rows(db, "select file, line, reason, raw from rejects") == [
        ("feed.csv", 3, "no sku", ",cup"),
        ("feed.csv", 4, "no sku", ",pot"),
    ]


def test_a_failure_leaves_nothing_behind(db: sqlite3.Connection, monkeypatch: Any) -> None:
    def explode(*_: Any) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(intake, "_write_rejects", explode)
    with pytest.raises(RuntimeError):
        put(db, catalog([{"sku": "A", "title": "tea"}]))
    assert rows(db, "select count(*) from items") == [(0,)]
    assert rows(db, "select count(*) from files") == [(0,)]
