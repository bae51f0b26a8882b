"""``prodsim status``"""

from __future__ import annotations

import sqlite3

import click

from prodsim_cli import render
from prodsim_cli.commands import options
from prodsim_cli.queries import status as state


@click.command()
@click.option("--rejects", is_flag=True, help="List the refused lines: file, line, reason, text.")
@click.option(
    "-k",
    "--limit",
    type=click.IntRange(min=1),
    help="How many refused lines.  [default: 50 in a table, else all]",
)
@click.option("--digest", is_flag=True, help="Compute the digest for the table, too.")
@options.output
@options.with_store
@click.pass_obj
def command(
    database: str,
    connection: sqlite3.Connection,
    rejects: bool,
    limit: int | None,
    digest: bool,
    form: str,
) -> None:
    """What the database holds, what is built of it, and what is stale.

    The digest is the same for two databases that hold the same shop, whatever the order in which
    the files came.

    \b
    Examples:
      prodsim status
      prodsim status --rejects -f csv > refused.csv
    """
    if rejects:
        listing, notes = state.rejects(connection, limit or (50 if form == "table" else None))
        options.tell(notes)
        render.show(listing, form)
    else:
        wanted = digest or form != "table"
        render.show(state.status(connection, database, digest=wanted), form)
