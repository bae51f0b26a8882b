from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import polars as pl
import pytest

from prodsim_cli.ingest.cleaning import clean
from prodsim_cli.ingest.readers._raw import CleanOptions
from prodsim_cli.records.values import EVENT_TYPES

NONE = CleanOptions()
COLUMNS = {
    "user": pl.String,
    "sku": pl.String,
    "type": pl.String,
    "quantity": pl.Float64,
    "weight": pl.Float64,
    "value": pl.Float64,
    "order_id": pl.String,
    "at": pl.Datetime("us"),
    "position": pl.Int64,
}


def test_a_transaction_file(table: Any) -> None:
    raw = table(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "536365,85123A, WHITE  HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,UK\n"
        "C536379,85123A,WHITE HOLDER,-1,2010-12-02 09:41:00,2.55,17850.0,UK\n"
        "536380,71053,,1,2010-12-02 09:42:00,0,,UK\n"
    )
    cleaned = clean(raw, NONE)
    assert cleaned.kind == "transactions"
    assert cleaned.events.schema == {**COLUMNS, "title": pl.String, "line": pl.Int64}
    at = [datetime(2010, 12, 1, 8, 26), datetime(2010, 12, 2, 9, 41), datetime(2010, 12, 2, 9, 42)]
    assert cleaned.events.rows() == [
        ("17850", "85123A", "purchase", 6.0, None, 2.55, "536365", at[0], None, "WHITE HOLDER", 2),
        ("17850", "85123A", "return", 1.0, None, 2.55, "C536379", at[1], None, "WHITE HOLDER", 3),
        (None, "71053", "purchase", 1.0, None, 0.0, "536380", at[2], None, None, 4),
    ]
    assert cleaned.notes == ("no event type column: every line is a purchase",)
    assert (cleaned.read, cleaned.kept) == (3, 3)


def test_equal_lines_count_once(table: Any) -> None:
    cleaned = clean(table("user,sku,at\nu,a,2011-01-01\nu,a,2011-01-01\nu,a,2011-01-02"), NONE)
    assert cleaned.merged == {"equal line": 1}
    assert cleaned.events["line"].to_list() == [2, 4]


def test_lines_that_differ_in_a_column_without_a_field_are_not_equal(table: Any) -> None:
    cleaned = clean(table("user,sku,at,shop\nu,a,2011-01-01,1\nu,a,2011-01-01,2"), NONE)
    assert (cleaned.merged, cleaned.kept) == ({}, 2)


def test_a_line_is_rejected_for_its_key_or_its_date(table: Any) -> None:
    raw = table("user,sku,at,price\nu,,2011-01-01,1\nu,a,yesterday,2\nu,a,,3\nu,b,2011-01-01,x")
    cleaned = clean(raw, NONE)
    assert cleaned.rejected == {"no sku": 1, "bad date": 2}
    assert [(r.line, r.reason, r.raw) for r in cleaned.rejects] == [
        (2, "no sku", "u,,2011-01-01,1"),
        (3, "bad date", "u,a,yesterday,2"),
        (4, "bad date", "u,a,,3"),
    ]
    assert cleaned.emptied == {"price": 1}
    assert cleaned.events.select("sku", "value").rows() == [("b", None)]


def test_bad_optional_values_are_emptied_and_counted(table: Any) -> None:
    raw = table(
        "user,sku,quantity,price\nu,a,1,nan\nu,b,1,inf\nu,c,1,-2\nu,d,x,3\nu,e,0,4\nu,f,,5\nu,g,2,"
    )
    cleaned = clean(raw, NONE)
    assert cleaned.emptied == {"quantity": 2, "price": 3}
    assert cleaned.events.select("sku", "quantity", "value").rows() == [
        ("a", 1.0, None),
        ("b", 1.0, None),
        ("c", 1.0, None),
        ("d", 1.0, 3.0),
        ("e", 1.0, 4.0),
        ("f", 1.0, 5.0),
        ("g", 2.0, None),
    ]


