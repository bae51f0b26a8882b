"""``build`` learns: settings of the methods and the weights of ``hybrid``, from the whole shop."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from prodsim_cli.builds.stages import Stage
from prodsim_cli.builds.state import Build, graph_settings, joint_version, unlearned
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.errors import InputError
from prodsim_cli.gnn import KINDS, with_networks
from prodsim_cli.scoring.blend import Blend
from prodsim_cli.scoring.weighting import USERS
from prodsim_cli.similarity import K, method
from prodsim_cli.similarity import _user_knn as people
from prodsim_cli.store import artifacts, writing

NAME, KIND = "hybrid", "blend"


def learn_blend(run: Build) -> None:
    """Fill ``run.blend``: the stored one where nothing has changed, else a new one, stored."""
    parts = {name: one for name, one in unlearned(run).items() if not one[2] and name not in KINDS}
    if not run.settings["learn"] or not parts:
        if artifacts.recorded(run.connection, NAME, KIND) is not None:
            writing.drop_artifact(run.connection, NAME, KIND)
        return
    version = joint_version(parts)
    asked = {name: settings for name, (settings, _, _) in parts.items()}
    if not people.unable(run.data):
        asked[USERS] = {"measure": people.MEASURE, **graph_settings(run, people.MEASURE)}
    found = artifacts.recorded(run.connection, NAME, KIND)
    known = set(run.networks) <= set(found[0].get("networks", ())) if found else False
    if known and found is not None and found[1] == version and found[0].get("asked") == asked:
        stored = found[0]["blend"]
        run.blend = Blend.from_dict(stored) if stored else None
        run.stages.append(Stage(NAME, KIND, "fresh"))
        return
    begun = time.perf_counter()
    run.blend = _learned(run, asked)
    tried = list(run.networks)
    settings = {
        "asked": asked,
        "networks": tried,
        "blend": run.blend.as_dict() if run.blend else None,
    }
    seconds = time.perf_counter() - begun
    writing.put_artifact(
        run.connection, NAME, KIND, settings=settings, data_version=version, seconds=seconds
    )
    why = "" if run.blend else "too few events to learn from: documented defaults"
    run.stages.append(Stage(NAME, KIND, "built", 0, seconds, why))


def _learned(run: Build, asked: Mapping[str, dict[str, Any]]) -> Blend | None:
    from prodsim_cli.tuning.learn import learn
    from prodsim_cli.tuning.settings import Methods

    fixed = run.settings["graph"]

    def build(name: str, data: Dataset, settings: Mapping[str, Any]) -> NeighborTable:
        return method(name).build(data, {**asked.get(name, {"k": K}), "learned": settings})

    def prepare(data: Dataset) -> Dataset:
        """A window is foretold by networks that have learned from its own past alone."""
        return with_networks(data, KINDS, run.networks, progress=run.progress)

    names = tuple(name for name in asked if name != USERS)
    methods = Methods(
        (*names, *run.networks), build, fixed, prepare, memo=run.ready, people=USERS in asked
    )
    return learn(run.data, methods, target=target_of_shop(run.data), progress=run.progress)


def target_of_shop(data: Dataset) -> str:
    """The event type that is foretold: purchases, else what people do most, as in ``eval``."""
    from prodsim_cli.protocol.splitting import target_of

    try:
        return target_of(data, None)[0]
    except InputError:
        return "purchase"
