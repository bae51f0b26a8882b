"""What every reader promises, whichever file was added last."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from prodsim_cli import registry
from prodsim_cli.errors import InputError
from prodsim_cli.ingest import readers as sources
from prodsim_cli.ingest.readers import Blob, ReadOptions

ROWS = [
    {"sku": "A1", "title": "Green tea", "brand": "Finch"},
    {"sku": "B2", "title": "红色连衣裙, neu", "brand": None},
    {"sku": "C3", "title": 'A "quoted" name', "brand": "Öl"},
]


def excel(rows: list[dict[str, str | None]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    for number, cells in enumerate([list(rows[0]), *(list(row.values()) for row in rows)]):
        sheet.write_row(number, 0, ["" if cell is None else cell for cell in cells])
    book.close()
    return out.getvalue()


def parquet(rows: list[dict[str, str | None]]) -> bytes:
    out = io.BytesIO()
    pl.DataFrame(rows).write_parquet(out)
    return out.getvalue()


WRITERS: dict[str, Callable[[list[dict[str, str | None]]], bytes]] = {
    "delimited": lambda rows: pl.DataFrame(rows).write_csv().encode(),
    "json_file": lambda rows: json.dumps(rows).encode(),
    "jsonl": lambda rows: "\n".join(json.dumps(row) for row in rows).encode(),
    "parquet": parquet,
    "excel": excel,
}


@pytest.fixture(params=registry.names("readers"))
def reader(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_rows_come_back_with_their_numbers(reader: str, tmp_path: Path) -> None:
    module = registry.load("readers", reader)
    for extension in module.EXTENSIONS[:1]:
        path = tmp_path / f"shop{extension}"
        path.write_bytes(WRITERS[reader](ROWS))
        (item,) = sources.inputs([str(path)])
        table = sources.read(sources.load(item), ReadOptions())
        assert table.frame.to_dicts() == ROWS
        first = 1 if table.counts_rows or reader == "jsonl" else 2
        assert table.lines.tolist() == [first, first + 1, first + 2]
        assert (table.read, table.rejects) == (3, ())


def test_a_damaged_file_is_one_sentence_with_advice(reader: str) -> None:
    module = registry.load("readers", reader)
    with pytest.raises(InputError) as caught:
        module.read(Blob("shop", None, b""), ReadOptions())
    assert caught.value.message.startswith("shop")
    assert caught.value.hint


def test_the_first_line_of_the_docstring_is_the_help(reader: str) -> None:
    assert registry.help_line("readers", reader).endswith(".")