def test_returns_and_write_offs(table: Any) -> None:
    raw = table(
        "order_id,sku,quantity,user\n1,a,5,u\n2,a,-2,u\nC3,a,1,u\nC4,a,-1,\n5,a,-7,\n6,a,3,\n7,b,1,u"
    )
    cleaned = clean(raw, NONE)
    assert cleaned.set_aside == {"stock write-off": 2}
    assert cleaned.events.select("order_id", "type", "quantity", "user").rows() == [
        ("1", "purchase", 5.0, "u"),
        ("2", "return", 2.0, "u"),
        ("C3", "return", 1.0, "u"),
        ("6", "purchase", 3.0, None),
        ("7", "purchase", 1.0, "u"),
    ]


def test_order_ids_that_all_begin_with_c_are_no_cancellations(table: Any) -> None:
    cleaned = clean(table("order_id,sku,user\nC1,a,u\nC2,b,u\n3,c,u"), NONE)
    assert cleaned.events["type"].to_list() == ["purchase"] * 3
    cleaned = clean(table("order_id,sku,user\nC1,a,u\nX-2,b,u\nzz,c,u"), NONE)
    assert cleaned.events["type"].to_list() == ["purchase"] * 3


def test_event_types_and_those_unknown(table: Any) -> None:
    raw = table(
        "visitorid,itemid,event,timestamp\n1,a,view,1433221332117\n1,a,addtocart,1433221332118\n"
        "1,a,transaction,1433221332119\n1,b,zoom,1433221332120\n2,b,zoom,1433221332121\n"
        "2,b,,1433221332122\n"
    )
    cleaned = clean(raw, NONE)
    assert cleaned.events["type"].to_list() == ["view", "cart", "purchase"]
    assert cleaned.set_aside == {"unknown event type: zoom": 2, "no event type": 1}
    assert cleaned.events["at"][0] == datetime(2015, 6, 2, 5, 2, 12, 117000)
    assert cleaned.notes == ("column timestamp holds milliseconds since 1970",)


def test_a_refund_type_has_positive_units(table: Any) -> None:
    cleaned = clean(table("user,sku,event,quantity\nu,a,buy,2\nu,a,refund,-1\nu,a,退货,1"), NONE)
    assert cleaned.events.select("type", "quantity").rows() == [
        ("purchase", 2.0),
        ("return", 1.0),
        ("return", 1.0),
    ]


def test_a_negative_view_is_a_view(table: Any) -> None:
    cleaned = clean(table("user,sku,event,quantity\n,a,view,-1\n,b,buy,-1"), NONE)
    assert cleaned.events.select("sku", "type", "quantity").rows() == [("a", "view", 1.0)]
    assert cleaned.set_aside == {"stock write-off": 1}


def test_ratings(table: Any) -> None:
    cleaned = clean(table("user,sku,rating\nu,a,4.5\nu,b,\nu,c,nan"), NONE)
    assert cleaned.events.select("type", "value").rows() == [
        ("rating", 4.5),
        ("purchase", None),
        ("purchase", None),
    ]
    assert cleaned.emptied == {"rating": 1}
    assert cleaned.notes[-1] == "no event type column: lines with a value in rating are ratings"
    cleaned = clean(table("user,sku,event,rating,price\nu,a,rate,4,\nu,a,buy,5,9.5"), NONE)
    assert cleaned.events.select("type", "value").rows() == [("rating", 4.0), ("purchase", 9.5)]


def test_an_order_line_with_a_rating_is_a_purchase(table: Any) -> None:
    cleaned = clean(table("user,order_id,sku,rating,price\nu,1,a,4,9.5"), NONE)
    assert cleaned.events.select("type", "value").rows() == [("purchase", 9.5)]


def test_a_line_total_becomes_a_unit_price(table: Any) -> None:
    raw = table(
        "household_id,product_id,quantity,sales_value\n1,a,2,5.0\n1,b,0,3\n1,c,-2,-5\n1,d,1,"
    )
    cleaned = clean(raw, NONE)
    assert cleaned.events.select("sku", "type", "quantity", "value").rows() == [
        ("a", "purchase", 2.0, 2.5),
        ("b", "purchase", 1.0, 3.0),
        ("c", "return", 2.0, 2.5),
        ("d", "purchase", 1.0, None),
    ]
    assert cleaned.emptied == {"quantity": 1}


def test_weights(table: Any) -> None:
    cleaned = clean(table("user,sku,event_weight\nu,a,2.5\nu,b,-1\nu,c,x\nu,d,"), NONE)
    assert cleaned.events["weight"].to_list() == [2.5, None, None, None]
    assert cleaned.emptied == {"event_weight": 2}


