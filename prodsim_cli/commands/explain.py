"""``prodsim explain SKU SKU...``"""

from __future__ import annotations

import sqlite3

import click

from prodsim_cli.commands import options
from prodsim_cli.queries.explain.explain import explain
from prodsim_cli.queries.explain.without import EVIDENCE


@click.command()
@options.skus
@options.min_people
@click.option(
    "--without",
    multiple=True,
    type=click.Choice(EVIDENCE),
    help="What the score would be if they did not have both, did not share these; repeatable.",
)
@options.output
@options.with_store
def command(
    connection: sqlite3.Connection,
    words: tuple[str, ...],
    min_people: int,
    without: tuple[str, ...],
    form: str,
) -> None:
    """Why two products are alike, part by part.

    What each method gives to the score that `similar` shows, both ways; the people and orders that
    have both; words, n-grams, brand, category and attributes in common; and over which products
    one leads to the other. Of several SKUs the first is explained with each of the others; - reads
    SKUs from standard input, one a line.

    \b
    Examples:
      prodsim explain SKU123 SKU124
      prodsim explain SKU123 SKU124 SKU126 -f json
      prodsim explain SKU123 SKU124 --without people --without words
      prodsim similar SKU123 -k 3 -f ids | prodsim explain SKU123 -
    """
    asked, left_out = options.from_stdin(words, "SKU"), tuple(dict.fromkeys(without))
    reasons = explain(connection, asked, least=min_people, without=left_out)
    options.show(reasons, form)
