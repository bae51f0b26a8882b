"""``prodsim recommend USER...``"""

from __future__ import annotations

import sqlite3

import click

from prodsim_cli import options, render
from prodsim_cli.queries.answering import Rules
from prodsim_cli.queries.recommending import Wish, recommend
from prodsim_cli.queries.recommending_recipe import BY


@click.command()
@click.argument("words", metavar="USER...", nargs=-1, shell_complete=options.complete_users)
@options.top_k
@click.option("--by", type=click.Choice(BY), help="Products alike, people alike, or all in one.")
@options.method
@click.option("--history", metavar="SKU,...", help="What a visitor has seen, the latest last.")
@click.option("--again", is_flag=True, help="What was bought before is an answer, too.")
@options.rules
@options.output
@options.with_store
def command(
    connection: sqlite3.Connection,
    words: tuple[str, ...],
    k: int,
    by: str | None,
    method: str | None,
    history: str | None,
    again: bool,
    rules: Rules,
    form: str,
) -> None:
    """Products that people have not bought yet, ranked.

    A user is written as in the files; - reads users from standard input, one a line. Somebody
    without a history gets what is popular now, and the answer says so.

    \b
    Examples:
      prodsim recommend 17850
      prodsim recommend 17850 13047 --by users -k 5 -f json
      prodsim recommend --history SKU123,SKU456
    """
    seen = tuple(word.strip() for word in (history or "").split(",") if word.strip())
    users = options.from_stdin(words, "user") if words or not seen else []
    wish = Wish(by=by, method=method, history=seen, again=again)
    rankings = recommend(connection, users, wish, rules, k)
    options.tell(options.notes_of(rankings))
    render.show(rankings, form)
