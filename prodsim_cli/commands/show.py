"""``prodsim show SKU|USER``"""

from __future__ import annotations

import sqlite3

import click

from prodsim_cli import render
from prodsim_cli.commands import options
from prodsim_cli.queries.show import show


@click.command()
@click.argument(
    "words", metavar="SKU|USER", nargs=-1, shell_complete=options.complete_skus_and_users
)
@click.option("--user", is_flag=True, help="It is a person, even if a product has that SKU.")
@options.output
@options.with_store
def command(connection: sqlite3.Connection, words: tuple[str, ...], user: bool, form: str) -> None:
    """All that is known of one product or person.

    Of a product: its facts, how files spelled it, what happened to it, and its nearest by each
    method. Of a person: what they did, lately and in all, and who is like them.

    \b
    Examples:
      prodsim show SKU123
      prodsim show 17850 --user -f json
    """
    profiles, notes = show(connection, options.from_stdin(words, "SKU or user"), user=user)
    options.tell(notes)
    render.show(profiles, form)
