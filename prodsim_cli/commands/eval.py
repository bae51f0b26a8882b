"""``prodsim eval``."""

from __future__ import annotations

from contextlib import closing, nullcontext
from dataclasses import replace
from typing import Any

import click

from prodsim_cli import registry
from prodsim_cli.commands import _evaluating, options
from prodsim_cli.records.values import EVENT_TYPES

TARGETS = tuple(name for name in EVENT_TYPES if name != "return")


@click.command("eval")
@click.option(
    "--task",
    type=click.Choice(_evaluating.TASKS),
    help="recommend: what people bought later; similar: what went together later, or --related;"
    " pairs: known pairs (--pairs); search: words (--queries, --judgements).",
)
@click.option(
    "--split",
    type=options.OneOf(lambda: registry.names("splits")),
    help="How past and future are parted; found out from the events otherwise.",
)
@click.option("--at", metavar="DATE", help="Moment of the split; the test begins with it.")
@click.option(
    "--windows",
    type=click.IntRange(min=2),
    help="How many rolling windows (--split windows).  [default: 4]",
)
@click.option(
    "--target",
    type=click.Choice(TARGETS),
    help="The events that are to be foretold.  [default: purchase, where there are any]",
)
@click.option("--again", is_flag=True, help="What somebody had before is a right answer, too.")
@click.option(
    "--methods", metavar="A,B|all", default="all", show_default=True, help="Which to try."
)
@click.option(
    "-k",
    "ks",
    metavar="K,K",
    default="10",
    show_default=True,
    help="Lengths of the lists; the first one decides.",
)
@click.option("--pairs", metavar="FILE", help="sku_a, sku_b[, similarity or 0/1 label].")
@click.option("--sources", metavar="A,B", help="Whose SKUs the two columns of the pairs hold.")
@click.option("--save-threshold", is_flag=True, help="Store each method's threshold of a match.")
@click.option("--related", metavar="FILE", help="sku, related_sku[, relation].")
@click.option("--queries", metavar="FILE", help="query_id, text.")
@click.option("--judgements", metavar="FILE", help="query_id, sku[, relevance].")
@click.option(
    "--learn/--no-learn",
    default=None,
    help="Learn settings and the weights of hybrid on the training part.  [default: as the build]",
)
@click.option("--slices", is_flag=True, help="Show where each method is good and where it is not.")
@click.option("--cost", is_flag=True, help="Measure seconds and memory of each method.")
@click.option("--per-query", metavar="FILE", help="Write every figure of every question.")
@click.option("--export", metavar="DIR", help="Write TREC runs and qrels, and RecBole files.")
@click.option("--plot", metavar="FILE", help="Draw the figures (.png, .svg or .html).")
@click.option("--against", type=int, metavar="RUN", help="Show what changed since an earlier run.")
@click.option(
    "--fail-under",
    multiple=True,
    metavar="FIGURE=X",
    help="Exit with 1 below it: ndcg@10=0.09, or hybrid:ndcg@10=0.09.",
)
@click.option("--history", is_flag=True, help="List the runs that are kept, and do nothing else.")
@options.seed
@options.output
@options.quiet
@options.pass_database
def command(database: str, form: str, quiet: bool, history: bool, **given: Any) -> None:
    """Which method is best on this shop, with baselines and 95 % intervals.

    Every method learns anew from the events before the split and foretells what people bought
    after it and not before. Other tasks judge by later orders and sessions, by files of related
    products or known pairs, or by search queries. Every run is kept.

    \b
    Examples:
      prodsim eval
      prodsim eval --at 2011-10-01 -k 10,20 --plot best.png
      prodsim eval --task similar --slices
      prodsim eval --pairs matches.csv --sources abt,buy --save-threshold
      prodsim eval --fail-under ndcg@10=0.09
    """
    from prodsim_cli.render import show

    if history:
        _show_history(database, form)
        return
    _evaluating.check(given)
    from prodsim_cli.progress import TerminalProgress

    # the bars take what is printed beside them for their own, so they go before the answer comes
    with nullcontext() if quiet else TerminalProgress() as progress:
        outcome, version = _evaluating.evaluated(database, given, progress)
    options.tell(list(outcome.card.notes))
    whole = given["slices"] or form in ("json", "jsonl")
    show(outcome.card if whole else replace(outcome.card, slices=()), form)
    _evaluating.leave(database, outcome, version, given)


def _show_history(database: str, form: str) -> None:
    from prodsim_cli.queries import runs as history
    from prodsim_cli.render import show
    from prodsim_cli.store.connection import open_for_reading

    with closing(open_for_reading(database)) as connection:
        runs = history.runs(connection)
    show(history.brief(runs) if form == "table" else runs, form)
