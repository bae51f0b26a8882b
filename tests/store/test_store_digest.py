"""The digest: equal for equal shops whatever the order, different for any change of content."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from shop_rows import EVENTS, ITEMS, REJECTS, USERS, write_shop

from prodsim_cli.store import meta
from prodsim_cli.store.connection import open_for_reading, open_for_writing, transaction
from prodsim_cli.store.digest import computed, digest, remember_digest


def of(path: Path) -> str:
    with closing(open_for_reading(path)) as connection:
        return computed(connection)


@pytest.fixture
def db(shop: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_for_writing(shop)) as connection:
        yield connection


def test_order_of_insertion_and_neighbours_leave_no_trace(shop: Path, tmp_path: Path) -> None:
    turned = write_shop(
        tmp_path / "turned.db",
        items=ITEMS[::-1],
        users=USERS[::-1],
        events=EVENTS[::-1],
        rejects=REJECTS[::-1],
        neighbors={},
        spellings=(),
    )
    assert of(turned) == of(shop)


@pytest.mark.parametrize(
    "change",
    [
        "update items set title = 'Another mug' where sku = 'SKU123'",
        "update items set sku = 'SKU1230' where sku = 'SKU123'",
        "update items set source = 'abt' where sku = 'SKU123'",
        "update items set price = null where sku = 'SKU123'",
        "update items set attributes = '{}' where sku = 'SKU123'",
        "update items set listed = 1 where sku = 'GONE1'",
        "update items set in_stock = 0 where sku = 'SKU123'",
        "update users set key = '1' where key = '17850'",
        "delete from users where key = 'SKU124'",
        "update events set quantity = 3 where quantity = 2",
        "update events set at = null where type = 'view'",
        "update events set user_id = null where type = 'view'",
        "insert into events (user_id, item_id, type) values (1, 1, 'view')",
        "delete from rejects where line = 3",
        "update rejects set raw = '' where line = 3",
    ],
)
def test_any_change_of_content_is_seen(db: sqlite3.Connection, change: str) -> None:
    before = computed(db)
    assert db.execute(change).rowcount > 0
    assert computed(db) != before


def test_an_equal_event_twice_counts_twice(db: sqlite3.Connection) -> None:
    one = "insert into events (user_id, item_id, type) values (1, 1, 'cart')"
    db.execute(one)
    once = computed(db)
    db.execute(one)
    assert computed(db) != once


@pytest.mark.parametrize(
    "change",
    [
        "update files set ingested_at = '2020-01-01', name = 'other.csv'",
        "update artifacts set created_at = '2020-01-01', seconds = 9",
        "delete from neighbor_rows",
        "insert into vectors values ('minilm', 1, x'00', 'h')",
        "update items set sku_key = 'x', content_hash = 'h' where sku = 'SKU123'",
    ],
)
def test_what_no_file_brought_is_not_seen(db: sqlite3.Connection, change: str) -> None:
    before = computed(db)
    assert db.execute(change).rowcount > 0
    assert computed(db) == before


def test_a_remembered_digest_is_read_until_something_is_written(db: sqlite3.Connection) -> None:
    value = remember_digest(db)
    assert value == computed(db) == digest(db)
    with transaction(db):
        meta.put(db, "digest", json.dumps({"version": 1, "digest": "remembered"}))
    assert digest(db) == "remembered"
    with transaction(db):
        meta.bump(db, "events_version")
    assert digest(db) == value
