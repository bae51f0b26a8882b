"""``build`` counts: what is the same for everybody, one number a product, in ``item_scores``.

``people``: how many had to do with it (any event); ``known``: how many had an event with it that is
no return (products with one are the candidates of ``eval``); ``popularity``: how many had the
events that are foretold; ``recent``: the same with a half-life, as the baselines of ``eval`` count
them; ``prior``: what these two give to a person's score, weighed as ``recommend`` weighs them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from prodsim_cli.builds.learning import target_of_shop
from prodsim_cli.builds.stages import Stage
from prodsim_cli.builds.state import Build, fresh
from prodsim_cli.data.events import NO_TIME
from prodsim_cli.protocol.counts import Counts, item_counts, prior, spread_of
from prodsim_cli.scoring.weighting import CONSTANTS
from prodsim_cli.store import artifacts, writing

KIND = "item_scores"
NAMES = ("people", "known", *CONSTANTS, "prior")


def item_scores(run: Build) -> None:
    """Bring the counts up to date, all of them together; what can't be counted is not there."""
    wanted, version = _settings(run), run.versions["events"]
    for name in NAMES:
        if name not in wanted and artifacts.recorded(run.connection, name, KIND) is not None:
            writing.drop_artifact(run.connection, name, KIND)
            run.stages.append(Stage(name, KIND, "removed", reason="there is nothing to count"))
    if all(fresh(run, name, KIND, settings, version) for name, settings in wanted.items()):
        run.stages += [Stage(name, KIND, "fresh") for name in wanted]
        return
    begun = time.perf_counter()
    made = _made(run, wanted)
    share = (time.perf_counter() - begun) / max(len(made), 1)
    for name, (scores, more) in made.items():
        rows = writing.replace_scores(
            run.connection,
            name,
            scores,
            run.shop.item_ids,
            settings={**wanted[name], **more},
            data_version=version,
            seconds=share,
        )
        run.stages.append(Stage(name, KIND, "built", rows, share))


def _settings(run: Build) -> dict[str, dict[str, Any]]:
    """The counts that these events allow, and what each depends on besides them."""
    log = run.data.events
    if not len(log):
        return {}
    timed = not (log.at == NO_TIME).any()
    common = {"target": target_of_shop(run.data), "now": int(log.at.max()) if timed else None}
    names = [name for name in NAMES if timed or name != "recent"]
    return {
        name: {**common, "weights": _weights(run)} if name == "prior" else common for name in names
    }


def _weights(run: Build) -> dict[str, dict[str, float]]:
    """Evidence class -> weights of what is the same for everybody."""
    tables = run.blend.recommend if run.blend else {}
    return {
        kind: {name: weight for name, weight in table.items() if name in CONSTANTS and weight > 0}
        for kind, table in tables.items()
    }


def _made(
    run: Build, wanted: Mapping[str, Mapping[str, Any]]
) -> dict[str, tuple[Counts, dict[str, Any]]]:
    """Name -> (n,) counts and what is told beside them."""
    told = wanted["people"]
    counts = item_counts(run.data.events, len(run.data), told["target"], told["now"])
    out: dict[str, tuple[Counts, dict[str, Any]]] = {}
    for name, numbers in counts.items():
        out[name] = numbers, {"spread": spread_of(counts, name)} if name in CONSTANTS else {}
    out["prior"] = prior(counts, wanted["prior"]["weights"]), {}
    return out
