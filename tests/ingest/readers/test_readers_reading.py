"""Readers on files with one disease each, and on whole formats."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.ingest import readers as sources
from prodsim_cli.ingest.readers import Blob, RawTable, ReadOptions


def read(path: Path, **options: str) -> RawTable:
    (found,) = sources.inputs([str(path)])
    return sources.read(sources.load(found), ReadOptions(**options))


def of(data: bytes | str, name: str = "shop.csv", **options: str) -> RawTable:
    raw = data.encode() if isinstance(data, str) else data
    return sources.read(Blob(name, None, raw), ReadOptions(**options))


DISEASES = {
    "ragged.csv": (
        [("A1", "Tea", "2.50"), ("A4", "Pot", "9.00")],
        [2, 5],
        [(3, "too many fields", "A2,Cup,3.00,extra"), (4, "too few fields", "A3")],
    ),
    "bad_quote.csv": (
        [("A2", '12" plate', "4.00"), ("A3", "Tea, green", "2.50")],
        [3, 4],
        [(2, "bad quote", 'A1,"12" ruler",1.20')],
    ),
    "unclosed_quote.csv": (
        [("A2", "Cup", "3.00"), ("A3", "Pot, blue", "9.00")],
        [3, 4],
        [(2, "unclosed quote", 'A1,"Tea,2.50')],
    ),
    "newline_in_cell.csv": (
        [("A1", "Tea\nloose", "2.50"), ("A3", "Pot", "9.00")],
        [2, 5],
        [(4, "too many fields", "A2,Cup,3.00,extra")],
    ),
    "semicolon_decimal_comma.csv": (
        [("A1", "Tasse", "2,55"), ("A2", "Teller, groß", "1.234,50")],
        [2, 3],
        [],
    ),
    "separator_line.csv": ([("A1", "Tea", "2.50")], [3], []),
    "duplicate_header.csv": ([("A1", "Tea", "Thee", "x")], [2], []),
    "blank_lines.csv": ([("A1", "Tea", "2.50"), ("A2", "Cup", "3.00")], [5, 8], []),
    "trailing_delimiter.csv": ([("A1", "Tea", "2.50"), ("A2", "Cup", "3.00")], [2, 3], []),
    "header_only.csv": ([], [], []),
    "bad_line.jsonl": (
        [("A1", "Tea"), ("A4", "Pot")],
        [1, 4],
        [(2, "broken JSON", '{"sku": "A2", "title": '), (3, "not an object", '["A3"]')],
    ),
    "keyed.json": ([("A1", "Tea", '["hot", "green"]'), ("A2", "Cup", None)], [1, 2], []),
    "bad_bytes.csv": (
        [("A1", "Tasse für Tee", "2.5"), ("A2", "Süßes Bärchen", "3"), ("A4", "Grüße", "5")],
        [2, 3, 5],
        [(4, "bad bytes", "A3,B��x,4")],
    ),
    "zero_bytes.csv": ([("A1", "Tea"), ("A2", "Cups")], [2, 3], []),
    "backslash_quote.csv": ([("A1", 'Ruler "12", red', "1.20"), ("A2", "Cup", "3.00")], [2, 3], []),
    "one_column.csv": ([("Tea, green",), ("Cup",), ("Pot, blue, big",)], [2, 3, 4], []),
    "bad_checksum.csv.gz": ([("A1", "Tea"), ("A2", "Cup")], [2, 3], []),
    "old_mac.csv": ([("A1", "Tea"), ("A2", "Cup")], [2, 3], []),
    "not_gzip.csv.gz": ([("A1", "Tea")], [2], []),
}


@pytest.mark.parametrize("name", sorted(DISEASES))
def test_a_diseased_file_keeps_its_good_rows(fixtures: Path, name: str) -> None:
    rows, lines, rejects = DISEASES[name]
    table = read(fixtures / "dirty" / name)
    assert table.frame.rows() == rows
    assert table.lines.tolist() == lines
    assert [(r.line, r.reason, r.raw) for r in table.rejects] == rejects
    assert table.read == len(rows) + len(rejects)


ENCODINGS = {
    "german_utf8.csv": ("utf-8 (valid UTF-8)", "Müller Straße Stövchen"),
    "german_utf8_bom.csv": ("utf-8 (byte order mark)", "Müller Straße"),
    "german_cp1252.csv": (
        "windows-1252 (not valid UTF-8, and not Chinese)",
        "Müller Straße Stövchen",
    ),
    "french_cp1252.csv": (
        "windows-1252 (not valid UTF-8, and not Chinese)",
        "Crème brûlée à l’érable – 5 €",
    ),
    "spanish_latin1.csv": (
        "windows-1252 (not valid UTF-8, and not Chinese)",
        "Camisón de niño español",
    ),
    "chinese_gbk.csv": ("gb18030 (common Chinese characters in runs)", "红色连衣裙"),
    "chinese_gbk_short.csv": ("gb18030 (common Chinese characters in runs)", "毛衣香水女装"),
    "chinese_utf16_long.csv": (
        "utf-16-le (zero bytes in every second place)",
        "红色连衣裙男士运动鞋" * 30,
    ),
    "chinese_utf16.tsv": ("utf-16-le (zero bytes in every second place)", "红色连衣裙"),
}


@pytest.mark.parametrize("name", sorted(ENCODINGS))
def test_the_encoding_of_one_line(fixtures: Path, name: str) -> None:
    note, title = ENCODINGS[name]
    table = read(fixtures / "dirty" / name)
    assert f"encoding: {note}" in table.notes
    assert table.frame.row(0)[1] == title


REFUSED = {
    "empty.csv": "is empty",
    "broken.json": "is broken JSON at line 3, column 1",
    "not_excel.xlsx": "cannot be read as an Excel file",
    "not_parquet.parquet": "cannot be read as Parquet",
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_file_that_cannot_be_read_is_one_sentence(fixtures: Path, name: str) -> None:
    with pytest.raises(InputError, match=REFUSED[name]) as caught:
        read(fixtures / "dirty" / name)
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_a_gzip_file_cut_short_gives_its_whole_lines(fixtures: Path) -> None:
    table = read(fixtures / "dirty" / "cut_short.csv.gz")
    assert 0 < len(table.frame) < 50
    assert set(table.frame.rows()) == {("A1", "Tea and more tea")}
    assert any("damaged" in note for note in table.notes)


def test_a_gzip_file_with_nothing_to_save_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"sku\n1\n")[:12])
    with pytest.raises(InputError, match="damaged gzip"):
        read(tmp_path / "a.csv.gz")


def test_forced_encoding_and_delimiter_win() -> None:
    table = of("sku;t\n1;Ã¼\n".encode("latin-1"), encoding="latin-1", delimiter=";")
    assert table.frame.rows() == [("1", "Ã¼")]
    assert table.notes[0] == "encoding: iso8859-1 (as asked)"
    with pytest.raises(UsageProblem, match="no encoding 'klingon'"):
        of("a\n", encoding="klingon")


def test_a_fully_quoted_file_goes_the_fast_way_and_is_the_same() -> None:
    text = '"sku","title"\n"1","a ""b"", c"\n"2",""\n'
    assert of(text).frame.rows() == [("1", 'a "b", c'), ("2", None)]
    ragged = of(text + '"3"\n')
    assert ragged.frame.rows() == [("1", 'a "b", c'), ("2", None)]


def test_one_column_is_a_table() -> None:
    assert of("sku\n1\n2\n").frame.rows() == [("1",), ("2",)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~"])
def test_delimiters_are_found(delimiter: str) -> None:
    rows = [["sku", "title", "price"], ["1", "Tea: green", "2"], ["2", "Cup", "3"]]
    text = "\n".join(delimiter.join(row) for row in rows)
    assert of(text, "a.txt").frame.row(0) == ("1", "Tea: green", "2")


def test_a_header_that_cannot_be_read_is_named() -> None:
    with pytest.raises(InputError, match="header line cannot be read"):
        of('"sku,title\n1,Tea\n' * 3)


def test_json_shapes() -> None:
    rows = [{"sku": "1", "price": 2.5, "new": True}, {"sku": "2", "price": 3}]
    plain = of(json.dumps(rows), "a.json")
    assert plain.frame.rows() == [("1", 2.5, True), ("2", 3.0, None)]
    assert of(json.dumps({"products": rows}), "a.json").frame.equals(plain.frame)
    assert of("\n".join(map(json.dumps, rows)), "a.jsonl").frame.equals(plain.frame)
    own = of(json.dumps({"k": {"sku": "1"}}), "a.json")
    assert own.frame.to_dicts() == [{"key": "k", "sku": "1"}]
    assert of('[{"sku": 1, "n": 99999999999999999999}]', "a.json").frame.row(0)[1] == str(
        10**20 - 1
    )
    for bad in ("[]", "3", "{}", '["a"]'):
        with pytest.raises(InputError):
            of(bad, "a.json")


def test_content_decides_where_the_name_does_not() -> None:
    assert of('[{"sku": "1"}]', "-").frame.rows() == [("1",)]
    assert of('{"sku": "1"}\n{"sku": "2"}\n', "-").frame.height == 2
    assert of("sku,title\n1,Tea\n", "-").frame.height == 1
    buffer = io.BytesIO()
    pl.DataFrame({"sku": ["1"]}).write_parquet(buffer)
    assert of(buffer.getvalue(), "export.csv").frame.rows() == [("1",)]


def test_parquet_keeps_types_and_flattens_nests() -> None:
    moment = dt.datetime(2024, 1, 2, 3)
    frame = pl.DataFrame(
        {"sku": [1.0], "at": [moment], "tags": [["a", "b"]], "kind": ["x"], "raw": [b"\xc3\xa9"]},
        schema_overrides={"kind": pl.Categorical},
    )
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    table = of(buffer.getvalue(), "a.parquet")
    assert table.frame.rows() == [(1.0, moment, '["a", "b"]', "x", "é")]
    assert table.counts_rows
    assert table.lines.tolist() == [1]


def test_excel_sheets(tmp_path: Path) -> None:
    path = tmp_path / "shop.xlsx"
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("empty")
    sheet = book.add_worksheet("goods")
    for row, cells in enumerate([("sku", "title", "", ""), (17850.0, "Tea", 2.5, "x")]):
        sheet.write_row(row, 0, cells)
    book.add_worksheet("other").write_row(0, 0, ["sku"])
    book.close()
    table = read(path)
    assert table.frame.columns == ["sku", "title", "column_3", "column_4"]
    assert table.frame.rows() == [(17850.0, "Tea", 2.5, "x")]
    assert "sheet: goods" in table.notes
    assert read(path, sheet="2").frame.equals(table.frame)
    assert read(path, sheet="goods").frame.equals(table.frame)
    with pytest.raises(UsageProblem, match="no sheet 'nine'") as caught:
        read(path, sheet="nine")
    assert caught.value.hint == "Its sheets are: empty, goods, other."


def test_a_span_of_time_becomes_text() -> None:
    buffer = io.BytesIO()
    pl.DataFrame({"sku": ["1", "2"], "span": [dt.timedelta(days=1), None]}).write_parquet(buffer)
    assert of(buffer.getvalue(), "a.parquet").frame.rows() == [("1", "1 day, 0:00:00"), ("2", None)]
