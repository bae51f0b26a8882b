"""Sheets: no cell is lost to a type, no row to a gap, no sheet in silence."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from prodsim_cli.errors import InputError
from prodsim_cli.ingest import readers as sources
from prodsim_cli.ingest.readers import RawTable, ReadOptions


def read(path: Path) -> RawTable:
    (found,) = sources.inputs([str(path)])
    return sources.read(sources.load(found), ReadOptions())


def sheet_of(path: Path, *rows: tuple[object, ...]) -> Path:
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    for number, cells in enumerate(rows):
        for place, cell in enumerate(cells):
            if cell is not None:
                sheet.write(number, place, cell)
    book.close()
    return path


def test_excel_loses_no_cell_to_the_type_of_its_column(tmp_path: Path) -> None:
    rows = [("sku", "price"), (17850, 2.5), ("85123A", "n/a"), ("q", 3)]
    table = read(sheet_of(tmp_path / "a.xlsx", *rows))
    assert table.frame.rows() == [("17850", "2.5"), ("85123A", "n/a"), ("q", "3")]


def test_empty_excel_rows_are_no_data_but_count_for_the_numbers(tmp_path: Path) -> None:
    table = read(sheet_of(tmp_path / "a.xlsx", ("sku",), ("a",), (), (), ("b",)))
    assert table.frame.rows() == [("a",), ("b",)]
    assert table.lines.tolist() == [1, 4]
    assert table.read == 2


def test_excel_headers_are_distinct_as_in_text(tmp_path: Path) -> None:
    table = read(sheet_of(tmp_path / "a.xlsx", ("a", "a", None, "a"), (1, 2, 3, 4)))
    assert table.frame.columns == ["a", "a_2", "column_3", "a_3"]


def test_an_excel_header_without_rows_is_a_table_of_text_and_nothing_is_refused(
    tmp_path: Path,
) -> None:
    table = read(sheet_of(tmp_path / "a.xlsx", ("sku", "title")))
    assert table.frame.schema == {"sku": pl.String, "title": pl.String}
    with pytest.raises(InputError, match="is empty"):
        read(sheet_of(tmp_path / "b.xlsx"))


def test_each_sheet_with_rows_is_a_table_of_its_own(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    for name in ("goods", "prices", "notes"):
        book.add_worksheet(name)
    for name in ("goods", "prices"):
        book.get_worksheet_by_name(name).write_column(0, 0, ["sku", "a"])
    book.close()
    (item,) = sources.inputs([str(tmp_path / "a.xlsx")])
    found = sources.parts(sources.load(item), ReadOptions())
    assert [options.sheet for _, options in found] == ["goods", "prices"]
    assert len({blob.sha256 for blob, _ in found}) == 2
    assert "sheet: goods" in read(tmp_path / "a.xlsx").notes


def test_a_chart_sheet_is_no_news(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    book.add_worksheet("goods").write_column(0, 0, ["sku", "a"])
    chart = book.add_chart({"type": "bar"})
    chart.add_series({"values": "=goods!$A$1:$A$2"})
    book.add_chartsheet("picture").set_chart(chart)
    book.close()
    assert read(tmp_path / "a.xlsx").frame.rows() == [("a",)]
    assert caplog.records == []
