"""``prodsim similar SKU...``"""

from __future__ import annotations

import sqlite3

import click

from prodsim_cli.commands import options
from prodsim_cli.errors import UsageProblem
from prodsim_cli.queries.ranking.request import Rules
from prodsim_cli.queries.similar import similar


@click.command()
@options.skus
@options.top_k
@options.method
@click.option("--together", is_flag=True, help="Ask about all the SKUs as one question.")
@click.option(
    "--as",
    "role",
    type=click.Choice(("substitute", "complement")),
    help="What can stand in for the product, or what is bought with it (docs/kinds.md).",
)
@options.rules
@options.why
@options.output
@options.with_store
def command(
    connection: sqlite3.Connection,
    words: tuple[str, ...],
    k: int,
    method: str | None,
    together: bool,
    role: str | None,
    rules: Rules,
    why: int | None,
    form: str,
) -> None:
    """Products like one or several others, ranked.

    A SKU is written as in the files (any spelling that they used finds it), or SOURCE:SKU where
    several sources hold it; - reads SKUs from standard input, one a line.

    \b
    Examples:
      prodsim similar SKU123
      prodsim similar SKU123 SKU456 --together -k 5
      prodsim similar SKU123 --method lexical -f json
      prodsim similar SKU123 --where 'price<20 and not title~red' --max-per brand=2
      prodsim similar SKU123 --same category --price-within 20% --diversity 0.3
      prodsim similar SKU123 --as complement
      prodsim similar SKU123 --why
      prodsim similar SKU123 -f ids | prodsim similar - -f jsonl
    """
    asked = options.from_stdin(words, "SKU")
    if role is None:
        rankings = similar(
            connection, asked, k=k, method=method, together=together, rules=rules, why=why
        )
    elif method is None:
        from prodsim_cli.queries.substitutes import of_kind

        rankings = of_kind(connection, asked, role, k=k, together=together, rules=rules, why=why)
    else:
        raise UsageProblem(
            f"--as {role} reads tables of its own, so it goes with no --method.",
            hint="Leave one of them out.",
        )
    options.show(rankings, form)
