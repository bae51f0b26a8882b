"""``prodsim explain`` and ``--why``: every format, every width, what cannot be explained."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from rich.cells import cell_len
from shop_rows import write_shop

Run = Callable[..., Result]

CHAIN = [
    {"sku": "A", "price": 9.5,
     "title": "红色 保温杯 500ml 大号 不锈钢 儿童 学生 水杯 吸管 便携 户外 运动 礼物 红色 杯"},
    {"sku": "B", "title": "红色 玻璃杯", "price": 9.0, "brand": "Ｈｅａｒｔｈ", "tags": "cup;red",
     "attributes": '{"colour": "Red", "size": 3, "made of": "glass", "none": ""}'},
    {"sku": "C", "title": "Mug", "brand": "hearth", "category": "Home > Kitchen > Mugs"},
    {"sku": "D", "category": "Home > Kitchen > Plates", "tags": "red, plate", "brand": "HEARTH",
     "attributes": '{"colour": "red", "size": 3, "made of": "clay", "none": ""}', "price": 30},
    {"sku": "E", "title": "Alone"},
    {"sku": "F", "title": "Far"},
    {"sku": "G", "title": "Farther"},
    {"sku": "GONE", "title": "Between", "listed": 0},
]  # fmt: skip
HYBRID = {
    "A": [("B", 0.9), ("C", 0.2)],
    "B": [("A", 0.4), ("C", 0.8)],
    "C": [("D", 0.7), ("GONE", 0.9)],
    "D": [("F", 0.5), ("A", 0.1)],
    "F": [("G", 0.6)],
    "GONE": [("E", 0.9)],
}


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shop(
        tmp_path_factory.mktemp("chain") / "chain.db",
        items=CHAIN,
        neighbors={"hybrid": HYBRID, "cosine": {"A": [("B", 0.3)]}},
        events=(),
        spellings=(),
    )


def asked(run: Run, chain: Path, *words: str) -> Any:
    made = run("--db", chain, "explain", *words, "-f", "json")
    assert made.exit_code == 0, made.stderr
    return json.loads(made.stdout)


def path(run: Run, chain: Path, one: str, other: str) -> list[tuple[str, float | None]]:
    return [(step["sku"], step["score"]) for step in asked(run, chain, one, other)["path"]]


def test_the_path_is_the_shortest_and_its_weakest_edge_the_strongest(run: Run, chain: Path) -> None:
    assert path(run, chain, "A", "B") == [("A", None), ("B", 0.9)]
    # over D it would be .1, and over B two steps
    assert path(run, chain, "A", "C") == [("A", None), ("C", 0.2)]
    assert path(run, chain, "B", "D") == [("B", None), ("C", 0.8), ("D", 0.7)]
    assert path(run, chain, "A", "G") == [("A", None), ("D", 0.1), ("F", 0.5), ("G", 0.6)]
    assert path(run, chain, "B", "G") == [
        ("B", None), ("C", 0.8), ("D", 0.7), ("F", 0.5), ("G", 0.6)
    ]  # fmt: skip
    # what has left the feed leads nowhere
    assert path(run, chain, "A", "E") == []


def test_both_ways_and_nothing_at_all(run: Run, chain: Path) -> None:
    found = asked(run, chain, "A", "B")
    assert (found["score"], found["rank"]) == (pytest.approx(0.9), 1)  # a float32
    assert (found["back"]["score"], found["back"]["rank"]) == (pytest.approx(0.4), 1)
    nothing = asked(run, chain, "A", "E")
    assert (nothing["score"], nothing["shares"], nothing["path_by"]) == (None, [], None)
    assert "Nothing that is stored ties them." in run("--db", chain, "explain", "A", "E").stdout
    turned = run("--db", chain, "explain", "G", "F", "A", "C").stdout
    assert "F does not speak for G; G speaks for F: 0.600, rank 1." in turned


def test_equal_facts_whatever_their_spelling(run: Run, chain: Path) -> None:
    def facts(one: str, other: str) -> dict[str, list[Any]]:
        return {fact["name"]: fact["values"] for fact in asked(run, chain, one, other)["facts"]}

    assert facts("B", "D") == {
        "brand": ["Ｈｅａｒｔｈ"], "tags": ["red"], "attributes.colour": ["Red"],
        "attributes.size": ["3"],
    }  # fmt: skip
    assert facts("C", "D") == {"brand": ["hearth"], "category": ["Home > Kitchen"]}
    assert facts("A", "B") == {"price": [9.5, 9.0]}
    assert facts("A", "C") == facts("A", "E") == {}


def test_several_others_and_every_format(run: Run, chain: Path) -> None:
    found = asked(run, chain, "A", "B", "C", "A")
    assert [one["query"] for one in found] == [
        {"sku": "A", "other": "B"}, {"sku": "A", "other": "C"}
    ]  # fmt: skip
    lines = run("--db", chain, "explain", "A", "B", "C", "-f", "jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == found
    table = run("--db", chain, "explain", "A", "B", "-f", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(table)))
    assert {row["direction"] for row in rows} == {"there"}
    assert [(row["method"], row["value"], row["rank"]) for row in rows] == [("cosine", "", "1")]
    assert run("--db", chain, "explain", "B", "D", "-f", "ids").stdout == "B\nC\nD\n"
    piped = run("--db", chain, "explain", "A", "-", "-f", "json", input="B\nC\n")
    assert json.loads(piped.stdout) == found


def test_what_cannot_be_explained(run: Run, chain: Path) -> None:
    alone = run("--db", chain, "explain", "A", "a")
    assert (alone.exit_code, "Two products are needed" in alone.stderr) == (2, True)
    stranger = run("--db", chain, "explain", "A", "BB")
    assert (stranger.exit_code, "The nearest: B" in stranger.stderr) == (3, True)
    gone = run("--db", chain, "explain", "A", "GONE")
    assert (gone.exit_code, "has left the feed" in gone.stderr) == (3, True)
    assert run("--db", chain, "explain").exit_code == 2
    few = run("--db", chain, "explain", "A", "B", "--min-people", "0")
    assert few.exit_code == 2


def test_without_a_table_it_says_what_to_run(run: Run, tmp_path: Path) -> None:
    bare = write_shop(tmp_path / "bare.db", neighbors={})
    made = run("--db", bare, "explain", "SKU123", "SKU124")
    assert (made.exit_code, "prodsim build" in made.stderr) == (4, True)
    without = run("explain", "SKU123", "SKU124", "--without", "people")
    assert (without.exit_code, "prodsim build" in without.stderr) == (4, True)
    single = write_shop(tmp_path / "one.db", neighbors={"cosine": {"SKU123": [("SKU124", 0.3)]}})
    found = run("--db", single, "explain", "SKU123", "SKU124", "-f", "json")
    assert "hybrid is not built, so this is cosine" in found.stderr
    value = json.loads(found.stdout)
    assert (value["score"], value["rank"], value["method"]) == (0.3, 1, "cosine")
    assert value["shares"] == [{"method": "cosine", "share": 0.3, "value": None, "rank": 1}]


@pytest.mark.parametrize("width", [60, 80, 140])
@pytest.mark.parametrize(
    "words",
    [
        ["explain", "A", "B", "D", "G", "E"],
        ["similar", "A", "D", "--why"],
        ["similar", "A", "B", "--together", "--why", "--all-stock"],
    ],
    ids=" ".join,
)
def test_tables_fit_the_terminal(
    run: Run, chain: Path, monkeypatch: pytest.MonkeyPatch, width: int, words: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    made = run("--db", chain, *words)
    assert made.exit_code == 0, made.stderr
    assert all(cell_len(line) <= width for line in made.stdout.splitlines())
    assert "保温杯" in made.stdout


def test_why_is_a_line_a_row_and_a_column_of_csv(run: Run) -> None:
    drawn = run("similar", "SKU123", "-k", "3", "--why").stdout.splitlines()
    assert drawn[-4] == ""
    assert [line.split("  ")[0] for line in drawn[-3:]] == ["1", "2", "3"]
    table = run("similar", "SKU123", "--why", "-f", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(table)))
    assert all(row["why"] for row in rows)
    plain = list(csv.DictReader(io.StringIO(run("similar", "SKU123", "-f", "csv").stdout)))
    assert [{k: v for k, v in row.items() if k != "why"} for row in rows] == plain
    assert "why" not in plain[0]
    ids = run("similar", "SKU123", "-f", "ids").stdout
    assert run("similar", "SKU123", "--why", "-f", "ids").stdout == ids
