"""Reading functions of the store whose answers the commands do not show whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from shop_rows import write_shop

from prodsim_cli.errors import NotReady
from prodsim_cli.store import artifacts, catalog, events, neighbors
from prodsim_cli.store.connection import open_for_reading, open_for_writing, transaction


@pytest.fixture
def db(shop: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_for_reading(shop)) as connection:
        yield connection


def id_of(db: sqlite3.Connection, sku: str) -> int:
    return int(db.execute("select id from items where sku = ?", (sku,)).fetchone()[0])


def test_reading_never_writes_and_cannot(db: sqlite3.Connection, shop: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        db.execute("delete from items")


def test_a_reader_sees_the_old_table_until_the_new_one_is_whole(shop: Path) -> None:
    with closing(open_for_writing(shop)) as writer, closing(open_for_reading(shop)) as reader:
        before = reader.execute("select count(*) from neighbors").fetchone()[0]
        with transaction(writer):
            writer.execute("delete from neighbor_rows")
            assert reader.execute("select count(*) from neighbors").fetchone()[0] == before
        assert reader.execute("select count(*) from neighbors").fetchone()[0] == 0


def test_a_database_without_a_schema_names_the_command(tmp_path: Path) -> None:
    """A run that was killed before its first migration leaves such a file."""
    path = tmp_path / "new.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma journal_mode = wal")
    with pytest.raises(NotReady, match="no prodsim data"):
        open_for_reading(path)


def test_labels_are_bare_with_one_source_even_a_named_one(tmp_path: Path) -> None:
    items = [{"sku": "1", "source": "abt"}, {"sku": "2", "source": "abt"}]
    path = write_shop(
        tmp_path / "one.db", items=items, neighbors={}, users=(), events=(), spellings=()
    )
    with closing(open_for_reading(path)) as connection:
        assert [row[0] for row in catalog.beginning_with(connection, "")] == ["1", "2"]
        (row,) = catalog.exactly(connection, "abt:2")
        assert row["label"] == "2"


def test_the_row_of_an_item_is_read_by_its_key(db: sqlite3.Connection) -> None:
    plan = db.execute(
        "explain query plan select n.rank from neighbors n join items i on i.id = n.neighbor_id"
        " where n.method = 'hybrid' and n.item_id = 1 and i.listed = 1 order by n.rank"
    ).fetchall()
    steps = [row["detail"] for row in plan]
    assert steps[0].startswith(
        "SEARCH r USING INDEX sqlite_autoindex_neighbor_rows_1 (method=? AND item_id=?)"
    )
    tables = [step for step in steps if "VIRTUAL" not in step]  # the list of ranks is no table
    assert not [step for step in tables if "SCAN" in step]


def test_agreeing_methods_come_in_the_order_asked(db: sqlite3.Connection) -> None:
    mug, blue, bear = (id_of(db, sku) for sku in ("SKU123", "SKU124", "SKU126"))
    found = neighbors.agreeing(db, ["lexical", "cosine"], [mug])
    assert found[blue] == ["lexical", "cosine"]
    assert found[bear] == ["cosine"]
    assert neighbors.agreeing(db, [], [mug]) == {}


def test_methods_and_depth(db: sqlite3.Connection) -> None:
    assert artifacts.Built(db).methods() == ["hybrid", "cosine", "lexical"]
    assert artifacts.Built(db).methods("user_neighbors") == []
    assert artifacts.Built(db).depth(db, "hybrid") == 50
    assert artifacts.Built(db).depth(db, "nothing") == 0


@pytest.mark.parametrize(
    ("data_version", "why"),
    [
        ("catalog:1 events:1", ""),
        ("events:1", ""),
        ("catalog:0", "products have changed since"),
        ("catalog:0 events:0", "products and events have changed since"),
        ("unfinished", "was begun and not finished"),
    ],
)
def test_why_something_is_stale(db: sqlite3.Connection, data_version: str, why: str) -> None:
    assert artifacts.Built(db).stale_because(data_version) == why


def test_orders_of_two_sources_are_two_orders(shop: Path) -> None:
    with closing(open_for_writing(shop)) as connection:
        before = events.reach(connection, 1)["orders"]
        connection.execute(
            "insert into events (item_id, type, order_id, source) values (1, 'purchase', 'A', 'b')"
        )
        assert events.reach(connection, 1)["orders"] == before + 1
