"""The group and its one error handler: exit codes, JSON errors, lazy commands."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from prodsim_cli import __version__, cli
from prodsim_cli.errors import ProdsimError
from prodsim_cli.store.connection import open_for_writing

Run = Callable[..., Result]


def failing(monkeypatch: pytest.MonkeyPatch, problem: BaseException) -> Result:
    """``prodsim status`` that ends in a problem."""

    @click.command()
    def command() -> None:
        raise problem

    monkeypatch.setattr("prodsim_cli.commands.status.command", command)
    return CliRunner().invoke(cli.cli, ["status"])


def test_every_command_of_the_table_exists_and_has_help(run: Run) -> None:
    for name in cli.COMMANDS:
        result = run(name, "--help")
        assert result.exit_code == 0, name
        assert f"Usage: prodsim {name}" in result.stdout


def test_help_lists_the_commands_and_no_words_is_help(run: Run) -> None:
    text = run("--help").stdout
    assert all(name in text and line in text for name, line in cli.COMMANDS.items())
    assert run().stdout == text
    assert run("--version").stdout == f"prodsim {__version__}\n"


def test_an_unknown_command_suggests_the_nearest(run: Run) -> None:
    near = run("similr")
    assert near.exit_code == 2
    assert "Did you mean `prodsim similar`?" in near.stderr
    assert "Choose from: ingest, build" in run("xyzzy").stderr


@pytest.mark.parametrize(
    "words", [["-f", "json"], ["-fjson"], ["--format=jsonl"], ["--format", "json"]]
)
def test_errors_are_json_where_answers_would_be(run: Run, words: list[str]) -> None:
    usage = run("similar", "--nonsense", *words)
    assert usage.exit_code == 2
    problem = json.loads(usage.stderr)["error"]
    assert problem["kind"] == "UsageProblem"
    assert problem["hint"] == "See `prodsim similar --help`."
    assert usage.stdout == ""


@pytest.mark.parametrize("words", [["-f", "csv"], ["-f", "table"], ["--nonsense", "json"], []])
def test_errors_are_words_elsewhere(run: Run, words: list[str]) -> None:
    result = run("similar", "NONE-OF-IT", *words)
    assert result.exit_code in (2, 3)
    assert result.stderr.startswith("error: ")


def test_words_that_are_no_text_are_unknown_words(shop: Path) -> None:
    words = [sys.executable, "-m", "prodsim_cli", "--db", str(shop), "similar", b"SKU\xff"]
    done = subprocess.run(words, capture_output=True)
    assert done.returncode == 3
    assert done.stderr.startswith(b"error: There is no product 'SKU?'.")


def test_an_error_cannot_repaint_the_terminal(run: Run) -> None:
    result = run("similar", "A\x1b[2JB\x9bC\nD")
    assert result.exit_code == 3
    assert "\x1b" not in result.stderr
    assert "\x9b" not in result.stderr
    assert "\x9b" not in run("similar", "\x9b", "-f", "json").stderr


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (sqlite3.OperationalError("database is locked"), "Another process is writing"),
        (sqlite3.OperationalError("database or disk is full"), "The disk is full"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "may not be written"),
        (sqlite3.OperationalError("unable to open database file"), "cannot be opened"),
        (sqlite3.DatabaseError("database disk image is malformed"), "is damaged"),
        (sqlite3.OperationalError("disk I/O error"), "I/O error"),
        (OSError(28, "No space left on device"), "The disk is full"),
        (PermissionError(13, "Permission denied", "shop.csv"), "shop.csv may not be opened"),
        (click.FileError("shop.csv", "gone"), "shop.csv"),
        (ProdsimError("It broke.", hint="Mend it."), "hint: Mend it."),
    ],
)
def test_what_a_person_can_cause_has_a_sentence(
    monkeypatch: pytest.MonkeyPatch, problem: Exception, said: str
) -> None:
    result = failing(monkeypatch, problem)
    assert result.exit_code == 1
    assert said in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "problem",
    [ValueError("a bug"), sqlite3.OperationalError("no such column: x"), OSError(5, "odd")],
)
def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
    assert failing(monkeypatch, problem).exception is problem


def test_ctrl_c_is_one_line_and_130(monkeypatch: pytest.MonkeyPatch) -> None:
    result = failing(monkeypatch, KeyboardInterrupt())
    assert result.exit_code == 130
    assert result.stderr.strip() == "Interrupted."


@pytest.mark.linux
def test_ctrl_c_at_the_real_door(shop: Path) -> None:
    words = [sys.executable, "-m", "prodsim_cli", "--db", str(shop), "similar", "-"]
    waiting = subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert waiting.stdin is not None
    waiting.stdin.write(b"SKU123\n")
    waiting.stdin.flush()
    # It holds the database open as soon as it waits for the rest of stdin.
    deadline = time.monotonic() + 20
    while not _opened(waiting.pid, shop) and time.monotonic() < deadline:
        time.sleep(0.02)
    waiting.send_signal(signal.SIGINT)
    _, said = waiting.communicate(timeout=20)
    assert waiting.returncode == 130
    assert said.decode().strip() == "Interrupted."


def _opened(pid: int, path: Path) -> bool:
    folder = Path(f"/proc/{pid}/fd")
    return not folder.exists() or any(
        os.path.realpath(link) == str(path) for link in folder.iterdir() if link.exists()
    )


@pytest.mark.linux
def test_a_reader_that_leaves_early_is_no_error(shop: Path) -> None:
    words = [sys.executable, "-m", "prodsim_cli", "--db", str(shop), "similar"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*words, "SKU123"], stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_database_comes_from_option_environment_or_folder(
    shop: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRODSIM_DB", str(tmp_path / "other.db"))
    ask = ["show", "SKU123", "-f", "ids"]
    assert CliRunner().invoke(cli.cli, ask).exit_code == 4
    assert CliRunner().invoke(cli.cli, ["--db", str(shop), *ask]).exit_code == 0
    monkeypatch.delenv("PRODSIM_DB")
    assert "prodsim.db" in CliRunner().invoke(cli.cli, ask).stderr
    shop.rename(tmp_path / "prodsim.db")
    assert CliRunner().invoke(cli.cli, ask).stdout == "SKU123\n"


def test_files_that_are_no_database(tmp_path: Path, run: Run) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no database, but long enough to look at: " * 30)
    assert run("--db", text, "status").exit_code == 1
    fresh = tmp_path / "fresh.db"
    sqlite3.connect(fresh).close()
    assert run("--db", fresh, "status").exit_code == 4
    newer = tmp_path / "newer.db"
    connection = open_for_writing(newer)
    connection.execute("pragma user_version = 99")
    connection.close()
    result = run("--db", newer, "status", "-f", "json")
    assert result.exit_code == 4
    assert "Update prodsim" in json.loads(result.stderr)["error"]["hint"]


def test_a_path_with_url_marks_is_opened(shop: Path, tmp_path: Path, run: Run) -> None:
    odd = tmp_path / "a?b#c%41 d.db"
    shop.rename(odd)
    assert run("--db", odd, "show", "SKU123", "-f", "ids").stdout == "SKU123\n"
