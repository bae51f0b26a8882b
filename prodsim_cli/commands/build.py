"""``prodsim build``."""

from __future__ import annotations

from typing import Any

import click

from prodsim_cli.commands import options
from prodsim_cli.commands._making import graph_options, made, model_options


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

    return made(builds.build, database, given, form, progress)
