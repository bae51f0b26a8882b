"""``prodsim users``: people alike by every method, exact, and what they share."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len
from sheets_shop import write_sheets_shop
from shop_rows import EVENTS, write_shop
from test_docs import SCHEMAS, problems
from test_floors import HEAVY, after

from prodsim_cli.cli import cli
from prodsim_cli.data.interactions import interactions
from prodsim_cli.queries.users import users
from prodsim_cli.store.connection import open_for_reading
from prodsim_cli.store.loading import load_shop, load_space

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The shop with everything built."""
    return write_sheets_shop(tmp_path_factory.mktemp("users"))


@pytest.fixture
def ask(built: str) -> Run:
    return lambda *words, **more: CliRunner().invoke(cli, ["--db", built, "users", *words], **more)


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """Three people, two tables of who is like whom."""
    people = {"17850": [("13047", 0.5), ("SKU124", 0.25)], "13047": [("17850", 0.5)]}
    return write_shop(tmp_path / "few.db", people=people)


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_people_alike_and_what_they_share(run: Run, few: Path) -> None:
    shared = {"sku": "SKU123", "title": "Red enamel mug", "people": 2}
    assert answer(run("--db", few, "users", "17850", "-f", "json")) == {
        "query": {"user": "17850"},
        "method": "cosine",
        "products": 2,
        "results": [
            {"rank": 1, "user": "13047", "score": 0.5, "products": 1, "shared": 1,
             "best": [{**shared, "latest": "2011-01-03T10:00:00"}]},
            {"rank": 2, "user": "SKU124", "score": 0.25, "products": 0, "shared": 0, "best": []},
        ],
    }  # fmt: skip


def test_formats(run: Run, few: Path) -> None:
    def said(*words: str) -> str:
        return run("--db", few, "users", *words).stdout

    assert said("17850", "-f", "csv").splitlines() == [
        "query,rank,user,score,products,shared,best",
        "17850,1,13047,0.5,1,1,SKU123",
        "17850,2,SKU124,0.25,0,0,",
    ]
    assert said("17850", "13047", "-f", "ids") == "13047\nSKU124\n17850\n"
    assert len(said("17850", "13047", "-f", "jsonl").splitlines()) == 2
    both = json.loads(said("17850", "13047", "-f", "json"))
    assert [one["query"]["user"] for one in both] == ["17850", "13047"]
    assert said("17850", "-k", "1", "-f", "ids") == "13047\n"
    none = json.loads(said("17850", "--shared", "0", "-f", "json"))["results"][0]
    assert (none["shared"], none["best"]) == (1, [])


