"""What a build knows while it runs: its state, and which method is built with which settings."""

from __future__ import annotations

import inspect
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from prodsim_cli import registry
from prodsim_cli.builds.reports import Stage
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.gnn import KINDS
from prodsim_cli.progress import Progress
from prodsim_cli.scoring.blend import Blend
from prodsim_cli.store import artifacts
from prodsim_cli.store.loading import Shop

K = 50
"""Neighbours kept per item."""

LARGE = 20_000
"""Products above which a table without a weight in the blend is not stored."""

ALWAYS = ("cosine", "jaccard", "pearson", "bm25", "lexical", "text", "orders")
"""Tables that a person may ask for by name in every shop; orders tell complements."""


@dataclass
class Build:
    """The state of one run: connection, shop, settings, and what has been done so far."""

    connection: sqlite3.Connection
    shop: Shop
    settings: dict[str, Any]
    progress: Progress
    versions: dict[str, str]
    path: str = ""
    networks: tuple[str, ...] = ()
    stages: list[Stage] = field(default_factory=list)
    tables: dict[str, NeighborTable] = field(default_factory=dict)
    blend: Blend | None = None
    ready: dict[tuple[str, str], NeighborTable] = field(default_factory=dict)

    @property
    def data(self) -> Dataset:
        return self.shop.dataset

    def data_with_words(self) -> Dataset:
        """The shop with the tables of texts that were made or are fresh."""
        data = self.data
        for name, table in self.tables.items():
            if blind(name):
                data = data.with_neighbors(name, table, learned=False)
        return data


Parts = dict[str, tuple[dict[str, Any], str, str]]
"""Method -> (settings, data version, '' or why it is left out)."""


def parts_of(run: Build, task: str = "similar") -> Parts:
    """All methods but the blend and the networks, with what each has learned for a task."""
    parts = {}
    for name, (settings, version, why) in unlearned(run).items():
        learned = run.blend.settings_of(task, name) if run.blend else {}
        why = why or _not_worth_its_room(run, name)
        parts[name] = ({**settings, "learned": learned}, version, why)
        if reaches_new(name):  # it reads the tables of words and is as old as they are
            parts[name][0]["words"] = _words_of(run, task)
    return parts


def _not_worth_its_room(run: Build, name: str) -> str:
    """Why a table of a large shop is not stored: each takes some hundred MB there."""
    small = len(run.data) <= LARGE
    if small or name in (*ALWAYS, *KINDS) or run.blend is None or name in run.blend.parts():
        return ""
    return f"no weight in hybrid, and a table of {len(run.data):,} products is large"


def _words_of(run: Build, task: str) -> dict[str, dict[str, Any]]:
    """What the tables that learn nothing from events have learned of themselves, by name."""
    settings = run.blend.settings.get(task, {}) if run.blend else {}
    return {name: dict(learned) for name, learned in sorted(settings.items()) if blind(name)}


def unlearned(run: Build) -> Parts:
    """The same without what is learned."""
    by = run.settings["graph"].get("by", "users")
    trained = [name for name in artifacts.Built(run.connection).names("space") if name in KINDS]
    events = has_links(run.data, by)
    spaces = run.data.embeddings
    model = run.settings.get("model", "")
    parts: dict[str, tuple[dict[str, Any], str, str]] = {}
    for name in registry.names("similarity"):
        module = registry.load("similarity", name)
        needs = module.NEEDS
        settings: dict[str, Any] = {"k": K}
        version, why = run.versions["catalog"], ""
        if needs in ("text", "vectors"):
            settings["fields"] = run.settings["fields"]
            why = "" if any(run.data.texts()) else "no product has a text"
        if needs == "vectors":
            settings["space"] = model
            why = why or ("--no-lm" if not run.settings["lm"] else "")
            why = why or ("" if model in spaces else "run `prodsim embed` first")
            # A table is no fresher than the vectors it was made of.
            space = artifacts.recorded(run.connection, model, "space")
            version = space[1] if space else version
        if needs == "columns":
            version = f"{version} {run.versions['prices']}"
        if needs == "events":
            settings.update(graph_settings(run, name))
            if reaches_new(name):
                settings["fields"] = run.settings["fields"]
                version = f"{version} {run.versions['events']}"
            else:
                version = run.versions["events"]
            if getattr(module, "BY", by) == by:
                owner = "customer has bought" if by == "users" else "order holds"
                why = "" if events else f"no {owner} two products"
        if needs == "network":
            if name not in trained:
                continue
            settings["vectors"] = int(run.data.embedding(name).vectors.any(axis=1).sum())
            space = artifacts.recorded(run.connection, name, "space")
            version = space[1] if space else version
        if hasattr(module, "unable") and not why:
            why = module.unable(run.data).rstrip(".")
        if needs != "neighbors":
            parts[name] = (settings, version, why)
    return parts


def joint_version(parts: Parts) -> str:
    """What something made of several tables was made of: every counter that one of them names."""
    return " ".join(
        sorted({token for _, version, _ in parts.values() for token in version.split()})
    )


def has_links(data: Dataset, by: str) -> bool:
    """True if some person (or order) has touched two products, so that a graph has an edge."""
    owner = data.events.user if by == "users" else data.events.order
    mask = owner >= 0
    pairs = np.unique(owner[mask].astype(np.int64) * (len(data) + 1) + data.events.item[mask])
    return len(pairs) > len(np.unique(owner[mask]))


def graph_settings(run: Build, name: str) -> dict[str, Any]:
    """Stored settings of the event measures that this method knows, and the weights."""
    known = inspect.signature(registry.load("similarity", name).neighbors).parameters
    chosen = {k: v for k, v in run.settings["graph"].items() if k in known}
    return {**chosen, "weights": dict(sorted(run.data.weights.items()))}


def reaches_new(name: str) -> bool:
    """Does the method carry events over words, to products without events?"""
    return bool(getattr(registry.load("similarity", name), "REACHES_NEW", False))


def blind(name: str) -> bool:
    """Does the method learn nothing from events?"""
    return registry.load("similarity", name).NEEDS in ("text", "vectors", "columns")


def made_table(data: Dataset, name: str, settings: Mapping[str, Any]) -> NeighborTable:
    """Run a method with those of the settings that it knows; chosen ones overrule learned ones."""
    module = registry.load("similarity", name)
    known = inspect.signature(module.neighbors).parameters
    given = {**settings.get("learned", {}), **{k: v for k, v in settings.items() if k in known}}
    table: NeighborTable = module.neighbors(data, **given)
    return table
