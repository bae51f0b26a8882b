"""Scorecards as tables: the winner, marks, intervals, slices and costs."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

from record_samples import CARD, FULL, about, shown
from rich.cells import cell_len

from prodsim_cli.records.figures import Interval, Scorecard, Standing
from prodsim_cli.records.states import Listing


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
