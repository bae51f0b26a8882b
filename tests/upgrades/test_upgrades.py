"""Databases of earlier schemas: said, brought up to date by ``build``, and nothing is lost."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from prodsim_cli.cli import cli
from prodsim_cli.store import neighbors
from prodsim_cli.store.connection import open_for_writing
from prodsim_cli.store.schema import VERSION

DIGEST = "e5d970c8a177b9fe4d9ac79401b807d2ae242da1d0171617f89ad41854c099d8"
"""`status` of the prodsim that wrote the file."""

COSINE = [
    ("TEA4", 0.75), ("TEA5", 0.75), ("TEA2", 0.589256), ("TEA3", 0.589256), ("TEA6", 0.589256),
    ("TEA7", 0.589256),
]  # fmt: skip
"""`similar TEA1 --method cosine` of the prodsim that wrote the file."""

TABLES = ("items", "users", "events", "files", "spellings", "rejects", "evaluations", "meta")


def unpacked(folder: Path, schema: int) -> str:
    path = folder / f"schema_{schema}.db"
    packed = Path(__file__).parent / f"schema_{schema}.db.gz"
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    return str(path)


@pytest.fixture
def old(tmp_path: Path) -> str:
    return unpacked(tmp_path, 1)


def run(database: str, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--db", database, *words])


def rows(database: str) -> dict[str, list[tuple[object, ...]]]:
    """All that a person has put in or may want to look up again, by table."""
    with closing(sqlite3.connect(database)) as connection:
        return {
            table: [row[:6] for row in connection.execute(f"select * from {table} order by 1, 2")]
            for table in TABLES
        }


@pytest.mark.parametrize(
    "words",
    [
        ("status",), ("similar", "TEA1"), ("show", "TEA1"),
        ("eval",), ("eval", "--history"), ("eval", "--against", "1"),
    ],
)  # fmt: skip
def test_reading_says_what_helps_and_changes_nothing(old: str, words: tuple[str, ...]) -> None:
    before = Path(old).read_bytes()
    result = run(old, *words)
    assert result.exit_code == 4
    assert f"older prodsim (schema 1, this one needs {VERSION})" in result.stderr
    assert "Run `prodsim build` once" in result.stderr
    assert result.stdout == ""
    assert Path(old).read_bytes() == before


@pytest.fixture
def upgraded(old: str) -> str:
    result = run(old, "build", "--quiet")
    assert result.exit_code == 0, result.output
    return old


def test_build_brings_it_up_to_date_and_loses_nothing(old: str) -> None:
    before = rows(old)
    assert run(old, "build", "--quiet").exit_code == 0
    after = rows(old)
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("pragma user_version").fetchone() == (VERSION,)
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        assert connection.execute("pragma foreign_key_check").fetchall() == []
    for table in TABLES[:-1]:
        assert after[table] == before[table], table
        assert before[table] or table == "rejects"
    changed = dict(before["meta"])
    assert {key: dict(after["meta"])[key] for key in changed if key.endswith("_version")} == {
        key: value for key, value in changed.items() if key.endswith("_version")
    }


def test_answers_and_digest_are_those_of_then(upgraded: str) -> None:
    assert json.loads(run(upgraded, "status", "-f", "json").stdout)["digest"] == DIGEST
    result = run(upgraded, "similar", "TEA1", "--method", "cosine", "-f", "json")
    found = json.loads(result.stdout)["results"]
    assert [(row["sku"], row["score"]) for row in found] == COSINE
    assert run(upgraded, "similar", "TEA8").exit_code == 0


def test_earlier_runs_are_listed(upgraded: str) -> None:
    runs = json.loads(run(upgraded, "eval", "--history", "-f", "json").stdout)["rows"]
    told = [(row["run"], row["task"], row["asked"], row["best"], row["figure"]) for row in runs]
    assert told == [(2, "pairs", 4, "lexical", "f1"), (1, "recommend", 24, "pearson", "ndcg@10")]
    assert runs[1]["value"] == pytest.approx(0.896821625595)
    assert runs[1]["split"] == "time 2024-05-01T00:00:00"


def test_a_run_of_then_has_no_figures_by_question(upgraded: str) -> None:
    words = ("eval", "--methods", "cosine", "-q")
    result = run(upgraded, *words, "--against", "1")
    assert result.exit_code == 1
    assert "Run 1 was kept by an older prodsim, without its figures by question." in result.stderr
    assert run(upgraded, *words).exit_code == 0
    assert run(upgraded, *words, "--against", "3").exit_code == 0
    assert (
        "Run 2 is about pairs, this one about recommend."
        in run(upgraded, *words, "--against", "2").stderr
    )


def test_the_diary_ends_where_a_new_file_begins(old: str, tmp_path: Path) -> None:
    def columns(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
        named = connection.execute("select type, name, tbl_name from sqlite_master order by 1, 2")
        return {
            f"{kind} {name} of {table}": [
                tuple(row)
                for row in connection.execute(f"select * from pragma_table_info('{name}')")
            ]
            for kind, name, table in named
            if not name.startswith("sqlite_stat")
        }

    with closing(open_for_writing(old)) as one, closing(open_for_writing(tmp_path / "new")) as two:
        assert columns(one) == columns(two)


PAIRS = {
    "neighbors": "select method, item_id, rank, neighbor_id, score from neighbors order by 1, 2, 3",
    "user_neighbors": "select * from user_neighbors order by method, user_id, rank",
}


def test_packed_tables_hold_the_pairs_of_schema_3(tmp_path: Path) -> None:
    path = unpacked(tmp_path, 3)
    with closing(sqlite3.connect(path)) as connection:
        before = {table: connection.execute(query).fetchall() for table, query in PAIRS.items()}
        vectors = connection.execute("select * from vectors").fetchall()
    with closing(open_for_writing(path)) as connection:
        connection.row_factory = None
        for table, query in PAIRS.items():
            assert connection.execute(query).fetchall() == before[table]
            assert len(before[table]) > 1000
        assert connection.execute("select * from vectors").fetchall() == vectors
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        methods = {row[0] for row in before["neighbors"]}
        items = {row[3] for row in before["neighbors"]}
        turned = neighbors.speaking(connection, methods, items)
    assert sorted(
        (method, other, item, score)
        for (method, item), row in turned.items()
        for other, score in zip(*row, strict=True)
    ) == sorted((m, item, other, score) for m, item, _, other, score in before["neighbors"])
    assert run(path, "build", "--quiet").exit_code == 0
    with closing(sqlite3.connect(path)) as connection:
        assert neighbors.turned(connection, "hybrid")
        assert not neighbors.turned(connection, "pearson")
        assert neighbors.speaking(connection, methods, items) == turned


def test_an_upgraded_schema_3_answers_and_a_build_finds_its_tables_fresh(tmp_path: Path) -> None:
    path = unpacked(tmp_path, 3)
    open_for_writing(path).close()
    assert json.loads(run(path, "status", "-f", "json").stdout)["digest"] == DIGEST
    result = run(path, "similar", "TEA1", "--method", "cosine", "-f", "json")
    assert [(row["sku"], row["score"]) for row in json.loads(result.stdout)["results"]] == COSINE
    found = json.loads(run(path, "recommend", "ann1", "-f", "json").stdout)["results"]
    assert [(row["sku"], row["score"]) for row in found[:3]] == [
        ("TEA4", 1.073509), ("TEA1", 1.070542), ("TEA8", 0.127654)
    ]  # fmt: skip
    with closing(sqlite3.connect(path)) as connection:
        when = connection.execute("select name, kind, created_at from artifacts").fetchall()
    assert run(path, "build", "--quiet").exit_code == 0
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select name, kind, created_at from artifacts").fetchall() == when
