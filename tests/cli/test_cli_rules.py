"""The options of rules on the command line: what they do together, and what is said of mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from shop_rows import write_shop

from prodsim_cli.cli import cli
from prodsim_cli.queries.ranking.pipeline import answer
from prodsim_cli.queries.ranking.request import Rules, Scored
from prodsim_cli.store.connection import open_for_writing, transaction

Run = Callable[..., Result]


def skus(result: Result) -> list[str]:
    assert result.exit_code == 0, result.stderr
    return [row["sku"] for row in json.loads(result.stdout)["results"]]


def test_filters_limits_and_pins_together(run: Run) -> None:
    like = ("similar", "SKU123", "-f", "json")
    assert skus(run(*like, "--where", "title~mug")) == ["SKU124"]
    assert skus(run(*like, "--where", "price<5", "--where", "not title~mug")) == ["85123A"]
    assert skus(run(*like, "--exclude", "SKU124, SKU125", "-k", 1)) == ["SKU126"]
    assert skus(run(*like, "--pin", "SKU126", "-k", 2)) == ["SKU126", "SKU124"]
    assert skus(run(*like, "--price-within", "10%")) == ["SKU124"]
    assert skus(run(*like, "--max-per", "currency=1", "-k", 3)) == ["SKU124", "SKU125", "SKU126"]
    assert skus(run(*like, "--where", "size=l")) == ["SKU126"]


def test_the_seed_s_own_value(run: Run) -> None:
    result = run("similar", "SKU123", "--same", "currency", "-f", "json")
    assert skus(result) == ["SKU124"]
    nothing = run("similar", "SKU124", "--same", "brand", "-f", "json")
    assert skus(nothing) == []
    assert "No brand is known of SKU124, so no product passes --same brand." in nothing.stderr


def test_nothing_passes_is_an_answer_with_a_note(run: Run) -> None:
    result = run("similar", "SKU123", "--where", "price>9999", "-f", "json")
    assert skus(result) == []
    assert result.stderr == "note: No product passes the rules: price>9999.\n"
    result = run("similar", "SKU123", "--where", "tags=sale", "--where", "price>1", "-f", "json")
    told = "No product passes the rules: tags=sale and price>1. No product has a value in tags."
    assert result.stderr == f"note: {told}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--where", "prise<20"], "'prise' is not a column"),
        (["--where", "("], "A column should stand there"),
        (["--max-per", "brand"], "--max-per wants a column and a number"),
        (["--max-per", "brand=0"], "--max-per wants a column and a number"),
        (["--max-per", "brand=²"], "--max-per wants a column and a number"),
        (["--price-within", "near"], "--price-within wants a share"),
        (["--diversity", "2"], "2.0 is not in the range"),
        (["--diversity", "nan"], "--diversity"),
    ],
)
def test_mistakes_exit_2_with_one_sentence(run: Run, words: list[str], message: str) -> None:
    result = run("similar", "SKU123", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert run("similar", "SKU123", "--exclude", "NOPE").exit_code == 3


def test_ten_thousand_parentheses_are_one_sentence(run: Run) -> None:
    result = run("similar", "SKU123", "--where", "(" * 10_000 + "price" + ")" * 10_000)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[0].startswith("error: Parentheses stand inside each other")
    assert len(result.stderr) < 400


def test_stock_is_asked_for(tmp_path: Path, run: Run) -> None:
    items = [{"sku": "A"}, {"sku": "B", "in_stock": 0}, {"sku": "C", "in_stock": 1}]
    table = {"hybrid": {"A": [("B", 0.9), ("C", 0.5)]}}
    path = write_shop(tmp_path / "s.db", items=items, neighbors=table, events=(), spellings=())
    assert skus(run("--db", path, "similar", "A", "-f", "json")) == ["C"]
    assert skus(run("--db", path, "similar", "A", "--all-stock", "-f", "json")) == ["B", "C"]


@pytest.mark.parametrize("width", [80, 140])
def test_pins_and_variants_are_seen_in_the_table(
    shop: Path, run: Run, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    connection = open_for_writing(shop)
    with transaction(connection):
        for sku in ("SKU125", "SKU126"):
            connection.execute("insert into variants select id, 1 from items where sku = ?", (sku,))
    connection.close()
    monkeypatch.setenv("COLUMNS", str(width))
    result = CliRunner().invoke(cli, ["similar", "SKU123", "--pin", "85123A", "-k", "3"])
    lines = result.stdout.splitlines()
    assert lines[1].split()[:4] == ["#", "SKU", "Title", "Variants"]
    assert lines[3].split()[:2] == ["*1", "85123A"]
    assert lines[5].split()[:5] == ["3", "SKU125", "红色", "保温杯", "500ml"]
    assert "  2  1,250.00 CNY" in lines[5]
    assert lines[-1] == "* pinned"
    assert max(map(len, lines)) <= width


def test_what_two_rules_leave_unsaid_is_told(run: Run) -> None:
    result = run("similar", "SKU123", "--same", "title", "--where", "price>1", "-f", "json")
    assert skus(result) == []
    told = "No other product passes the rules: price>1 and --same title."
    assert result.stderr == f"note: {told}\n"
    twice = run("similar", "SKU123", "--max-per", "price=1", "--max-per", "Price=2")
    assert twice.exit_code == 2
    assert "--max-per names Price twice, with 1 and 2." in twice.stderr
    pins = run("similar", "SKU123", "--pin", "SKU126,SKU124", "-k", 1, "-f", "json")
    assert skus(pins) == ["SKU126"]
    assert pins.stderr == "note: 2 are pinned, and -k 1 shows the first 1 of them.\n"


def test_what_passes_and_is_no_answer_is_counted(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    items = [{"sku": "A", "title": "red mug"}, {"sku": "B", "title": "blue cup"}]
    write_shop(path, items=items, neighbors={}, events=(), spellings=())
    connection = open_for_writing(path)
    given = answer(connection, Silent(), Rules(where=("title~cup",)), 3)
    connection.close()
    assert given.rows == ()
    assert given.notes == ("The one product that passes is no answer to this question: title~cup.",)


class Silent:
    """A question to which no product is an answer."""

    def tiers(self) -> Iterator[Sequence[Scored]]:
        return iter(())

    def rest(self, ids: Sequence[int]) -> Sequence[Scored]:
        return ()
