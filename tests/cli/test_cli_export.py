"""``prodsim export``: whole tables, the same rows as the single answers, complete or not there."""

from __future__ import annotations

import csv
import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner, Result
from sheets_shop import SIZE, write_sheets_shop
from test_docs import SCHEMAS, problems

from prodsim_cli.cli import cli
from prodsim_cli.export import graph, vectors
from prodsim_cli.export import similar as table_of_similar
from prodsim_cli.export import table as tables
from prodsim_cli.queries.neighborhood import neighborhood
from prodsim_cli.queries.ranking.request import Rules
from prodsim_cli.queries.recommend import recommend
from prodsim_cli.queries.similar import similar
from prodsim_cli.store.connection import open_for_reading

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The shop with everything built."""
    return write_sheets_shop(tmp_path_factory.mktemp("export"))


@pytest.fixture
def export(built: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Result:
        return CliRunner().invoke(cli, ["--db", built, "export", *words, "-q"])

    return call


@pytest.fixture
def store(built: str) -> Iterator[sqlite3.Connection]:
    with closing(open_for_reading(built)) as connection:
        yield connection


def read(name: str) -> list[dict[str, Any]]:
    """The rows of a file; numbers of csv as floats."""
    if name.endswith(".parquet"):
        return pl.read_parquet(name).to_dicts()
    opened = gzip.open if name.endswith(".gz") else open
    with opened(name, "rt", encoding="utf-8", newline="") as file:
        if ".jsonl" in name:
            return [json.loads(line) for line in file]
        return list(csv.DictReader(file))


def test_similar_is_what_each_product_shows(export: Run, store: sqlite3.Connection) -> None:
    assert export("similar", "-o", "s.parquet", "-k", "7").exit_code == 0
    rows = read("s.parquet")
    assert list(rows[0]) == ["sku", "rank", "neighbor_sku", "score", "method"]
    _same_as_similar(store, rows, 7, Rules())


def _same_as_similar(
    store: sqlite3.Connection,
    rows: list[dict[str, Any]],
    k: int,
    rules: Rules,
    method: str | None = None,
) -> None:
    skus = [row[0] for row in store.execute("select sku from items order by source, sku")]
    expected = [
        (sku, row.rank, row.sku, pytest.approx(row.score, rel=1e-6), answer.method)
        for sku, answer in zip(
            skus, similar(store, skus, k=k, rules=rules, method=method), strict=True
        )
        for row in answer.results
        if row.score > 0 or row.pinned
    ]
    assert [tuple(row.values()) for row in rows] == expected


@pytest.mark.parametrize(
    ("words", "rules"),
    [
        (["--all-stock"], Rules(all_stock=True)),
        (["--variants"], Rules(variants=True)),
        # so few that stored rows are short, and the answers go on behind them
        (["--where", "category=yarn"], Rules(where=("category=yarn",))),
        (["--where", "price>10", "--method", "lexical"], Rules(where=("price>10",))),
        (["--where", "price>10", "--method", "cosine"], Rules(where=("price>10",))),
        (["--pin", "LAMPS1,SOAP1"], Rules(pin=("LAMPS1", "SOAP1"))),
        (["--same", "category", "--diversity", "0.5"], Rules(same=("category",), diversity=0.5)),
    ],
)
def test_the_rules_hold_as_for_one_product(
    export: Run, store: sqlite3.Connection, words: list[str], rules: Rules
) -> None:
    result = export("similar", "-o", "s.jsonl", "-k", "12", *words)
    assert result.exit_code == 0, result.stderr
    method = words[words.index("--method") + 1] if "--method" in words else None
    _same_as_similar(store, read("s.jsonl"), 12, rules, method)


def test_what_is_not_in_stock_is_no_answer_and_has_some(export: Run) -> None:
    export("similar", "-o", "s.csv", "-k", "50")
    rows = read("s.csv")
    gone = {f"LAMPS{n}" for n in (6, 7, 8, 9)}
    assert not gone & {row["neighbor_sku"] for row in rows}
    assert gone <= {row["sku"] for row in rows}
    export("similar", "-o", "all.csv", "-k", "50", "--all-stock")
    assert gone <= {row["neighbor_sku"] for row in read("all.csv")}


def test_recs_are_what_recommend_answers(export: Run, store: sqlite3.Connection) -> None:
    result = export("recs", "-o", "r.jsonl", "-k", "6")
    assert result.exit_code == 0
    rows = read("r.jsonl")
    assert list(rows[0]) == ["user", "rank", "sku", "score", "method"]
    keys = list(dict.fromkeys(row["user"] for row in rows))
    assert len(keys) == 91
    for key in [*keys[::9], "zoe"]:
        (answer,) = recommend(store, [key], k=6)
        mine = [row for row in rows if row["user"] == key]
        assert [row["sku"] for row in mine] == [row.sku for row in answer.results]
        assert [row["rank"] for row in mine] == [1, 2, 3, 4, 5, 6]
        assert {row["method"] for row in mine} == {answer.method}
    assert "of 1 nothing is known" in result.stderr


def test_recs_that_nobody_gets_say_so(export: Run) -> None:
    result = export("recs", "-o", "r.csv", "--where", "price<0")
    assert result.exit_code == 0
    assert "nobody gets anything" in result.stderr
    assert read("r.csv") == []


def test_recs_by_people_alike_and_again(export: Run) -> None:
    export("recs", "-o", "u.csv", "--by", "users")
    assert {row["method"] for row in read("u.csv")} == {"users", "recent"}
    export("recs", "-o", "a.csv", "--again")
    export("recs", "-o", "n.csv")
    assert read("a.csv") != read("n.csv")


def test_vectors_of_products_in_every_form(export: Run, store: sqlite3.Connection) -> None:
    for name in ("v.csv", "v.jsonl", "v.parquet"):
        assert export("vectors", "-o", name).exit_code == 0
    stored = {
        row[0]: np.frombuffer(row[1], "<f4")
        for row in store.execute(
            "select i.sku, v.vector from vectors v join items i on i.id = v.entity_id"
            " where v.space = 'hashing'"
        )
    }
    packed = read("v.parquet")
    assert [row["sku"] for row in packed] == sorted(stored)
    for row, line, cells in zip(packed, read("v.jsonl"), read("v.csv"), strict=True):
        vector = stored[row["sku"]]
        assert np.array_equal(np.array(row["vector"], np.float32), vector)
        assert np.array_equal(np.array(line["vector"], np.float32), vector)
        assert list(cells) == ["sku", *(f"v{n}" for n in range(len(vector)))]
        assert np.array_equal(np.array(list(cells.values())[1:], np.float32), vector)


def test_vectors_of_people(export: Run, store: sqlite3.Connection) -> None:
    answer = json.loads(
        export("vectors", "-o", "v.parquet", "--space", "lightgcn.users", "-f", "json").stdout
    )
    rows = read("v.parquet")
    assert [row["user"] for row in rows] == [f"u{n:03d}" for n in range(90)]  # zoe has none
    assert {len(row["vector"]) for row in rows} == {SIZE}
    assert answer == {
        "what": "vectors", "file": "v.parquet", "format": "parquet", "rows": 90,
        "columns": ["user", "vector"], "bytes": os.path.getsize("v.parquet"),
        "space": "lightgcn.users", "dimension": SIZE, "users": 91,
    }  # fmt: skip


def test_the_graph_holds_what_neighborhood_walks(export: Run, store: sqlite3.Connection) -> None:
    methods = "cosine,lexical,bought"
    assert export("graph", "-o", "g.parquet", "-k", "4", "--method", methods).exit_code == 0
    rows = [tuple(row.values()) for row in read("g.parquet")]
    assert len(rows) == len(set(rows))
    edges = {row[:3]: row[3:] for row in rows}
    walked = neighborhood(
        store, ["u003", "TEA3"], hops=1, k=4, methods=methods.split(","), most=1000
    )
    assert {edge.relation for edge in walked.edges} == {"cosine", "lexical", "bought"}
    for edge in walked.edges:
        rank, score, count, latest = edges[edge.source, edge.target, edge.relation]
        assert (count, latest) == (edge.count, edge.latest)
        assert score == (edge.score and pytest.approx(edge.score, rel=1e-6))
        if edge.relation != "bought" or edge.source == "user:u003":
            assert rank == edge.rank
    for relation in ("cosine", "lexical"):
        ranks = [row[3] for row in rows if row[2] == relation]
        assert max(ranks) == 4


def test_every_purchase_is_in_the_graph(export: Run, store: sqlite3.Connection) -> None:
    export("graph", "-o", "g.jsonl", "--method", "bought")
    rows = read("g.jsonl")
    pairs = store.execute(
        "select u.key, i.sku, count(*), max(e.at) from events e join users u on u.id = e.user_id"
        " join items i on i.id = e.item_id where e.type = 'purchase' group by 1, 2"
    ).fetchall()
    assert {
        (row["source"], row["target"], row["count"], row["latest"])
        for row in rows
        if row["relation"] == "bought"
    } == {(f"user:{key}", f"product:{sku}", n, at) for key, sku, n, at in pairs}
    buyers = {f"user:{row[0]}" for row in pairs}
    assert not buyers & {row["source"] for row in rows if row["relation"] == "touched"}


def test_the_same_rows_in_every_form(export: Run) -> None:
    names = ["s.csv", "s.jsonl", "s.parquet", "s.csv.gz", "s.jsonl.gz"]
    for name in names:
        assert export("similar", "-o", name).exit_code == 0
    first, *rest = (
        [
            (row["sku"], int(row["rank"]), row["neighbor_sku"], np.float32(row["score"]))
            for row in read(name)
        ]
        for name in names
    )
    assert len(first) > 500
    assert all(rows == first for rows in rest)


@pytest.mark.parametrize("what", ["similar", "recs", "vectors", "graph"])
def test_the_same_bytes_twice_and_in_other_blocks(
    export: Run, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.csv", "a.csv.gz", "a.jsonl", "a.parquet"):
        export(what, "-o", name)
        first = Path(name).read_bytes()
        export(what, "-o", name)
        assert Path(name).read_bytes() == first, name
        for module in (table_of_similar, vectors, graph, tables):
            monkeypatch.setattr(module, "BLOCK", 7)
        monkeypatch.setattr(graph, "PEOPLE", 7)
        export(what, "-o", name)
        other = Path(name).read_bytes()
        # what gzip makes of the same bytes depends on how they come in
        unpacked = gzip.decompress if name.endswith(".gz") else bytes
        assert unpacked(other) == unpacked(first), name
        monkeypatch.undo()
        monkeypatch.chdir(tmp_path)


def test_the_summary_goes_to_stderr_and_json_to_stdout(export: Run) -> None:
    result = export("similar", "-o", "s.csv", "-k", "3")
    assert result.stdout == ""
    rows = len(read("s.csv"))
    assert f"{rows:,} rows into s.csv (" in result.stderr
    assert "up to 3 products like each of 63, by hybrid" in result.stderr
    answer = json.loads(export("similar", "-o", "s.csv", "-k", "3", "-f", "json").stdout)
    assert answer == {
        "what": "similar", "file": "s.csv", "format": "csv", "rows": rows,
        "columns": ["sku", "rank", "neighbor_sku", "score", "method"],
        "bytes": os.path.getsize("s.csv"), "method": "hybrid", "k": 3, "products": 63,
        "without_neighbors": answer["without_neighbors"],
    }  # fmt: skip
    assert answer["without_neighbors"] == 63 - len({row["sku"] for row in read("s.csv")})
    assert export("similar", "-o", "s.csv", "-f", "ids").stdout == "s.csv\n"


@pytest.mark.parametrize("what", ["similar", "recs", "vectors", "graph"])
def test_the_json_fits_its_schema(export: Run, what: str) -> None:
    answer = json.loads(export(what, "-o", "x.csv", "-f", "json").stdout)
    assert problems(answer, SCHEMAS["export"]) == []
    assert set(answer) <= set(SCHEMAS["export"]["properties"])


@pytest.mark.parametrize("name", ["s.txt", "s", ".csv", "s.parquet.gz", "s.gz"])
def test_another_ending_is_refused_before_anything_is_read(export: Run, name: str) -> None:
    result = export("similar", "-o", name)
    assert result.exit_code == 2
    assert ".csv, .jsonl, .parquet, .csv.gz, .jsonl.gz" in result.stderr
    assert os.listdir() == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["similar", "-o", "no/s.csv"], 1, "there is no folder"),
        (["similar", "-o", "s.csv", "--space", "x"], 2, "--space has no meaning for similar"),
        (["vectors", "-o", "v.csv", "-k", "3"], 2, "-k has no meaning for vectors"),
        (["vectors", "-o", "v.csv", "--where", "price>1"], 2, "The rules"),
        (["graph", "-o", "v.csv", "--all-stock"], 2, "The rules"),
        (["vectors", "-o", "v.csv", "--space", "x"], 2, "hashing, lightgcn, lightgcn.users"),
        (["vectors", "-o", "v.csv", "--space", "gcn.users"], 4, "train --networks gcn"),
        (["similar", "-o", "s.csv", "--method", "ease2"], 2, "no method 'ease2'"),
        (["graph", "-o", "g.csv", "--method", "same_order"], 2, "orders"),
        (["graph", "-o", "g.csv", "--method", "x"], 2, "no relation 'x'"),
        (["similar", "-o", "s.csv", "--where", "pric<"], 2, ""),
        (["nothing", "-o", "s.csv"], 2, ""),
        (["similar"], 2, "-o"),
    ],
)
def test_what_can_go_wrong_is_said(export: Run, words: list[str], code: int, said: str) -> None:
    result = export(*words)
    assert result.exit_code == code, result.stderr
    assert said in result.stderr
    assert os.listdir() == []


def test_an_error_on_the_way_leaves_the_old_file(
    export: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("s.csv", "s.parquet", "s.csv.gz"):
        Path(name).write_text("old")

    def broken(*_: Any) -> Any:
        yield pl.DataFrame({"sku": ["a"]})
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(table_of_similar, "_frames", broken)
    for name in ("s.csv", "s.parquet", "s.csv.gz"):
        result = export("similar", "-o", name)
        assert result.exit_code == 1
        assert "can't be written: No space left on device" in result.stderr
        assert Path(name).read_text() == "old"
    assert sorted(os.listdir()) == ["s.csv", "s.csv.gz", "s.parquet"]


def test_what_polars_hears_from_the_system_is_quoted(
    export: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "parquet: File out of specification: underlying IO error: No space left on device"

    def full(*_: Any, **__: Any) -> None:
        raise pl.exceptions.ComputeError(said)

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    result = export("vectors", "-o", "v.parquet")
    assert result.exit_code == 1
    assert "error: v.parquet can't be written: No space left on device" in result.stderr
    assert os.listdir() == []


@pytest.mark.parametrize("name", ["v.csv", "v.jsonl"])
@pytest.mark.linux
def test_a_system_that_writes_no_more_is_quoted(built: str, tmp_path: Path, name: str) -> None:
    resource = pytest.importorskip("resource")
    words = [sys.executable, "-m", "prodsim_cli", "--db", built, "export", "vectors", "-o", name]
    done = subprocess.run(
        [*words, "-q"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        # more than the shared memory of SQLite, less than the file
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000)),
    )
    assert done.returncode == 1, done.stderr
    assert f"error: {name} can't be written: File too large" in done.stderr
    assert os.listdir(tmp_path) == []


_SLOWLY = """
import sys, time
from prodsim_cli.export import similar
from prodsim_cli.export.table import Table
similar.BLOCK = 5
frames = similar._frames
def slowly(*given):
    for frame in frames(*given):
        yield frame
        print("block", flush=True)
        time.sleep(0.5)
