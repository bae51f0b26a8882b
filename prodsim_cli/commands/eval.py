"""``prodsim eval``."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing, nullcontext
from typing import TYPE_CHECKING, Any

import click

from prodsim_cli import options, registry
from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.records import EVENT_TYPES

if TYPE_CHECKING:
    from prodsim_cli.records import Scorecard
    from prodsim_cli.terminal import TerminalProgress

TASKS = ("recommend", "pairs")
TARGETS = tuple(name for name in EVENT_TYPES if name != "return")


@click.command("eval")
@click.option(
    "--task",
    type=click.Choice(TASKS),
    help="recommend: what people bought later; pairs: known pairs (with --pairs).",
)
@click.option(
    "--split",
    type=click.Choice(registry.names("splits")),
    help="How past and future are parted; found out from the events otherwise.",
)
@click.option("--at", metavar="DATE", help="Moment of the time split; the test begins with it.")
@click.option(
    "--target",
    type=click.Choice(TARGETS),
    default="purchase",
    show_default=True,
    help="The events that are to be foretold.",
)
@click.option(
    "--methods", metavar="A,B|all", default="all", show_default=True, help="Which to try."
)
@click.option(
    "-k",
    "k",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Length of the lists.",
)
@click.option("--pairs", "pairs_path", metavar="FILE", help="sku_a, sku_b[, similarity or 0/1].")
@click.option("--sources", metavar="A,B", help="Whose SKUs the two columns of the pairs hold.")
@options.seed
@options.output
@click.option("-q", "--quiet", is_flag=True, help="Say nothing while working.")
@options.pass_database
def command(database: str, form: str, quiet: bool, **given: Any) -> None:
    """Which method is best on this shop, with baselines and 95 % intervals.

    Every method learns anew from the events before the split and foretells what people bought
    after it and not before. With --pairs FILE: which method knows best which products are alike.
    """
    from prodsim_cli.render import show
    from prodsim_cli.terminal import TerminalProgress

    _check(given)
    # the bars take what is printed beside them for their own, so they go before the answer comes
    with nullcontext() if quiet else TerminalProgress() as progress:
        card = _evaluate(database, given, progress)
    options.tell(list(card.notes))
    show(card, form)
    _keep(database, card, given)


def _check(given: dict[str, Any]) -> None:
    """Words that don't go together."""
    if given["task"] == "pairs" and not given["pairs_path"]:
        raise UsageProblem("--task pairs needs the pairs.", hint="Add --pairs FILE.")
    if given["pairs_path"]:
        for name in ("split", "at"):
            if given[name]:
                raise UsageProblem(f"--{name} has no meaning with --pairs.", hint="Leave one out.")
        if given["task"] == "recommend":
            raise UsageProblem("--task recommend takes no --pairs.", hint="Leave one of them out.")
    elif given["sources"]:
        raise UsageProblem("--sources belongs to --pairs.", hint="Add --pairs FILE.")


def _evaluate(database: str, given: dict[str, Any], progress: TerminalProgress | None) -> Scorecard:
    from prodsim_cli import experiments
    from prodsim_cli.experiments.listening import stage
    from prodsim_cli.store import evaluations
    from prodsim_cli.store.connection import open_for_reading

    with closing(open_for_reading(database)) as connection:
        stage(progress, "loading", 1, "")
        data = evaluations.shop_to_judge(connection)
        common: dict[str, Any] = {
            "methods": _names(given["methods"]),
            "k": given["k"],
            "seed": given["seed"],
            "settings": evaluations.method_settings(connection),
            "progress": progress,
        }
        if given["pairs_path"]:
            pairs = experiments.read_pairs(given["pairs_path"], sys.stdin.buffer)
            sources = _names(given["sources"]) if given["sources"] else None
            return experiments.evaluate_pairs(data, pairs, sources=sources, **common)
        where = {"split": given["split"], "at": given["at"], "target": given["target"]}
        return experiments.evaluate(data, **where, **common)


def _names(words: str) -> list[str]:
    names = [word.strip() for word in words.split(",") if word.strip()]
    if not names:
        raise UsageProblem(f"{words!r} names nothing.", hint="Write names with commas between.")
    return names


def _keep(database: str, card: Scorecard, given: dict[str, Any]) -> None:
    """The run into the database; a person who may only read it has their answer anyway."""
    from prodsim_cli.store import evaluations
    from prodsim_cli.store.connection import open_for_writing
    from prodsim_cli.store.problems import explain

    try:
        with closing(open_for_writing(database)) as connection:
            evaluations.keep(connection, card, given)
    except InputError as problem:
        options.tell([f"The run was not kept: {problem.message}"])
    except sqlite3.OperationalError as problem:
        known = explain(problem)
        if known is None:
            raise
        options.tell([f"The run was not kept: {known.message}"])
