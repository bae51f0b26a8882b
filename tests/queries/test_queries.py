"""Which product a text means, and what is offered where it means none."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shop_rows import write_shop

from prodsim_cli.errors import AmbiguousSku, NotFound
from prodsim_cli.queries.lookup import nearest, resolve_sku, resolve_skus
from prodsim_cli.queries.similar import similar
from prodsim_cli.store.connection import open_for_reading


def opened(path: Path, items: list[dict[str, Any]], **rest: Any) -> sqlite3.Connection:
    empty: dict[str, Any] = {"neighbors": {}, "users": (), "events": (), "spellings": ()}
    return open_for_reading(write_shop(path, items=items, **{**empty, **rest}))


@pytest.fixture
def db(shop: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_for_reading(shop)) as connection:
        yield connection


@pytest.fixture
def sources(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    items = [
        {"sku": "1", "source": "abt"},
        {"sku": "1", "source": "buy"},
        {"sku": "2", "source": "buy"},
        {"sku": "2", "source": ""},
        {"sku": "3", "source": ""},
        {"sku": "a:3", "source": ""},
        {"sku": "4", "source": "abt", "listed": 0},
        {"sku": "4", "source": "buy"},
    ]
    with closing(opened(tmp_path / "sources.db", items)) as connection:
        yield connection


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("SKU123", "SKU123"),
        ("sku123", "SKU123"),
        ("  SKU123 ", "SKU123"),
        ("ＳＫＵ１２３", "SKU123"),
        ("85123a", "85123A"),
        ("bare", "BARE"),
    ],
)
def test_any_spelling_finds_the_product(db: sqlite3.Connection, text: str, label: str) -> None:
    assert resolve_sku(db, text)["label"] == label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("abt:1", "abt:1"),
        ("ABT:1", None),
        ("buy:2", "buy:2"),
        (":2", ":2"),
        ("3", "3"),
        ("a:3", "a:3"),
        ("4", "4"),
        ("buy:4", "4"),
    ],
)
def test_sources_and_colons(sources: sqlite3.Connection, text: str, label: str | None) -> None:
    if label is None:
        with pytest.raises(NotFound):
            resolve_sku(sources, text)
    else:
        assert resolve_sku(sources, text)["label"] == label
        assert resolve_sku(sources, label)["label"] == label


@pytest.mark.parametrize(("text", "names"), [("1", ["abt:1", "buy:1"]), ("2", [":2", "buy:2"])])
def test_an_ambiguous_text(sources: sqlite3.Connection, text: str, names: list[str]) -> None:
    with pytest.raises(AmbiguousSku) as caught:
        resolve_sku(sources, text)
    assert caught.value.details["candidates"] == names


def test_skus_that_differ_by_case_stay_apart_where_they_are_two(tmp_path: Path) -> None:
    items = [{"sku": "ab1"}, {"sku": "AB1"}]
    with closing(opened(tmp_path / "case.db", items)) as connection:
        assert resolve_sku(connection, "ab1")["sku"] == "ab1"
        with pytest.raises(AmbiguousSku):
            resolve_sku(connection, "Ab1")


def test_an_unlisted_product_does_not_hide_a_listed_spelling(tmp_path: Path) -> None:
    items = [{"sku": "X1", "listed": 0}, {"sku": "x1"}]
    with closing(opened(tmp_path / "gone.db", items)) as connection:
        assert resolve_sku(connection, "X1")["sku"] == "x1"


def test_each_product_once_however_it_is_written(db: sqlite3.Connection) -> None:
    found = resolve_skus(db, ["sku123", "SKU124", "SKU123"])
    assert [row["label"] for row in found] == ["SKU123", "SKU124"]


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("SKU132", "SKU123"),
        ("SK123", "SKU123"),
        ("SKUU126", "SKU126"),
        ("85123B", "85123A"),
        ("8512A", "85123A"),
        ("85 123A", "85123A"),
        ("holder", "85123A"),
    ],
)
def test_the_nearest_comes_first(db: sqlite3.Connection, slip: str, meant: str) -> None:
    found = nearest(db, slip)
    assert (found[0], len(found)) == (meant, 3)
    assert "GONE1" not in found


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=12))
def test_any_text_gets_three_nearest_and_no_surprise(nearest_db: Any, text: str) -> None:
    found = nearest(nearest_db, text)
    assert len(found) == len(set(found)) == 3


@pytest.fixture(scope="module")
def nearest_db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = write_shop(tmp_path_factory.mktemp("nearest") / "shop.db")
    with closing(open_for_reading(path)) as connection:
        yield connection


def test_an_empty_shop_says_so(tmp_path: Path) -> None:
    with closing(opened(tmp_path / "empty.db", [])) as connection:
        with pytest.raises(NotFound) as caught:
            resolve_sku(connection, "X")
        assert "run `prodsim ingest FILE`" in caught.value.hint


def test_many_strangers_are_named_and_not_all_of_them(db: sqlite3.Connection) -> None:
    with pytest.raises(NotFound) as caught:
        resolve_skus(db, [f"NO{n}" for n in range(30)])
    assert caught.value.message.endswith("'NO8', 'NO9' and 20 more.")
    assert len(caught.value.details["unknown"]) == 30
    assert len(caught.value.hint.splitlines()) == 10


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_together_is_the_sum_over_the_rows(tmp_path_factory: Any, data: st.DataObject) -> None:
    """Against the plain loop, with ties in order of SKU."""
    names = ["A", "B", "C", "D", "E", "F"]
    rows = {
        name: [
            (other, data.draw(st.sampled_from([0.5, 0.25, 0.125])))
            for other in data.draw(st.lists(st.sampled_from(names), unique=True))
            if other != name
        ]
        for name in names
    }
    seeds = data.draw(st.lists(st.sampled_from(names), min_size=2, unique=True))
    expected: dict[str, float] = {}
    for seed in seeds:
        for other, score in rows[seed]:
            if other not in seeds:
                expected[other] = expected.get(other, 0) + score
    path = tmp_path_factory.mktemp("together") / "shop.db"
    with closing(opened(path, [{"sku": n} for n in names], neighbors={"hybrid": rows})) as db:
        (ranking,) = similar(db, seeds, together=True)
    assert [(row.sku, row.score) for row in ranking.results] == sorted(
        expected.items(), key=lambda pair: (-pair[1], pair[0])
    )
