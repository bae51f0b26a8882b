"""``prodsim recommend USER...``"""

from __future__ import annotations

import sqlite3
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import click

from prodsim_cli import render
from prodsim_cli.commands import options
from prodsim_cli.errors import UsageProblem
from prodsim_cli.queries.ranking.request import Rules
from prodsim_cli.queries.recommend import RecommendRequest, recommend
from prodsim_cli.queries.recommend_config import BY

_STREAMED = ("csv", "tsv", "jsonl")


@click.command()
@click.argument("words", metavar="[USER]...", nargs=-1, shell_complete=options.complete_users)
@options.top_k
@click.option("--by", type=click.Choice(BY), help="Products alike, people alike, or all in one.")
@options.method
@click.option("--history", metavar="SKU,...", help="What a visitor has had, the latest last.")
@click.option(
    "--context",
    multiple=True,
    metavar="NAME=VALUE",
    help="The situation: a column, as category=Mugs, or at=DATE; repeatable.",
)
@click.option("--again", is_flag=True, help="What was bought before is an answer, too.")
@click.option("--all", "everyone", is_flag=True, help="Every user in one pass, with -o or -f csv.")
@click.option("-o", "--output", metavar="FILE", help="With --all: a .csv, .jsonl or .parquet file.")
@click.option("-q", "--quiet", is_flag=True, help="With --all: say nothing while working.")
@options.rules
@options.why
@options.output
@options.with_store
def command(
    connection: sqlite3.Connection,
    words: tuple[str, ...],
    k: int,
    rules: Rules,
    form: str,
    **given: Any,
) -> None:
    """Products that people have not bought yet, ranked.

    A user is written as in the files; - reads users from standard input, one a line. Somebody
    without a history gets what is popular now, and the answer says so. --history asks for a visitor
    without an account (or adds to what a user had).

    \b
    Examples:
      prodsim recommend 17850
      prodsim recommend 17850 13047 --by users -k 5 -f json
      prodsim recommend --history SKU123,SKU456
      prodsim recommend 17850 --context category=Mugs --where 'price<20'
      prodsim recommend 17850 --context at=2011-10-01
      prodsim recommend 17850 --why
      prodsim recommend --all -o recs.parquet
    """
    columns, before = _situation(connection, given["context"])
    rules = replace(rules, where=(*rules.where, *columns)) if columns else rules
    history = options.listed(given["history"])
    request = RecommendRequest(
        given["by"], given["method"], history, given["again"], before, given["why"]
    )
    if given["everyone"]:
        if request.why is not None:
            raise UsageProblem("--all writes lists without reasons.", hint="Leave --why out.")
        _everybody(connection, words, request, rules, k, form, given)
        return
    if given["output"]:
        raise UsageProblem(
            "-o writes the lists of all users.",
            hint="Add --all, or leave -o out: prodsim recommend USER -f csv > FILE.",
        )
    users = options.from_stdin(words, "user") if words or not history else []
    rankings = recommend(connection, users, request, rules, k)
    options.show(rankings, form)


def _situation(
    connection: sqlite3.Connection, pairs: tuple[str, ...]
) -> tuple[list[str], str | None]:
    """``--context``: expressions over columns, and the moment of ``at``."""
    columns, before = [], None
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark or not name.strip() or not value.strip():
            raise UsageProblem(
                f"--context wants a name and a value, not {pair!r}.",
                hint="For instance: --context category=Mugs, or --context at=2011-10-01.",
            )
        if name.strip().lower() != "at":
            columns.append(f"{name.strip()}={_quoted(value.strip())}")
            _check(connection, pair, columns[-1])
        elif before in (None, value.strip()):
            before = value.strip()
        else:
            raise UsageProblem(
                f"--context names two moments, {before} and {value.strip()}.",
                hint="An answer is as of one: leave one of them out.",
            )
    return columns, before


def _check(connection: sqlite3.Connection, pair: str, expression: str) -> None:
    """Say what is wrong with a column in the words of ``--context``."""
    from prodsim_cli.queries.ranking.conditions import Columns

    try:
        Columns(connection).conditions([expression])
    except UsageProblem as problem:
        said = str(problem).partition(", at character")[0]
        raise UsageProblem(f"--context {pair}: {said}.", hint=problem.hint) from None


def _quoted(value: str) -> str:
    """A value as ``--where`` reads it."""
    if '"' not in value:
        return f'"{value}"'
    if "'" not in value:
        return f"'{value}'"
    raise UsageProblem(
        f"--context can't hold both kinds of quotes: {value!r}.", hint="Use --where with ~ instead."
    )


def _everybody(
    connection: sqlite3.Connection,
    words: tuple[str, ...],
    request: RecommendRequest,
    rules: Rules,
    k: int,
    form: str,
    given: dict[str, Any],
) -> None:
    """Everyone's lists; the heavy rooms are entered here."""
    if words or request.history:
        what = "users" if words else "a --history"
        raise UsageProblem(
            f"--all asks for everybody, and the command names {what}, too.",
            hint="Leave one of them out.",
        )
    if given["output"] is None and form not in _STREAMED:
        raise UsageProblem(
            f"--all prints no {form}: it is one list for each user.",
            hint="Name a file (-o recs.parquet), or print with -f csv, tsv or jsonl.",
        )
    from prodsim_cli.export.whole import everybody
    from prodsim_cli.progress import TerminalProgress

    with nullcontext(None) if given["quiet"] else TerminalProgress() as listener:
        made = everybody(
            connection, request, rules, k, path=given["output"], form=form, progress=listener
        )
    if not given["quiet"]:
        options.tell(made.notes)
    if given["output"] is not None and form != "table":
        render.show(made, form)
