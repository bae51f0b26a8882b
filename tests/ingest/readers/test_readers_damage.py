"""Workbooks and Parquet files with wrong bytes or cut short: a table or one sentence."""

from __future__ import annotations

import io
from unittest import mock

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from prodsim_cli.errors import InputError
from prodsim_cli.ingest import readers as sources
from prodsim_cli.ingest.readers import Blob, ReadOptions


def workbook() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    for row in range(30):
        sheet.write_row(row, 0, [f"A{row}", row, row * 1.5, "x"])
    book.close()
    return out.getvalue()


def parquet() -> bytes:
    out = io.BytesIO()
    numbers = range(200)
    pl.DataFrame(
        {"sku": [f"A{n}" for n in numbers], "t": [[str(n)] for n in numbers]}
    ).write_parquet(out)
    return out.getvalue()


FILES = {"a.xlsx": workbook(), "a.parquet": parquet()}


@given(
    st.sampled_from(sorted(FILES)),
    st.lists(st.tuples(st.floats(0, 0.9999), st.integers(0, 255)), max_size=6),
    st.none() | st.floats(0, 1),
)
@settings(max_examples=300, deadline=None)
def test_damage_is_a_table_or_one_sentence(
    name: str, wrong: list[tuple[float, int]], end: float | None
) -> None:
    data = bytearray(FILES[name])
    for place, byte in wrong:
        data[int(place * len(data))] = byte
    data = data if end is None else data[: int(end * len(data))]
    refused = None
    try:
        table = sources.read(Blob(name, None, bytes(data)), ReadOptions())
    except InputError as problem:
        refused = problem
    if refused is None:
        assert table.read == len(table.frame) == len(table.lines)
    else:
        assert refused.hint
        assert "\n" not in refused.message


def test_a_panic_of_the_parquet_reader_is_one_sentence() -> None:
    panic = pl.exceptions.PanicException("range end index 2200 out of range")
    with (
        mock.patch("polars.read_parquet", side_effect=panic),
        pytest.raises(InputError, match="cannot be read as Parquet: range end index 2200"),
    ):
        sources.read(Blob("a.parquet", None, FILES["a.parquet"]), ReadOptions())


def test_a_sheet_that_is_damaged_is_one_sentence() -> None:
    data = FILES["a.xlsx"]
    with (
        mock.patch("prodsim_cli.ingest.readers.excel._frame", side_effect=ValueError("bad\nmore")),
        pytest.raises(InputError, match=r"A sheet of a\.xlsx cannot be read: bad\."),
    ):
        sources.read(Blob("a.xlsx", None, data), ReadOptions())
