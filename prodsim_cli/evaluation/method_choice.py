"""Which methods can be tried on a shop, why others can't, and how one is run."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodsim_cli import registry
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.neighbors import NeighborTable

K = 50
"""Neighbours kept per product, as ``build`` does."""

FAMILY = "similarity"
BLIND = ("text", "vectors", "columns")
"""What a method needs that learns nothing from events."""


def chosen(methods: Iterable[str] | None, stored: Iterable[str] = ()) -> list[str]:
    """The methods named, or all; those that read other methods' tables come last.

    ``stored``: names of tables that come ready made, which need no plug-in.
    """
    known = registry.names(FAMILY)
    wanted = list(dict.fromkeys(methods)) if methods else ["all"]
    if "all" in wanted:
        wanted = [*known, *(name for name in wanted if name not in (*known, "all"))]
    needs = {name: needs_of(name, stored) for name in wanted}
    return sorted(needs, key=lambda name: (needs[name] == "neighbors", name))


def needs_of(name: str, stored: Iterable[str]) -> str:
    """What a method needs; ``nothing`` where its table is ready made."""
    if name in stored and name not in registry.names(FAMILY):
        return "nothing"
    return str(registry.load(FAMILY, name).NEEDS)


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
    if module.NEEDS == "events":
        by = getattr(module, "BY", settings.get("by", "users"))
        owners = data.events.user if by == "users" else data.events.order
        if not (owners >= 0).any():
            return "no event has a user" if by == "users" else "no event has an order"
    unable = getattr(module, "unable", None)
    return "" if unable is None else str(unable(data)).rstrip(".")


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
    out: dict[str, str] = {}
    for name in wanted:
        needs = needs_of(name, data.neighbors)
        if needs in ("nothing", "neighbors"):
            out[name] = nothing if needs == "neighbors" else ""
        else:
            out[name] = absent(registry.load(FAMILY, name), data, settings)
    return out


def build(
    module: ModuleType,
    data: Dataset,
    settings: Mapping[str, Any],
    *,
    queries: NDArray[np.int32] | None = None,
    candidates: NDArray[np.int32] | None = None,
    k: int = K,
) -> NeighborTable:
    """Run one method with those of the settings that it knows.

    A joining method has settings of its own, which may have the same names: it gets none of these.
    """
    known = inspect.signature(module.neighbors).parameters if module.NEEDS != "neighbors" else {}
    taken = {name: value for name, value in settings.items() if name in known}
    table: NeighborTable = module.neighbors(data, queries, candidates, **{**taken, "k": k})
    return table
