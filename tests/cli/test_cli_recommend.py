"""``prodsim recommend``: people, visitors, the situation, everybody, and what is said beside it."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from recommend_shop import write_recommend_shop
from test_docs import SCHEMAS, problems

from prodsim_cli.cli import cli

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The database of ``recommend_shop``; never written to."""
    return write_recommend_shop(tmp_path_factory.mktemp("market"))


@pytest.fixture
def ask(market: str) -> Run:
    return lambda *words, **more: CliRunner().invoke(
        cli, ["--db", market, "recommend", *map(str, words)], **more
    )


def bought(market: str, user: str) -> set[str]:
    with closing(sqlite3.connect(market)) as connection:
        rows = connection.execute(
            """select i.sku from events e join users u on u.id = e.user_id
               join items i on i.id = e.item_id where u.key = ? and e.type = 'purchase'""",
            (user,),
        )
        return {row[0] for row in rows}


def skus(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [row["sku"] for row in json.loads(result.stdout)["results"]]


def test_one_person_gets_k_products_that_were_not_bought(ask: Run, market: str) -> None:
    answer = json.loads(ask("u001", "-f", "json", "-k", 7).stdout)
    assert answer["query"] == {"user": "u001"}
    assert answer["method"] == "hybrid"
    assert [row["rank"] for row in answer["results"]] == list(range(1, 8))
    scores = [row["score"] for row in answer["results"]]
    assert scores == sorted(scores, reverse=True)
    assert not bought(market, "u001") & {row["sku"] for row in answer["results"]}
    assert all(row["methods"] for row in answer["results"])


def test_every_product_that_may_be_shown_comes_once(ask: Run, market: str) -> None:
    found = skus(ask("u001", "-f", "json", "-k", 500))
    assert len(found) == len(set(found))
    # two are out of stock
    assert set(found) | bought(market, "u001") | {"TEA9", "MUGS9"} == set(
        skus(ask("u001", "-f", "json", "-k", 500, "--again", "--all-stock"))
    )
    assert not {"TEA9", "MUGS9"} & set(found)


def test_again_shows_what_was_bought(ask: Run, market: str) -> None:
    assert bought(market, "u001") & set(skus(ask("u001", "-f", "json", "--again")))


def lists_of(result: Result) -> dict[str, list[str]]:
    """User -> SKUs of what ``--all -f csv`` prints."""
    assert result.exit_code == 0, result.output
    found: dict[str, list[str]] = {}
    for row in csv.DictReader(io.StringIO(result.stdout)):
        found.setdefault(row["user"], []).append(row["sku"])
    return found


def test_what_was_sent_back_is_no_answer(market: str, tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    path.write_bytes(Path(market).read_bytes())
    with closing(sqlite3.connect(path)) as connection, connection:
        # of this person there is a return and nothing else
        connection.execute("insert into users (key) values ('x1'), ('x2')")
        connection.execute(
            """insert into events (user_id, item_id, type, at)
               select u.id, i.id, 'return', '2011-06-01T00:00:00' from users u, items i
               where u.key = 'x1' and i.sku in ('ODD1', 'TEA1')"""
        )

    def ask(*words: object) -> Result:
        return CliRunner().invoke(cli, ["--db", str(path), "recommend", *map(str, words)])

    everybody = lists_of(ask("--all", "-k", 70, "-f", "csv"))
    for user, returned in (("u000", {"ODD1"}), ("x1", {"ODD1", "TEA1"})):
        found = skus(ask(user, "-k", 70, "-f", "json"))
        assert returned.isdisjoint(found)
        assert everybody[user] == found
        assert returned <= set(skus(ask(user, "-k", 70, "-f", "json", "--again")))
    assert {"ODD1", "TEA1"} <= set(everybody["x2"])
    # each answer on its own way through the rules, and as of a moment before it happened
    assert "ODD1" not in lists_of(ask("--all", "-k", 70, "-f", "csv", "--diversity", 0.1))["u000"]
    early = lists_of(ask("--all", "-k", 70, "-f", "csv", "--context", "at=2011-05-01"))
    assert {"ODD1", "TEA1"} <= set(early["x1"])
    again = lists_of(ask("--all", "-k", 70, "-f", "csv", "--again"))
    assert {"ODD1", "TEA1"} <= set(again["x1"])


def test_popular_then_and_not_what_became_popular(ask: Run, market: str) -> None:
    at = "2011-02-01"
    with closing(sqlite3.connect(market)) as connection:
        counts = dict(
            connection.execute(
                """select i.sku, count(distinct e.user_id) from events e
                   join items i on i.id = e.item_id
                   where e.type = 'purchase' and e.at < ? group by i.sku""",
                (at,),
            ).fetchall()
        )
        late = connection.execute(
            """select u.key from users u join events e on e.user_id = u.id
               group by u.id having min(e.at) > ? limit 1""",
            (at,),
        ).fetchone()[0]
    words = ("--context", f"at={at}", "-k", 70)
    result = ask(late, *words, "-f", "json")
    assert (
        f"Nothing is known of {late} before {at}T00:00:00, so this is what was popular then."
        in (result.stderr)
    )
    for user in (late, "u001"):
        rows = json.loads(ask(user, *words, "--by", "users", "-f", "json").stdout)["results"]
        filled = [counts.get(row["sku"], 0) for row in rows if row["score"] == 0]
        assert len(filled) > 3
        assert filled == sorted(filled, reverse=True)
        assert lists_of(ask("--all", *words, "--by", "users", "-f", "csv"))[user] == [
            row["sku"] for row in rows
        ]
    everybody = ask("--all", *words, "-f", "csv")
    assert "the tables of likeness know later events" in everybody.stderr
    assert "they get what was popular then" in everybody.stderr
    nothing = ask("u001", "--context", "at=2001-01-01", "-f", "json")
    assert "in order of SKU: there is no event before that moment" in nothing.stderr
    assert skus(nothing) == sorted(skus(nothing))


def test_hints_name_the_command_that_makes_a_table(ask: Run) -> None:
    assert "`prodsim train`" in ask("u001", "--method", "lightgcn").stderr


def test_nobody_is_alike_where_there_is_nobody(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.csv"
    catalog.write_text("sku,title\nA1,red mug\nA2,blue mug\n")
    run = ["--db", str(tmp_path / "x.db")]
    CliRunner().invoke(cli, [*run, "ingest", str(catalog), "--no-build"])
    assert CliRunner().invoke(cli, [*run, "build", "--no-lm"]).exit_code == 0
    result = CliRunner().invoke(cli, [*run, "recommend", "--history", "A1", "--by", "users"])
    assert result.exit_code == 1
    assert "There are no people in this shop" in result.stderr


def test_several_people_are_an_array_and_one_unknown_stops_all(ask: Run) -> None:
    array = json.loads(ask("u001", "u002", "-f", "json").stdout)
    assert [one["query"]["user"] for one in array] == ["u001", "u002"]
    lines = ask("-", "-f", "jsonl", input="u001\nu002\n").stdout.splitlines()
    assert [json.loads(line) for line in lines] == array
    result = ask("u001", "u0022", "-f", "ids")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "There is no person 'u0022'" in result.stderr
    assert "u002" in result.stderr.partition("hint:")[2]


def test_no_user_is_a_usage_error_and_never_a_wait(ask: Run) -> None:
    assert ask().exit_code == 2
    assert ask("-", input="\n").exit_code == 2


def test_a_visitor_has_a_history_and_no_account(ask: Run) -> None:
    result = ask("--history", "TEA1, TEA2", "-f", "json")
    answer = json.loads(result.stdout)
    assert answer["query"] == {"history": ["TEA1", "TEA2"]}
    assert {"TEA1", "TEA2"}.isdisjoint(skus(result))
    assert skus(result)[0].startswith("TEA")
    again = skus(ask("--history", "TEA1,TEA2", "--again", "-f", "json", "-k", 60))
    assert {"TEA1", "TEA2"} <= set(again)
    assert ask("--history", "TEA1,NOTHING").exit_code == 3


@pytest.mark.parametrize("by", ["items", "users", "hybrid"])
def test_a_visitor_is_answered_every_way(ask: Run, by: str) -> None:
    found = json.loads(ask("--history", "TEA1,TEA2,TEA3", "--by", by, "-f", "json").stdout)
    assert found["results"][0]["sku"].startswith("TEA")
    assert found["results"][0]["score"] > 0


def test_a_history_is_added_to_what_a_person_had(ask: Run) -> None:
    result = ask("u001", "--history", "SOAP3", "--by", "items", "--method", "lexical", "-f", "json")
    answer = json.loads(result.stdout)
    assert answer["query"] == {"user": "u001", "history": ["SOAP3"]}
    table = ask("u001", "--history", "SOAP3,TEA1", "-f", "csv").stdout
    assert {row["query"] for row in csv.DictReader(io.StringIO(table))} == {"u001+SOAP3+TEA1"}
    assert ask("u001", "--history", "SOAP3").stdout.startswith("u001+SOAP3 ")
    assert answer["method"] == "lexical"
    plain = skus(ask("u001", "--method", "lexical", "-f", "json", "-k", 60))
    assert plain != skus(ask("u001", "--history", "SOAP3", "--method", "lexical", "-f", "json",
                             "-k", 60))  # fmt: skip


def test_by_items_takes_the_table_that_counts_most(ask: Run) -> None:
    assert json.loads(ask("u001", "--by", "items", "-f", "json").stdout)["method"] == "lexical"
    assert json.loads(ask("u001", "--by", "users", "-f", "json").stdout)["method"] == "users"
    jaccard = ask("u001", "--by", "users", "--measure", "jaccard", "-f", "json")
    assert skus(jaccard) != skus(ask("u001", "--by", "users", "-f", "json"))


def test_words_that_contradict_each_other(ask: Run) -> None:
    for words in (
        ["u001", "--by", "hybrid", "--method", "cosine"],
        ["u001", "--by", "items", "--method", "hybrid"],
        ["u001", "--method", "nonsense"],
        ["u001", "--by", "users", "--method", "nonsense"],
        ["u001", "--context", "category"],
        ["u001", "--context", "at=someday"],
        ["u001", "--context", "nonsense=1"],
        ["u001", "--context", "at=2011-05-01", "--context", "at=2011-06-01"],
        ["u001", "--min-people", "3"],
        ["u001", "-o", "x.csv"],
        ["u001", "--all"],
        ["--all"],
        ["--all", "--history", "TEA1", "-f", "csv"],
        ["--all", "-o", "x.doc"],
        ["--all", "--why", "-f", "csv"],
    ):
        result = ask(*words)
        assert (result.exit_code, result.stdout) == (2, ""), words
        assert result.stderr.startswith("error: "), words


def test_an_error_of_the_situation_cites_what_was_typed(ask: Run) -> None:
    for pair, said in (("nonsense=1", "'nonsense' is not a column"), ("price=x", "a number")):
        result = ask("u001", "--context", pair)
        assert result.stderr.startswith(f"error: --context {pair}: ")
        assert said in result.stderr
        assert "--where" not in result.stderr
    assert ask("u001", "--context", "at=2011-06-01", "--context", "at=2011-06-01").exit_code == 0


def test_an_empty_answer_says_why(ask: Run, market: str) -> None:
    visitor = ("--history", "TEA1", "--same", "title", "-f", "json")
    own = ask(*visitor)
    assert skus(own) == []
    assert "The history holds the one product that passes the rules; --again shows" in own.stderr
    assert skus(ask(*visitor, "--again")) == ["TEA1"]
    had = sorted(bought(market, "u001") - {"TEA9", "MUGS9"})
    mine = ask("u001", "--where", f"sku in ({', '.join(had)})", "-f", "json")
    assert skus(mine) == []
    assert f"u001 has had all {len(had)} products that pass the rules" in mine.stderr
    gone = ask("u001", "--where", "sku in (TEA9, MUGS9)", "-f", "json")
    assert skus(gone) == []
    assert "No product passes the rules" in gone.stderr or "--all-stock" in gone.stderr
    nobody = ask("--all", "--where", "price<0", "-f", "csv")
    assert nobody.stdout.splitlines() == ["user,rank,sku,score,method"]
    assert "nobody gets anything" in nobody.stderr
    one = ask("--all", "--where", f"sku={had[0]}", "-f", "csv")
    without = 220 - len(lists_of(one))
    assert without > 0
    assert f"Nothing that passes the rules is left for {without} of 220 users." in one.stderr


def test_the_situation_narrows_the_answer(ask: Run, market: str) -> None:
    narrow = skus(ask("u001", "--context", "category=mugs", "-f", "json", "-k", 4))
    assert len(narrow) == 4
    assert all(sku.startswith("MUGS") or sku == "NEW2" for sku in narrow)
    everything = skus(ask("u001", "-f", "json", "-k", 500))
    mugs = [sku for sku in everything if sku.startswith("MUGS") or sku == "NEW2"]
    assert narrow == mugs[:4]
    assert narrow == skus(ask("u001", "--where", "category=mugs", "-f", "json", "-k", 4))


def test_as_of_a_moment_only_what_was_before_it_counts(ask: Run, market: str) -> None:
    with closing(sqlite3.connect(market)) as connection:
        first = connection.execute(
            """select min(e.at) from events e join users u on u.id = e.user_id
               where u.key = 'u001'"""
        ).fetchone()[0]
    before = ask("u001", "--context", "at=2011-04-01", "-f", "json", "-k", 60)
    assert "the tables of likeness know later events" in before.stderr
    assert skus(before) != skus(ask("u001", "-f", "json", "-k", 60))
    # what was bought later is an answer then
    assert bought(market, "u001") & set(skus(before))
    nothing = ask("u001", "--context", f"at={first}", "-f", "json")
    assert json.loads(nothing.stdout)["method"] == "recent"
    assert f"Nothing is known of u001 before {first}" in nothing.stderr


def test_somebody_without_a_history_gets_what_is_popular_now(run: Run) -> None:
    result = run("recommend", "SKU124", "-f", "json")
    assert json.loads(result.stdout)["method"] == "popularity"
    assert "Nothing is known of SKU124, so this is what is popular." in result.stderr
    # nothing was counted in this shop, so these stand in order of SKU
    assert [row["score"] for row in json.loads(result.stdout)["results"]] == [0.0] * 6


def test_rules_hold_for_people(ask: Run) -> None:
    found = skus(ask("u001", "-f", "json", "--where", "price<5 and not category=tea"))
    assert found
    assert not any(sku.startswith("TEA") for sku in found)
    assert skus(ask("u001", "-f", "json", "--exclude", found[0]))[0] != found[0]
    assert skus(ask("u001", "-f", "json", "--pin", "YARN4"))[0] == "YARN4"
    two = skus(ask("u001", "-f", "json", "--max-per", "category=2"))
    kinds = [sku.rstrip("0123456789") for sku in two]
    assert max(map(kinds.count, kinds)) <= 2


def test_a_bought_product_is_not_pinned(ask: Run, market: str) -> None:
    had = sorted(bought(market, "u001"))[0]
    result = ask("u001", "-f", "json", "--pin", had)
    assert had not in skus(result)
    assert had in result.stderr


def test_everybody_as_a_stream_is_everybody_one_by_one(ask: Run, market: str) -> None:
    result = ask("--all", "-f", "csv", "-k", 5, "-q")
    assert result.stderr == ""
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    lists: dict[str, list[str]] = {}
    for row in rows:
        lists.setdefault(row["user"], []).append(row["sku"])
    assert len(lists) == 220
    assert set(map(len, lists.values())) == {5}
    for user, found in lists.items():
        assert not bought(market, user) & set(found)
    for user in ("u000", "u007", "u123", "u219"):
        assert lists[user] == skus(ask(user, "-k", 5, "-f", "json"))


@pytest.mark.parametrize(
    "words",
    [
        ["--max-per", "category=1"],
        ["--diversity", "0.4"],
        ["--same", "category"],
        ["--price-within", "20%"],
        ["--pin", "YARN4"],
        ["--where", "price<6", "--exclude", "TEA0,TEA1"],
        ["--where", "category=tea", "-k", "9"],
        ["--context", "at=2011-06-01"],
        ["--by", "users"],
        ["--again", "--all-stock"],
    ],
    ids=" ".join,
)
def test_every_rule_holds_for_everybody(ask: Run, words: list[str]) -> None:
    lines = ask("--all", "-f", "jsonl", "-q", *words).stdout.splitlines()
    everybody = {one["query"]["user"]: one for one in map(json.loads, lines)}
    for user in ("u000", "u042", "u199"):
        alone = json.loads(ask(user, "-f", "json", *words).stdout)
        assert [row["sku"] for row in everybody[user]["results"]] == [
            row["sku"] for row in alone["results"]
        ]
        assert everybody[user]["method"] == alone["method"]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_file_holds_everybody(ask: Run, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"recs.{ending}"
    result = ask("--all", "-o", path, "-k", 3)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "220 users" in result.stderr
    if ending == "jsonl":
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert len(lines) == 220
        assert set(lines[0]) == {"query", "method", "results"}
        # what only a single answer looks up is not there, rather than wrong
        assert set(lines[0]["results"][0]) == {"rank", "sku", "score", "title", "price"}
        assert [row["rank"] for row in lines[0]["results"]] == [1, 2, 3]
        return
    read = pl.read_csv if ending == "csv" else pl.read_parquet
    frame = read(path)
    assert frame.columns == ["user", "rank", "sku", "score", "method"]
    assert frame["user"].n_unique() == 220
    assert len(frame) == 660


def test_what_was_written_for_a_program(ask: Run, tmp_path: Path) -> None:
    path = tmp_path / "recs.csv"
    found = json.loads(ask("--all", "-o", path, "-k", 3, "-q", "-f", "json").stdout)
    assert problems(found, SCHEMAS["export"]) == []
    assert found == {
        "what": "recs", "file": str(path), "format": "csv", "rows": 660,
        "columns": ["user", "rank", "sku", "score", "method"], "bytes": path.stat().st_size,
        "method": "hybrid", "k": 3, "users": 220, "without_a_past": 0,
    }  # fmt: skip


def test_a_file_is_complete_or_not_there(
    ask: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prodsim_cli.export import table_file as writing

    path = tmp_path / "recs.csv"
    path.write_text("the old one")

    def stops(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "flat", stops)
    assert ask("--all", "-o", path).exit_code == 130
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [
        ("recs.csv", "the old one")
    ]


def test_a_file_in_no_folder_is_refused_before_the_work(ask: Run, tmp_path: Path) -> None:
    result = ask("--all", "-o", tmp_path / "no" / "recs.csv")
    assert result.exit_code == 1
    assert "there is no folder" in result.stderr


def test_the_other_formats(ask: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(ask("u001", "-f", "csv", "-k", 2).stdout)))
    assert [(row["query"], row["rank"]) for row in rows] == [("u001", "1"), ("u001", "2")]
    ids = ask("u001", "-f", "ids", "-k", 2).stdout.split()
    assert ids == [row["sku"] for row in rows]
    table = ask("u001", "-k", 2, env={"COLUMNS": "80"}).stdout
    assert "products until 2011-" in table
    assert ids[0] in table
    assert max(map(len, table.splitlines())) <= 80
