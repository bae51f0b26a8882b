from __future__ import annotations

import json
import math
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from prodsim_cli.ingest.cleaning import clean
from prodsim_cli.ingest.cleaning.catalog import attributes
from prodsim_cli.ingest.cleaning.cells import EMPTY_WORDS
from prodsim_cli.ingest.readers._raw import CleanOptions

NONE = CleanOptions()


def test_a_catalogue(table: Any) -> None:
    raw = table(
        "sku,name,Description,brand,categories,price,in stock,colour,weight g\n"
        ' a1 ,<b>Red</b> mug,Fish &amp; chips,Acme,"[""Kitchen"", ""Mugs""]",£2.55,yes,red,300\n'
        "b2,Tin,,,,nan,no,,\n"
    )
    cleaned = clean(raw, NONE)
    assert cleaned.kind == "catalog"
    assert cleaned.events is None
    assert cleaned.items.to_dicts() == [
        {
            "sku": "a1", "title": "Red mug", "description": "Fish & chips", "brand": "Acme",
            "category": "Kitchen, Mugs", "price": 2.55, "currency": "GBP", "in_stock": True,
            "attributes": '{"colour":"red","weight g":"300"}', "line": 2,
        },
        {
            "sku": "b2", "title": "Tin", "description": None, "brand": None, "category": None,
            "price": None, "currency": None, "in_stock": False, "attributes": None, "line": 3,
        },
    ]  # fmt: skip
    assert cleaned.emptied == {"price": 1}
    assert cleaned.items.schema["in_stock"] == pl.Boolean
    assert cleaned.items.schema["line"] == pl.Int64


def test_a_column_that_the_file_has_not_is_absent(table: Any) -> None:
    cleaned = clean(table("sku,title\n1,Mug"), NONE)
    assert cleaned.items.columns == ["sku", "title", "line"]


def test_a_currency_column_outranks_the_sign(table: Any) -> None:
    cleaned = clean(table("sku,title,price,currency\n1,Mug,£5,CHF"), NONE)
    assert cleaned.items.select("price", "currency").rows() == [(5.0, "CHF")]


def test_prices_by_option(table: Any) -> None:
    raw = table('sku,title,price\n1,Mug,"1,234"')
    assert clean(raw, NONE).items["price"].to_list() == [1234.0]
    assert clean(raw, CleanOptions(decimal=",")).items["price"].to_list() == [1.234]


def test_equal_lines_and_equal_skus(table: Any) -> None:
    raw = table("sku,title\n1,Mug\n1,Mug\n1,Cup\n2,Tin\n3,Box\n4,Jar\n5,Lid\n6,Pan\n7,Pot\n8,Urn")
    cleaned = clean(raw, NONE)
    assert cleaned.merged == {"equal line": 1, "same sku": 1}
    assert cleaned.items.rows()[0] == ("1", "Cup", 4)
    assert cleaned.kept == len(cleaned.items) == 8


def test_spellings_by_case(table: Any) -> None:
    raw = table("sku,title\na1,Mug\nA1,Mug\nb2,Tin\nB2,Box")
    cleaned = clean(raw, NONE)
    assert cleaned.merged == {"case of sku": 1}
    assert cleaned.items.select("sku", "title").rows() == [
        ("A1", "Mug"),
        ("b2", "Tin"),
        ("B2", "Box"),
    ]
    kept = clean(raw, CleanOptions(keep_case=True))
    assert (kept.merged, kept.kept) == ({}, 4)


def test_lines_without_a_key(table: Any) -> None:
    cleaned = clean(table('sku,title\n,Mug\nnan,"Tin, red"\n2,Box'), NONE)
    assert cleaned.rejected == {"no sku": 2}
    assert [(r.line, r.raw) for r in cleaned.rejects] == [(2, ",Mug"), (3, "nan,Tin, red")]


def test_services_of_a_catalogue(table: Any) -> None:
    raw = table("sku,title\n1,Mug\nSHIP,Shipping\n3,Gift voucher £10")
    cleaned = clean(raw, NONE)
    assert cleaned.set_aside == {"service line": 2}
    assert cleaned.items["sku"].to_list() == ["1"]
    assert clean(raw, CleanOptions(service_lines=False)).kept == 3


def test_a_source_column_keeps_equal_skus_apart(table: Any) -> None:
    cleaned = clean(table("source,sku,title\nabt,1,Mug\nbuy,1,Cup"), CleanOptions(), kind="catalog")
    assert cleaned.items.select("source", "sku").rows() == [("abt", "1"), ("buy", "1")]


def test_typed_columns(table: Any) -> None:
    raw = table(
        {
            "product_id": [1, 2],
            "title": ["Mug", "Tin"],
            "price": [2.5, math.inf],
            "stock": [3, 0],
            "heavy": [True, None],
            "grams": [300.5, math.nan],
        }
    )
    items = clean(raw, NONE).items
    assert items["sku"].to_list() == ["1", "2"]
    assert items["price"].to_list() == [2.5, None]
    assert items["in_stock"].to_list() == [True, False]
    assert items["attributes"].to_list() == ['{"heavy":true,"grams":300.5}', None]


def test_a_title_from_brand_alone(table: Any) -> None:
    cleaned = clean(table("sku,brand\n1,Acme\n2,Bolt"), NONE)
    assert cleaned.mapping["title"] == "brand"
    assert cleaned.items["title"].to_list() == ["Acme", "Bolt"]


cells = st.one_of(st.none(), st.text(alphabet='ab"\\{}:,null é商', max_size=8))


@settings(deadline=None)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=8))
def test_attributes_are_json_without_empty_cells(rows: list[tuple[str | None, str | None]]) -> None:
    names = ['a"b', "c\\d"]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    for text, row in zip(attributes(frame), rows, strict=True):
        found = json.loads(text) if text else {}
        assert set(found) <= set(names)
        for name, cell in zip(names, row, strict=True):
            words = " ".join(cell.split()) if cell else ""
            assert found.get(name) == (words if words not in ("", *EMPTY_WORDS) else None)