similar._frames = slowly
from prodsim_cli.cli import main
main()
"""


@pytest.mark.parametrize("name", ["s.csv", "s.jsonl.gz", "s.parquet"])
@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT", "SIGTERM"])
@pytest.mark.linux
@pytest.mark.slow
def test_a_kill_in_the_middle_leaves_no_half_file(
    built: str, tmp_path: Path, name: str, how: str
) -> None:
    words = [sys.executable, "-c", _SLOWLY, "--db", built, "export", "similar", "-o", name, "-q"]
    (tmp_path / name).write_text("old")
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "block\n"
        assert running.stdout.readline() == "block\n"
        running.send_signal(getattr(signal, how))
        code = running.wait(timeout=20)
    assert (tmp_path / name).read_text() == "old"
    if how == "SIGINT":
        assert code == 130
        assert os.listdir(tmp_path) == [name]
    elif how == "SIGTERM":
        assert code == 128 + signal.SIGTERM
        assert os.listdir(tmp_path) == [name]
    else:
        assert code == -signal.SIGKILL
        assert all(left == name or left.startswith(".") for left in os.listdir(tmp_path))


def test_one_state_of_the_database_goes_into_a_file(built: str, tmp_path: Path) -> None:
    """A build that ends while the file is written does not show in it."""
    import shutil

    path = tmp_path / "shop.db"
    shutil.copy(built, path)
    with closing(open_for_reading(path)) as connection:
        connection.execute("begin")
        made = table_of_similar.table(connection, 3)
        frames = [next(made.frames)]
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("delete from neighbor_rows")
        frames += list(made.frames)
        connection.execute("rollback")
    assert sum(frame.height for frame in frames) > 150


def test_odd_names_come_back_as_they_are(tmp_path: Path, run: Run) -> None:
    from shop_rows import write_shop

    odd = ['q"uote', "com,ma", "line\nbreak", "lone\rreturn", "红色", "NA", " blank "]
    items = [{"sku": sku, "title": sku} for sku in odd]
    table = {"cosine": {sku: [(other, 0.5) for other in odd if other != sku] for sku in odd}}
    shop = write_shop(
        tmp_path / "odd.db", items=items, neighbors=table, spellings=[], events=[], rejects=[]
    )
    for name in ("o.csv", "o.jsonl", "o.parquet", "o.csv.gz"):
        out = str(tmp_path / name)
        assert run("--db", shop, "export", "similar", "-o", out, "-q").exit_code == 0
        assert {row["sku"] for row in read(out)} == set(odd)
        assert {row["neighbor_sku"] for row in read(out)} == set(odd)


def test_nothing_to_write_is_a_file_with_a_heading(tmp_path: Path, run: Run) -> None:
    from shop_rows import write_shop

    shop = write_shop(tmp_path / "bare.db", neighbors={"cosine": {}})
    for name, rows in (("e.csv", []), ("e.jsonl", []), ("e.parquet", [])):
        out = str(tmp_path / name)
        assert run("--db", shop, "export", "similar", "-o", out, "-q").exit_code == 0
        assert read(out) == rows
    assert (tmp_path / "e.csv").read_text() == "sku,rank,neighbor_sku,score,method\n"
    assert pl.read_parquet(tmp_path / "e.parquet").columns[2] == "neighbor_sku"
    none = run("--db", shop, "export", "vectors", "-o", str(tmp_path / "v.csv"))
    assert (none.exit_code, "No vectors are stored" in none.stderr) == (4, True)
