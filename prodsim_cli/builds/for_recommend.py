"""``build`` makes the tables that ``recommend`` reads where those of ``similar`` are other ones.

What foretells a person's next purchase best (what is in fashion) is not what shows best what is
alike, so a method may have learned two settings. Its table for people is stored as
``NAME@recommend`` where the settings differ and the method has a weight in the blend.
"""

from __future__ import annotations

import time
from typing import Any

from prodsim_cli.builds.stages import Stage
from prodsim_cli.builds.state import Build, fresh, leave_out, parts_of, store
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.records.values import FOR_PEOPLE
from prodsim_cli.similarity import method
from prodsim_cli.store import artifacts
from prodsim_cli.store.loading import load_neighbors
from prodsim_cli.tuning.settings import spelled


def for_people(run: Build) -> None:
    """Bring the tables for people up to date, and remove those that nobody reads any more."""
    wanted = _wanted(run)
    for name in artifacts.Built(run.connection).names("neighbors"):
        if name.endswith(FOR_PEOPLE) and name.removesuffix(FOR_PEOPLE) not in wanted:
            leave_out(run, name, "neighbors", "recommend reads no table of its own for it")
    for name, (settings, version) in wanted.items():
        stored = name + FOR_PEOPLE
        if fresh(run, stored, "neighbors", settings, version):
            run.stages.append(Stage(stored, "neighbors", "fresh"))
            continue
        done = run.progress.stage(f"neighbours: {stored}")
        begun = time.perf_counter()
        table = run.ready.get((name, spelled(settings["learned"])))
        if table is None:
            data = _with_words(run) if method(name).reaches_new else run.data
            table = method(name).build(data, settings)
        store(run, stored, "neighbors", table, settings, version, begun)
        done(1)


def _wanted(run: Build) -> dict[str, tuple[dict[str, Any], str]]:
    """Method -> settings and data version of the table that it needs for people."""
    if run.blend is None:
        return {}
    weights = run.blend.recommend.values()
    weighed = {name for table in weights for name, weight in table.items() if weight > 0}
    ours, theirs = parts_of(run, "recommend"), parts_of(run)
    return {
        name: (settings, version)
        for name, (settings, version, why) in ours.items()
        if name in weighed and not why and settings != theirs[name][0]
    }


def _with_words(run: Build) -> Dataset:
    """The shop with the tables of words that recommend reads."""
    data, ours, theirs = run.data, parts_of(run, "recommend"), parts_of(run)
    for name, (settings, _, why) in ours.items():
        if why or not method(name).content_based:
            continue
        if settings == theirs[name][0]:
            table = run.tables.get(name)
            if table is None:
                table = load_neighbors(run.connection, name, run.shop.item_ids)
        else:
            table = run.ready.get((name, spelled(settings["learned"])))
            if table is None:
                table = method(name).build(run.data, settings)
        data = data.with_neighbors(name, table, learned=False)
    return data
