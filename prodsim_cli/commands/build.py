"""``prodsim build``."""

from __future__ import annotations

from typing import Any

import click

from prodsim_cli.commands import options
from prodsim_cli.commands._making import build_options, graph_options, model_options, show_build


@click.command("build")
@model_options
@graph_options
@click.option(
    "--networks",
    metavar="NAME,...|all",
    help="Train these graph networks, too, where they get a weight: gcn, gat, lightgcn.",
)
@options.output
@options.progress
@options.pass_database
def command(database: str, form: str, progress: Any, **given: Any) -> options.Answer:
    """Bring all that is stale up to date: vectors, neighbour tables, the blend.

    Settings stay: what is not given here is as in the last build. A stopped build goes on where it
    ended.
    """
    from prodsim_cli import builds
    from prodsim_cli.store.connection import require_database

    require_database(database)
    report = builds.build(database, build_options(given), progress)
    return lambda: show_build(report, form)