@pytest.mark.parametrize("width", [80, 140])
def test_a_table_fits(run: Run, few: Path, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = run("--db", few, "users", "17850").stdout.splitlines()
    assert lines[0].startswith("17850  2 products  by cosine")
    assert "Red enamel mug" in lines[3]
    assert max(map(len, lines)) <= width


def test_the_rarest_come_first_then_the_latest_then_by_sku(tmp_path: Path, run: Run) -> None:
    def bought(user: str, sku: str, day: int) -> dict[str, Any]:
        return {"user": user, "sku": sku, "at": f"2011-02-{day:02d}T00:00:00"}

    everybody = ["17850", "13047", "SKU124"]
    events = [bought(user, "SKU123", 1) for user in everybody]  # common
    events += [bought(user, "SKU126", 2) for user in everybody[:2]]
    events += [bought(user, "SKU125", 9) for user in everybody[:2]]
    events += [bought(user, "85123A", 9) for user in everybody[:2]]
    events += [bought(user, "GONE1", 9) for user in everybody[:2]]  # left the feed
    shop = write_shop(tmp_path / "rare.db", events=events, people={"17850": [("13047", 0.5)]})
    (one,) = answer(run("--db", shop, "users", "17850", "--shared", "9", "-f", "json"))["results"]
    assert [product["sku"] for product in one["best"]] == ["85123A", "SKU125", "SKU126", "SKU123"]
    assert [product["people"] for product in one["best"]] == [2, 2, 2, 3]
    assert (one["products"], one["shared"]) == (4, 4)
    drawn = run("--db", shop, "users", "17850", env={"COLUMNS": "80"}).stdout.splitlines()
    assert "红色" in drawn[3]
    assert max(map(cell_len, drawn)) <= 80


def test_people_from_standard_input_go_on_into_recommend(run: Run, few: Path) -> None:
    result = run("--db", few, "users", "-", "-f", "ids", input="13047\n\n17850\n")
    assert result.stdout == "17850\n13047\nSKU124\n"
    assert run("--db", few, "users", "-", input="\n").exit_code == 2
    assert run("--db", few, "users").exit_code == 2


def test_what_can_go_wrong_is_said(run: Run, few: Path) -> None:
    unknown = run("--db", few, "users", "1785")
    assert unknown.exit_code == 3
    assert "no person '1785'" in unknown.stderr
    assert "17850" in unknown.stderr
    assert run("--db", few, "users", "17850", "nobody").stdout == ""
    pearson = run("--db", few, "users", "17850", "--measure", "pearson")
    assert (pearson.exit_code, "prodsim build" in pearson.stderr) == (4, True)
    network = run("--db", few, "users", "17850", "--method", "gcn")
    assert (network.exit_code, "prodsim train --networks gcn" in network.stderr) == (4, True)
    text = run("--db", few, "users", "17850", "--method", "text")
    assert (text.exit_code, "no vectors of a language model" in text.stderr) == (4, True)
    wrong = run("--db", few, "users", "17850", "--method", "lexical")
    assert (wrong.exit_code, "cosine, jaccard, pearson, bm25, text" in wrong.stderr) == (2, True)
    two = run("--db", few, "users", "17850", "--measure", "cosine", "--method", "text")
    assert two.exit_code == 2
    bare = run("users", "17850")
    assert (bare.exit_code, "No table of people alike" in bare.stderr) == (4, True)


def test_a_shop_without_people_says_so(tmp_path: Path, run: Run) -> None:
    events = [{**row, "user": None} for row in EVENTS]
    shop = write_shop(tmp_path / "nobody.db", events=events)
    assert "No event names a person" in run("--db", shop, "users", "17850").stderr


def test_an_old_table_and_an_empty_answer_say_why(run: Run, few: Path) -> None:
    with closing(sqlite3.connect(few)) as connection, connection:
        connection.execute("update meta set value = '2' where key = 'events_version'")
    result = run("--db", few, "users", "SKU124")
    assert result.exit_code == 0
    assert "out of date (events have changed since); run `prodsim build`" in result.stderr
    assert "Nobody is like SKU124 by cosine: there is no event of theirs" in result.stderr
    assert "nobody alike" in result.stdout


@pytest.mark.parametrize("method", ["cosine", "jaccard", "pearson", "bm25"])
def test_beyond_a_stored_row_it_goes_on_as_it_began(built: str, method: str) -> None:
    with closing(open_for_reading(built)) as connection:
        (stored,) = users(connection, ["u007"], k=50, method=method)
        (longer,) = users(connection, ["u007"], k=80, method=method)
    n = len(stored.results)
    assert n == 50 < len(longer.results) or n == len(longer.results) == 46
    assert [p.user for p in longer.results[:n]] == [p.user for p in stored.results]
    assert [p.score for p in longer.results[:n]] == [p.score for p in stored.results]
    scores = [p.score for p in longer.results]
    assert scores == sorted(scores, reverse=True)


def test_text_is_the_mean_of_what_was_bought_and_viewed(built: str) -> None:
    with closing(open_for_reading(built)) as connection:
        shop = load_shop(connection)
        vectors = load_space(connection, "hashing", shop.item_ids).vectors
        (found,) = users(connection, ["u011"], k=1000, method="text")
    data = shop.dataset
    weights = interactions(data.events, len(data.users), len(data), data.weights)
    people = weights.toarray().astype(np.float64) @ vectors.astype(np.float64)
    people /= np.maximum(np.linalg.norm(people, axis=1, keepdims=True), 1e-12)
    keys = list(data.users.ids)
    mine = people @ people[keys.index("u011")]
    expected = {key: value for key, value in zip(keys, mine, strict=True) if key != "u011"}
    assert {p.user for p in found.results} == {key for key, v in expected.items() if v > 1e-6}
    for person in found.results:
        assert person.score == pytest.approx(expected[person.user], abs=2e-6)
    scores = [p.score for p in found.results]
    assert scores == sorted(scores, reverse=True)


def test_a_network_compares_its_people_and_equal_ones_by_key(built: str) -> None:
    with closing(open_for_reading(built)) as connection:
        ids = {row[1]: row[0] for row in connection.execute("select id, key from users")}
        rows = connection.execute("select * from vectors where space = 'lightgcn.users'")
        vectors = {row[1]: np.frombuffer(row[2], "<f4").astype(np.float64) for row in rows}
        first, second, third = users(connection, ["u000", "u001", "u005"], k=500, method="lightgcn")
        (nobody,) = users(connection, ["zoe"], method="lightgcn")
    assert (first.results[0].user, first.results[0].score) == ("u001", 1.0)
    assert (second.results[0].user, second.results[0].score) == ("u000", 1.0)
    places = {p.user: p for p in third.results}
    if "u000" in places:
        assert places["u001"].rank == places["u000"].rank + 1
    for person in third.results:
        cosine = vectors[ids["u005"]] @ vectors[ids[person.user]]
        assert person.score == pytest.approx(cosine, abs=1e-6)
    assert "u005" not in places
    assert nobody.results == ()
    assert "the network has no vector of theirs" in nobody.notes[0]


def test_the_same_twice(ask: Run) -> None:
    for method in ("cosine", "text", "lightgcn"):
        words = ("u003", "u004", "--method", method, "-f", "json")
        assert ask(*words).stdout == ask(*words).stdout


def test_the_json_fits_its_schema(ask: Run) -> None:
    for method in ("cosine", "text", "lightgcn"):
        answer = json.loads(ask("u003", "--method", method, "-f", "json").stdout)
        assert problems(answer, SCHEMAS["users"]) == []
        assert set(answer) == set(SCHEMAS["users"]["properties"])


def test_a_stored_table_is_read_on_the_ground_floor(built: str) -> None:
    modules = after("--db", built, "users", "u003", "u004", "-f", "json")
    assert not HEAVY & modules
    assert HEAVY & after("--db", built, "users", "u003") == {"rich"}
    for method in ("text", "lightgcn"):
        words = ("--db", built, "users", "u003", "--method", method, "-f", "json")
        assert not {"torch", "pandas", "rich"} & after(*words)
