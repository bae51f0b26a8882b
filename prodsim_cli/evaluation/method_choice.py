"""Which methods can be tried on a shop, and why others can't."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from prodsim_cli import registry
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.similarity import FAMILY, method, methods


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
    return method(name).needs


def singles(data: Dataset, settings: Mapping[str, Any]) -> list[str]:
    """The methods that make a table of their own and can work here: what a joining one reads."""
    return [one.name for one in methods() if not (one.joins or one.unable(data, settings))]


def reasons(wanted: Iterable[str], data: Dataset, settings: Mapping[str, Any]) -> dict[str, str]:
    """Why each method can't work, '' if it can."""
    nothing = "" if singles(data, settings) else "there is no table to join"
    out: dict[str, str] = {}
    for name in wanted:
        needs = needs_of(name, data.neighbors)
        if needs in ("nothing", "neighbors"):
            out[name] = nothing if needs == "neighbors" else ""
        else:
            out[name] = method(name).unable(data, settings)
    return out
