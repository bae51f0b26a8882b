"""``prodsim embed``."""

from __future__ import annotations

from typing import Any

import click

from prodsim_cli.commands import options
from prodsim_cli.commands._making import made, model_options


@click.command("embed")
@model_options
@options.output
@options.progress
@options.pass_database
def command(database: str, form: str, progress: Any, **given: Any) -> options.Answer:
    """Only the text vectors of build: each distinct text without a current vector is encoded."""
    from prodsim_cli import builds

    return made(builds.embed, database, given, form, progress)
