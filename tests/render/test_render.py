"""Every record in every format, and tables that fit terminals of any width."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_samples import (
    ALL,
    CARD,
    FULL,
    FULL_NAMES,
    LISTING,
    NAMES,
    PROFILE,
    RANKING,
    REPORT,
    STATUS,
    shown,
)
from rich.cells import cell_len

from prodsim_cli import render
from prodsim_cli.commands.options import FORMATS
from prodsim_cli.records.answers import Ranked, Ranking
from prodsim_cli.records.reports import IngestReport
from prodsim_cli.records.states import Listing
from prodsim_cli.render.layout import money, number, size
from prodsim_cli.render.plain import harmless, json_text, one_line


@pytest.mark.parametrize("result", ALL, ids=NAMES)
def test_json_is_as_dict_and_jsonl_one_line(result: Any) -> None:
    assert json.loads(shown(result, "json")) == json.loads(json.dumps(result.as_dict()))
    assert shown(result, "jsonl").count("\n") == 1
    two = [json.loads(line) for line in shown([result, result], "jsonl").splitlines()]
    assert json.loads(shown([result, result], "json")) == two


@pytest.mark.parametrize("result", ALL, ids=NAMES)
@pytest.mark.parametrize("form", FORMATS)
def test_no_format_lets_a_control_sequence_through(result: Any, form: str) -> None:
    text = shown([result, result], form)
    assert text.endswith("\n")
    assert not {"\x1b", "\x07"} & set(text)


@pytest.mark.parametrize("result", ALL, ids=NAMES)
@pytest.mark.parametrize("cells", [20, 40, 60, 80, 100, 140])
def test_no_line_is_wider_than_the_terminal(result: Any, cells: int, width: Any) -> None:
    width(cells)
    assert max(cell_len(line) for line in shown(result, "table").splitlines()) <= cells


@pytest.mark.parametrize("result", ALL, ids=NAMES)
def test_delimited_rows_are_as_long_as_their_header(result: Any) -> None:
    for form, delimiter in (("csv", ","), ("tsv", "\t")):
        header, *rows = csv.reader(io.StringIO(shown([result, result], form)), delimiter=delimiter)
        assert rows
        assert {len(row) for row in rows} == {len(header)}
        assert header not in rows


@pytest.mark.parametrize(
    ("result", "ids"),
    [
        (RANKING, ["SKU124", "红-1", "S"]),
        (CARD, ["popularity", "hybrid", "text"]),
        (FULL, list(FULL_NAMES)),
        (REPORT, ["events.csv", "catalog.csv"]),
        (STATUS, ["minilm", "cosine"]),
        (LISTING, ["a.csv"]),
        (PROFILE, ["SKU123"]),
    ],
    ids=NAMES,
)
def test_ids(result: Any, ids: list[str]) -> None:
    assert shown(result, "ids").splitlines() == ids


def headers(cells: int, width: Any) -> list[str]:
    width(cells)
    return shown(RANKING, "table").splitlines()[1].split()


def test_columns_are_lost_in_order_of_what_they_say(width: Any) -> None:
    everything = ["#", "SKU", "Title", "Price", "Score", "Found", "by"]
    assert headers(100, width) == everything
    assert "lexical text" in shown(RANKING, "table")
    assert headers(80, width) == everything
    assert shown(RANKING, "table").splitlines()[-1] == "c cosine, l lexical, t text"
    assert [line.split()[-1] for line in shown(RANKING, "table").splitlines()[3:5]] == [
        "·lt",
        "c··",
    ]
    assert "█" in shown(RANKING, "table")
    assert headers(70, width) == everything
    assert "█" not in shown(RANKING, "table")
    assert headers(60, width) == everything[:5]
    assert headers(44, width) == ["#", "SKU", "Title", "Score"]
    assert "…" in shown(RANKING, "table")


def test_columns_stay_aligned_below_wide_characters(width: Any) -> None:
    width(100)
    lines = shown(RANKING, "table").splitlines()
    start = cell_len(lines[1][: lines[1].index("Found by")])
    for line, word in zip(lines[3:5], ("lexical text", "cosine"), strict=True):
        assert cell_len(line[: line.index(word)]) == start


def test_titles_and_small_scores(width: Any) -> None:
    width(100)
    lines = shown(RANKING, "table").splitlines()
    assert lines[0] == "SKU123  Red mug  by hybrid"
    assert "£4.75    0.875  ████████  lexical text" in lines[3]
    assert "4.2e-05" in lines[5]
    assert "�]0;owned�  tail" in lines[5]


def test_no_colour_in_a_pipe_nor_where_the_person_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def drawn() -> str:
        stream = Terminal()
        render.show(RANKING, "table", stream=stream)
        return stream.getvalue()

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in drawn()
    assert "\x1b[2m" not in shown(RANKING, "table")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not {"31m", "32m", "36m"} & set(drawn().replace(";", "\x1b[").split("\x1b["))


def test_a_pipe_is_100_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    long = Ranking({"sku": "A"}, "text", (Ranked(1, "B", 1.0, "word " * 60),))
    lines = shown(long, "table").splitlines()
    assert max(map(cell_len, lines)) <= 100
    assert cell_len(lines[3]) > 90


def test_an_ingest_accounts_for_every_line(width: Any) -> None:
    width(100)
    text = shown(REPORT, "table")
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for expected in (
        "columns sku ← StockCode",
        "read 10",
        "kept 6",
        "merged 1 equal lines",
        "set aside 2 service line (POST)",
        "rejected 1 no SKU",
        "emptied 3 bad values in price (cell emptied, line kept)",
        "note encoding: utf-8",
        "catalog.csv catalog known already",
        "skipped notes.txt: neither catalogue nor events",
        "The database holds 5 items, 1 without text.",
    ):
        assert expected in lines
    rows = list(csv.DictReader(io.StringIO(shown(REPORT, "csv"))))
    assert [(row["outcome"], row["reason"], row["lines"]) for row in rows[:5]] == [
        ("read", "", "10"),
        ("kept", "", "6"),
        ("merged", "equal lines", "1"),
        ("set aside", "service line (POST)", "2"),
        ("rejected", "no SKU", "1"),
    ]


def test_a_dry_run_shows_its_rows_and_says_that_nothing_was_written(width: Any) -> None:
    width(100)
    sample = ({"file": "a.csv", "sku": "1", "title": "Mug"}, {"file": "a.csv", "sku": "2"})
    text = shown(IngestReport((), False, sample=sample, dry_run=True), "table")
    assert "a.csv, cleaned" in text
    assert "Dry run: nothing was written." in text
    assert "Nothing has changed." in shown(IngestReport((), False), "table")


def test_a_status_names_what_is_stale_and_what_to_run(width: Any) -> None:
    width(100)
    text = shown(STATUS, "table")
    assert "minilm  (2 % not English)" in text
    assert "stale: events have changed since" in text
    assert "→ Run `prodsim graph`: cosine is out of date." in text
    assert "1.5 MB" in text
    flat = dict(csv.reader(io.StringIO(shown(STATUS, "csv"))))
    assert flat["counts.items"] == "5"
    assert flat["artifacts.2.stale"] == "events have changed since"


def test_a_profile_groups_its_neighbours_and_hides_what_is_empty(width: Any) -> None:
    width(100)
    lines = [line.split() for line in shown(PROFILE, "table").splitlines()]
    assert lines[0] == ["SKU123", "product"]
    assert ["hybrid", "1", "A"] in lines
    assert ["2", "B"] in lines
    assert ["text", "1", "A"] in lines
    assert not [line for line in lines if line[:1] in (["image"], ["Spellings"])]


def test_nothing_to_show_is_said() -> None:
    assert shown(Listing(("a",), ()), "table") == "nothing to show\n"
    assert shown(Listing(("a",), ()), "csv") == "a\n"
    assert "no similar products" in shown(Ranking({"sku": "A"}, "text", ()), "table")


@given(st.text())
def test_one_line_is_one_line_and_harmless(text: str) -> None:
    safe = one_line(text)
    assert len(safe.splitlines()) <= 1
    assert not [mark for mark in safe if ord(mark) < 0x20 or 0x7F <= ord(mark) < 0xA0]
    assert one_line(safe) == safe


@given(st.text())
def test_harmless_keeps_tabs_and_lines_and_json_keeps_all(text: str) -> None:
    assert harmless(text).count("\n") == text.count("\n")
    assert json.loads(json_text(text)) == text
    assert not [mark for mark in json_text(text) if 0x7F <= ord(mark) < 0xA0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (number(1234567), "1,234,567"),
        (number(0.12345), "0.123"),
        (number(12.5), "12.500"),
        (number(0.00004), "4.0e-05"),
        (number(0.0), "0.000"),
        (number(None), ""),
        (money(1234.5, "£"), "£1,234.50"),
        (money(2.0, "EUR"), "2.00 EUR"),
        (money(2.0, None), "2.00"),
        (money(1e308, "€"), "€1e+308"),
        (money(None, "EUR"), ""),
        (size(999), "999 bytes"),
        (size(147_456), "147.5 KB"),
        (size(48_742_400), "48.7 MB"),
        (size(5_000_000_000), "5.0 GB"),
    ],
)
def test_numbers_for_people(text: str, expected: str) -> None:
    assert text == expected


@pytest.mark.parametrize(("sources", "said"), [(12, "2 of 12"), (0, "2 of 9")])
def test_a_narrow_table_counts_the_methods_that_could_have_named_a_row(
    sources: int, said: str
) -> None:
    names = tuple(f"method{number}" for number in range(9))
    rows = (Ranked(1, "B", 1.0, "Red mug", methods=names[:2]), Ranked(2, "C", 0.5, methods=names))
    text = shown(Ranking({"sku": "A"}, "hybrid", rows, sources=sources), "table")
    assert said in text
