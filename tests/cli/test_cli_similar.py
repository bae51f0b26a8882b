"""``prodsim similar``: every format, several questions, and what is said beside the answer."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result
from shop_rows import NEIGHBORS, write_shop

from prodsim_cli.queries.similar import similar
from prodsim_cli.store import meta
from prodsim_cli.store.connection import open_for_reading, open_for_writing, transaction

Run = Callable[..., Result]

ROLLED = {"variants": 1, "pinned": False}
ANSWER = {
    "query": {"sku": "SKU123"},
    "method": "hybrid",
    "results": [
        {"rank": 1, "sku": "SKU124", "score": 0.9, "title": "Blue enamel mug", "price": 4.75,
         "methods": ["cosine", "lexical"], **ROLLED},
        {"rank": 2, "sku": "SKU125", "score": 0.5, "title": "红色 保温杯 500ml", "price": 1250.0,
         "methods": [], **ROLLED},
        {"rank": 3, "sku": "SKU126", "score": 0.25, "title": "🧸 Teddy \x1b[31mbear\x1b[0m",
         "price": None, "methods": ["cosine"], **ROLLED},
    ],
}  # fmt: skip


def skus(result: Result) -> list[str]:
    return [row["sku"] for row in json.loads(result.stdout)["results"]]


def test_json_is_one_object_without_products_that_left_the_feed(run: Run) -> None:
    result = run("similar", "SKU123", "-f", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == ANSWER


def test_a_rule_that_narrows_gets_k_products_where_k_pass(run: Run) -> None:
    result = run("similar", "SKU123", "-f", "json", "--where", "not sku=SKU124")
    assert skus(result) == ["SKU125", "SKU126", "85123A", "BARE"]
    told = "Nothing in the data ties 2 of 4 to what was asked: the most popular stand there."
    assert result.stderr == f"note: {told}\n"


def test_json_of_several_is_an_array_and_jsonl_a_line_each(run: Run) -> None:
    array = json.loads(run("similar", "SKU123", "SKU124", "-f", "json", "-k", 1).stdout)
    lines = run("similar", "SKU123", "SKU124", "-f", "jsonl", "-k", 1).stdout.splitlines()
    assert [json.loads(line) for line in lines] == array
    assert [(one["query"]["sku"], one["results"][0]["sku"]) for one in array] == [
        ("SKU123", "SKU124"),
        ("SKU124", "SKU123"),
    ]


@pytest.mark.parametrize(("form", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_delimited_formats_have_one_header_and_no_escape_sequences(
    run: Run, form: str, delimiter: str
) -> None:
    result = run("similar", "SKU123", "SKU124", "-f", form, "-k", 3)
    rows = list(csv.DictReader(io.StringIO(result.stdout), delimiter=delimiter))
    facts = ["query", "rank", "sku", "score", "title", "price", "methods", "variants", "pinned"]
    assert list(rows[0]) == facts
    assert [(row["query"], row["sku"]) for row in rows] == [
        ("SKU123", "SKU124"),
        ("SKU123", "SKU125"),
        ("SKU123", "SKU126"),
        ("SKU124", "SKU123"),
        ("SKU124", "SKU125"),
        ("SKU124", "85123A"),
    ]
    assert rows[0]["methods"] == "cosine lexical"
    assert "\x1b" not in result.stdout


def test_ids_feed_the_next_question(run: Run) -> None:
    ids = run("similar", "SKU124", "-f", "ids", "-k", 3)
    assert ids.stdout == "SKU123\nSKU125\n85123A\n"
    again = run("similar", "-", "-f", "ids", "-k", 3, input="\ufeffSKU123\n\n  SKU124 \r\n")
    assert again.stdout == "SKU124\nSKU125\nSKU126\nSKU123\nSKU125\n85123A\n"


def test_a_table_says_what_was_asked_and_by_what(run: Run) -> None:
    lines = run("similar", "SKU123").stdout.splitlines()
    assert lines[0] == "SKU123  Red enamel mug  by hybrid"
    assert lines[1].split() == ["#", "SKU", "Title", "Price", "Score", "Found", "by"]
    assert lines[3].split("  ")[0:2] == ["1", "SKU124"]
    assert "£4.75  0.900  ████████  cosine lexical" in lines[3]
    assert "1,250.00 CNY  0.500  ████" in lines[4]
    assert "🧸 Teddy �[31mbear�[0m" in lines[5]
    assert not any(line.endswith(" ") for line in lines)


def test_k_and_method(run: Run) -> None:
    assert skus(run("similar", "SKU123", "-k", 2, "-f", "json")) == ["SKU124", "SKU125"]
    lexical = skus(run("similar", "SKU123", "--method", "lexical", "-f", "json"))
    assert lexical[0] == "SKU124"
    assert skus(run("similar", "SKU123", "--measure", "cosine", "-f", "json"))[:2] == [
        "SKU126",
        "SKU124",
    ]


def test_measure_and_method_must_agree(run: Run) -> None:
    agreeing = run("similar", "SKU123", "--measure", "cosine", "--method", "cosine")
    assert agreeing.exit_code == 0
    clash = run("similar", "SKU123", "--measure", "cosine", "--method", "lexical")
    assert clash.exit_code == 2
    assert "ask for two different things" in clash.stderr
    assert run("similar", "SKU123", "--measure", "lexical").exit_code == 2


def test_together_adds_scores_up_and_leaves_the_seeds_out(run: Run) -> None:
    result = run("similar", "SKU123", "SKU124", "--together", "-f", "json")
    answer = json.loads(result.stdout)
    assert answer["query"] == {"skus": ["SKU123", "SKU124"]}
    assert [(row["sku"], row["score"]) for row in answer["results"]] == [
        ("SKU125", 1.1),
        ("SKU126", 0.25),
        ("85123A", 0.1),
    ]


def test_another_spelling_and_another_case_find_the_product(run: Run, shop: Path) -> None:
    for word in ("85123a", "85123A", "sku123"):
        result = run("show", word, "-f", "ids")
        assert result.stdout.strip() == {"sku123": "SKU123"}.get(word, "85123A")


def test_an_unknown_sku_names_the_three_nearest(run: Run) -> None:
    result = run("similar", "SKU12")
    assert result.exit_code == 3
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "error: There is no product 'SKU12'.",
        "hint: The nearest: SKU123, SKU124, SKU125.",
    ]


def test_one_unknown_among_several_answers_nothing_and_names_all(run: Run) -> None:
    result = run("similar", "SKU123", "SKU999", "85123B", "-f", "json")
    assert (result.exit_code, result.stdout) == (3, "")
    problem = json.loads(result.stderr)["error"]
    assert problem["kind"] == "NotFound"
    assert [entry["sku"] for entry in problem["unknown"]] == ["SKU999", "85123B"]
    assert problem["unknown"][1]["nearest"][0] == "85123A"


def test_words_of_a_title_are_understood(run: Run) -> None:
    result = run("similar", "enamel mug", "-f", "json")
    near = json.loads(result.stderr)["error"]["unknown"][0]["nearest"]
    assert sorted(near[:2]) == ["SKU123", "SKU124"]


def test_a_product_that_left_the_feed_is_no_question(run: Run) -> None:
    result = run("similar", "GONE1")
    assert result.exit_code == 3
    assert "has left the feed" in result.stderr


@pytest.mark.parametrize(("words", "stdin"), [([], ""), (["-"], ""), (["-"], "\n \n")])
def test_no_sku_is_a_usage_error(run: Run, words: list[str], stdin: str) -> None:
    result = run("similar", *words, input=stdin)
    assert result.exit_code == 2
    assert "no SKU" in result.stderr


def test_a_product_without_neighbours_is_told_why(run: Run) -> None:
    result = run("similar", "BARE", "-f", "json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["results"] == []
    assert "neither a text nor an event" in result.stderr
    assert "no similar products" in run("similar", "BARE").stdout
    assert "there are no events of it" in run("similar", "85123A").stderr


def test_no_product_at_all_is_an_answer(tmp_path: Path, run: Run) -> None:
    alone = [{"sku": "ONE", "title": "The only one"}]
    table = {"hybrid": {"ONE": []}}
    small = write_shop(tmp_path / "one.db", items=alone, neighbors=table, events=(), spellings=())
    result = run("--db", small, "similar", "ONE")
    assert (result.exit_code, "no similar products" in result.stdout) == (0, True)


def test_a_shop_of_one_product_says_so(tmp_path: Path, run: Run) -> None:
    alone = [{"sku": "ONE", "title": "The only one"}]
    table = {"hybrid": {"ONE": []}}
    small = write_shop(tmp_path / "one.db", items=alone, neighbors=table, events=(), spellings=())
    assert "the shop has no other product" in run("--db", small, "similar", "ONE").stderr


def test_what_is_hidden_since_it_is_not_in_stock_is_told(tmp_path: Path, run: Run) -> None:
    things = [{"sku": name, "title": name, "in_stock": int(name == "A")} for name in "ABC"]
    table = {"hybrid": {"A": [("B", 0.5), ("C", 0.25)]}}
    small = write_shop(tmp_path / "gone.db", items=things, neighbors=table, events=(), spellings=())
    told = "2 that the rules let pass are not in stock; --all-stock shows them."
    assert told in run("--db", small, "similar", "A").stderr
    shown = run("--db", small, "similar", "A", "--all-stock", "-f", "json")
    assert (skus(shown), shown.stderr) == (["B", "C"], "")


def test_a_network_is_trained_before_it_is_built(run: Run) -> None:
    assert "prodsim train --networks gat" in run("similar", "SKU123", "--method", "gat").stderr


def test_a_stale_table_is_told(run: Run, shop: Path) -> None:
    connection = open_for_writing(shop)
    with transaction(connection):
        meta.bump(connection, "events_version")
    connection.close()
    result = run("similar", "SKU123", "SKU124", "-f", "ids", "-k", 3)
    assert result.stderr == (
        "note: The table hybrid is out of date (events have changed since); run `prodsim build`.\n"
    )


def test_without_the_blend_the_best_table_answers(tmp_path: Path, run: Run) -> None:
    parts = {name: NEIGHBORS[name] for name in ("lexical", "cosine")}
    small = write_shop(tmp_path / "small.db", neighbors=parts)
    result = run("--db", small, "similar", "SKU123", "-f", "json")
    assert json.loads(result.stdout)["method"] == "lexical"
    assert "hybrid is not built, so this is lexical" in result.stderr


def test_what_is_not_built_exits_4_and_what_does_not_exist_2(tmp_path: Path, run: Run) -> None:
    bare = write_shop(tmp_path / "bare.db", neighbors={})
    nothing = run("--db", bare, "similar", "SKU123")
    assert nothing.exit_code == 4
    assert "prodsim build" in nothing.stderr
    known = run("similar", "SKU123", "--method", "pearson")
    assert (known.exit_code, "prodsim build" in known.stderr) == (4, True)
    unknown = run("similar", "SKU123", "--method", "telepathy")
    assert (unknown.exit_code, "Choose one of: hybrid" in unknown.stderr) == (2, True)


def test_no_database_exits_4_with_the_command(tmp_path: Path, run: Run) -> None:
    result = run("--db", tmp_path / "none.db", "similar", "SKU123")
    assert result.exit_code == 4
    assert "prodsim ingest" in result.stderr
    assert not (tmp_path / "none.db").exists()


@pytest.fixture
def two_shops(tmp_path: Path) -> Path:
    items = [
        {"sku": "1", "source": "abt", "title": "Sony turntable"},
        {"sku": "1", "source": "buy", "title": "Linksys switch"},
        {"sku": "2", "source": "buy", "title": "Sony PSLX350H"},
    ]
    table = {"abt:1": [("buy:2", 0.8), ("buy:1", 0.1)]}
    return write_shop(
        tmp_path / "two.db", items=items, neighbors={"hybrid": table}, events=(), spellings=()
    )


def test_a_source_is_written_before_a_sku_of_two_sources(two_shops: Path, run: Run) -> None:
    result = run("--db", two_shops, "similar", "abt:1", "-f", "json")
    assert json.loads(result.stdout)["query"] == {"sku": "abt:1"}
    assert skus(result) == ["2", "buy:1"]


def test_an_ambiguous_sku_lists_its_candidates(two_shops: Path, run: Run) -> None:
    result = run("--db", two_shops, "similar", "1", "-f", "json")
    assert result.exit_code == 2
    problem = json.loads(result.stderr)["error"]
    assert problem["kind"] == "AmbiguousSku"
    assert problem["candidates"] == ["abt:1", "buy:1"]
    assert run("--db", two_shops, "show", "2", "-f", "ids").stdout == "2\n"


def test_the_real_entry_point_speaks_utf8_in_any_locale(shop: Path) -> None:
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PATH": ""}
    words = [sys.executable, "-m", "prodsim_cli", "--db", str(shop), "similar", "SKU123"]
    done = subprocess.run(words, env=environment, capture_output=True, check=True)
    assert "红色 保温杯 500ml" in done.stdout.decode("utf-8")
    assert b"\x1b" not in done.stdout


def test_the_tables_that_could_name_a_row_are_counted_alike_in_every_answer(tmp_path: Path) -> None:
    items = [{"sku": name} for name in "ABC"]
    table = {name: {"A": [("B", 0.9)]} for name in ("cosine", "hybrid", "lexical")}
    table["text"] = {"A": [("C", 0.5)]}
    path = write_shop(tmp_path / "s.db", items=items, neighbors=table, events=(), spellings=())
    with closing(open_for_reading(path)) as connection:
        (one,) = similar(connection, ["A"], k=1)
    assert one.results[0].methods == ("cosine", "lexical")
    assert one.sources == 3
