"""``prodsim train``."""

from __future__ import annotations

from typing import Any

import click

from prodsim_cli.commands import options


@click.command("train")
@click.option(
    "--networks",
    metavar="NAME,...",
    default="all",
    show_default=True,
    help="Which networks: gcn, gat, lightgcn, or all.",
)
@click.option("--epochs", type=click.IntRange(min=1), help="Passes over the people at most.")
@options.number(
    "--ensemble",
    default=1,
    metavar="N",
    help="Train N of each with different seeds and take the mean of what they say.",
)
@click.option(
    "--half-life",
    type=click.FloatRange(min=0),
    metavar="DAYS",
    help="Days after which an event counts half; 0: never.",
)
@click.option("--resume", is_flag=True, help="Go on from where the last training was stopped.")
@options.seed
@options.output
@options.progress
@options.pass_database
def command(
    database: str,
    networks: str,
    epochs: int | None,
    ensemble: int,
    half_life: float | None,
    resume: bool,
    seed: int,
    form: str,
    progress: Any,
) -> options.Answer:
    """Train graph networks over products and people, and store their vectors.

    Ctrl-C keeps the best so far; --resume goes on. Then `prodsim build` makes their tables.
    """
    from prodsim_cli.builds.networks import TrainOptions, train
    from prodsim_cli.commands._making import show_build
    from prodsim_cli.store.connection import require_database

    require_database(database)
    settings: dict[str, Any] = {} if epochs is None else {"epochs": epochs}
    if half_life is not None:
        settings["half_life"] = half_life or None
    asked = TrainOptions(options.listed(networks), ensemble, resume, seed, settings)
    report = train(database, asked, progress)
    return lambda: show_build(report, form)
