"""``prodsim status``: counts, freshness, the digest, refused lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result
from shop_rows import write_shop

from prodsim_cli.store import meta
from prodsim_cli.store.connection import open_for_writing, transaction

Run = Callable[..., Result]


def test_counts_period_and_weights(run: Run, shop: Path) -> None:
    state = json.loads(run("status", "-f", "json").stdout)
    assert state["database"] == str(shop)
    assert state["bytes"] >= shop.stat().st_size
    assert state["counts"] == {
        "items": 6,
        "without_text": 1,
        "unlisted": 1,
        "users": 3,
        "files": 1,
        "rejects": 2,
        "events": 6,
        "events_without_user": 1,
    }
    assert state["events"] == {"view": 1, "purchase": 4, "return": 1}
    assert state["period"] == ["2011-01-01T10:00:00", "2011-01-05T10:00:00"]
    assert state["weights"]["cart"] == 3.0
    assert len(state["digest"]) == 64
    assert state["advice"] == []
    assert [(made["name"], made["rows"], made["stale"]) for made in state["artifacts"]] == [
        ("hybrid", 7, ""),
        ("cosine", 2, ""),
        ("lexical", 3, ""),
    ]


def test_what_is_stale_and_which_command_refreshes_it(run: Run, shop: Path) -> None:
    connection = open_for_writing(shop)
    with transaction(connection):
        connection.execute("update artifacts set data_version = 'catalog:1' where name = 'lexical'")
        meta.bump(connection, "events_version")
    connection.close()
    state = json.loads(run("status", "-f", "json").stdout)
    why = {made["name"]: made["stale"] for made in state["artifacts"]}
    assert why == {
        "hybrid": "events have changed since",
        "cosine": "events have changed since",
        "lexical": "",
    }
    assert state["advice"] == ["Run `prodsim graph`: hybrid, cosine are out of date."]


def test_unfinished_vectors_need_a_build(run: Run, shop: Path) -> None:
    connection = open_for_writing(shop)
    with transaction(connection):
        connection.execute(
            "insert into artifacts values ('minilm', 'space', '{}', 'unfinished', '', 0, null)"
        )
    connection.close()
    assert "Run `prodsim build`: minilm is out of date." in run("status").stdout


def test_auto_would_choose_another_model_now(run: Run, shop: Path) -> None:
    connection = open_for_writing(shop)
    settings = {"model": "minilm", "auto": {"model": "multilingual", "reason": "41 % not English"}}
    with transaction(connection):
        meta.put_settings(connection, settings)
    connection.close()
    (advice,) = json.loads(run("status", "-f", "json").stdout)["advice"]
    assert "prodsim build --model auto" in advice
    assert "multilingual now (41 % not English)" in advice


def test_an_empty_database_says_where_to_begin(tmp_path: Path, run: Run) -> None:
    open_for_writing(tmp_path / "empty.db").close()
    empty = run("--db", tmp_path / "empty.db", "status")
    assert (empty.exit_code, "Run `prodsim ingest FILE`" in empty.stdout) == (0, True)
    unbuilt = write_shop(tmp_path / "unbuilt.db", neighbors={})
    assert "Run `prodsim build`" in run("--db", unbuilt, "status").stdout


def test_the_table_names_what_matters(run: Run) -> None:
    text = run("status").stdout
    assert "6  (1 without text, 1 left the feed)" in text
    assert "6  (1 view, 4 purchase, 1 return)" in text
    assert "Digest" not in text
    assert "Digest" in run("status", "--digest").stdout


def test_rejects_in_order_of_file_and_line(run: Run) -> None:
    rows = json.loads(run("status", "--rejects", "-f", "json").stdout)["rows"]
    assert [(row["file"], row["line"], row["reason"]) for row in rows] == [
        ("events.csv", 3, "date not understood"),
        ("events.csv", 7, "no SKU"),
    ]
    text = run("status", "--rejects", "-f", "csv").stdout
    assert next(csv.reader(io.StringIO(text))) == ["file", "line", "reason", "raw"]
    assert "\x1b" not in text


def test_a_limit_on_rejects_says_how_many_there_are(run: Run) -> None:
    result = run("status", "--rejects", "-k", 1, "-f", "tsv")
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr == "note: 1 of 2 refused lines; `-k 2` shows all.\n"
