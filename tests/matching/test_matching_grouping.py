"""Colours and sizes of one product: what joins products, and what keeps them apart."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodsim_cli.matching.title_parts import split_title, words_of
from prodsim_cli.matching.variants import (
    Product,
    numbered,
    parse_product,
    sources_of_kinds,
    stem,
    variants,
)


def shop(*rows: tuple[str, ...], **columns: str) -> list[Product]:
    """Products numbered from 1: (SKU, title, brand, category); ``columns`` of every product."""
    attributes = json.dumps(columns) if columns else None
    return [
        Product(number, "", sku, title, *(*more, None, None)[:2], attributes)
        for number, (sku, title, *more) in enumerate(rows, start=1)
    ]


def named(*titles: str) -> list[Product]:
    return shop(*((f"N{place}", title) for place, title in enumerate(titles)))


@pytest.mark.parametrize(
    ("title", "base", "options"),
    [
        ("Jumbo bag, red 40 cm", "jumbo bag", "40 cm|red"),
        ("T-Shirt, L, rot", "t shirt", "l|rot"),
        ("T-shirt S/M", "t shirt", "s|m"),
        ("Herren Hemd blau Gr. 40", "herren hemd", "blau|gr|40"),
        ("Robe rouge taille 38", "robe", "rouge|taille|38"),
        ("Camiseta roja talla M", "camiseta", "roja|talla|m"),
        ("Shampoo 250 ml (2-pack)", "shampoo", "250 ml|2-pack"),
        ("Cola 6x330ml", "cola", "6x330ml"),
        ("女士纯棉T恤红色L码", "女士纯棉t恤", "l码|红色"),
        ("保温杯 1.5L 深蓝色", "保温杯", "1.5l|深蓝色"),
        ("メンズシャツ ブラック XL", "メンズシャツ", "ブラック|xl"),
        ("Coffee mug red", "coffee mug", "red"),
        ("Camera black DSCW120B", "camera dscw120", "black"),
        # a colour that names the thing, a letter that is none of a size, a number that names it
        ("Red wine 75cl", "red wine", "75cl"),
        ("Green tea bags", "green tea bags", ""),
        ("Vin de pays rouge", "vin de pays rouge", ""),
        ("白茶 250克", "白茶", "250克"),
        ("Mother's day card", "mother's day card", ""),
        ("Letter S key ring", "letter s key ring", ""),
        ("iPhone 13", "iphone 13", ""),
        ("4G router", "4g router", ""),
        ("3 in 1 charger", "3 1 charger", ""),
    ],
)
def test_a_title_is_taken_apart(title: str, base: str, options: str) -> None:
    found = split_title(title)
    assert " ".join(found.base) == base
    assert "|".join(word for _, word in found.options) == options


@pytest.mark.parametrize(
    ("sku", "found"),
    [
        ("85123A", ("85123", "a")),
        ("15056BL", ("15056", "bl")),
        ("TS-001-RED-XL", ("ts-001", "red xl")),
        ("TS-001-M", ("ts-001", "m")),
        ("SKU-001", ("", "")),
        ("1000050", ("", "")),
    ],
)
def test_a_sku_is_taken_apart(sku: str, found: tuple[str, str]) -> None:
    assert stem(sku) == found


def test_a_number_is_a_size_where_sku_and_title_say_it() -> None:
    assert numbered("SHOE-42", "42") == ("shoe", "42")
    assert numbered("PHONE-13", "13") == ("", "")  # no size of clothes
    shoes = shop(("SHOE-42", "Trail shoe 42"), ("SHOE-43", "Trail shoe 43"))
    assert variants(shoes) == {1: 1, 2: 1}


@pytest.mark.parametrize(
    "titles",
    [
        ("Jam jar with pink lid", "Jam jar with green lid"),
        ("Frame small", "Frame medium", "Frame large"),
        ("Shampoo 250ml", "Shampoo 500 ml"),
        ("Paper napkins pack of 20", "Paper napkins pack of 50"),
        ("Hemd blau", "Hemd weiß", "Hemd schwarz"),
        ("保温杯 红色", "保温杯 蓝色"),
    ],
)
def test_colours_and_sizes_are_one_product(titles: tuple[str, ...]) -> None:
    assert variants(named(*titles)) == dict.fromkeys(range(1, len(titles) + 1), 1)


@pytest.mark.parametrize(
    "titles",
    [
        ("Red wine 75cl", "White wine 75cl"),
        ("Pack of 6 pencils", "Pack of 6 erasers"),
        ("iPhone 12 black", "iPhone 13 black"),
        ("Box red", "Box large"),  # a colour of one, a size of the other
        ("Desk lamp", "Desk lamp"),  # the same product twice
        ("Bag red", "Bag"),  # one says nothing of its colour
        ("Large", "Small"),  # nothing is left to compare
        ("", ""),
    ],
)
def test_what_is_not_sure_stays_apart(titles: tuple[str, ...]) -> None:
    assert variants(named(*titles)) == {}


def test_brand_category_maker_and_source_keep_apart() -> None:
    assert variants(shop(("1", "Star gold", "A"), ("2", "Star silver", "B"))) == {}
    aisles = shop(("1", "Star gold", "", "Garden"), ("2", "Star silver", "", "Xmas"))
    assert variants(aisles) == {}
    one, other = named("Star gold", "Star silver")
    assert variants([one, Product(2, "elsewhere", "N1", "Star silver")]) == {}
    makers = [
        Product(at, "", str(at), f"Star {colour}", None, None, json.dumps({"Manufacturer": maker}))
        for at, colour, maker in ((1, "gold", "A"), (2, "silver", "B"), (3, "red", "A"))
    ]
    assert variants(makers) == {1: 1, 3: 1}
    assert variants([one, other]) == {1: 1, 2: 1}


def test_skus_join_titles_that_are_alike_only() -> None:
    bags = shop(
        ("85099B", "Jumbo bag red retrospot"),
        ("85099C", "Jumbo bag baroque black white"),
        ("85099D", "Garden hose green"),
    )
    assert variants(bags) == {1: 1, 2: 1}
    assert (
        variants(shop(("84559A", "Sheet of dog stickers"), ("84559B", "Sheet of cat stickers")))
        == {}
    )


def test_columns_of_the_catalogue_tell() -> None:
    shirts = [
        Product(at, "", f"S{at}", "Linen shirt", None, None, json.dumps({"Color": colour}))
        for at, colour in enumerate(("red", "blue"), start=3)
    ]
    assert variants(shirts) == {3: 3, 4: 3}
    parents = [
        Product(at, "", f"P{at}", title, None, None, json.dumps({"parent_sku": parent}))
        for at, title, parent in ((1, "Ocean", "P"), (2, "Sunrise", "P"), (3, "Ocean red", "Q"))
    ]
    assert variants(parents) == {1: 1, 2: 1}
    # a parent with hundreds of products is a category
    many = [
        Product(at, "", f"P{at}", f"Thing {at}", None, None, json.dumps({"parent id": 7}))
        for at in range(101)
    ]
    assert variants(many) == {}


def test_titles_that_name_kinds_say_nothing() -> None:
    cereals = named(*["Cold cereal 14 oz", "Cold cereal 12 oz"] * 10)
    assert sources_of_kinds(map(parse_product, cereals)) == {""}
    assert variants(cereals) == {}


def test_words_of_a_title_are_those_of_its_kind() -> None:
    assert words_of("Set of 3 cake tins, red") == {"cake", "tin"}
    assert words_of("保温杯 红色") == {"保温", "温杯"}


@given(st.lists(st.text(max_size=20), max_size=12))
def test_any_titles_give_groups_of_their_own_members(titles: list[str]) -> None:
    groups = variants(named(*titles))
    assert set(groups) <= set(range(1, len(titles) + 1))
    for member, group in groups.items():
        assert groups[group] == group <= member
        assert list(groups.values()).count(group) > 1
