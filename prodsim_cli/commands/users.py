"""``prodsim users USER...``"""

from __future__ import annotations

import sqlite3

import click

from prodsim_cli.commands import options
from prodsim_cli.queries.users import NAMED, users, ways
from prodsim_cli.registry import measures


@click.command()
@click.argument("words", metavar="USER...", nargs=-1, shell_complete=options.complete_users)
@options.top_k
@click.option(
    "--method",
    metavar="NAME",
    shell_complete=lambda ctx, param, start: [name for name in ways() if name.startswith(start)],
    cls=options.Described,
    describe=lambda: f"What makes people alike: {', '.join(ways())}.  [default: cosine]",
)
@click.option(
    "--measure", type=options.OneOf(measures), help="Another word for the --method of that name."
)
@options.number(
    "--shared",
    least=0,
    default=NAMED,
    help="How many of the shared products to name, the rarest first.",
)
@options.output
@options.one_method
@options.with_store
def command(
    connection: sqlite3.Connection,
    words: tuple[str, ...],
    k: int,
    method: str | None,
    shared: int,
    form: str,
) -> None:
    """People like one, and what they share.

    cosine, jaccard, pearson and bm25 compare who bought what; text compares what the products say
    that people bought and viewed; a network compares people in the space that it has learned. A
    user is written as in the files; - reads users from standard input, one a line.

    \b
    Examples:
      prodsim users 17850
      prodsim users 17850 13047 --method text -k 5 -f json
      prodsim users 17850 -f ids | prodsim recommend -
    """
    asked = options.from_stdin(words, "user")
    found = users(connection, asked, k=k, method=method, shared=shared)
    options.show(found, form)
