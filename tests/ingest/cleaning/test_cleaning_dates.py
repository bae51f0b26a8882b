from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodsim_cli.ingest.cleaning.dates import parse_dates

DAY = datetime(2010, 12, 1)
MOMENT = datetime(2010, 12, 1, 8, 26)


def read(cells: list[str | None], order: str | None = None) -> list[datetime | None]:
    return parse_dates(pl.Series("d", cells, dtype=pl.String), order).values.to_list()


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2010-12-01", DAY),
        ("2010-12-01 08:26:00", MOMENT),
        ("2010-12-01T08:26", MOMENT),
        ("2010-12-01T08:26:00Z", MOMENT),
        ("2010-12-01T10:26:00+02:00", MOMENT),
        ("2010-12-01T03:56:00-0430", MOMENT),
        ("2010-12-01T08:26:00.250", MOMENT + timedelta(milliseconds=250)),
        ("2010-12-01 08:26:00,000001", MOMENT + timedelta(microseconds=1)),
        ("2010-12-01 08:26:00 UTC", MOMENT),
        ("2010/12/1 8:26", MOMENT),
        ("2010.12.01", DAY),
        ("20101201", DAY),
        ("20101201082600", MOMENT),
        ("20101201T082600Z", MOMENT),
        ("01.12.2010 08:26", MOMENT),
        ("1.12.10", DAY),
        ("2010年12月1日", DAY),
        ("2010年12月01日 8时26分", MOMENT),
        ("2010年12月1日8点26分00秒", MOMENT),
        ("2010年12月1日 上午8:26", MOMENT),
        ("2010年12月1日 下午8:26", MOMENT + timedelta(hours=12)),
        ("2010-12-01 上午12:26", datetime(2010, 12, 1, 0, 26)),
        ("1 Dec 2010", DAY),
        ("01-Dec-10", DAY),
        ("01-DEC-2010 08:26", MOMENT),
        ("Dec 1, 2010", DAY),
        ("December 1st, 2010 8:26 am", MOMENT),
        ("Wed, 01 Dec 2010 08:26:00 GMT", MOMENT),
        ("Wednesday 1 December 2010", DAY),
        ("1. Dezember 2010", DAY),
        ("1er décembre 2010", DAY),
        ("1 décembre 2010 08:26", MOMENT),
        ("1 de diciembre de 2010", DAY),
        ("12 May 2011", datetime(2011, 5, 12)),
        ("1291191960", MOMENT),
        ("1291191960000", MOMENT),
        ("1291191960000000", MOMENT),
        ("1291191960.5", MOMENT + timedelta(milliseconds=500)),
    ],
)
def test_one_form_alone(cell: str, moment: datetime | None) -> None:
    assert read([cell]) == [moment]


@pytest.mark.parametrize(
    "cell",
    ["x", "2010-13-01", "2010-02-30", "31/02/2010", "0001-01-01", "9999-12-31", "25:00", "5"],
)
def test_no_date(cell: str) -> None:
    assert read([cell, "2010-12-01"]) == [None, DAY]


def test_a_day_above_twelve_decides_for_the_whole_column() -> None:
    assert read(["01/12/2010", "13/12/2010"]) == [DAY, datetime(2010, 12, 13)]
    assert read(["12/01/2010 8:26", "12/13/2010 8:26"]) == [MOMENT, datetime(2010, 12, 13, 8, 26)]


def test_without_evidence_the_day_stands_first_and_it_is_said() -> None:
    dates = parse_dates(pl.Series("InvoiceDate", ["01/12/2010"]))
    assert dates.values.to_list() == [DAY]
    assert dates.note == (
        "dates of InvoiceDate: dmy assumed (values allow dmy and mdy; --dates decides)"
    )


def test_points_put_the_day_first_and_an_american_clock_the_month() -> None:
    assert read(["01.12.2010"]) == [DAY]
    assert parse_dates(pl.Series("d", ["01.12.2010"])).note == "dates of d: dmy (the values decide)"
    assert read(["12/01/2010 8:26 AM"]) == [MOMENT]
    assert read(["12/01/2010 12:05 AM", "12/01/2010 12:05 PM"]) == [
        datetime(2010, 12, 1, 0, 5),
        datetime(2010, 12, 1, 12, 5),
    ]


