"""``prodsim eval`` as a person meets it: data on stdout, words on stderr, runs kept."""

from __future__ import annotations

import json
import sqlite3

import pytest
from click.testing import CliRunner
from evaluation_worlds import two_aisles

from prodsim_cli import registry
from prodsim_cli.cli import cli
from prodsim_cli.store import evaluations
from prodsim_cli.store.connection import open_for_reading, open_for_writing, transaction


@pytest.fixture
def database(tmp_path):
    """Two aisles as a database, a title for each product, no table built."""
    path = tmp_path / "shop.db"
    connection = open_for_writing(path)
    events = two_aisles()
    skus = sorted({event[1] for event in events})
    people = sorted({event[0] for event in events})
    with transaction(connection):
        connection.executemany(
            "insert into items (id, sku, source, title, sku_key) values (?, ?, '', ?, ?)",
            [(n, sku, f"aisle {sku[0]} product {sku}", sku) for n, sku in enumerate(skus, 1)],
        )
        connection.executemany(
            "insert into users (id, key) values (?, ?)", list(enumerate(people, 1))
        )
        connection.executemany(
            "insert into events (user_id, item_id, type, at)"
            " values (?, ?, ?, datetime(?, 'unixepoch'))",
            [
                (people.index(user) + 1, skus.index(item) + 1, kind, at)
                for user, item, kind, at in events
            ],
        )
    connection.close()
    return str(path)


def run(database, *words):
    return CliRunner().invoke(cli, ["--db", database, "eval", *words])


def kept(database):
    connection = sqlite3.connect(database)
    rows = connection.execute("select task, settings, data_version, figures from evaluations")
    return [(task, json.loads(asked), version, json.loads(f)) for task, asked, version, f in rows]


WORDS = ("--at", "1970-03-01", "--methods", "cosine,lexical", "-k", "2", "-f", "json")


def test_json_is_the_contract_and_the_run_is_kept(database):
    result = run(database, *WORDS)
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["task"] == "recommend"
    assert answer["split"] == {
        "kind": "time", "at": "1970-03-01T00:00:00", "target": "purchase", "users": 24,
        "pairs": 48, "left_out": {},
    }  # fmt: skip
    assert answer["k"] == 2
    assert answer["methods"]["cosine"]["ndcg@2"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
    ((task, asked, version, figures),) = kept(database)
    assert (task, version) == ("recommend", "catalog:0 events:0")
    assert (asked["at"], asked["methods"], asked["seed"]) == ("1970-03-01", "cosine,lexical", 42)
    assert figures == answer


def test_the_same_twice_gives_the_same_bytes_and_two_runs(database):
    first, second = run(database, *WORDS), run(database, *WORDS)
    assert first.stdout == second.stdout
    assert len(kept(database)) == 2


def test_no_argument_is_enough(database):
    result = run(database)
    assert result.exit_code == 0, result.output
    assert "Split by time: every event has one." in result.stderr
    assert "text is left out: there are no vectors" in result.stderr
    every = set(registry.names("similarity")) - {"text"} | set(registry.names("baselines"))
    for word in (*every, "ndcg@10"):
        assert word in result.stdout
    assert "note:" not in result.stdout


def test_pairs_imply_their_task(database, tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("sku_a,sku_b,label\na0,a1,1\na0,b1,0\na2,zz,1\n")
    result = run(database, "--pairs", str(path), "--methods", "lexical,cosine", "-f", "json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["task"] == "pairs"
    assert answer["split"] == {
        "kind": "pairs", "at": None, "users": 0, "queries": 1, "candidates": 2, "pairs": 2,
        "left_out": {"unknown products": 1},
    }  # fmt: skip
    assert answer["methods"]["cosine"]["f1"]["mean"] == 1
    assert answer["methods"]["cosine"]["mae"]["mean"] == 0
    assert "Not in the catalogue: zz." in result.stderr
    assert [task for task, *_ in kept(database)] == ["pairs"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--task", "pairs"], 2, "Add --pairs FILE"),
        (["--pairs", "x.csv", "--at", "2011-10-01"], 2, "--at has no meaning with --pairs"),
        (["--pairs", "x.csv", "--task", "recommend"], 2, "--task recommend takes no --pairs"),
        (["--pairs", "none.csv"], 1, "There is no file none.csv"),
        (["--sources", "a,b"], 2, "--sources belongs to --pairs"),
        (["--split", "last", "--at", "1970-03-01"], 2, "--at has no meaning with `--split last`"),
        (["--methods", "magic"], 2, "no similarity named 'magic'"),
        (["--methods", ","], 2, "names nothing"),
        (["--at", "soon"], 2, "'soon' is not a date"),
        (["--target", "cart"], 1, "There is no cart of a known user"),
        (["--at", "1999-01-01"], 1, "leaves nothing on one side"),
    ],
)
def test_mistakes_are_said_in_a_sentence(database, words, code, said):
    result = run(database, *words)
    assert result.exit_code == code
    assert said in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.output


def test_no_database_is_not_ready(tmp_path):
    assert run(str(tmp_path / "none.db")).exit_code == 4


def test_a_database_that_may_not_be_written_answers_and_says_that_nothing_was_kept(
    database, monkeypatch
):
    def refuse(*_):
        raise sqlite3.OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(evaluations, "keep", refuse)
    result = run(database, *WORDS)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["k"] == 2
    assert "The run was not kept: The database may not be written." in result.stderr


def test_fresh_tables_of_texts_are_taken_and_stale_or_learned_ones_are_not(database):
    connection = open_for_writing(database)
    with transaction(connection):
        for name, version in (("lexical", "catalog:0"), ("cosine", "events:0")):
            connection.execute(
                "insert into artifacts (name, kind, settings, data_version, created_at, seconds)"
                " values (?, 'neighbors', '{}', ?, '', 0)",
                (name, version),
            )
            connection.execute("insert into neighbors values (?, 1, 1, 2, 0.5)", (name,))
    connection.close()

    def tables():
        reading = open_for_reading(database)
        try:
            return dict(evaluations.shop_to_judge(reading).neighbors)
        finally:
            reading.close()

    (name,) = tables()
    assert name == "lexical"
    assert tables()[name].positions[0].tolist() == [1]
    changing = sqlite3.connect(database)
    with changing:
        changing.execute("insert into meta values ('catalog_version', '1')")
    assert tables() == {}
