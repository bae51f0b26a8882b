"""Which products pass: texts, numbers, missing values, attributes, relative rules, and SQL."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from shop_rows import write_shop

from prodsim_cli.errors import AmbiguousSku, NotFound, UsageProblem
from prodsim_cli.queries.ranking.comparing import folded, number, tags
from prodsim_cli.queries.ranking.filters import named
from prodsim_cli.queries.ranking.pipeline import Filter, admitted
from prodsim_cli.queries.ranking.request import Rules
from prodsim_cli.queries.ranking.where import MOST_DEPTH
from prodsim_cli.store.connection import open_for_reading


def item(sku: str, attributes: Any = None, **facts: Any) -> dict[str, Any]:
    text = None if attributes is None else json.dumps(attributes, ensure_ascii=False)
    return {"sku": sku, "attributes": text, **facts}


ITEMS = [
    item("A", title="Red mug", brand="Hearth", price=4.0, currency="£", category="Kitchen > Mugs",
         tags="red, Gift Idea", in_stock=1, attributes={"size": 12, "Screen size": "15.6"}),
    item("B", title="Blue mug", brand="HEARTH", price=4.8, currency="£", in_stock=0,
         attributes={"size": "12", "waterproof": True}),
    item("C", title="Café crème cup", brand="Straße", price=5.0, currency="EUR",
         category="kitchen > mugs", attributes={"SIZE": "L", "waterproof": "No"}),
    item("D", title="红色 保温杯", brand="L'Atelier", tags="RED;sale", price=20.0),
    item("0012", title="", brand="", attributes={"size": "007", "gone": None, "list": ["a", "b"]}),
    item("12", title="Twelve", price=3.2),
    {"sku": "E", "title": "broken", "attributes": "{no json"},
    item("GONE", title="Red mug", listed=0),
    item("S", source="abt", title="Sony"),
    item("S", source="buy", title="Sony"),
    item("X,Y", title="A comma in a SKU"),
]  # fmt: skip

Pass = Callable[..., list[str]]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path: Path = tmp_path_factory.mktemp("gate") / "shop.db"
    write_shop(path, items=ITEMS, neighbors={}, users=(), events=(), spellings=())
    with closing(open_for_reading(path)) as connection:
        yield connection


@pytest.fixture
def passing(db: sqlite3.Connection) -> Pass:
    def found(*where: str, seeds: tuple[str, ...] = (), **rules: Any) -> list[str]:
        ids = [one for sku in seeds for one in named(db, [sku])]
        good = admitted(db, Rules(where=where, **rules), seeds=ids)
        rows = db.execute("select id, source, sku from items order by source, sku")
        return [f"{r['source']}{r['sku']}" for r in rows if r["id"] in good]

    return found


EVERY = ["0012", "12", "A", "B", "C", "D", "E", "X,Y", "abtS", "buyS"]


@pytest.mark.parametrize(
    ("text", "skus"),
    [
        ("brand=hearth", ["A", "B"]),
        ("brand=strasse", ["C"]),
        ("title~CAFE", ["C"]),
        ("title ~ 'e creme'", ["C"]),
        ("title~红色", ["D"]),
        ('brand="L\'Atelier"', ["D"]),
        ("category='KITCHEN > Mugs'", ["A", "C"]),
        ("category~kitchen", ["A", "C"]),
        ("price<5", ["12", "A", "B"]),
        ("price <= 5.00", ["12", "A", "B", "C"]),
        ("price in (4, 20.0)", ["A", "D"]),
        ("price", ["12", "A", "B", "C", "D"]),
        ("in_stock", ["A"]),
        ("in_stock = no", ["B"]),
        ("in_stock != no", ["0012", "12", "A", "C", "D", "E", "X,Y", "abtS", "buyS"]),
        ("in_stock in (yes, no)", ["A", "B"]),
        ("tags=red", ["A", "D"]),
        ("tags in (sale, 'gift idea')", ["A", "D"]),
        ("tags='red, gift idea'", ["A"]),
        ("tags~ed", ["A", "D"]),
        ("size=12", ["A", "B"]),
        ("size=12.0", ["A", "B"]),
        ("size=l", ["C"]),
        ("size>=12", ["A", "B"]),
        ("size>'k'", ["C"]),
        ("size=007", ["0012"]),
        ("size", ["0012", "A", "B", "C"]),
        ("'screen SIZE' > 15", ["A"]),
        ('attributes."Screen size"~5.6', ["A"]),
        ("waterproof", ["B"]),
        ("waterproof=yes", ["B"]),
        ("waterproof=false", ["C"]),
        ("list~b", ["0012"]),
        ("sku=0012", ["0012"]),
        ("sku=12", ["12"]),
        ("sku in (a, b)", ["A", "B"]),
        ("source=abt", ["abtS"]),
        ("title>s and title<u", ["12", "abtS", "buyS"]),
        ("brand", ["A", "B", "C", "D"]),
        # what is not known does not hold, and not turns that round
        ("not price<5", [sku for sku in EVERY if sku not in ("12", "A", "B")]),
        ("price>=5", ["C", "D"]),
        ("brand!=hearth", [sku for sku in EVERY if sku not in ("A", "B")]),
        ("not brand", [sku for sku in EVERY if sku not in ("A", "B", "C", "D")]),
        ("size not in (12, L)", [sku for sku in EVERY if sku not in ("A", "B", "C")]),
        ("not (price<5 or price>=5)", ["0012", "E", "X,Y", "abtS", "buyS"]),
    ],
)
def test_an_expression_lets_through(passing: Pass, text: str, skus: list[str]) -> None:
    assert passing(text, all_stock=True) == skus


def test_what_is_not_in_stock_is_hidden_and_what_is_not_known_is_shown(passing: Pass) -> None:
    assert passing() == [sku for sku in EVERY if sku != "B"]
    assert passing("brand=hearth") == ["A"]
    assert passing("in_stock=no") == []
    assert passing(all_stock=True) == EVERY


def test_several_expressions_are_joined_by_and(passing: Pass) -> None:
    assert passing("price<10", "title~mug or title~cup") == ["A", "C"]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("prise<2", "'prise' is not a column or an attribute of this catalogue, at character 1",
         "Did you mean price?"),
        ("price<2 and brnad=x", "'brnad' is not a column or an attribute of this catalogue,"
         " at character 13", "Did you mean brand?"),
        ("screensize=1", "'screensize' is not", 'Did you mean "Screen size"?'),
        ("attributes.brand=x", "'brand' is not an attribute of this catalogue", "Columns: sku"),
        ("price~2", "price is a number, and ~ looks for words, at character 6", "price >= 10"),
        ("price=cheap", "price is compared with a number such as 19.90, not 'cheap'", ""),
        ("price<20%", "price is compared with a number such as 19.90, not '20%'", ""),
        ("in_stock=maybe", "in_stock is compared with yes or no, not 'maybe'", ""),
        ("brand=''", "There is nothing to compare brand with", "Products without it: not brand."),
    ],
)  # fmt: skip
def test_a_wrong_name_or_value_is_told(passing: Pass, text: str, message: str, hint: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        passing(text)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_an_unknown_name_lists_columns_and_attributes(passing: Pass) -> None:
    with pytest.raises(UsageProblem) as caught:
        passing("colour=red")
    assert caught.value.hint.splitlines()[-2:] == [
        "Columns: sku, source, title, brand, category, tags, description, currency, lang, url,"
        " image, price, in_stock.",
        'Attributes: size, waterproof, SIZE, "Screen size", gone, list.',
    ]


def test_the_same_column_as_the_product_asked_about(passing: Pass) -> None:
    assert passing(seeds=("A",), same=("category",)) == ["A", "C"]
    assert passing(seeds=("B",), same=("brand", "size"), all_stock=True) == ["A", "B"]
    assert passing(seeds=("D",), same=("tags",)) == ["A", "D"]
    assert passing(seeds=("A",), same=("attributes.size",)) == ["A"]
    assert passing(seeds=("A",), same=('"Screen size"',)) == ["A"]
    assert passing(seeds=("A", "D"), same=("brand",)) == ["A", "D"]
    assert passing(seeds=("C",), same=("price",)) == ["C"]


def test_a_price_within_a_share_or_an_amount(passing: Pass) -> None:
    assert passing(seeds=("A",), price_within="20%", all_stock=True) == ["12", "A", "B"]
    assert passing(seeds=("A",), price_within="0.5") == ["A"]
    assert passing(seeds=("A", "D"), price_within=" 10 % ") == ["A", "D"]
    # another currency is another price; an unknown one may be the same
    assert passing(seeds=("C",), price_within="50%", all_stock=True) == ["12", "C"]


def test_a_product_without_the_value_says_so_and_nothing_passes(db: sqlite3.Connection) -> None:
    (seed,) = named(db, ["E"])
    gate = Filter(db, Rules(same=("brand",), price_within="5%"), [seed])
    assert gate.all() == {}
    assert gate.notes == [
        "No brand is known of E, so no product passes --same brand.",
        "No price is known of E, so no product passes --price-within 5%.",
    ]


@pytest.mark.parametrize("rules", [Rules(same=("brand",)), Rules(price_within="5")])
def test_without_a_product_a_relative_rule_is_a_mistake(
    db: sqlite3.Connection, rules: Rules
) -> None:
    with pytest.raises(UsageProblem, match="compares with a product, and none was asked about"):
        Filter(db, rules)


@pytest.mark.parametrize("text", ["cheap", "-5", "5 €", "%", "1e3", "nan", ""])
def test_a_distance_is_a_share_or_an_amount(passing: Pass, text: str) -> None:
    if text:
        with pytest.raises(UsageProblem, match="wants a share such as 20% or an amount"):
            passing(seeds=("A",), price_within=text)
    else:
        assert passing(seeds=("A",), price_within=text) == [sku for sku in EVERY if sku != "B"]


def test_products_are_excluded_by_sku_in_any_spelling(passing: Pass) -> None:
    left = passing(exclude=("a,c", "X,Y", "GONE", "abt:S"), all_stock=True)
    assert left == ["0012", "12", "B", "D", "E", "buyS"]
    with pytest.raises(NotFound, match="NOPE"):
        passing(exclude=("A,NOPE",))
    with pytest.raises(AmbiguousSku):
        passing(exclude=("S",))


@pytest.mark.parametrize(
    "text",
    [
        'brand="\'; drop table items; --"',
        'title~"%"',
        'title in ("\') union select 1 --")',
        "size=\"' or '1'='1\"",
    ],
)
def test_sql_in_a_value_is_a_value(passing: Pass, text: str) -> None:
    assert passing(text) == []
    assert len(passing(all_stock=True)) == len(EVERY)


@pytest.mark.parametrize("text", ['"x\' or 1=1 --"=1', "attributes.'\"]'=1", "i.id=1", "rowid=1"])
def test_sql_in_a_name_is_an_unknown_name(passing: Pass, text: str) -> None:
    with pytest.raises(UsageProblem, match="is not a"):
        passing(text)


def test_no_value_and_no_name_gets_into_the_sql(db: sqlite3.Connection) -> None:
    seen: list[str] = []
    db.set_trace_callback(seen.append)
    gate = Filter(db, Rules(where=("brand=zebra7 and size='zebra8' and title in (zebra9)",)))
    assert "zebra" not in gate._sql
    assert [value for value in gate._values if "zebra" in str(value)] != []
    db.set_trace_callback(None)


@pytest.mark.parametrize("test", ["price<5", "size=12", "tags=red", "size not in (1, 2, a)"])
def test_the_deepest_expression_is_answered(passing: Pass, test: str) -> None:
    """SQLite's parser would overflow at 16 levels of this kind."""
    text = test
    for level in range(MOST_DEPTH):
        one, other = ("and", "or") if level % 2 else ("or", "and")
        text = f"{test} {one} not ({test} {other} {text})"
    assert set(passing(text, all_stock=True)) <= set(EVERY)
    with pytest.raises(UsageProblem, match="more than 10 deep"):
        passing(f"not ({text})")


