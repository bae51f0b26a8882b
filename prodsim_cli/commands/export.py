"""``prodsim export WHAT -o FILE``"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import click

from prodsim_cli import render
from prodsim_cli.commands import options
from prodsim_cli.errors import UsageProblem
from prodsim_cli.queries.recommend_config import BY

if TYPE_CHECKING:
    from prodsim_cli.queries.ranking.request import Rules
    from prodsim_cli.records.reports import Export

WHAT = ("similar", "recs", "vectors", "graph")

_CONCERNS = {
    "k": ("similar", "recs", "graph"),
    "method": ("similar", "recs", "graph"),
    "by": ("recs",),
    "again": ("recs",),
    "space": ("vectors",),
}
"""Option -> the tables that know it; the rules belong to similar and recs."""


@click.command()
@click.argument("what", type=click.Choice(WHAT))
@click.option(
    "-o",
    "--output",
    "path",
    metavar="FILE",
    required=True,
    help="A .csv, .jsonl or .parquet file; .csv.gz and .jsonl.gz, too.",
)
@click.option(
    "-k",
    "k",
    type=click.IntRange(min=1),
    help="Of similar, recs, graph: how many for each.  [default: 10]",
)
@click.option(
    "--method",
    metavar="NAME",
    shell_complete=options.complete_methods,
    help="Of similar, recs: which notion of similarity; of graph: which relations, as a,b."
    "  [default: as similar, recommend and neighborhood]",
)
@click.option("--by", type=click.Choice(BY), help="Of recs: as for recommend.")
@click.option("--again", is_flag=True, help="Of recs: what was bought before, too.")
@click.option(
    "--space",
    metavar="NAME",
    help="Of vectors: a language model, a network, or its people, as lightgcn.users."
    "  [default: the language model]",
)
@options.rules
@options.output
@options.progress
@options.with_store
def command(
    connection: sqlite3.Connection,
    what: str,
    path: str,
    rules: Rules,
    form: str,
    progress: Any,
    **given: Any,
) -> options.Answer:
    """Whole tables by SKU, as files.

    similar: the products like each product. recs: the products for each user. vectors: what a
    language model or a network has made of each product. graph: every edge between products and
    people. A file is complete or not there. The rules hold for similar and recs.

    \b
    Examples:
      prodsim export similar -o similar.csv
      prodsim export similar -o cosine.parquet --method cosine -k 20 --where in_stock
      prodsim export recs -o recs.csv.gz --by users
      prodsim export vectors -o vectors.parquet
      prodsim export graph -o graph.csv --method cosine,text,bought
    """
    _check(what, given, rules)
    from prodsim_cli.export.whole import ExportRequest, export

    names = [given["method"]] if given["method"] else []
    if what == "graph":
        names = [*options.listed(given["method"])]
    request = ExportRequest(
        k=given["k"] or options.DEFAULT_K,
        methods=tuple(dict.fromkeys(names)),
        space=given["space"],
        by=given["by"],
        again=given["again"],
        rules=rules,
    )
    made = export(connection, what, path, request, progress)
    return lambda: _shown(made, form)


def _check(what: str, given: dict[str, Any], rules: Rules) -> None:
    """Refuse options of another table, and rules where nothing is ranked."""
    from prodsim_cli.queries.ranking.request import Rules

    for name, tables in _CONCERNS.items():
        if given[name] not in (None, False) and what not in tables:
            flag = "-k" if name == "k" else f"--{name}"
            raise UsageProblem(
                f"{flag} has no meaning for {what}.", hint=f"It belongs to {', '.join(tables)}."
            )
    if rules != Rules() and what not in ("similar", "recs"):
        raise UsageProblem(
            f"The rules (--where, --all-stock...) have no meaning for {what}: it holds everything.",
            hint="They belong to similar and recs.",
        )


def _shown(made: Export, form: str) -> None:
    """The summary: a sentence for the person, or data for a program."""
    options.tell(made.notes)
    if form != "table":
        render.show(made, form)
        return
    from prodsim_cli.render.exports import sentence

    click.echo(sentence(made), err=True)
