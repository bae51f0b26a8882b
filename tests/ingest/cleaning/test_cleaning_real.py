"""The real files beside the checkout, at full size; skipped where they are absent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from prodsim_cli.errors import InputError
from prodsim_cli.ingest.cleaning import NotRecognised, clean, commonest_titles, fold_case, recognise
from prodsim_cli.ingest.readers._raw import Cleaned, CleanOptions, RawTable

NONE = CleanOptions()


def raw(path: Path, separator: str = ",") -> RawTable:
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path)
    elif path.suffix == ".json":
        rows = json.loads(path.read_text(encoding="utf-8"))
        frame = pl.DataFrame([{"sku": key, **row} for key, row in rows.items()])
    else:
        frame = pl.read_csv(path, infer_schema=False, separator=separator)
    return RawTable(path.name, frame, np.arange(2, 2 + len(frame)), len(frame))


@pytest.fixture(scope="module")
def online_retail(shared_data: Path) -> Cleaned:
    return clean(raw(shared_data / "online_retail" / "events.csv.gz"), NONE)


def test_online_retail_accounts_for_every_line(online_retail: Cleaned) -> None:
    assert online_retail.kind == "transactions"
    assert online_retail.read == 541_909
    assert online_retail.merged == {"equal line": 5_268}
    assert online_retail.set_aside == {"service line": 3_041, "stock write-off": 1_497}
    assert online_retail.rejected == {}
    assert online_retail.emptied == {"UnitPrice": 2}
    assert online_retail.kept == len(online_retail.events) == 532_103
    assert dict(online_retail.events["type"].value_counts().iter_rows()) == {
        "purchase": 523_600,
        "return": 8_503,
    }


def test_online_retail_by_product(online_retail: Cleaned) -> None:
    told = online_retail.events.group_by("sku", "title").agg(pl.len().alias("lines"))
    folded = fold_case(told)
    assert folded.filter(pl.col("sku") != pl.col("canonical")).height == 111
    titles = commonest_titles(told)
    assert titles["title"].null_count() == 17
    small = titles.filter(pl.col("title").str.to_lowercase() == pl.col("title"))["title"].to_list()
    assert small == []
    codes = set(titles["sku"])
    assert not codes & {"POST", "DOT", "M", "m", "C2", "D", "S", "BANK CHARGES", "AMAZONFEE", "B"}
    assert {"85123A", "DCGSSGIRL", "PADS"} <= codes


def test_complete_journey(shared_data: Path) -> None:
    folder = shared_data / "complete_journey"
    products = clean(raw(folder / "products.parquet"), NONE)
    assert (products.kind, products.kept) == ("catalog", 92_331)
    assert products.items["title"].n_unique() == 18_775  # 18,840 before white space
    lines = clean(raw(folder / "transactions.parquet"), NONE)
    assert (lines.kind, lines.kept, lines.emptied) == ("events", 1_469_307, {"quantity": 8_869})
    assert "position" not in lines.mapping


@pytest.mark.parametrize(
    "name", ["campaigns", "campaign_descriptions", "coupon_redemptions", "coupons", "demographics"]
)
def test_complete_journeys_other_tables_are_skipped(shared_data: Path, name: str) -> None:
    table = raw(shared_data / "complete_journey" / f"{name}.parquet")
    if name == "coupons":
        assert not recognise(table, NONE).certain
    else:
        with pytest.raises(NotRecognised):
            recognise(table, NONE)


def test_open_food_facts_is_refused_without_a_key(shared_data: Path) -> None:
    table = raw(shared_data / "open_food_facts" / "openfoodfacts.csv")
    with pytest.raises(InputError) as caught:
        clean(table, NONE)
    assert "1,253 of 1,470 values are in scientific notation" in caught.value.message
    assert caught.value.hint == "Take another column as key: --map sku=url"
    cleaned = clean(table, CleanOptions(mapping={"sku": "url"}))
    assert (cleaned.kept, cleaned.mapping["title"]) == (1_470, "product_name")
    assert all(json.loads(text) for text in cleaned.items["attributes"].drop_nulls())


@pytest.mark.parametrize(
    ("path", "separator", "kind", "kept"),
    [
        ("office_products/items.json", ",", "catalog", 3_459),
        ("office_products/user_sequences.csv", ",", "events", 22_447),
        ("abt_buy/abt.csv", "|", "catalog", 1_076),
        ("abt_buy/buy.csv", "|", "catalog", 1_076),
        ("retail_demo_store/products.csv", ",", "catalog", 2_465),
    ],
)
def test_files_of_other_shapes(
    shared_data: Path, path: str, separator: str, kind: str, kept: int
) -> None:
    table = raw(shared_data / path, separator)
    assert recognise(table, NONE).certain
    cleaned = clean(table, NONE)
    assert (cleaned.kind, cleaned.kept) == (kind, kept)


@pytest.mark.parametrize("name", ["test.csv", "valid.csv"])
def test_histories_are_no_events(shared_data: Path, name: str) -> None:
    found = recognise(raw(shared_data / "office_products" / name), NONE)
    assert not found.certain
    assert found.why.endswith("hold whole lists, so a line is not one event")


def test_pairs_are_no_catalogue(shared_data: Path) -> None:
    with pytest.raises(NotRecognised, match="Columns found: D1, D2"):
        recognise(raw(shared_data / "abt_buy" / "gt.csv", "|"), NONE)


def test_descriptions_lose_their_markup(shared_data: Path) -> None:
    items: Any = clean(raw(shared_data / "office_products" / "items.json"), NONE).items
    texts = items["description"].drop_nulls()
    assert texts.str.contains("<[a-zA-Z/!]").sum() == 0
    assert texts.str.contains("font-family").sum() == 0
