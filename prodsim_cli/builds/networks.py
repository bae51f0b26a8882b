"""``build`` and the networks: those that were trained stay, new ones come where asked for."""

from __future__ import annotations

from dataclasses import replace

from prodsim_cli import gnn
from prodsim_cli.builds import training
from prodsim_cli.builds.reports import Stage
from prodsim_cli.builds.state import Build, trained
from prodsim_cli.store import artifacts
from prodsim_cli.store.loading import load_space


def networks(run: Build) -> None:
    """Train the networks asked for that got a weight, and give new products their vectors.

    A network that was trained before is left as it is, stale or not: training takes minutes. A new
    product gets its vector by a forward pass from its text.
    """
    asked = [name for name in run.networks if _worth(run, name)]
    options = training.TrainOptions(networks=tuple(asked))
    version = f"{run.versions['catalog']} {run.versions['events']}"
    there = trained(run.connection)
    for name in dict.fromkeys([*there, *asked]):
        if name in asked:
            stage = training.train_one(
                run.connection, run.path, run.shop, name, options, version, run.progress
            )
            run.stages.append(stage)
        elif len(new := training.embed_new_items(run.connection, run.shop, name)):
            run.stages.append(Stage(name, "space", "built", len(new), 0.0, "new products only"))
        else:
            run.stages.append(Stage(name, "space", "fresh", reason=_age(run, name)))
    _load(run)


def _worth(run: Build, name: str) -> bool:
    """A network that got no weight on the validation window is not trained for the shop."""
    if run.blend is None or not run.blend.parts() or name in run.blend.parts():
        return True
    why = "no weight on the validation window; `prodsim train` makes it all the same"
    run.stages.append(Stage(name, "space", "left out", reason=why))
    return False


def _age(run: Build, name: str) -> str:
    found = artifacts.recorded(run.connection, name, "space")
    stale = artifacts.Built(run.connection).stale_because(found[1]) if found else ""
    return f"{stale}; `prodsim train` trains it anew" if stale else ""


def _load(run: Build) -> None:
    """The spaces of the networks into the shop at hand."""
    spaces = dict(run.data.embeddings)
    for name in gnn.KINDS:
        spaces.pop(name, None)
    kept = trained(run.connection)
    for name in kept:
        spaces[name] = load_space(run.connection, name, run.shop.item_ids)
    learned = frozenset({*run.data.learned, *kept})
    run.shop = replace(run.shop, dataset=replace(run.data, embeddings=spaces, learned=learned))
