"""``prodsim similar SKU...``"""

from __future__ import annotations

import sqlite3

import click

from prodsim_cli import options, render
from prodsim_cli.queries.answering import Rules
from prodsim_cli.queries.similar import similar


@click.command()
@options.skus
@options.top_k
@options.method
@click.option("--together", is_flag=True, help="Ask about all the SKUs as one question.")
@options.rules
@options.output
@options.with_store
def command(
    connection: sqlite3.Connection,
    words: tuple[str, ...],
    k: int,
    method: str | None,
    together: bool,
    rules: Rules,
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
      prodsim similar SKU123 -f ids | prodsim similar - -f jsonl
    """
    asked = options.from_stdin(words, "SKU")
    rankings = similar(connection, asked, k=k, method=method, together=together, rules=rules)
    options.tell(options.notes_of(rankings))
    render.show(rankings, form)
