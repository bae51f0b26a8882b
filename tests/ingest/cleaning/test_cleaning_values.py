from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodsim_cli.ingest.cleaning.cells import (
    as_text,
    booleans,
    clean_ids,
    clean_texts,
    event_type,
    looks_like_types,
    parse_types,
)


def text(cell: str) -> str | None:
    return clean_texts(pl.Series("t", [cell])).to_list()[0]


@pytest.mark.parametrize(
    ("cell", "clean"),
    [
        ("  Red\t\nmug  ", "Red mug"),
        ("Ｒｅｄ　ｍｕｇ", "Red mug"),
        ("ﬁne", "fine"),
        ("<p>Hi<br/>there</p>", "Hi there"),
        ("H<sub>2</sub>O", "H2O"),
        ("a <b>bold</b>er mug", "a bolder mug"),
        ("<!-- .css {color:red} -->Mug", "Mug"),
        ("Mug<!-- never closed", "Mug"),
        ("<style>p {}</style>Mug<script>x < 1</script>", "Mug"),
        ("Fish &amp; Chips", "Fish & Chips"),
        ("Fish &amp;amp; Chips", "Fish & Chips"),
        ("&lt;b&gt;Mug&lt;/b&gt;", "Mug"),
        ("8.5&rdquo; &#215; 11&#x22;", '8.5” × 11"'),
        ("AT&T", "AT&T"),
        ("3 < 4 > 2", "3 < 4 > 2"),
        ("I <3 mugs", "I <3 mugs"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("bell\x07", "bell"),
        ("👩‍👩‍👧 cup ☕️", "👩‍👩‍👧 cup ☕️"),
        ("['Red', \"Blue\"]", "Red, Blue"),
        ('["a", ["b", null], ""]', "a, b"),
        ("['It's here', \"5\" wide\"]", "It's here, 5\" wide"),
        ("Mug<br", "Mug"),
        ("Mug. .head {color:#000; top: 30px}", "Mug."),
        ("set {a: 1}", "set {a: 1}"),
        ("[not a list", "[not a list"),
        ("[sic] mug [2]", "[sic] mug [2]"),
    ],
)
def test_texts(cell: str, clean: str) -> None:
    assert text(cell) == clean


@pytest.mark.parametrize(
    "cell", ["", "   ", "nan", "NULL", "None", "N/A", "[]", "['', '']", "<br>"]
)
def test_texts_that_say_nothing_are_null(cell: str) -> None:
    assert text(cell) is None


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=30)), max_size=20))
def test_clean_texts_stay_as_they_are(cells: list[str | None]) -> None:
    once = clean_texts(pl.Series("t", cells, dtype=pl.String))
    assert len(once) == len(cells)
    assert all(cell is None or (cell == cell.strip() and cell) for cell in once)


def ids(cells: list[object]) -> list[str | None]:
    return clean_ids(pl.Series("id", cells, strict=False)).to_list()


def test_ids_of_a_column_that_was_once_a_float() -> None:
    assert ids(["17850.0", None, "12583.0"]) == ["17850", None, "12583"]
    assert ids([17850.0, None, float("nan")]) == ["17850", None, None]
    assert ids([3.27e12]) == ["3270000000000"]


def test_ids_that_only_look_so_stay() -> None:
    assert ids(["1.0", "1.1"]) == ["1.0", "1.1"]
    assert ids(["1.0", "A1"]) == ["1.0", "A1"]
    assert ids([1.0, 2.5]) == ["1.0", "2.5"]
    assert ids(["007", "7"]) == ["007", "7"]


def test_ids_are_trimmed_and_normalised() -> None:
    assert ids([" 85123a ", "８５", "a  b", "nan", ""]) == ["85123a", "85", "a b", None, None]


def test_typed_columns_as_text() -> None:
    assert as_text(pl.Series([1, None])).to_list() == ["1", None]
    assert as_text(pl.Series([1.5, 2.0])).to_list() == ["1.5", "2.0"]
    assert as_text(pl.Series(["a", "b"], dtype=pl.Categorical)).to_list() == ["a", "b"]
    assert as_text(pl.Series([float("nan")])).to_list() == [None]


def test_booleans() -> None:
    cells = ["yes", "In Stock", "out of stock", "5", "0", "有货", "缺货", "maybe", "", None]
    flags, bad = booleans(pl.Series("s", cells))
    assert flags.to_list() == [True, True, False, True, False, True, False, None, None, None]
    assert bad == 1
    assert booleans(pl.Series("s", [3, 0, None]))[0].to_list() == [True, False, None]
    assert booleans(pl.Series("s", [None], dtype=pl.String))[0].dtype == pl.Boolean


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("transaction", "purchase"), ("addtocart", "cart"), ("Add To Cart", "cart"),
        ("add_to_cart", "cart"), ("PV", "view"), ("购买", "purchase"), ("加购", "cart"),
        ("收藏", "wishlist"), ("浏览", "view"), ("点击", "click"), ("退货", "return"),
        ("Refund", "return"), ("评分", "rating"), ("review", "rating"), ("buy", "purchase"),
        ("fav", "wishlist"), ("Rückgabe", "return"), ("remove_from_cart", None), ("", None),
    ],
)  # fmt: skip
def test_event_types(word: str, kind: str | None) -> None:
    assert event_type(word) == kind


def test_type_columns() -> None:
    types, words = parse_types(pl.Series("t", ["view", " BUY ", "zoom", None]))
    assert types.to_list() == ["view", "purchase", None, None]
    assert words.to_list() == ["view", "BUY", "zoom", None]
    assert looks_like_types(pl.Series(["view", "buy", "zoom"]))
    assert not looks_like_types(pl.Series(["mug", "plate", "view"]))
    assert not looks_like_types(pl.Series([1, 2]))


def test_half_a_surrogate_pair_in_a_list_is_no_text() -> None:
    column = pl.Series("description", ['["a \\ud800", "b"]'])
    assert clean_texts(column).to_list() == ["a ?, b"]


def test_long_numbers_lose_their_point_among_other_keys_too() -> None:
    mixed = pl.Series("user", ["17850.0", "17850", "guest", "NA", None])
    assert clean_ids(mixed).to_list() == ["17850", "17850", "guest", None, None]
    versions = pl.Series("sku", ["1.0", "1.5", "17850.0"])
    assert clean_ids(versions).to_list() == ["1.0", "1.5", "17850.0"]
