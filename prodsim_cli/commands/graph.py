"""``prodsim graph``."""

from __future__ import annotations

from typing import Any

import click

from prodsim_cli.commands import options
from prodsim_cli.commands._making import graph_options, made


@click.command("graph")
@graph_options
@options.output
@options.progress
@options.pass_database
def command(database: str, form: str, progress: Any, **given: Any) -> options.Answer:
    """Only the neighbour tables of build, from the vectors and events that are there."""
    from prodsim_cli import builds

    return made(builds.graph, database, given, form, progress)