def test_order_without_a_time(table: Any) -> None:
    by_position = clean(table("user_id,position,item_id\nu,7,a\nu,3,b"), NONE)
    assert by_position.events["position"].to_list() == [7, 3]
    assert "no time column: events are in the order of position" in by_position.notes
    by_file = clean(table("user_id,item_id\nu,a\nu,b"), NONE)
    assert by_file.events["position"].to_list() == [0, 1]
    assert "no time column: events are in the order of the file" in by_file.notes
    running = clean(table("user_id,item_id,timestamp\nu,a,12\nu,b,5\nu,c,x"), NONE)
    assert running.events["position"].to_list() == [12, 5]
    assert running.events["at"].null_count() == 2


def test_dates_by_option(table: Any) -> None:
    raw = table("user,sku,date\nu,a,01/02/2011\nv,a,03/04/2011")
    assert [m.month for m in clean(raw, NONE).events["at"]] == [2, 4]
    assert [m.month for m in clean(raw, CleanOptions(dates="mdy")).events["at"]] == [1, 3]


SERVICES = (
    "order_id,StockCode,Description,user\n1,POST,POSTAGE,u\n1,85a,POSTAGE STAMP SET,u\n2,POST,,u\n"
    "2,gift_0001_20,Dotcomgiftshop Gift Voucher £20.00,u\n3,85a,check,u\n"
)


def test_service_lines_are_set_aside_by_a_printed_rule(table: Any) -> None:
    cleaned = clean(table(SERVICES), NONE)
    assert cleaned.set_aside == {"service line": 3}
    assert cleaned.events.select("sku", "title").rows() == [
        ("85a", "POSTAGE STAMP SET"),
        ("85a", "check"),
    ]
    assert cleaned.notes[-1].startswith(
        "service lines are the lines of codes whose commonest title"
    )
    assert cleaned.notes[-1].endswith(
        "3 lines of 2 codes: POST (POSTAGE, 2), gift_0001_20 "
        "(Dotcomgiftshop Gift Voucher £20.00, 1)"
    )


def test_service_lines_stay_when_the_rule_is_switched_off(table: Any) -> None:
    cleaned = clean(table(SERVICES), CleanOptions(service_lines=False))
    assert (cleaned.set_aside, cleaned.kept) == ({}, 5)


def test_item_columns_of_transactions(table: Any) -> None:
    raw = table(
        "user_id,product_id,event_type,brand,category_code\nu,a,view,&amp;co,x.y\nu,b,cart,,"
    )
    cleaned = clean(raw, NONE)
    assert cleaned.kind == "transactions"
    assert cleaned.events.select("title", "brand", "category").rows() == [
        (None, "&co", "x.y"),
        (None, None, None),
    ]


def test_parquet_types(table: Any) -> None:
    raw = table(
        {
            "household_id": [17850.0, math.nan],
            "product_id": [109, 110],
            "quantity": [2, 1],
            "sales_value": [5.0, math.nan],
            "transaction_timestamp": [datetime(2017, 1, 1, 11, 53, 26), datetime(2017, 1, 2)],
        }
    )
    cleaned = clean(raw, NONE)
    assert cleaned.kind == "events"
    assert cleaned.events.schema == {**COLUMNS, "line": pl.Int64}
    assert cleaned.events.select("user", "sku", "value").rows() == [
        ("17850", "109", 2.5),
        (None, "110", None),
    ]
    assert cleaned.emptied == {"sales_value": 1}


@pytest.mark.parametrize("columns", ["user,sku,at", "user,sku,event,rating,quantity,price,title"])
def test_a_file_with_a_header_only(table: Any, columns: str) -> None:
    raw = table({name: pl.Series([], dtype=pl.String) for name in columns.split(",")})
    cleaned = clean(raw, NONE)
    assert (cleaned.read, cleaned.kept, len(cleaned.events)) == (0, 0, 0)
    assert {"user", "sku", "type", "quantity", "at", "line"} <= set(cleaned.events.columns)


def test_every_type_is_one_of_the_stores(table: Any) -> None:
    words = ["view", "click", "wishlist", "cart", "purchase", "rating", "return"]
    raw = table({"user": ["u"] * 7, "sku": list("abcdefg"), "event": words})
    assert clean(raw, NONE).events["type"].to_list() == list(EVENT_TYPES)
