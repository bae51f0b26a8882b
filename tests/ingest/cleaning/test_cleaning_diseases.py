"""fixtures/dirty: each file has one disease of values; its exact account and message."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from prodsim_cli.errors import InputError
from prodsim_cli.ingest.cleaning import clean, commonest_titles
from prodsim_cli.ingest.readers._raw import CleanOptions, RawTable

PURCHASES = "no event type column: every line is a purchase"


@pytest.fixture
def dirty(fixtures: Path) -> Any:
    def load(name: str) -> RawTable:
        separator = ";" if name == "decimal_comma.csv" else ","
        frame = pl.read_csv(fixtures / "dirty" / name, infer_schema=False, separator=separator)
        return RawTable(name, frame, np.arange(2, 2 + len(frame)), len(frame))

    return load


def account(cleaned: Any) -> dict[str, Any]:
    """The parts of the account that are not empty."""
    names = ("merged", "set_aside", "rejected", "emptied")
    found = {name: getattr(cleaned, name) for name in names if getattr(cleaned, name)}
    return {"read": cleaned.read, "kept": cleaned.kept, **found}


@pytest.mark.parametrize(
    ("name", "kind", "expected", "notes"),
    [
        ("price_signs.csv", "catalog", {"read": 7, "kept": 7, "emptied": {"price": 4}}, ()),
        ("decimal_comma.csv", "catalog", {"read": 3, "kept": 3}, ()),
        (
            "dates_month_first.csv", "events", {"read": 3, "kept": 3},
            ("dates of order_date: mdy (the values decide)", PURCHASES),
        ),
        (
            "dates_open.csv", "events", {"read": 2, "kept": 2},
            (
                "dates of order_date: dmy assumed (values allow dmy and mdy; --dates decides)",
                PURCHASES,
            ),
        ),
        (
            "dates_contradict.csv", "events", {"read": 5, "kept": 2, "rejected": {"bad date": 3}},
            (
                "dates of order_date: dmy (the values decide), "
                "1 distinct values contradict it",
                PURCHASES,
            ),
        ),
        (
            "dates_epoch.csv", "events",
            {"read": 4, "kept": 3, "set_aside": {"unknown event type: zoom": 1}},
            ("column timestamp holds milliseconds since 1970",),
        ),
        ("ids_as_floats.csv", "events", {"read": 3, "kept": 3}, (PURCHASES,)),
        (
            "sku_by_case.csv", "catalog",
            {"read": 4, "kept": 3, "merged": {"case of sku": 1}}, (),
        ),
        ("several_titles.csv", "transactions", {"read": 5, "kept": 5}, (PURCHASES,)),
        (
            "equal_lines.csv", "events", {"read": 3, "kept": 2, "merged": {"equal line": 1}},
            (PURCHASES,),
        ),
        (
            "returns.csv", "events",
            {
                "read": 6, "kept": 5, "set_aside": {"stock write-off": 1},
                "emptied": {"Quantity": 1},
            },
            (PURCHASES,),
        ),
        ("html.csv", "catalog", {"read": 3, "kept": 3}, ()),
        (
            "no_title.csv", "catalog", {"read": 2, "kept": 2},
            (
                "no title column: the title is put together from "
                "product_category, product_type, package_size",
            ),
        ),
        (
            "line_totals.csv", "events", {"read": 2, "kept": 2, "emptied": {"quantity": 1}},
            (PURCHASES,),
        ),
        (
            "running_numbers.csv", "events", {"read": 3, "kept": 3},
            ("column timestamp holds running numbers, not dates: they are the order", PURCHASES),
        ),
    ],
)  # fmt: skip
def test_account_and_notes(
    dirty: Any, name: str, kind: str, expected: dict[str, Any], notes: tuple[str, ...]
) -> None:
    cleaned = clean(dirty(name), CleanOptions())
    assert (cleaned.kind, account(cleaned), cleaned.notes) == (kind, expected, notes)


def test_services(dirty: Any) -> None:
    cleaned = clean(dirty("services.csv"), CleanOptions())
    assert account(cleaned) == {"read": 5, "kept": 1, "set_aside": {"service line": 4}}
    assert cleaned.notes[-1] == (
        "service lines are the lines of codes whose commonest title is a word for postage, "
        "carriage, a fee, a discount, a sample, a voucher, bad debt or a correction (or whose "
        "code is such a word and has no title); --keep-services keeps them. 4 lines of 4 codes: "
        "B (Adjust bad debt, 1), "
        "M (Manual, 1), POST (POSTAGE, 1), gift_0001_20 (Dotcomgiftshop Gift Voucher £20.00, 1)"
    )
    off = clean(dirty("services.csv"), CleanOptions(service_lines=False))
    assert account(off) == {"read": 5, "kept": 5}


def test_chinese_events(dirty: Any) -> None:
    cleaned = clean(dirty("chinese_events.csv"), CleanOptions())
    assert account(cleaned) == {"read": 6, "kept": 5, "set_aside": {"service line": 1}}
    events = cleaned.events.select("user", "sku", "title", "type", "quantity", "value")
    assert events.rows() == [
        ("张三", "1001", "红色马克杯", "view", 1.0, 12.5),
        ("张三", "1001", "红色马克杯", "cart", 1.0, 12.5),
        ("张三", "1001", "红色马克杯", "purchase", 2.0, 12.5),
        ("李四", "1001", "红色马克杯", "wishlist", 1.0, 12.5),
        ("张三", "1001", "红色马克杯", "return", 1.0, 12.5),
    ]
    assert str(cleaned.events["at"][2]) == "2011-10-01 15:05:00"


def test_the_cleaned_values(dirty: Any) -> None:
    prices = clean(dirty("price_signs.csv"), CleanOptions()).items
    assert prices["price"].to_list() == [2.55, 1234.5, None, None, None, None, None]
    assert prices["currency"].to_list()[:2] == ["GBP", "GBP"]
    commas = clean(dirty("decimal_comma.csv"), CleanOptions()).items
    assert commas.select("sku", "price").rows() == [("007", 2.55), ("008", 1234.56), ("009", 12.0)]
    html = clean(dirty("html.csv"), CleanOptions()).items
    assert html.select("title", "description").rows() == [
        ("Fish & chips", "Crisp and hot"),
        ("Red mug", "Holds 8.5”, by 11”"),
        ("Tea cup ☕", None),
    ]
    ids = clean(dirty("ids_as_floats.csv"), CleanOptions()).events
    assert ids.select("user", "sku").rows() == [
        ("17850", "10002"),
        (None, "10002"),
        ("12583", "22086"),
    ]


def test_the_commonest_sane_title(dirty: Any) -> None:
    events = clean(dirty("several_titles.csv"), CleanOptions()).events
    told = events.group_by("sku", "title").agg(pl.len().alias("lines"))
    assert commonest_titles(told).rows() == [("20713", "JUMBO BAG OWLS"), ("22086", None)]


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        (
            "key_broken.csv",
            "key_broken.csv: a spreadsheet broke the key column code: 3 of 4 values are in "
            "scientific notation, and 3.27E+12 alone stands for 3 different products.",
            "Take another column as key: --map sku=url",
        ),
        (
            "key_ambiguous.csv",
            "key_ambiguous.csv: product_id and item_id are equally good for sku. "
            "Columns found: product_id, item_id, title.",
            "Say which it is, for example: --map sku=product_id",
        ),
        (
            "key_missing.csv",
            "key_missing.csv: no column was recognised as the product key "
            "(sku, product_id, 商品编号 ...). Columns found: class_id, class_name, colour.",
            "Say which it is, for example: --map sku=class_id",
        ),
    ],
)
def test_files_that_are_refused(dirty: Any, name: str, message: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        clean(dirty(name), CleanOptions())
    assert (caught.value.message, caught.value.hint) == (message, hint)
    mapped = dataclasses.replace(CleanOptions(), mapping={"sku": hint.rpartition("=")[2]})
    assert clean(dirty(name), mapped).kept == len(dirty(name).frame)
