"""What a build knows while it runs: its state, and which method is built with which settings."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass, field
from typing import Any

from prodsim_cli.builds.stages import Stage
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.progress import Progress
from prodsim_cli.scoring.blend import Blend
from prodsim_cli.similarity import K, Method, method, methods
from prodsim_cli.store import artifacts, writing
from prodsim_cli.store.loading import Shop

LARGE = 20_000
"""Products above which a table without a weight in the blend is not stored."""


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
            if method(name).content_based:
                data = data.with_neighbors(name, table, learned=False)
        return data


Parts = dict[str, tuple[dict[str, Any], str, str]]
"""Method -> (settings, data version, '' or why it is left out)."""


def parts_of(run: Build, task: str = "similar") -> Parts:
    """All methods but the blend and untrained networks, with what each has learned for a task."""
    parts = {}
    for name, (settings, version, why) in unlearned(run).items():
        learned = run.blend.settings_of(task, name) if run.blend else {}
        why = why or _not_worth_its_room(run, name)
        parts[name] = ({**settings, "learned": learned}, version, why)
        if method(name).reaches_new:  # it reads the tables of words and is as old as they are
            parts[name][0]["words"] = _words_of(run, task)
    return parts


def _not_worth_its_room(run: Build, name: str) -> str:
    """Why a table of a large shop is not stored: each takes some hundred MB there."""
    small = len(run.data) <= LARGE
    if small or method(name).stored or run.blend is None or name in run.blend.parts():
        return ""
    return f"no weight in hybrid, and a table of {len(run.data):,} products is large"


def _words_of(run: Build, task: str) -> dict[str, dict[str, Any]]:
    """What the tables that learn nothing from events have learned of themselves, by name."""
    settings = run.blend.settings.get(task, {}) if run.blend else {}
    return {n: dict(own) for n, own in sorted(settings.items()) if method(n).content_based}


def unlearned(run: Build) -> Parts:
    """The same without what is learned."""
    networks = trained(run.connection)
    found = [one for one in methods() if not one.joins]
    return {
        one.name: _part(run, one) for one in found if one.needs != "network" or one.name in networks
    }


def _part(run: Build, one: Method) -> tuple[dict[str, Any], str, str]:
    """One method: settings, data version, why it is left out."""
    settings: dict[str, Any] = {"k": K}
    versions, space = run.versions, ""
    version = versions["catalog" if one.content_based else "events"]
    if one.needs in ("text", "vectors"):
        settings["fields"] = run.settings["fields"]
    elif one.needs == "columns":
        version = f"{version} {versions['prices']}"
    elif one.needs == "events":
        settings.update(graph_settings(run, one.name))
        if one.reaches_new:
            settings["fields"] = run.settings["fields"]
            version = f"{versions['catalog']} {version}"
    if one.needs == "vectors":
        settings["space"] = space = run.settings.get("model", "")
        if not run.settings["lm"] and any(run.data.texts()):
            return settings, version, "--no-lm"
    elif one.needs == "network":
        space = one.name
        settings["vectors"] = int(run.data.embedding(space).vectors.any(axis=1).sum())
    made = artifacts.recorded(run.connection, space, "space") if space else None
    # a table is no fresher than the vectors it was made of
    return settings, made[1] if made else version, one.unable(run.data, settings)


def trained(connection: sqlite3.Connection) -> list[str]:
    """Names of the networks whose spaces are stored, fresh or not."""
    spaces = artifacts.Built(connection).names("space")
    return [one.name for one in methods() if one.needs == "network" and one.name in spaces]


def joint_version(parts: Parts) -> str:
    """What something made of several tables was made of: every counter that one of them names."""
    return " ".join(
        sorted({token for _, version, _ in parts.values() for token in version.split()})
    )


def graph_settings(run: Build, name: str) -> dict[str, Any]:
    """Stored settings of the event measures that this method knows, and the weights."""
    known = method(name).settings
    chosen = {k: v for k, v in run.settings["graph"].items() if k in known}
    return {**chosen, "weights": dict(sorted(run.data.weights.items()))}


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
