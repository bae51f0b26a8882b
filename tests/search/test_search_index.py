"""The index of words: what it holds, how it follows the catalogue, and strange words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from prodsim_cli.cli import cli
from prodsim_cli.search import index
from prodsim_cli.store.connection import open_for_reading
from prodsim_cli.store.schema import STEPS

ROWS = [
    (1, 'Red mugs, "ceramic"', None, "Kitchen", None, None, "", "A-1"),
    (2, "红色保温杯", None, None, "热水", "nice red", "", "B"),
    (3, "Sony DSC-W55", "Sony", None, None, None, "abt", "X100s"),
    (4, None, None, None, None, None, "", "NOTHING"),
]


@pytest.fixture
def made() -> Iterator[sqlite3.Connection]:
    with closing(index.in_memory(ROWS)) as connection:
        yield connection


def found(connection: sqlite3.Connection, expression: str) -> set[int]:
    return set(index.scores(connection, expression))


def test_the_schema_makes_the_index_that_the_engine_knows() -> None:
    assert index.CREATE in STEPS[2]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (["mug"], {1}),
        (["mugs"], {1}),
        (["红"], {2}),
        (["红", "色"], {2}),
        (["色", "红"], set()),
        (["保", "温", "杯"], {2}),
        (["red"], {1, 2}),
        (["kitchen"], {1}),
        (["nothing"], set()),
    ],
)
def test_words_and_phrases(made: sqlite3.Connection, words: list[str], ids: set[int]) -> None:
    assert found(made, index.quoted(words)) == ids


@pytest.mark.parametrize(
    ("code", "ids"),
    [("dscw55", {3}), ("dscw5", set()), ("x100s", {3}), ("abtx100s", {3}), ("nothing", {4})],
)
def test_numbers_are_exact(made: sqlite3.Connection, code: str, ids: set[int]) -> None:
    """The stemmer would take the s of x100s off."""
    assert found(made, index.code(code)) == ids


def test_a_number_that_is_begun(made: sqlite3.Connection) -> None:
    assert found(made, index.beginning("dscw5")) == {3}


def test_a_title_counts_more_than_a_description(made: sqlite3.Connection) -> None:
    scores = index.scores(made, index.quoted(["red"]))
    assert scores[1] > scores[2] > 0


@pytest.mark.parametrize("word", ['"', '""', 'a"b', "*", "NEAR(", "title:red", "\x00", "'; --"])
def test_a_string_is_nothing_but_words(made: sqlite3.Connection, word: str) -> None:
    index.scores(made, index.quoted([word]))
    index.scores(made, index.code(word))
    index.scores(made, index.beginning(word))
    assert index.size(made) == 4


def test_the_vocabulary_is_unstemmed(made: sqlite3.Connection) -> None:
    assert dict(index.vocabulary(made, "", 0, 99))["mugs"] == 1
    assert index.vocabulary(made, "re", 2, 4) == [("red", 2)]
    assert index.completions(made, "ceram", 5) == [("ceramic", 1)]
    assert index.completions(made, "x", 5) == []


def test_ties_stand_in_order_of_source_and_sku(made: sqlite3.Connection) -> None:
    assert index.in_position(made, [4, 3, 2, 1]) == [1, 2, 4, 3]


def test_it_follows_the_catalogue(tmp_path: Path) -> None:
    """A change, a new product, one that left; what was not touched stays."""

    def ingested(text: str, *words: str) -> None:
        (tmp_path / "c.csv").write_text(text, encoding="utf-8")
        line = ["--db", str(tmp_path / "s.db"), "ingest", str(tmp_path / "c.csv"), "--no-build"]
        result = CliRunner().invoke(cli, [*line, *words])
        assert result.exit_code == 0, result.stderr

    def stored() -> dict[str, str]:
        with closing(open_for_reading(tmp_path / "s.db")) as connection:
            assert index.is_made(connection)
            rows = connection.execute(
                "select i.sku, f.title from search_fts f join items i on i.id = f.rowid"
            )
            return {row[0]: row[1] for row in rows}

    ingested("sku,title,price\nA,Red mug,1\nB,Blue plate,2\nC,红色,3\n")
    assert stored() == {"A": "Red mug", "B": "Blue plate", "C": "红 色"}
    ingested("sku,title,price\nA,Green mug,1\nB,Blue plate,3\nD,Spoon,3\n", "--prune")
    assert stored() == {"A": "Green mug", "B": "Blue plate", "D": "Spoon"}
    ingested("sku,title,price\nC,红色杯,3\nA,Green mug,1\n")
    assert stored() == {"A": "Green mug", "B": "Blue plate", "C": "红 色 杯", "D": "Spoon"}


def test_an_index_of_other_rules_is_made_anew_by_build(shop: Path) -> None:
    def made() -> tuple[bool, int]:
        with closing(open_for_reading(shop)) as connection:
            return index.is_made(connection), index.size(connection)

    whole = made()
    with closing(sqlite3.connect(shop)) as connection:
        connection.execute("delete from search_fts")
        connection.execute("update meta set value = 'old' where key = 'search'")
        connection.commit()
    assert made() == (False, 0)
    asked = CliRunner().invoke(cli, ["--db", str(shop), "search", "mug"])
    assert asked.exit_code == 4
    assert "Run `prodsim build`." in asked.stderr
    assert CliRunner().invoke(cli, ["--db", str(shop), "build", "--no-lm", "-q"]).exit_code == 0
    assert made() == whole == (True, 6)
