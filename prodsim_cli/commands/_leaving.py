"""What ``prodsim eval`` leaves behind: the run in the database, files, and the exit code."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from prodsim_cli.commands import options
from prodsim_cli.errors import InputError

if TYPE_CHECKING:
    from prodsim_cli.evaluation.outcome import Outcome


def leave(database: str, outcome: Outcome, version: str, given: dict[str, Any]) -> None:
    """Keep the run, write what was asked for, and hold the figures against the bar."""
    _keep(database, outcome, version, given)
    if given["save_threshold"]:
        _save_thresholds(database, outcome)
    _write(outcome, given)
    if given["fail_under"]:
        from prodsim_cli.evaluation.compare import hold

        hold(outcome.card, given["bars"])


def _write(outcome: Outcome, given: dict[str, Any]) -> None:
    """The files and folders that were asked for."""
    if given["per_query"]:
        from prodsim_cli.evaluation import per_query

        rows = per_query.write(outcome, given["per_query"])
        options.tell([f"{given['per_query']}: {rows:,} rows."])
    if given["export"]:
        from pathlib import Path

        from prodsim_cli import registry

        folder = Path(given["export"])
        made = [
            path
            for name in registry.names("exporters")
            for path in registry.load("exporters", name).write(outcome, folder)
        ]
        options.tell([f"{folder}: {len(made)} files."])
    if given["plot"]:
        from prodsim_cli.evaluation import plots

        plots.draw(outcome.card, given["plot"])
        options.tell([f"{given['plot']}: drawn."])


def _keep(database: str, outcome: Outcome, version: str, given: dict[str, Any]) -> None:
    """The run into the database; a person who may only read it has their answer anyway."""
    from prodsim_cli.evaluation.compare import main_figure
    from prodsim_cli.store import evaluations

    settings = {name: value for name, value in given.items() if name != "bars"}
    try:
        with _writing(database) as connection:
            card, figures = outcome.card, main_figure(outcome)
            run = evaluations.keep(connection, card, settings, version, figures)
    except InputError as problem:
        options.tell([f"The run was not kept: {problem.message}"])
    else:
        options.tell([f"Kept as run {run}."])


def _save_thresholds(database: str, outcome: Outcome) -> None:
    """Unlike the run, they were asked for: raises InputError where they can't be stored."""
    from prodsim_cli.store import evaluations

    found = {
        name: figures["threshold"].mean
        for name, figures in outcome.card.methods.items()
        if "threshold" in figures
    }
    with _writing(database) as connection:
        evaluations.put_thresholds(connection, found)
    options.tell([f"Thresholds stored: {', '.join(found)}."])


@contextmanager
def _writing(database: str) -> Iterator[sqlite3.Connection]:
    """The database, open for writing; what SQLite refuses is an InputError."""
    from prodsim_cli.store.connection import open_for_writing
    from prodsim_cli.store.problems import explain

    try:
        with closing(open_for_writing(database)) as connection:
            yield connection
    except sqlite3.OperationalError as problem:
        known = explain(problem)
        if known is None:
            raise
        raise known from problem
