"""``prodsim search``: questions in words from the command line."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from prodsim_cli.cli import cli

Run = Callable[..., Result]


def skus(result: Result) -> list[str]:
    assert result.exit_code == 0, result.stderr
    return result.stdout.split()


def test_words_are_one_question_quoted_or_not(run: Run) -> None:
    assert skus(run("search", "red", "mug", "-f", "ids")) == ["SKU123", "SKU124"]
    assert skus(run("search", "red mug", "-f", "ids")) == ["SKU123", "SKU124"]


def test_json_says_what_was_searched_for(run: Run) -> None:
    result = run("search", "Red", "enamle", "mugs", "-f", "json")
    answer = json.loads(result.stdout)
    assert answer["query"] == {"text": "Red enamle mugs"}
    assert answer["method"] == "words"
    assert answer["corrected"] == [{"word": "enamle", "how": "spelling", "instead": ["enamel"]}]
    assert answer["added"] == []
    assert [row["sku"] for row in answer["results"]] == ["SKU123", "SKU124"]
    assert answer["results"][0]["methods"] == ["words"]
    assert 'note: searched for "enamel" instead of "enamle".' in result.stderr


def test_a_product_that_left_the_feed_is_no_answer(run: Run) -> None:
    assert "GONE1" not in run("search", "green enamel mug", "-f", "ids").stdout


@pytest.mark.parametrize("text", ["红色", "红", "色", "保温", "杯", "红色保温杯", "温杯 红"])
def test_chinese_from_one_character_on(run: Run, text: str) -> None:
    assert skus(run("search", text, "-f", "ids")) == ["SKU125"]


@pytest.mark.parametrize("text", ["85123a", "85123A", "sku124", "SKU-124", "sku 124"])
def test_a_sku_is_found_however_it_is_written(run: Run, text: str) -> None:
    answer = json.loads(run("search", text, "-f", "json").stdout)
    assert answer["results"][0]["sku"].casefold() == text.casefold().replace("-", "").replace(
        " ", ""
    )
    assert answer["results"][0]["methods"] == ["code"]
    assert answer["results"][0]["score"] >= 1


def test_a_number_that_is_not_there_is_said(run: Run) -> None:
    result = run("search", "DSC-W55", "-f", "json")
    assert json.loads(result.stdout)["results"] == []
    assert "note: No product has this number." in result.stderr


def test_nothing_is_an_answer_too(run: Run) -> None:
    result = run("search", "xyzzyplugh")
    assert result.exit_code == 0
    assert "note: No product holds these words." in result.stderr


def test_questions_come_from_standard_input(run: Run) -> None:
    result = run("search", "-", "-f", "jsonl", input="red mug\n\n  t-light  \n红色\n")
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [answer["query"]["text"] for answer in answers] == ["red mug", "t-light", "红色"]
    assert [answer["results"][0]["sku"] for answer in answers] == ["SKU123", "85123A", "SKU125"]


@pytest.mark.parametrize(
    ("words", "text"), [((), ""), (("",), ""), (("  ", ""), ""), (("-",), "\n")]
)
def test_no_words_are_a_usage_error(run: Run, words: tuple[str, ...], text: str) -> None:
    result = run("search", *words, input=text)
    assert result.exit_code == 2
    assert "error:" in result.stderr


def test_a_table_and_rows(run: Run) -> None:
    assert "Red enamel mug" in run("search", "mug").stdout
    rows = list(csv.DictReader(io.StringIO(run("search", "mug", "-f", "csv").stdout)))
    assert {row["query"] for row in rows} == {"mug"}
    assert {row["sku"] for row in rows} == {"SKU123", "SKU124"}


def test_the_rules_hold(run: Run) -> None:
    assert skus(run("search", "mug", "--where", "price>4.6", "-f", "ids")) == ["SKU124"]
    assert skus(run("search", "mug", "--exclude", "SKU124", "-f", "ids")) == ["SKU123"]
    assert skus(run("search", "mug", "-k", "1", "-f", "ids")) in (["SKU123"], ["SKU124"])


def test_like_joins_what_lies_beside_a_product(run: Run) -> None:
    plain = skus(run("search", "enamel", "-f", "ids"))
    like = run("search", "enamel", "--like", "SKU123", "-f", "json")
    answer = json.loads(like.stdout)
    found = [row["sku"] for row in answer["results"]]
    assert answer["query"] == {"text": "enamel", "like": ["SKU123"]}
    assert "SKU125" not in plain
    assert found == ["SKU124", "SKU125", "SKU126"]


def test_an_unknown_sku_of_like_suggests_the_nearest(run: Run) -> None:
    result = run("search", "mug", "--like", "SKU12")
    assert result.exit_code == 3
    assert "SKU123" in result.stderr


def test_like_without_words_is_similar(run: Run) -> None:
    result = run("search", "--like", "SKU123")
    assert result.exit_code == 2
    assert "hint: Without words it is `prodsim similar SKU123`." in result.stderr


def test_meaning_needs_vectors(run: Run) -> None:
    result = run("search", "mug", "--by", "meaning")
    assert result.exit_code == 4
    assert "build --model auto" in result.stderr


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with words beside each other in its graph, and vectors that need no model."""
    folder = tmp_path_factory.mktemp("kitchen")
    lines = ["sku,title,category,in_stock"]
    for colour in ("red", "blue", "green", "white"):
        lines += [
            f"M-{colour},{colour} enamel mug retro,cups,true",
            f"C-{colour},{colour} china cup retro,cups,true",
            f"P-{colour},{colour} dinner plate,plates,{'true' if colour != 'red' else 'false'}",
        ]
    tools = ("hammer", "wrench", "drill", "saw", "pliers", "ladder", "anvil", "chisel")
    for kind in ("heavy steel", "light brass", "old wooden"):
        lines += [f"{kind[0]}-{tool},{kind} {tool},tools,true" for tool in tools]
    (folder / "catalog.csv").write_text("\n".join(lines))
    words = ["ingest", str(folder / "catalog.csv"), "--model", "hashing", "-q"]
    result = CliRunner().invoke(cli, ["--db", str(folder / "kitchen.db"), *words])
    assert result.exit_code == 0, result.stderr
    return folder / "kitchen.db"


