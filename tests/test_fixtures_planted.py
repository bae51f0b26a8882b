"""The planted shop: substitutes, complements, variants and duplicates, each exactly those."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from test_fixtures import written_by

from prodsim_cli.cli import cli

HERE = Path(__file__).parents[1] / "fixtures" / "planted"
TRUTH: dict[str, Any] = json.loads((HERE / "truth.json").read_text(encoding="utf-8"))
Ask = Callable[..., Result]


def test_the_files_are_what_the_script_writes(tmp_path: Path) -> None:
    made = written_by(HERE / "make.py", tmp_path)
    for name in ("catalog.csv", "events.csv", "truth.json"):
        assert (made / name).read_bytes() == (HERE / name).read_bytes()


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Command lines against the planted shop, built without a language model."""
    database = str(tmp_path_factory.mktemp("planted") / "shop.db")
    done = CliRunner().invoke(cli, ["--db", database, "ingest", str(HERE), "--no-lm", "-q"])
    assert done.exit_code == 0, done.output
    return lambda *words: CliRunner().invoke(cli, ["--db", database, *words])


def skus(result: Result) -> list[str]:
    assert result.exit_code == 0, result.stderr
    return [row["sku"] for row in json.loads(result.stdout)["results"]]


@pytest.mark.parametrize("role", ["substitute", "complement"])
def test_each_product_gets_exactly_what_was_planted(ask: Ask, role: str) -> None:
    wanted = TRUTH[f"{role}s"]
    found = {sku: sorted(skus(ask("similar", sku, "--as", role, "-f", "json"))) for sku in wanted}
    assert found == wanted


@pytest.mark.parametrize("role", ["substitute", "complement"])
def test_what_is_popular_or_bought_by_chance_is_neither(ask: Ask, role: str) -> None:
    answers = ask("similar", *TRUTH["neither"], "--as", role, "-f", "json")
    found = {one["query"]["sku"]: one["results"] for one in json.loads(answers.stdout)}
    assert found == {sku: [] for sku in TRUTH["neither"]}


def test_a_filter_goes_before_k_and_nothing_fills_up(ask: Ask) -> None:
    line = ("similar", "PH-NOVA", "--as", "complement", "-f", "json")
    assert skus(ask(*line, "--where", "price<15")) == ["CA-GRIP"]
    assert skus(ask(*line, "--where", "category=Camping")) == []


def test_variants_are_those(ask: Ask) -> None:
    every = ("similar", "NO-00", "-k", "60", "--where", "not sku=NO-00")
    for group in TRUTH["variants"]:
        seed, *others = group
        rows = json.loads(ask("similar", seed, "--variants", "-k", "60", "-f", "json").stdout)
        assert set(others) <= {row["sku"] for row in rows["results"]}
        rows = json.loads(ask(*every, "-f", "json").stdout)["results"]
        shown = [row for row in rows if row["sku"] in group]
        assert [row["variants"] for row in shown] == [len(group)]
        # a colour of the same product is no substitute, unless each is a product of its own
        assert skus(ask("similar", seed, "--as", "substitute", "-f", "json")) == []
        apart = ask("similar", seed, "--as", "substitute", "--variants", "-f", "json")
        assert sorted(skus(apart)) == others
    counts = {row["sku"]: row["variants"] for row in rows}
    grouped = {sku for group in TRUTH["variants"] for sku in group}
    assert {sku for sku, count in counts.items() if count > 1} <= grouped


def test_duplicates_are_those(ask: Ask) -> None:
    result = ask("duplicates", "-f", "json")
    found = json.loads(result.stdout)
    pairs = [sorted((row["a"]["sku"], row["b"]["sku"])) for row in found["results"]]
    assert sorted(pairs) == sorted(TRUTH["duplicates"])
    assert found["found"] == len(pairs)
