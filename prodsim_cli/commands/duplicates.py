"""``prodsim duplicates``"""

from __future__ import annotations

import sqlite3
from typing import Any

import click

from prodsim_cli.commands import options
from prodsim_cli.queries.duplicates import duplicates


@click.command()
@click.option("--across", is_flag=True, help="The same product in two sources.")
@click.option("--source", "sources", metavar="A,B", default="", help="Look in these sources only.")
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    default=0.8,
    show_default=True,
    metavar="0..1",
    help="How sure it must be.",
)
@options.number("-k", "--most", default=20, help="How many pairs to show.")
@options.output
@options.with_store
def command(connection: sqlite3.Connection, sources: str, form: str, **asked: Any) -> None:
    """Products that stand in the catalogue twice, the surest pairs first.

    Each pair has a confidence from 0 to 1 and what speaks for it. Colours and sizes of one product
    are no duplicates. What --across compares are two catalogues, each ingested with --source;
    ids prints the second SKU of each pair, the one that may go.

    \b
    Examples:
      prodsim duplicates
      prodsim duplicates --min-confidence 0.95 -f csv
      prodsim duplicates --across --source abt,buy -k 5
    """
    found = duplicates(connection, sources=options.listed(sources), **asked)
    options.show(found, form)
