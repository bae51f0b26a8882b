from __future__ import annotations

import polars as pl
import pytest

from prodsim_cli.ingest.cleaning import commonest_titles, fold_case, is_service_title, sane_title
from prodsim_cli.ingest.cleaning.lines import service_codes, service_note


def told(*rows: tuple[str, str | None, int]) -> pl.DataFrame:
    return pl.DataFrame(
        list(rows), schema={"sku": pl.String, "title": pl.String, "lines": pl.Int64}, orient="row"
    )


def titles(*rows: tuple[str, str | None, int]) -> dict[str, str | None]:
    return dict(commonest_titles(told(*rows)).iter_rows())


@pytest.mark.parametrize(
    "note",
    [
        "?", "???", "damaged", "check", "lost", "found", "Damages/samples", "thrown away-rusty",
        "wrongly coded 20713", "20713 wrongly marked", "amazon", "adjustment", "faulty",
        "?sold as sets?", "sold as set on dotcom", "????missing", "", "12", "re-adjustment",
    ],
)  # fmt: skip
def test_notes_are_no_titles(note: str) -> None:
    assert not pl.DataFrame({"t": [note]}).select(sane_title(pl.col("t"))).item()


@pytest.mark.parametrize(
    "title",
    [
        "SET OF 3 CAKE TINS",
        "Lost in Translation DVD",
        "WET WIPES",
        "Amazon Parrot Mug",
        "商品",
        "MUG 7",
    ],
)
def test_titles_are_titles(title: str) -> None:
    assert pl.DataFrame({"t": [title]}).select(sane_title(pl.col("t"))).item()


def test_the_commonest_sane_title_wins() -> None:
    assert titles(("a", "RED MUG", 3), ("a", "BLUE MUG", 2), ("a", "check", 9)) == {"a": "RED MUG"}
    assert titles(("a", None, 9), ("a", "RED MUG", 1), ("b", "?", 2), ("c", None, 1)) == {
        "a": "RED MUG",
        "b": None,
        "c": None,
    }


def test_ties_take_the_longer_title_then_the_alphabet() -> None:
    assert titles(("a", "MUG", 2), ("a", "RED MUG", 2)) == {"a": "RED MUG"}
    assert titles(("a", "RED MUG", 2), ("a", "MUG RED", 2)) == {"a": "MUG RED"}


def test_a_title_that_is_a_guest_on_many_products_is_a_note() -> None:
    rows = [(f"p{i}", f"Vase number {i} large", 5) for i in range(4)]
    guests = [(f"p{i}", "Zimtstern", 1) for i in range(4)]
    assert titles(*rows, *guests, ("q", "Zimtstern", 1)) == {
        **{f"p{i}": f"Vase number {i} large" for i in range(4)},
        "q": None,
    }


def test_small_letters_are_a_note_in_a_file_of_capitals() -> None:
    capitals = [(f"p{i}", f"TIN NUMBER {'ABCDEFGHIJ'[i]}", 10) for i in range(10)]
    found = titles(
        *capitals, ("x", "michel oops", 3), ("x", "RED MUG", 1), ("y", "Dad's Cab Meter", 1),
        ("z", "alan was here", 1),
    )  # fmt: skip
    assert (found["x"], found["y"], found["z"]) == ("RED MUG", "Dad's Cab Meter", None)
    assert titles(("z", "alan was here", 1)) == {"z": "alan was here"}


def folded(*rows: tuple[str, str | None, int]) -> dict[str, str]:
    return dict(fold_case(told(*rows)).iter_rows())


def test_the_commonest_spelling_stands_for_all() -> None:
    assert folded(("85a", "MUG", 1), ("85A", "MUG", 5), ("86", "TIN", 1)) == {
        "85a": "85A",
        "85A": "85A",
        "86": "86",
    }
    assert folded(("85a", "MUG", 1), ("85A", "Mug!", 1)) == {"85a": "85A", "85A": "85A"}


def test_spellings_with_other_titles_stay_apart() -> None:
    assert folded(("ab", "MUG", 1), ("AB", "TIN", 5)) == {"ab": "ab", "AB": "AB"}
    assert folded(("abC", "MUG", 2), ("abc", "MUG", 1), ("ABC", "TIN", 5)) == {
        "abC": "abC",
        "abc": "abC",
        "ABC": "ABC",
    }


def test_a_shared_title_or_none_joins_spellings() -> None:
    rows = [("ab", "MUG", 2), ("ab", "CUP", 1), ("AB", "CUP", 5), ("AB", "MUG", 1)]
    assert folded(*rows) == {"ab": "AB", "AB": "AB"}
    assert folded(("ab", None, 9), ("AB", "TIN", 5)) == {"ab": "ab", "AB": "ab"}
    assert folded(("ab", "check", 1), ("AB", None, 5)) == {"ab": "AB", "AB": "AB"}


@pytest.mark.parametrize(
    "title",
    [
        "POSTAGE", "DOTCOM POSTAGE", "Manual", "CARRIAGE", "Next Day Carriage", "Discount",
        "SAMPLES", "Bank Charges", "AMAZON FEE", "CRUK Commission", "Adjust bad debt",
        "Dotcomgiftshop Gift Voucher £20.00", "Gift Voucher", "Shipping & Handling", "Delivery fee",
        "Adjustment by john on 26/01/2010 16", "This is a test product.",
        "PACKING CHARGE", "运费", "邮费",
        "补差价", "Versandkosten", "Frais de port", "Gastos de envío", "Rabatt 10%",
    ],
)  # fmt: skip
def test_services(title: str) -> None:
    assert pl.DataFrame({"t": [title]}).select(is_service_title(pl.col("t"))).item()


@pytest.mark.parametrize(
    "title",
    [
        "POSTAGE STAMP SET", "SET OF 3 CAKE TINS", "VINTAGE HORSE CARRIAGE", "GIRLS PARTY BAG",
        "PADS TO MATCH ALL CUSHIONS", "Samples Library Sound Card",
        "Shipping Container Toy",
        "Discount Rack Metal", "Gift Card Holder", "Owner's Manual Holder", "MUG", "运费险包装盒",
    ],
)  # fmt: skip
def test_products_are_no_services(title: str) -> None:
    assert not pl.DataFrame({"t": [title]}).select(is_service_title(pl.col("t"))).item()


def test_a_code_is_judged_by_its_commonest_title() -> None:
    codes = service_codes(
        told(
            ("POST", "POSTAGE", 9), ("POST", None, 1), ("85a", "RED MUG", 2),
            ("85a", "samples", 5), ("D", "Discount", 3), ("SHIPPING", None, 2),
            ("DISCOUNT", "RED MUG", 2), ("D2", None, 1),
            ("85b", "RED MUG", 4), ("85b", "Gift voucher", 1),
            ("M", "check", 1), ("M", "Manual", 4),
        )
    )  # fmt: skip
    assert codes.rows() == [
        ("POST", "POSTAGE", 10),
        ("M", "Manual", 5),
        ("D", "Discount", 3),
        ("SHIPPING", None, 2),
    ]
    assert service_note(codes).endswith(
        "20 lines of 4 codes: POST (POSTAGE, 10), M (Manual, 5), D (Discount, 3), SHIPPING (2)"
    )
