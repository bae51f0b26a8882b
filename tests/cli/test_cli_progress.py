"""Progress on stderr: bars on a terminal, sentences only in a pipe, answers after the bars."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import redirect_stderr
from typing import Any

import click
import pytest
from click.testing import CliRunner

from prodsim_cli.commands import options
from prodsim_cli.progress import TerminalProgress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")


def test_a_terminal_sees_stage_rate_and_sentences() -> None:
    terminal = Terminal()
    with redirect_stderr(terminal), TerminalProgress() as progress:
        done = progress.stage("encoding", 200, "texts")
        done(50)
        progress.say("Half [bold]of[/bold] it.")
        done(150)
    said = terminal.getvalue()
    assert "encoding" in said
    assert "/200 texts" in said
    assert "Half [bold]of[/bold] it." in said


def test_a_stage_that_another_followed_may_still_report() -> None:
    terminal = Terminal()
    with redirect_stderr(terminal), TerminalProgress() as progress:
        first = progress.stage("counting")
        progress.stage("storing", 3)
        first(1)
    first(1)
    assert "storing" in terminal.getvalue()


def test_a_pipe_gets_sentences_only(capsys: pytest.CaptureFixture[str]) -> None:
    with TerminalProgress() as progress:
        progress.stage("encoding", 2)(1)
        progress.say("Done.")
    assert capsys.readouterr().err == "Done.\n"


@pytest.mark.parametrize(("words", "said"), [([], "working\n"), (["-q"], "")])
def test_the_answer_comes_after_the_bars_are_gone(words: list[str], said: str) -> None:
    closed: list[bool] = []

    @click.command()
    @options.progress
    def command(progress: Any) -> Callable[[], None]:
        progress.say("working")
        closed.append(False)
        return lambda: click.echo("answer")

    result = CliRunner().invoke(command, words)
    assert (result.stdout, result.stderr) == ("answer\n", said)
    assert closed == [False]


def test_nothing_is_answered_where_the_work_fails() -> None:
    @click.command()
    @options.progress
    def command(progress: Any) -> Callable[[], None]:
        raise ValueError("broken")

    result = CliRunner().invoke(command)
    assert isinstance(result.exception, ValueError)
    assert result.stdout == ""
