from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from prodsim_cli.errors import ExitCode
from prodsim_cli.ingest.cleaning import (
    AmbiguousKey,
    BrokenKey,
    NotRecognised,
    UnknownColumn,
    clean,
    recognise,
)
from prodsim_cli.ingest.cleaning.columns import squash
from prodsim_cli.ingest.readers._raw import CleanOptions, RawTable

NONE = CleanOptions()


@pytest.mark.parametrize(
    ("header", "squashed"),
    [
        ("InvoiceNo", "invoiceno"),
        ("Customer ID", "customerid"),
        ("\ufeffproduct_id", "productid"),
        ("Unit Price (GBP)", "unitprice"),
        ("单价（元）", "单价"),
        ("Größe", "grosse"),
        ("ｓｋｕ", "sku"),
        ("#NAME?", ""),
        ("(id)", "id"),
    ],
)
def test_squash(header: str, squashed: str) -> None:
    assert squash(header) == squashed


TRANSACTIONS = [
    (
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "536365,85123A,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
        {
            "sku": "StockCode", "user": "CustomerID", "order_id": "InvoiceNo", "at": "InvoiceDate",
            "quantity": "Quantity", "price": "UnitPrice", "title": "Description",
        },
    ),
    (
        "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
        "1,2,X,1,2010-12-01,1,5,UK",
        {
            "sku": "StockCode", "user": "Customer ID", "order_id": "Invoice", "at": "InvoiceDate",
            "quantity": "Quantity", "price": "Price", "title": "Description",
        },
    ),
    (
        "用户ID,商品ID,商品名称,行为类型,下单时间,价格,数量\nu1,p1,红杯子,购买,2011-01-01,3,1",
        {
            "sku": "商品ID", "user": "用户ID", "at": "下单时间", "type": "行为类型",
            "quantity": "数量", "price": "价格", "title": "商品名称",
        },
    ),
    (
        "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,"
        "user_session\n2019-10-01 00:00:00 UTC,view,44600062,2103,x.y,shiseido,35.79,541,72d",
        {
            "sku": "product_id", "user": "user_id", "order_id": "user_session",
            "at": "event_time", "type": "event_type", "price": "price", "brand": "brand",
            "category": "category_code",
        },
    ),
    (
        "Transaction,Item,date_time\n1,Bread,30-10-2016 09:58\n2,Green tea 2,30-10-2016 10:05",
        {"sku": "Item", "order_id": "Transaction", "at": "date_time", "title": "Item"},
    ),
]  # fmt: skip
EVENTS = [
    (
        "household_id,store_id,basket_id,product_id,quantity,sales_value,week,"
        "transaction_timestamp\n900,330,1,109,1,0.5,1,2017-01-01 11:53:26",
        {
            "sku": "product_id", "user": "household_id", "order_id": "basket_id",
            "at": "transaction_timestamp", "quantity": "quantity", "total": "sales_value",
        },
    ),
    (
        "timestamp,visitorid,event,itemid,transactionid\n1433221332117,257597,view,355908,",
        {
            "sku": "itemid", "user": "visitorid", "order_id": "transactionid", "at": "timestamp",
            "type": "event",
        },
    ),
    (
        "user_id,position,item_id\nA994,0,2122",
        {"sku": "item_id", "user": "user_id", "position": "position"},
    ),
    (
        "会员号,订单号,货号,件数,销售金额,日期\n1,2,3,1,5.0,2011-01-01",
        {
            "sku": "货号", "user": "会员号", "order_id": "订单号", "at": "日期",
            "quantity": "件数", "total": "销售金额",
        },
    ),
    (
        "reviewerID,asin,overall,unixReviewTime\nA1,B1,5.0,1355616000",
        {"sku": "asin", "user": "reviewerID", "at": "unixReviewTime", "rating": "overall"},
    ),
    (
        "order_id,product_id,add_to_cart_order,reordered\n2,33120,1,1",
        {"sku": "product_id", "order_id": "order_id", "position": "add_to_cart_order"},
    ),
    (
        "user,item,rating,timestamp\n196,242,3,881250949\n186,B00X1,3,891717742",
        {"sku": "item", "user": "user", "at": "timestamp", "rating": "rating"},
    ),
    (
        "Kundennummer,Artikelnummer,Bestelldatum,Menge,Einzelpreis\n1,2,1.2.2011,1,2",
        {
            "sku": "Artikelnummer", "user": "Kundennummer", "at": "Bestelldatum",
            "quantity": "Menge", "price": "Einzelpreis",
        },
    ),
]  # fmt: skip
CATALOGS = [
    (
        "id|name|description|price\n0|Sony|Deck|5".replace("|", ","),
        {"sku": "id", "price": "price", "title": "name", "description": "description"},
    ),
    (
        "id,name,category,style,description,price,gender_affinity,image\n1,A,b,c,d,5,F,x.jpg",
        {
            "sku": "id", "price": "price", "title": "name", "description": "description",
            "category": "category", "image": "image",
        },
    ),
    (
        "商品编号,商品名称,品牌,类目,价格,库存\n1,红杯子,好,杯子,5,3",
        {
            "sku": "商品编号", "price": "价格", "title": "商品名称", "brand": "品牌",
            "category": "类目", "in_stock": "库存",
        },
    ),
    (
        "article_id,product_code,prod_name,detail_desc\n1,7,Top,x\n2,7,Top,x\n3,8,Hat,y",
        {"sku": "article_id", "title": "prod_name", "description": "detail_desc"},
    ),
    ("sku,product_id,title\n1,a,x\n2,b,y", {"sku": "sku", "title": "title"}),
    ("product_id,item_id,title\n1,1,x\n2,2,y", {"sku": "product_id", "title": "title"}),
    ("sku,title,created_at\n1,x,2011-01-01", {"sku": "sku", "title": "title"}),
    ("sku,title,date\n1,x,2011-01-01\n2,y,2011-01-01", {"sku": "sku", "title": "title"}),
    ("sku,title,type\n1,x,chair\n2,y,table",
     {"sku": "sku", "title": "title", "category": "type"}),
    ("sku,title,order\n1,x,1\n2,y,2", {"sku": "sku", "title": "title"}),
    ("sku,description\n1,Red mug\n2,Tin", {"sku": "sku", "title": "description"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "mapping", "kind"),
    [(*case, "transactions") for case in TRANSACTIONS]
    + [(*case, "events") for case in EVENTS]
    + [(*case, "catalog") for case in CATALOGS],
)
def test_files_that_need_no_option(
    table: Any, text: str, mapping: dict[str, str], kind: str
) -> None:
    found = recognise(table(text), NONE)
    assert (found.kind, found.mapping, found.certain, found.why) == (kind, mapping, True, "")


def test_a_title_is_put_together_from_descriptive_columns(table: Any) -> None:
    raw = table(
        "product_id,manufacturer_id,department,brand,product_category,product_type,package_size\n"
        "1,2,GROCERY,National,ICE,CRUSHED,22 LB\n2,2,MISC,Own,,,\n"
    )
    found = recognise(raw, NONE)
    assert found.mapping == {
        "sku": "product_id",
        "title": "product_category + product_type + package_size",
        "brand": "brand",
        "category": "department",
    }
    assert found.notes == (
        "no title column: the title is put together from "
        "product_category, product_type, package_size",
    )
    assert clean(raw, NONE).items["title"].to_list() == ["ICE CRUSHED 22 LB", None]


UNCERTAIN = [
    (
        "coupon_upc,product_id,campaign_id\n1,2,3\n1,3,3",
        "product_id could be a product key, but there is no title or descriptive column, "
        "and no customer, order, time or event type",
    ),
    (
        'user_id,history_item_id,item_id\nA,"[1, 2]",3',
        "history_item_id hold whole lists, so a line is not one event",
    ),
    (
        "timestamp,itemid,property,value\n1433221332117,1,a,x\n1433221332117,1,b,y",
        "there is a product key and a time, but no customer, order, type or quantity",
    ),
    (
        "sku,title\n1,a\n1,b\n1,c\n2,d",
        "the values of sku repeat too often for the key of a catalogue",
    ),
]


@pytest.mark.parametrize(("text", "why"), UNCERTAIN)
def test_files_that_a_folder_skips(table: Any, text: str, why: str) -> None:
    found = recognise(table(text), NONE)
    assert (found.certain, found.why) == (False, why)


@pytest.mark.parametrize(
    ("text", "columns", "hint"),
    [
        ("household_id,age\n1,65+\n1,65+", "household_id, age", "--map sku=COLUMN"),
        ("D1,D2\n206,216\n60,46", "D1, D2", "--map sku=D1"),
        ("class_id,class_name\n1,Apple\n2,Pear", "class_id, class_name", "--map sku=class_id"),
        ("user,upc_no,at\n1,7,2011-01-01\n2,7,2011-01-02", "user, upc_no, at", "--map sku=upc_no"),
    ],
)
def test_a_missing_key_lists_the_columns(table: Any, text: str, columns: str, hint: str) -> None:
    with pytest.raises(NotRecognised) as caught:
        recognise(table(text, "x.csv"), NONE)
    assert "x.csv: no column was recognised as the product key" in caught.value.message
    assert caught.value.message.endswith(f"Columns found: {columns}.")
    assert caught.value.hint.endswith(hint)
    assert caught.value.exit_code == ExitCode.PROBLEM


@pytest.mark.parametrize("start", ["", "user_id,"])
def test_an_ambiguous_key_is_an_error(table: Any, start: str) -> None:
    text = f"{start}product_id,item_id,title\n{start and 'u,'}1,9,x\n{start and 'v,'}2,8,y"
    with pytest.raises(AmbiguousKey) as caught:
        recognise(table(text), NONE)
    assert caught.value.message == (
        f"file.csv: product_id and item_id are equally good for sku. Columns found: "
        f"{start and 'user_id, '}product_id, item_id, title."
    )
    assert caught.value.hint == "Say which it is, for example: --map sku=product_id"
    mapped = recognise(table(text), CleanOptions(mapping={"sku": "item_id"}))
    assert mapped.mapping["sku"] == "item_id"


def test_an_ambiguous_customer_is_an_error(table: Any) -> None:
    with pytest.raises(
        AmbiguousKey, match="customer_id and household_id are equally good for user"
    ):
        recognise(table("customer_id,household_id,sku\n1,9,x\n2,8,y"), NONE)
    found = recognise(table("customer,customer_id,sku\nAnn,9,x\nBob,8,y"), NONE)
    assert found.mapping["user"] == "customer_id"


def test_map_overrides(table: Any) -> None:
    raw = table("sku,name,Description\n1,a,Red mug\n2,b,Tin")
    found = recognise(raw, CleanOptions(mapping={"title": "description"}))
    assert found.mapping == {"sku": "sku", "title": "Description"}
    raw = table("sku,who,title\n1,a,Red mug\n1,b,Red mug")
    found = recognise(raw, CleanOptions(mapping={"user": "who"}))
    assert (found.kind, found.mapping["user"]) == ("transactions", "who")
    raw = table("sku,user_id,cost_each\n1,a,5")
    assert clean(raw, CleanOptions(mapping={"value": "cost_each"})).events["value"].to_list() == [
        5.0
    ]


def test_map_with_an_unknown_column_or_field(table: Any) -> None:
    raw = table("sku,Description\n1,a")
    with pytest.raises(UnknownColumn) as caught:
        recognise(raw, CleanOptions(mapping={"title": "Descripton"}))
    assert caught.value.message == "--map title=Descripton: there is no column 'Descripton'."
    assert caught.value.hint == "Did you mean Description? Columns found: sku, Description."
    assert caught.value.exit_code == ExitCode.USAGE
    with pytest.raises(UnknownColumn) as caught:
        recognise(raw, CleanOptions(mapping={"titel": "Description"}))
    assert caught.value.message == "--map: there is no field 'titel'."
    assert caught.value.hint.startswith("Did you mean title")


def test_a_forced_kind(table: Any) -> None:
    text = "sku,title,user\n1,Mug,Ann\n2,Tin,Bob"
    assert recognise(table(text), NONE).kind == "transactions"
    assert recognise(table(text), NONE, "catalog").kind == "catalog"
    assert recognise(table("sku,title\n1,Mug"), NONE, "events").kind == "transactions"
    assert recognise(table("sku,shop\n1,Mug"), NONE, "events").kind == "events"
    with pytest.raises(ValueError, match="neither catalog nor events"):
        recognise(table(text), NONE, "both")


def test_the_heading_of_a_review_is_no_title(table: Any) -> None:
    raw = table(
        "rating,title,asin,user_id,timestamp\n5,Great,B1,u1,1588615855070\n"
        "1,Broke soon,B1,u2,1588615855071\n4,Nice,B2,u1,1588615855072"
    )
    found = recognise(raw, NONE)
    assert (found.kind, "title" in found.mapping) == ("events", False)
    assert found.notes == ("title differs from line to line of a product: it is no title",)


def test_date_and_time_of_day_in_two_columns(table: Any) -> None:
    cleaned = clean(table("user,sku,date,time\nu,1,2011-01-02,08:26\nu,2,2011-01-02,9:30:10"), NONE)
    assert [str(moment) for moment in cleaned.events["at"]] == [
        "2011-01-02 08:26:00",
        "2011-01-02 09:30:10",
    ]
    assert "the time of day is taken from time" in cleaned.notes


def test_a_key_that_a_spreadsheet_broke_is_refused(table: Any) -> None:
    rows = "".join(f"3.27E+12,http://x/{i},Product {i}\n" for i in range(5))
    raw = table(f"code,url,product_name\n{rows}123,http://x/9,Other\n", "food.csv")
    with pytest.raises(BrokenKey) as caught:
        clean(raw, NONE)
    assert caught.value.message == (
        "food.csv: a spreadsheet broke the key column code: 5 of 6 values are in scientific "
        "notation, and 3.27E+12 alone stands for 5 different products."
    )
    assert caught.value.hint == "Take another column as key: --map sku=url"
    assert clean(raw, CleanOptions(mapping={"sku": "url"})).kept == 6


def test_scientific_keys_of_different_products_are_kept(table: Any) -> None:
    assert clean(table("sku,title\n1E5,Mug\n2E5,Tin"), NONE).kept == 2
    assert clean(table("sku,title\n1E+5,Mug\n2E+5,Tin"), NONE).kept == 2


def test_a_broken_key_of_transactions_is_refused(table: Any) -> None:
    raw = table("user,barcode,name,article no\nu,8.41E+12,Mug,1\nu,8.41E+12,Tin,2\nv,9,Box,1")
    with pytest.raises(BrokenKey) as caught:
        clean(raw, CleanOptions(mapping={"sku": "barcode"}))
    assert caught.value.hint == "Take another column as key: --map sku='article no'"


def test_a_type_is_the_category_where_there_is_no_other() -> None:
    """The columns of a Shopify export."""
    frame = pl.DataFrame({"Variant SKU": ["M1", "M2"], "Title": ["a", "b"], "Type": ["Mug", "Cup"]})
    raw = RawTable("products.csv", frame, np.arange(2, 4), 2)
    assert recognise(raw, CleanOptions()).mapping == {
        "sku": "Variant SKU",
        "title": "Title",
        "category": "Type",
    }
    both = RawTable("p.csv", frame.with_columns(Category=pl.lit("x")), np.arange(2, 4), 2)
    assert recognise(both, CleanOptions()).mapping["category"] == "Category"
