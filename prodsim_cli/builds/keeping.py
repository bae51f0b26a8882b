"""What a build keeps: what is fresh, what it makes, and nothing that can't be made any more."""

from __future__ import annotations

import time
from typing import Any

from prodsim_cli.builds.reports import Stage
from prodsim_cli.builds.state import Build
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.store import artifacts, writing


def fresh(run: Build, name: str, kind: str, settings: dict[str, Any], version: str) -> bool:
    """True if the artifact was made of today's data with at least these settings."""
    found = artifacts.recorded(run.connection, name, kind)
    if found is None or found[1] != version:
        return False
    return all(found[0].get(key) == value for key, value in settings.items())


def store(
    run: Build,
    name: str,
    kind: str,
    table: NeighborTable,
    settings: dict[str, Any],
    version: str,
    begun: float,
) -> None:
    """Write a table with its artifact row; the time since ``begun`` is what making it took."""
    seconds = time.perf_counter() - begun
    ids = run.shop.item_ids if kind == "neighbors" else run.shop.user_ids
    rows = writing.replace_table(
        run.connection,
        name,
        table,
        ids,
        kind=kind,
        settings=settings,
        data_version=version,
        seconds=seconds,
    )
    run.stages.append(Stage(name, kind, "built", rows, time.perf_counter() - begun))


def leave_out(run: Build, name: str, kind: str, why: str) -> None:
    """What can't be built any more must not go on answering."""
    stored = artifacts.recorded(run.connection, name, kind) is not None
    if stored:
        writing.drop_artifact(run.connection, name, kind)
    run.stages.append(Stage(name, kind, "removed" if stored else "left out", reason=why))
