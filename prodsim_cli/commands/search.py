"""``prodsim search TEXT...``"""

from __future__ import annotations

import sqlite3

import click

from prodsim_cli.commands import options
from prodsim_cli.errors import UsageProblem
from prodsim_cli.queries.ranking.request import Rules
from prodsim_cli.queries.search import BY, Question, search


@click.command()
@click.argument("words", metavar="TEXT...", nargs=-1)
@options.top_k
@click.option(
    "--by",
    type=click.Choice(BY),
    default=BY[0],
    show_default=True,
    help="Words and meaning together, or one of them alone.",
)
@click.option(
    "--like",
    multiple=True,
    metavar="SKU",
    help="Answers that are like this product, too; repeatable.",
    shell_complete=options.complete_skus,
)
@click.option("--expand", is_flag=True, help="Add words that products around the best ones have.")
@options.rules
@options.why
@options.output
@options.with_store
def command(
    connection: sqlite3.Connection,
    words: tuple[str, ...],
    k: int,
    by: str,
    like: tuple[str, ...],
    expand: bool,
    rules: Rules,
    why: int | None,
    form: str,
) -> None:
    """Products for words, ranked by words and by meaning.

    All the words are one question; - reads questions from standard input, one a line. Typing
    errors are corrected by the words of the catalogue, and the answer says so. A model number or a
    SKU finds its product first, however it is written. A word is left out with a rule (--where
    'not title~electric'), not with a minus.

    \b
    Examples:
      prodsim search red mug
      prodsim search DSC-W55 -k 3
      prodsim search 红色 -f json
      prodsim search gift for a gardener --where 'price<20'
      prodsim search in blue --like SKU123
      prodsim search - -f jsonl < questions.txt
    """
    if like and not words:
        raise UsageProblem(
            "There are no words to search for beside --like.",
            hint=f"Without words it is `prodsim similar {' '.join(like)}`.",
        )
    question = Question(by, like, expand, lambda said: options.tell([said]), why is not None)
    asked = options.questions(words)
    rankings = search(connection, asked, k=k, rules=rules, question=question)
    options.show(rankings, form)
