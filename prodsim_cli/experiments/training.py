"""Tables made without the future: every method learns anew from the training part only."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from prodsim_cli import registry
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.errors import UsageProblem
from prodsim_cli.experiments.listening import stage

if TYPE_CHECKING:
    from prodsim_cli.builds.progress import Progress

K = 50
"""Neighbours kept per product, as ``build`` does."""

FAMILY = "similarity"


@dataclass
class Tables:
    """Neighbour tables by method, in the order asked for; ``left_out``: method -> why."""

    by_method: dict[str, NeighborTable] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def chosen(methods: Iterable[str] | None) -> list[str]:
    """The methods named, or all; those that read other methods' tables come last."""
    known = registry.names(FAMILY)
    wanted = list(dict.fromkeys(methods)) if methods else ["all"]
    if "all" in wanted:
        wanted = [*known, *(name for name in wanted if name not in (*known, "all"))]
    modules = {name: registry.load(FAMILY, name) for name in wanted}
    return sorted(modules, key=lambda name: (modules[name].NEEDS == "neighbors", name))


def absent(module: ModuleType, data: Dataset, settings: Mapping[str, Any]) -> str:
    """Why a method can't work on this dataset with these settings, '' if it can."""
    if module.NEEDS in ("text", "vectors") and not any(data.texts()):
        return "no product has a text"
    space = settings.get("space")
    if (
        module.NEEDS == "vectors"
        and (space or next(iter(data.embeddings), None)) not in data.embeddings
    ):
        return f"there are no vectors{f' of {space}' if space else ''} (run `prodsim embed`)"
    if module.NEEDS == "events" and not (data.events.user >= 0).any():
        return "no event has a user"
    return ""


def singles(data: Dataset, settings: Mapping[str, Any]) -> list[str]:
    """The methods that make a table of their own and can work here: what a joining one reads."""
    modules = {name: registry.load(FAMILY, name) for name in chosen(None)}
    return [
        name
        for name, module in modules.items()
        if module.NEEDS != "neighbors" and not absent(module, data, settings)
    ]


def reasons(wanted: Iterable[str], data: Dataset, settings: Mapping[str, Any]) -> dict[str, str]:
    """Why each method can't work, '' if it can."""
    nothing = "" if singles(data, settings) else "there is no table to join"
    modules = {name: registry.load(FAMILY, name) for name in wanted}
    return {
        name: nothing if module.NEEDS == "neighbors" else absent(module, data, settings)
        for name, module in modules.items()
    }


def build(
    module: ModuleType,
    data: Dataset,
    settings: Mapping[str, Any],
    *,
    queries: np.ndarray | None = None,
    candidates: np.ndarray | None = None,
    k: int = K,
) -> NeighborTable:
    """Run one method with those of the settings that it knows.

    A joining method has settings of its own, which may have the same names: it gets none of these.
    """
    known = inspect.signature(module.neighbors).parameters if module.NEEDS != "neighbors" else {}
    taken = {name: value for name, value in settings.items() if name in known}
    table: NeighborTable = module.neighbors(data, queries, candidates, **{**taken, "k": k})
    return table


def tables(
    train: Dataset,
    methods: Iterable[str] | None,
    settings: Mapping[str, Any],
    progress: Progress | None,
) -> Tables:
    """Each method's table from ``train``, which holds the events of the training part only.

    Tables that ``train`` already has are taken as they are: :meth:`Dataset.with_events` keeps only
    those that learn nothing from events. A method that joins others (``NEEDS = "neighbors"``) gets
    all tables of this run, so the single methods are made for it even when they aren't asked for.
    """
    named = list(methods or ["all"])
    wanted = chosen(named)
    why = reasons(wanted, train, settings)
    out = Tables(left_out={name: reason for name, reason in why.items() if reason})
    usable = [name for name in wanted if not why[name]]
    joins = [name for name in usable if registry.load(FAMILY, name).NEEDS == "neighbors"]
    others = [name for name in usable if name not in joins]
    if joins:
        others = list(dict.fromkeys([*others, *singles(train, settings)]))
    data = train
    done = stage(progress, "methods on the training part", len(others) + len(joins), "tables")
    for name in others + joins:
        table = data.neighbors.get(name) or build(registry.load(FAMILY, name), data, settings)
        data = data.with_neighbors(name, table)
        done(1)
    out.by_method = {name: data.neighbors[name] for name in usable}
    if not out.by_method and "all" not in named:
        said = "; ".join(f"{name}: {reason}" for name, reason in out.left_out.items())
        raise UsageProblem(
            f"None of the methods can be tried here ({said}).",
            hint="Choose others with --methods, or `--methods all`.",
        )
    return out
