"""`prodsim ingest` through its entry point: what it prints, what it stores, how it ends."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]


@pytest.fixture
def ingest(tmp_path: Path, run: Run) -> Callable[..., Result]:
    """`prodsim ingest ... --no-build` into one database of its own."""

    def call(*words: object, **options: Any) -> Result:
        return run("--db", tmp_path / "mine.db", "ingest", *words, "--no-build", **options)

    return call


def balanced(report: dict[str, Any]) -> None:
    for file in report["files"]:
        gone = sum(sum(file[part].values()) for part in ("merged", "set_aside", "rejected"))
        assert file["read"] == file["kept"] + gone, file


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_the_account_in_json_balances(ingest: Run, fixtures: Path) -> None:
    result = ingest(fixtures / "demo", "-f", "json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    balanced(report)
    kinds = [(Path(file["file"]).name, file["kind"], file["kept"]) for file in report["files"]]
    assert kinds == [("catalog.csv", "catalog", 500), ("events.csv.gz", "events", 51_061)]
    assert report["files"][1]["merged"] == {"equal line": 534}
    assert report["changed"] is True


@pytest.mark.parametrize("folder", ["demo", "two_aisles"])
def test_again_changes_nothing(
    ingest: Run, run: Run, tmp_path: Path, fixtures: Path, folder: str
) -> None:
    ingest(fixtures / folder)
    before = digest(run, tmp_path)
    again = ingest(fixtures / folder, "-f", "json")
    assert json.loads(again.stdout)["changed"] is False
    assert "Nothing has changed" in ingest(fixtures / folder).output
    assert digest(run, tmp_path) == before


def digest(run: Run, tmp_path: Path) -> str:
    return str(
        json.loads(run("--db", tmp_path / "mine.db", "status", "-f", "json").stdout)["digest"]
    )


def test_the_digest_knows_nothing_of_the_order_of_lines(
    ingest: Run, run: Run, tmp_path: Path, fixtures: Path
) -> None:
    lines = (fixtures / "two_aisles" / "events.csv").read_text().splitlines()
    ingest(write(tmp_path / "events.csv", "\n".join(lines) + "\n"))
    first = digest(run, tmp_path)
    (tmp_path / "mine.db").unlink()
    mixed = [lines[0], *random.Random(0).sample(lines[1:], len(lines) - 1)]
    ingest(write(tmp_path / "events.csv", "\n".join(mixed) + "\n"))
    assert digest(run, tmp_path) == first


def test_dry_run_writes_nothing(ingest: Run, tmp_path: Path, fixtures: Path) -> None:
    result = ingest(fixtures / "two_aisles", "--dry-run", "-f", "json")
    report = json.loads(result.stdout)
    balanced(report)
    assert report["dry_run"] is True
    assert len(report["sample"]) == 10
    assert report["sample"][0]["title"] == "Green tea leaves"
    assert not (tmp_path / "mine.db").exists()
    shown = ingest(fixtures / "two_aisles", "--dry-run").output
    assert "Green tea leaves" in shown


def test_rejects_are_kept_with_line_and_text(
    ingest: Run, run: Run, tmp_path: Path, fixtures: Path
) -> None:
    result = ingest(fixtures / "dirty" / "ragged.csv", "-f", "json")
    assert json.loads(result.stdout)["files"][0]["rejected"] == {
        "too few fields": 1,
        "too many fields": 1,
    }
    listed = run("--db", tmp_path / "mine.db", "status", "--rejects", "-f", "json")
    assert json.loads(listed.stdout)["rows"] == [
        {"file": "ragged.csv", "line": 3, "reason": "too many fields", "raw": "A2,Cup,3.00,extra"},
        {"file": "ragged.csv", "line": 4, "reason": "too few fields", "raw": "A3"},
    ]


def test_nothing_kept_is_a_problem(ingest: Run, tmp_path: Path) -> None:
    result = ingest(write(tmp_path / "catalog.csv", "sku,title\n,Tea\n,Cup\n"))
    assert result.exit_code == 1
    assert "no sku" in result.output


REFUSED = {
    "key_broken.csv": "--map sku=url",
    "key_ambiguous.csv": "--map sku=product_id",
    "key_missing.csv": "--map sku=class_id",
    "empty.csv": "Export it again",
    "broken.json": "name the file .jsonl",
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_refusal_is_one_sentence_and_leaves_no_database(
    ingest: Run, tmp_path: Path, fixtures: Path, name: str
) -> None:
    result = ingest(fixtures / "dirty" / name)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert len([line for line in result.stderr.splitlines() if line.startswith("error: ")]) == 1
    assert REFUSED[name] in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "mine.db").exists()
    as_json = ingest(fixtures / "dirty" / name, "-f", "json")
    assert REFUSED[name] in json.loads(as_json.stderr)["error"]["hint"]


def test_the_refusal_shows_what_to_type(ingest: Run, fixtures: Path) -> None:
    result = ingest(fixtures / "dirty" / "key_missing.csv", "--map", "sku=class_id", "-f", "json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["files"][0]["mapping"]["sku"] == "class_id"


def test_a_folder_names_and_skips_what_is_neither(ingest: Run, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    write(folder / "products.csv", "sku,title\nA,Tea\n")
    write(folder / "staff.csv", "employee,salary\n1,2\n")
    write(folder / "broken.json", "{")
    result = ingest(folder, "-f", "json")
    report = json.loads(result.stdout)
    assert [Path(file["file"]).name for file in report["files"]] == ["products.csv"]
    assert sorted(Path(name).name for name in report["skipped"]) == ["broken.json", "staff.csv"]
    (folder / "products.csv").unlink()
    assert ingest(folder).exit_code == 1


def test_without_words_the_files_of_this_folder(
    ingest: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "catalog.csv", "sku,title\nA,Tea\n")
    write(tmp_path / "events.jsonl", '{"user": "u", "sku": "A", "at": "2024-01-01"}\n')
    write(tmp_path / "other.csv", "sku,title\nB,Cup\n")
    report = json.loads(ingest("-f", "json").stdout)
    assert [file["file"] for file in report["files"]] == ["catalog.csv", "events.jsonl"]


def test_a_bad_file_among_good_ones_is_named_and_the_good_rows_stay(
    ingest: Run, run: Run, tmp_path: Path
) -> None:
    good = write(tmp_path / "good.csv", "sku,title\nA,Tea\n")
    bad = write(tmp_path / "bad.csv", "foo,bar\n1,2\n")
    for order in ((good, bad), (bad, good)):
        result = ingest(*order, "-f", "json")
        assert result.exit_code == 0
        report = json.loads(result.stdout)
        assert [Path(file["file"]).name for file in report["files"]] == ["good.csv"]
        assert [Path(name).name for name in report["skipped"]] == ["bad.csv"]
        (tmp_path / "mine.db").unlink()


def test_a_mapping_reaches_the_files_that_have_its_column(ingest: Run, tmp_path: Path) -> None:
    catalog = write(tmp_path / "catalog.csv", "sku,title\nA,Tea\n")
    events = write(tmp_path / "events.csv", "customer,ref x,t\nu,A,2024-01-01\nv,A,2024-01-02\n")
    words = ("--map", "sku=ref x", "--map", "at=t", "-f", "json")
    report = json.loads(ingest(catalog, events, *words).stdout)
    assert [file["mapping"]["sku"] for file in report["files"]] == ["sku", "ref x"]
    assert report["counts"]["items"] == 1


def test_prune_by_a_feed_without_products_is_refused(ingest: Run, run: Run, tmp_path: Path) -> None:
    ingest(write(tmp_path / "catalog.csv", "sku,title\nA,Tea\n"))
    result = ingest(write(tmp_path / "none.csv", "sku,title\n,Tea\n"), "--prune")
    assert result.exit_code == 2
    status = json.loads(run("--db", tmp_path / "mine.db", "status", "-f", "json").stdout)
    assert status["counts"]["items"] == 1


def test_a_file_without_a_header_is_told_so(ingest: Run, tmp_path: Path) -> None:
    result = ingest(write(tmp_path / "u.data", "196\t242\t3\t881250949\n186\t302\t3\t891717742\n"))
    assert result.exit_code == 1
    assert "no header line" in result.stderr


def test_standard_input(ingest: Run) -> None:
    report = json.loads(ingest("-", "-f", "json", input="sku;title\n1;Tee\n").stdout)
    assert report["files"][0]["kept"] == 1


def test_words_that_are_off(ingest: Run, fixtures: Path) -> None:
    shop = fixtures / "two_aisles"
    for words in (
        ("--map", "title"),
        ("--map", "title=nothing"),
        ("--weight", "view=many"),
        ("--weight", "stroll=1"),
        ("--delimiter", "ab"),
        ("--encoding", "klingon"),
        ("--model", "minilm", "--no-lm"),
    ):
        result = ingest(shop / "catalog.csv", *words)
        assert result.exit_code == 2, words
        assert "hint: " in result.stderr, words


def test_weights_are_stored_and_shown(
    ingest: Run, run: Run, tmp_path: Path, fixtures: Path
) -> None:
    ingest(fixtures / "two_aisles", "--weight", "view=0.5,cart=3")
    status = json.loads(run("--db", tmp_path / "mine.db", "status", "-f", "json").stdout)
    assert status["weights"]["view"] == 0.5
    assert status["weights"]["purchase"] == 5.0


def test_ingest_builds_and_a_build_that_fails_is_told_after_the_account(
    run: Run, tmp_path: Path, fixtures: Path
) -> None:
    database = tmp_path / "mine.db"
    bad = run("--db", database, "ingest", fixtures / "two_aisles", "--model", str(tmp_path))
    assert bad.exit_code == 1
    assert "kept               16" in bad.stdout
    assert "cannot be loaded" in bad.stderr
    good = run("--db", database, "ingest", fixtures / "two_aisles", "--model", "hashing")
    assert good.exit_code == 0
    assert "hybrid" in good.stdout
    assert run("--db", database, "similar", "TEA8", "-f", "ids").stdout.startswith("TEA1\n")
    assert "up to date" in run("--db", database, "build").stderr


@pytest.mark.linux
@pytest.mark.slow
def test_kill_at_any_moment_leaves_a_good_database(
    tmp_path: Path, run: Run, fixtures: Path
) -> None:
    """SIGKILL at seeded moments; the file is sound each time, a rerun ends in the same digest."""
    words = [sys.executable, "-m", "prodsim_cli", "--db"]
    shop = [str(fixtures / "demo"), "--no-lm", "-q"]
    begun = time.perf_counter()
    subprocess.run(
        [*words, str(tmp_path / "whole.db"), "ingest", *shop], check=True, capture_output=True
    )
    whole = time.perf_counter() - begun
    database = tmp_path / "mine.db"
    moments = random.Random(7)
    for _ in range(4):
        process = subprocess.Popen(
            [*words, str(database), "ingest", *shop],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(moments.uniform(0.1, whole))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        if database.exists():
            connection = sqlite3.connect(database)
            assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
            connection.close()
    subprocess.run([*words, str(database), "ingest", *shop], check=True, capture_output=True)
    tables = "select method, item_id, rank, neighbor_id, score from neighbors order by 1, 2, 3"
    found = []
    for path in (database, tmp_path / "whole.db"):
        connection = sqlite3.connect(path)
        status = json.loads(run("--db", path, "status", "-f", "json").stdout)
        found.append((status["digest"], connection.execute(tables).fetchall()))
        connection.close()
    assert found[0] == found[1]
