"""Every record in every format, and tables that fit terminals of any width."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from prodsim_cli import render
from prodsim_cli.commands.options import FORMATS
from prodsim_cli.records.answers import Ranked, Ranking
from prodsim_cli.records.figures import Change, Cost, Interval, Scorecard, Slice, Standing
from prodsim_cli.records.reports import FileReport, IngestReport
from prodsim_cli.records.states import ArtifactStatus, Listing, Profile, Status
from prodsim_cli.render.layout import money, number, size
from prodsim_cli.render.text import harmless, json_text, one_line

RANKING = Ranking(
    {"sku": "SKU123"},
    "hybrid",
    (
        Ranked(1, "SKU124", 0.875, "Blue mug", 4.75, ("lexical", "text"), "£"),
        Ranked(2, "红-1", 0.5, "红色 保温杯 " * 8, 1250.0, ("cosine",), "CNY"),
        Ranked(3, "S", 0.0000421, "🧸 bear 👨‍👩‍👧 \x1b]0;owned\x07\n\ttail", None),
    ),
    about="Red mug",
)
CARD = Scorecard(
    "recommend",
    {"kind": "time", "at": "2011-10-01T00:00:00", "users": 1753, "pairs": 47683,
     "left_out": {"known pair": 12}},
    10,
    {
        "popularity": {"ndcg@10": Interval(0.044, 0.04, 0.048), "coverage@10": Interval(0.01)},
        "hybrid": {"ndcg@10": Interval(0.127, 0.118, 0.136), "coverage@10": Interval(0.5)},
        "text": {"ndcg@10": Interval(0.069, 0.06, 0.078), "coverage@10": Interval(0.9)},
    },
    verdict="Use hybrid.",
)  # fmt: skip
FULL_NAMES = ("hybrid", "cosine", "text", "popularity", "random")


def about(mean: float, half: float = 0.004) -> Interval:
    return Interval(mean, mean - half, mean + half)


FULL = Scorecard(
    "similar",
    {"kind": "time", "at": "2011-10-01T00:00:00", "users": 0, "queries": 1500, "pairs": 47683,
     "left_out": {"known pair": 12}},
    10,
    {
        name: {
            f"{figure}@{k}": about(0.5 - 0.1 * place + 0.001 * k)
            for figure in ("ndcg", "hit", "recall", "map", "coverage", "gini")
            for k in (10, 5, 20)
        } | {f"{relation}:ndcg@10": about(0.2) for relation in ("替代品", "bought\x1b[2J together")}
        for place, name in enumerate(FULL_NAMES)
    },
    verdict="Use hybrid.",
    ks=(10, 5, 20),
    against_baseline={
        "hybrid": Standing("popularity", about(0.3), 0.002, "better"),
        "cosine": Standing("popularity", about(0.002), 0.4, "tie"),
        "text": Standing("popularity", about(-10.25), 0.01, "worse"),
    },
    against_best={
        name: Standing("hybrid", about(-0.1), 0.3 if name == "cosine" else 0.002,
                       "tie" if name == "cosine" else "worse")
        for name in FULL_NAMES[1:]
    },
    slices=tuple(
        Slice(kind, name, 1234, 4000, {m: about(0.3 - 0.01 * i) for i, m in enumerate(FULL_NAMES)})
        for kind, name in (
            ("products", "head (top 20%)"), ("products", "tail"),
            ("category", "家居用品 > 厨房 " * 6), ("category", "Toys"),
        )
    ),
    cost={name: Cost(1.5, 0.25, 1234.5) for name in FULL_NAMES},
    change=Change(3, "2011-12-09T12:00:00", 1400, "ndcg@10", {
        "hybrid": about(0.01), "cosine": about(-0.01),
        "popularity": about(0.0), "random": about(0.0),
    }),
)  # fmt: skip
REPORT = IngestReport(
    (
        FileReport(
            "events.csv", "transactions", {"sku": "StockCode"}, 10, 6, {"equal lines": 1},
            {"service line (POST)": 2}, {"no SKU": 1}, {"price": 3}, ("encoding: utf-8",),
        ),
        FileReport("catalog.csv", "catalog", {"sku": "id"}, 2, 2, changed=False),
    ),
    True,
    {"notes.txt": "neither catalogue nor events"},
    {"items": 5, "without_text": 1},
)  # fmt: skip
STATUS = Status(
    "shop.db", 1_500_000, {"items": 5, "events": 7, "rejects": 1}, {"purchase": 7},
    {"purchase": 5.0}, {"model": "minilm", "model_reason": "2 % not English", "fields": ["title"]},
    (
        ArtifactStatus("minilm", "space", {}, "catalog:1", "2011-12-09T12:00:00", 3.2, "", 5),
        ArtifactStatus("cosine", "neighbors", {}, "events:1", "2011-12-09T12:00:00", 0.1,
                       "events have changed since", 50),
    ),
    ("Run `prodsim graph`: cosine is out of date.",), "d" * 64, ("2010-12-01", "2011-12-09"),
)  # fmt: skip
LISTING = Listing(("file", "line", "reason", "raw"), (("a.csv", 3, "no SKU", "x,\ty\x1b[2J"),))
PROFILE = Profile(
    "product",
    "SKU123",
    {"sku": "SKU123", "title": "Red mug", "price": 4.5, "events": {"purchase": 3}, "image": None},
    {
        "neighbors": Listing(
            ("method", "rank", "sku"), (("hybrid", 1, "A"), ("hybrid", 2, "B"), ("text", 1, "A"))
        ),
        "spellings": Listing(("sku", "title", "lines"), ()),
    },
)
ALL = [RANKING, CARD, FULL, REPORT, STATUS, LISTING, PROFILE]
NAMES = ["full" if one is FULL else type(one).__name__ for one in ALL]


def shown(result: Any, form: str) -> str:
    stream = io.StringIO()
    render.show(result, form, stream=stream)
    return stream.getvalue()


@pytest.fixture
def width(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda cells: monkeypatch.setenv("COLUMNS", str(cells))


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


def test_a_scorecard_has_its_winner_on_top_with_half_widths(width: Any) -> None:
    width(60)
    lines = shown(CARD, "table").splitlines()
    assert " ".join(lines[:2]) == (
        "recommend at 10, split time at 2011-10-01T00:00:00, 1,753 users, 47,683 pairs"
    )
    assert lines[2] == "events not asked about: 12 known pair"
    assert [line.split()[:2] for line in lines[5:8]] == [
        ["★", "hybrid"],
        ["text", "0.069"],
        ["popularity", "0.044"],
    ]
    assert "0.127 ±.009" in lines[5]
    assert lines[-1] == "Use hybrid."


def test_marks_say_what_is_better_and_what_is_a_tie(width: Any) -> None:
    width(140)
    lines = shown(FULL, "table").splitlines()
    assert lines[1] == "left out: 12 known pair"
    header, rows = lines[2], lines[4:9]
    assert header.split()[:7] == ["Method", "ndcg@10", "vs", "popularity", "since", "run", "3"]
    assert [row.split()[0] for row in rows] == ["★", "≈", "text", "popularity", "random"]
    assert "▲ +.300" in rows[0]
    assert "= +.002" in rows[1]
    assert "▼ -10.250" in rows[2]
    assert [row.count("vs") for row in rows] == [0] * 5
    # the best baseline is not held against itself, and a method that was not there then is new
    assert not {"▲", "▼"} & set(rows[3])
    assert "▲ +.010 ±.004" in rows[0]
    assert "▼ -.010 ±.004" in rows[1]
    assert "new" in rows[2]
    assert "= +.000 ±.004" in rows[3]
    assert lines[9:13] == [
        "★ best; ≈ no proven difference from it; ▲ better, = level, ▼ worse than popularity",
        "(paired, p < .05 after Holm's correction); ± is half of the 95 % interval",
        "a column with the name of a relation: ndcg@10 of its answers alone",
        "since run 3: 1,400 queries that both asked; ▲ ▼ the interval leaves out 0",
    ]


def test_a_legend_explains_only_what_is_there(width: Any) -> None:
    width(140)
    best = {"text": Standing("hybrid", about(-0.1), 0.002, "worse")}
    card = replace(CARD, against_best=best)
    lines = shown(card, "table").splitlines()
    assert lines[7:9] == [
        "★ best",
        "(paired, p < .05 after Holm's correction); ± is half of the 95 % interval",
    ]
    assert "★ best" not in shown(CARD, "table")


def test_the_main_figure_at_every_k_comes_before_the_others(width: Any) -> None:
    card = replace(FULL, cost={}, change=None, slices=(), against_baseline={})

    def columns(cells: int) -> list[str]:
        width(cells)
        return shown(card, "table").splitlines()[2].split()

    relations = ["替代品", "bought�[2J", "together"]
    first = ["Method", "ndcg@10", *relations, "ndcg@5", "ndcg@20"]
    assert columns(80) == [*first, "hit@10"]
    assert columns(100)[:9] == [*first, "hit@10", "recall@10"]
    assert columns(140)[:11] == [*first, "hit@10", "recall@10", "coverage@10", "gini@10"]
    assert columns(200)[11:13] == ["hit@5", "hit@20"]


def test_slices_have_a_row_each_and_cut_long_names(width: Any) -> None:
    width(80)
    lines = shown(replace(FULL, cost={}, change=None), "table").splitlines()
    head = next(n for n, line in enumerate(lines) if line.startswith("products"))
    assert lines[head].split()[:4] == ["products", "queries", "answers", "hybrid"]
    assert lines[head + 2].split()[-5:] == ["0.300", "0.290", "0.280", "0.270", "0.260"]
    other = next(n for n, line in enumerate(lines) if line.startswith("category"))
    long, short = lines[other + 2 : other + 4]
    assert "…" in long
    # a Chinese character is two cells wide
    assert cell_len(long[: long.index("1,234")]) == cell_len(short[: short.index("1,234")])
    rows = list(csv.DictReader(io.StringIO(shown(FULL, "csv"))))
    assert list(rows[0])[-1] == "slice"
    assert {row["slice"] for row in rows if row["slice"]} >= {"products: tail", "category: Toys"}
    whole = [row for row in rows if row["slice"] == ""]
    assert len(whole) == sum(map(len, FULL.methods.values()))


def test_costs_stand_in_seconds_and_megabytes(width: Any) -> None:
    width(140)
    lines = shown(replace(FULL, change=None), "table").splitlines()
    assert "build s  answer s     MB" in lines[2]
    assert "1.50      0.25  1,234" in lines[4]


def test_a_narrow_scorecard_loses_intervals_before_figures(width: Any) -> None:
    names = ("ndcg@10", "hit@10", "map@10", "coverage@10")
    card = Scorecard("recommend", {}, 10, {"a": dict.fromkeys(names, Interval(0.5, 0.4, 0.6))})

    def drawn(cells: int) -> list[list[str]]:
        width(cells)
        lines = shown(card, "table").splitlines()
        return [lines[1].split(), lines[3].split()]

    assert drawn(100)[1] == ["★", "a", *["0.500", "±.100"] * 4]
    assert drawn(60) == [
        ["Method", "ndcg", "hit", "map", "coverage"],
        ["★", "a", "0.500", "±.100", "0.500", "0.500", "0.500"],
    ]
    assert drawn(40)[0] == ["Method", "ndcg", "hit", "coverage"]
    assert drawn(30)[0] == ["Method", "ndcg", "hit"]


def test_numbers_of_a_column_have_the_digits_that_they_need(width: Any) -> None:
    width(100)
    listing = Listing(("n", "price", "score", "at"), ((24.0, 0.5, 0.1234, "2011-12-09T12:50:00"),
                      (None, 4.25, 1.0, None)))  # fmt: skip
    lines = shown(listing, "table").splitlines()
    assert lines[2].split() == ["24", "0.50", "0.123", "2011-12-09", "12:50:00"]
    assert lines[3].split() == ["4.25", "1.000"]


def test_of_errors_the_smallest_is_the_best(width: Any) -> None:
    width(100)
    figures = {"a": {"mae": Interval(0.5)}, "b": {"mae": Interval(0.2)}, "c": {}}
    text = shown(Scorecard("pairs", {"kind": "pairs"}, 10, figures, main="mae"), "table")
    assert [line.split()[:2] for line in text.splitlines()[3:6]] == [
        ["★", "b"],
        ["a", "0.500"],
        ["c"],
    ]


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