def test_wide_expressions_are_answered(passing: Pass) -> None:
    many = " or ".join(f"price={number}.5" for number in range(199))
    assert passing(f"{many} or price=4") == ["A"]
    listed = ", ".join(str(number) for number in range(9_000))
    assert passing(f"size in ({listed})", all_stock=True) == ["A", "B"]
    with pytest.raises(UsageProblem, match="All --where together"):
        passing(many, many)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("ÉTÉ", "ete"), ("Straße", "strasse"), ("ＳＯＮＹ", "sony"), ("İ", "i"), ("が", "が"),
        ("한국", "한국"), ("  x ", "x"), ("", None), (" ", None), (None, None), (b"x", None),
        (12, "12"), (12.0, "12"), (0.1, "0.1"), ("\u0301", None), ("й", "и"),
    ],
)  # fmt: skip
def test_texts_are_folded(value: object, text: str | None) -> None:
    assert folded(value) == text


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("12", 12.0), ("-1.5", -1.5), (".5", 0.5), (" 3 ", 3.0), (7, 7.0), (0.25, 0.25),
        ("007", None), ("1e5", None), ("1,5", None), ("12 cm", None), ("", None), (None, None),
        ("٣", None), ("nan", None), ("0", 0.0), ("0.10", 0.1),
    ],
)  # fmt: skip
def test_numbers_are_told_from_names(value: object, found: float | None) -> None:
    assert number(value) == found


def test_tags_are_taken_apart() -> None:
    assert tags("Red, Gift Idea;sale|红色") == json.dumps(
        ["red, gift idea;sale|红色", "red", "gift idea", "sale", "红色"]
    )
    assert (tags("one"), tags(None), tags(" ")) == ('["one"]', None, None)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("sku=abt:S", ["abtS"]),
        ("sku=ABT:s", ["abtS"]),
        ("sku in (buy:S, A)", ["A", "buyS"]),
        ("sku=:A", ["A"]),
        ("sku=S", ["abtS", "buyS"]),
        ("sku=other:S", []),
        ("sku!=abt:S and source", ["buyS"]),
    ],
)
def test_a_sku_is_found_as_answers_write_it(passing: Pass, where: str, found: list[str]) -> None:
    assert passing(where) == found


def test_letters_with_a_stroke_are_the_letters_without() -> None:
    assert [folded(text) for text in ("Łódź", "Ødegård", "Đurđa", "Ǿ", "ıI")] == [
        "lodz", "odegard", "durda", "o", "ii",
    ]  # fmt: skip
