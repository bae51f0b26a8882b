"""``build`` counts: what is the same for everybody, one number a product, in ``item_scores``.

``people``: how many had to do with it (any event), ``popularity``: how many had the events that are
foretold, ``recent``: the same with a half-life, as the baselines of ``eval`` count them.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from prodsim_cli import registry
from prodsim_cli.builds.learning import target_of_shop
from prodsim_cli.builds.parts import Build
from prodsim_cli.builds.reports import Stage
from prodsim_cli.data.events import NO_TIME
from prodsim_cli.store import artifacts, writing

KIND = "item_scores"
NAMES = ("people", "popularity", "recent")


def item_scores(run: Build) -> None:
    """Bring the counts up to date; a name without anything to count is not there."""
    log, version = run.data.events, run.versions["events"]
    target = target_of_shop(run.data)
    timed = len(log) > 0 and not (log.at == NO_TIME).any()
    now = int(log.at.max()) if timed else None
    settings = {"target": target, "now": now}
    for name in NAMES:
        found = artifacts.recorded(run.connection, name, KIND)
        if found == (settings, version):
            run.stages.append(Stage(name, KIND, "fresh"))
            continue
        begun = time.perf_counter()
        scores = _counted(run, name, target, now)
        if scores is None:
            if found is not None:
                writing.drop_artifact(run.connection, name, KIND)
            continue
        rows = writing.replace_scores(
            run.connection,
            name,
            scores,
            run.shop.item_ids,
            settings=settings,
            data_version=version,
            seconds=time.perf_counter() - begun,
        )
        run.stages.append(Stage(name, KIND, "built", rows, time.perf_counter() - begun))


def _counted(run: Build, name: str, target: str, now: int | None) -> NDArray[np.float64] | None:
    """(n,) counts, None where the events don't allow any."""
    data = run.data
    if not len(data.events):
        return None
    if name == "people":
        return data.events.people(len(data))
    module = registry.load("baselines", name)
    if module.NEEDS_TIMES and now is None:
        return None
    nobody = np.zeros(1, np.int32)
    counts: NDArray[np.float64] = module.scores(data, nobody, target=target, now=now, seed=0)[0]
    return counts