@pytest.fixture
def ask(kitchen: Path, tmp_path: Path) -> Run:
    path = shutil.copy(kitchen, tmp_path / "kitchen.db")
    return lambda *words: CliRunner().invoke(cli, ["--db", str(path), *words, "--variants"])


def test_words_and_meaning_find_together(ask: Run) -> None:
    answer = json.loads(ask("search", "red mugs", "-f", "json", "-k", "12").stdout)
    assert answer["method"] == "hybrid"
    assert answer["results"][0]["sku"] == "M-red"
    assert answer["results"][0]["methods"] == ["words", "meaning"]
    scores = [row["score"] for row in answer["results"]]
    assert scores == sorted(scores, reverse=True)


def test_there_are_always_k_where_there_are_vectors(ask: Run) -> None:
    """35 products are in stock; whatever was asked, all of them can be answers."""
    assert len(skus(ask("search", "mug", "-k", "50", "-f", "ids"))) == 35
    assert len(skus(ask("search", "mug", "-k", "50", "--all-stock", "-f", "ids"))) == 36
    plates = skus(ask("search", "mug", "--where", "category=plates", "-k", "3", "-f", "ids"))
    assert sorted(plates) == ["P-blue", "P-green", "P-white"]


def test_by_words_only_those_that_hold_one(ask: Run) -> None:
    found = skus(ask("search", "mug", "--by", "words", "-k", "50", "-f", "ids"))
    assert sorted(found) == ["M-blue", "M-green", "M-red", "M-white"]


def test_words_are_added_from_the_graph_and_shown(ask: Run) -> None:
    plain = json.loads(ask("search", "enamel", "--by", "words", "-f", "json").stdout)
    result = ask("search", "enamel", "--by", "words", "--expand", "-f", "json")
    answer = json.loads(result.stdout)
    assert "retro" in answer["added"]
    assert f"note: added: {', '.join(answer['added'])}." in result.stderr
    found = [row["sku"] for row in answer["results"]]
    assert [one for one in found if one.startswith("M-")] == found[:4]
    assert {one[0] for one in found[4:]} >= {"C"}
    assert {row["sku"] for row in plain["results"]} == {one for one in found if one[0] == "M"}


def test_what_no_product_says_is_answered_by_meaning_and_said(ask: Run) -> None:
    result = ask("search", "xyzzyplugh", "-f", "ids")
    assert len(skus(result)) == 10
    assert "these are the nearest in meaning" in result.stderr
