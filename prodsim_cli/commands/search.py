"""``prodsim search TEXT...``"""

from __future__ import annotations

import sqlite3

import click

from prodsim_cli import options, render
from prodsim_cli.queries.answering import Rules
from prodsim_cli.queries.searching import search


@click.command()
@click.argument("words", metavar="TEXT...", nargs=-1)
@options.top_k
@options.rules
@options.output
@options.with_store
def command(
    connection: sqlite3.Connection, words: tuple[str, ...], k: int, rules: Rules, form: str
) -> None:
    """Products for words, ranked.

    All the words are one question; - reads questions from standard input, one a line.

    \b
    Examples:
      prodsim search red mug
      prodsim search DSC-W55 -k 3
      prodsim search 红色 -f json
      prodsim search - -f jsonl < questions.txt
    """
    rankings = search(connection, options.questions(words), k=k, rules=rules)
    options.tell(options.notes_of(rankings))
    render.show(rankings, form)
