"""``prodsim neighborhood SKU|USER``"""

from __future__ import annotations

import sqlite3
from typing import Any

import click

from prodsim_cli.commands import options
from prodsim_cli.queries.neighborhood import MOST, K, neighborhood

FORMATS = (*options.FORMATS, "dot", "graphml")


def _methods(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> list[str]:
    """Names that were given together or one by one, each once."""
    return list(dict.fromkeys(name for value in given for name in options.listed(value)))


@click.command()
@click.argument(
    "words", metavar="SKU|USER...", nargs=-1, shell_complete=options.complete_skus_and_users
)
@click.option(
    "--hops",
    type=click.IntRange(1, 3),
    default=2,
    show_default=True,
    help="How many edges away from what was asked about.",
)
@options.number("-k", "k", default=K, help="How many edges each node has by each relation.")
@click.option(
    "--method",
    "methods",
    metavar="NAME,...",
    multiple=True,
    callback=_methods,
    shell_complete=options.complete_methods,
    help="Which relations: any method that is built, bought, same_order."
    "  [default: one each of who bought what, orders, words and attributes]",
)
@click.option(
    "--user/--product",
    "user",
    default=None,
    help="It is a person (a product), even if there is a product (a person) of that name.",
)
@options.number(
    "--most", default=MOST, help="How many nodes at most; the best of each node come first."
)
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="How to print the answer; dot and graphml are for Graphviz, networkx, Gephi.",
)
@options.with_store
def command(
    connection: sqlite3.Connection, words: tuple[str, ...], form: str, **asked: Any
) -> None:
    """The graph around a product or a person, hop by hop.

    Each node leads to its best few by each relation: bought by the same people, in the same order,
    alike in words or attributes; a person leads to what they bought and to people alike. Several
    names make one graph; - reads names from standard input, one a line. People are shown by their
    key as it is stored.

    \b
    Examples:
      prodsim neighborhood SKU123
      prodsim neighborhood 17850 --user --hops 1 -k 10
      prodsim neighborhood SKU123 --method text,bought -f graphml > graph.graphml
      prodsim similar SKU123 -f ids | prodsim neighborhood - --hops 1 -f dot | dot -Tsvg > graph.svg
    """
    graph = neighborhood(connection, options.from_stdin(words, "SKU or user"), **asked)
    options.show(graph, form)