def test_the_option_overrides() -> None:
    assert read(["01/12/2010"], "mdy") == [datetime(2010, 1, 12)]
    assert read(["10/12/01"], "ymd") == [DAY]
    assert read(["10/12/01"]) == [datetime(2001, 12, 10)]
    assert read(["2010-12-01"], "dmy") == [DAY]


def test_contradictions_lose_the_minority() -> None:
    dates = parse_dates(pl.Series("d", ["13/12/2010", "14/12/2010", "12/15/2010"]))
    assert dates.values.to_list() == [datetime(2010, 12, 13), datetime(2010, 12, 14), None]
    assert dates.note == "dates of d: dmy (the values decide), 1 distinct values contradict it"


def test_two_figure_years() -> None:
    assert read(["13/12/68", "13/12/69"]) == [datetime(2068, 12, 13), datetime(1969, 12, 13)]


def test_number_columns() -> None:
    def numbers(values: list[float | None]) -> list[datetime | None]:
        return parse_dates(pl.Series("d", values)).values.to_list()

    assert numbers([1291191960, None]) == [MOMENT, None]
    assert numbers([1291191960000.0, float("nan")]) == [MOMENT, None]
    assert numbers([40513.351388889]) == [MOMENT]
    assert numbers([20101201]) == [DAY]
    assert parse_dates(pl.Series("d", [1, 2, 3])).running


def test_a_bad_cell_or_another_form_among_epochs() -> None:
    assert read(["1291191960", "bad", "1291191960"]) == [MOMENT, None, MOMENT]
    assert read(["1291191960", "2010-12-01", "1291191960"]) == [MOMENT, DAY, MOMENT]
    assert parse_dates(pl.Series("d", ["1", "2", "x"])).running


def test_typed_columns() -> None:
    zoned = pl.Series("d", [datetime(2010, 12, 1, 10, 26, tzinfo=timezone(timedelta(hours=2)))])
    assert parse_dates(zoned).values.to_list() == [MOMENT]
    assert parse_dates(pl.Series("d", [date(2010, 12, 1)])).values.to_list() == [DAY]
    assert parse_dates(pl.Series("d", [MOMENT])).values.dtype == pl.Datetime("us")


moments = st.datetimes(datetime(1970, 1, 2), datetime(2068, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0)
)
FORMS = {
    "%Y-%m-%d %H:%M:%S": None,
    "%Y-%m-%dT%H:%M:%SZ": None,
    "%Y/%m/%d %H:%M:%S": None,
    "%Y%m%d%H%M%S": None,
    "%Y年%m月%d日 %H时%M分%S秒": None,
    "%d.%m.%Y %H:%M:%S": "dmy",
    "%d/%m/%Y %H:%M:%S": "dmy",
    "%m/%d/%Y %I:%M:%S %p": "mdy",
    "%d-%m-%y %H:%M:%S": "dmy",
    "%y-%m-%d %H:%M:%S": "ymd",
    "%d %b %Y %H:%M:%S": None,
    "%B %d, %Y %H:%M:%S": None,
    "%a, %d %b %Y %H:%M:%S GMT": None,
}


@settings(deadline=None)
@given(st.lists(moments, min_size=1, max_size=10), st.sampled_from(sorted(FORMS)))
def test_written_moments_come_back(values: list[datetime], form: str) -> None:
    cells = [moment.strftime(form) for moment in values]
    assert read(cells, FORMS[form]) == values


@settings(deadline=None)
@given(st.lists(moments, min_size=1, max_size=10), st.sampled_from([1, 1_000, 1_000_000]))
def test_epochs_come_back(values: list[datetime], scale: int) -> None:
    later = [moment for moment in values if moment.year > 1975] or [MOMENT]
    cells = [str(int(m.replace(tzinfo=timezone.utc).timestamp()) * scale) for m in later]
    assert read(cells) == later


@settings(deadline=None)
@given(st.lists(st.text(max_size=15), max_size=8))
def test_any_text_is_a_moment_or_null(cells: list[str]) -> None:
    values = read(cells)
    assert len(values) == len(cells)
    assert all(value is None or 1900 <= value.year <= 2200 for value in values)
