from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodsim_cli.ingest.cleaning.amounts import parse_numbers


def read(cells: list[str | None], decimal: str | None = None) -> list[float | None]:
    return parse_numbers(pl.Series("p", cells, dtype=pl.String), decimal).values.to_list()


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2.55", 2.55),
        ("£2.55", 2.55),
        ("2,55 €", 2.55),
        ("1.234,56", 1234.56),
        ("1,234.56", 1234.56),
        ("1 234,56", 1234.56),
        ("1\u202f234,56\u00a0€", 1234.56),
        ("1'234.50", 1234.5),
        ("USD 12", 12.0),
        ("12 eur", 12.0),
        ("US$ 3.10", 3.1),
        ("R$ 4,50", 4.5),
        ("¥12", 12.0),
        ("￥１２", 12.0),
        ("12元", 12.0),
        ("12.-", 12.0),
        ("12,-- €", 12.0),
        ("1,234,567", 1234567.0),
        ("1.234.567", 1234567.0),
        ("1,23,456.70", 123456.7),
        ("-3.5", -3.5),
        ("\u22123.5", -3.5),
        ("3.50-", -3.5),
        ("(3.50)", -3.5),
        ("-£3.50", -3.5),
        ("£-3.50", -3.5),
        ("+4", 4.0),
        (".5", 0.5),
        ("3.27E+12", 3.27e12),
        ("0,234", 0.234),
    ],
)
def test_written_forms(cell: str, value: float) -> None:
    assert read([cell]) == [value]


@pytest.mark.parametrize(
    "cell",
    ["nan", "inf", "-inf", "abc", "12 pcs", "1.2.3", "--", "1,23,4", "12%", "XYZ 5", "1e999"],
)
def test_no_number_is_bad(cell: str) -> None:
    numbers = parse_numbers(pl.Series("p", [cell, "1.5"]))
    assert numbers.values.to_list() == [None, 1.5]
    assert numbers.bad.to_list() == [True, False]


def test_empty_cells_are_empty_not_bad() -> None:
    numbers = parse_numbers(pl.Series("p", ["", "  ", None, "1"]))
    assert numbers.values.to_list() == [None, None, None, 1.0]
    assert not numbers.bad.any()


def test_the_column_decides_what_one_cell_leaves_open() -> None:
    assert read(["1,234", "2,5"]) == [1.234, 2.5]
    assert read(["1,234", "2.5"]) == [1234.0, 2.5]
    assert read(["1.234", "2,5"]) == [1234.0, 2.5]
    assert read(["1.234", "1.234,00"]) == [1234.0, 1234.0]


def test_without_evidence_a_comma_groups_and_a_point_divides() -> None:
    assert read(["1,234"]) == [1234.0]
    assert read(["1.234"]) == [1.234]


def test_the_option_overrides_the_column() -> None:
    assert read(["1,234"], ",") == [1.234]
    assert read(["1.234"], ",") == [1234.0]
    assert read(["2.55"], ",") == [None]


def test_a_value_against_the_columns_decision_is_bad() -> None:
    numbers = parse_numbers(pl.Series("p", ["2.55", "3.10", "4.75", "2,55"]))
    assert numbers.values.to_list() == [2.55, 3.1, 4.75, None]
    assert numbers.bad.to_list() == [False, False, False, True]
    assert numbers.decimal == "."


def test_currency_only_where_the_sign_names_one() -> None:
    cells = ["£1", "€1", "$1", "US$1", "¥1", "1元", "1 kr", "CHF 1", "1"]
    assert parse_numbers(pl.Series("p", cells)).currency.to_list() == [
        "GBP", "EUR", None, "USD", None, "CNY", None, "CHF", None,
    ]  # fmt: skip


def test_number_columns_keep_their_values_and_lose_what_is_not_finite() -> None:
    numbers = parse_numbers(pl.Series("p", [1.5, math.nan, math.inf, None]))
    assert numbers.values.to_list() == [1.5, None, None, None]
    assert numbers.bad.to_list() == [False, True, True, False]


cents = st.integers(min_value=-(10**11), max_value=10**11)


def written(amount: int, group: str, point: str) -> str:
    whole, rest = divmod(abs(amount), 100)
    return f"{'-' if amount < 0 else ''}{whole:,}".replace(",", group) + f"{point}{rest:02d}"


@settings(deadline=None)
@given(
    st.lists(cents, min_size=1, max_size=20),
    st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", "."), ("", "."), ("", ",")]),
    st.sampled_from(["{}", "£{}", "{} €", "EUR {}", "$ {}", "{}元"]),
)
def test_written_amounts_come_back(amounts: list[int], signs: tuple[str, str], frame: str) -> None:
    cells = [frame.format(written(amount, *signs)) for amount in amounts]
    assert read(cells) == [amount / 100 for amount in amounts]


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=10))
def test_floats_as_programs_write_them_come_back(values: list[float]) -> None:
    assert read([repr(value) for value in values], ".") == values


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), max_size=10))
def test_any_text_is_a_finite_number_or_bad_or_empty(cells: list[str]) -> None:
    numbers = parse_numbers(pl.Series("p", cells, dtype=pl.String))
    for cell, value, bad in zip(cells, numbers.values, numbers.bad, strict=True):
        assert bad == (value is None and cell.strip() != "" and not cell.isspace()) or value is None
        assert value is None or math.isfinite(value)
