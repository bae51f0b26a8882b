"""What an evaluation takes from the database, and the runs that it leaves there."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodsim_cli import registry
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.errors import NotFound
from prodsim_cli.records.figures import Scorecard
from prodsim_cli.store import meta
from prodsim_cli.store.artifacts import Built
from prodsim_cli.store.connection import transaction
from prodsim_cli.store.loading import load_neighbors, load_shop

PARTS = ("catalog", "events")


def shop_to_judge(
    connection: sqlite3.Connection, asked: Collection[str] = ()
) -> tuple[Dataset, str]:
    """The shop with the fresh stored tables of the methods that learn nothing from events.

    A table of the house that has seen the events stays where it is: it is built anew. ``asked``:
    names of methods; a stored table of that name which is no method of the house comes along, and
    says whether it has learned from events. The second answer is the version of what was read.
    """
    connection.execute("begin")  # what is read and its version belong together
    try:
        return _shop_to_judge(connection, asked), meta.data_version(connection, *PARTS)
    finally:
        connection.execute("rollback")


def _shop_to_judge(connection: sqlite3.Connection, asked: Collection[str]) -> Dataset:
    shop = load_shop(connection)
    data = shop.dataset
    known = registry.names("similarity")
    built = Built(connection)
    for name in built.methods():
        house = name in known and built.traits(name).content_based
        if (house and not built.why_stale(name)) or (name not in known and name in asked):
            learned = built.learned(name)
            table = load_neighbors(connection, name, shop.item_ids)
            data = data.with_neighbors(name, table, learned=learned)
    return data


def method_settings(connection: sqlite3.Connection) -> dict[str, Any]:
    """The settings that ``build`` gives the methods: those of the graph, and the text space."""
    stored = meta.settings(connection)
    space = {"space": stored["model"]} if "model" in stored else {}
    return {**stored.get("graph", {}), **space}


def learns(connection: sqlite3.Connection) -> bool:
    """Does ``build`` learn settings and weights? Then an evaluation does, too."""
    return bool(meta.settings(connection).get("learn", True))


def thresholds(connection: sqlite3.Connection) -> dict[str, float]:
    """The stored score of each method from which two products count as the same."""
    found: dict[str, float] = meta.settings(connection).get("thresholds", {})
    return found


def put_thresholds(connection: sqlite3.Connection, values: dict[str, float]) -> None:
    """Store thresholds beside those of other methods."""
    with transaction(connection):
        stored = meta.settings(connection)
        stored["thresholds"] = {**stored.get("thresholds", {}), **values}
        meta.put_settings(connection, stored)


@dataclass(frozen=True)
class PerQuery:
    """The main figure question by question: what two runs can be compared by.

    ``keys`` (q,) uint64: a fingerprint of each question; ``values`` (q, methods) float64.
    """

    methods: tuple[str, ...] = ()
    keys: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    values: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))

    def packed(self) -> bytes:
        """As bytes (a compressed npz without pickles), the same for the same figures."""
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer, methods=np.array(self.methods, "U"), keys=self.keys, values=self.values
        )
        return buffer.getvalue()

    @staticmethod
    def unpacked(blob: bytes) -> PerQuery:
        with np.load(io.BytesIO(blob), allow_pickle=False) as stored:
            return PerQuery(tuple(stored["methods"].tolist()), stored["keys"], stored["values"])


@dataclass(frozen=True)
class StoredRun:
    """An earlier evaluation."""

    id: int
    created_at: str
    figures: dict[str, Any]
    per_query: PerQuery | None


def keep(
    connection: sqlite3.Connection,
    card: Scorecard,
    settings: dict[str, Any],
    data_version: str,
    per_query: PerQuery | None = None,
) -> int:
    """Store a run: what was asked, of which data, and the figures. Returns its number."""
    with transaction(connection):
        cursor = connection.execute(
            "insert into evaluations (created_at, task, settings, data_version, figures, per_query)"
            " values (?, ?, ?, ?, ?, ?)",
            (
                datetime.now(timezone.utc).isoformat(timespec="seconds"),
                card.task,
                json.dumps(settings, sort_keys=True, ensure_ascii=False),
                data_version,
                json.dumps(card.as_dict(), ensure_ascii=False),
                per_query.packed() if per_query and len(per_query.keys) else None,
            ),
        )
        return int(cursor.lastrowid or 0)


def earlier(connection: sqlite3.Connection, number: int) -> StoredRun:
    """A run by its number; :class:`NotFound` with those that there are."""
    row = connection.execute(
        "select id, created_at, figures, per_query from evaluations where id = ?", (number,)
    ).fetchone()
    if row is None:
        known = connection.execute("select min(id), max(id) from evaluations").fetchone()
        there = f"{known[0]} to {known[1]}" if known[0] is not None else "none yet"
        raise NotFound(
            f"There is no evaluation {number} (there are: {there}).",
            hint="`prodsim eval --history` lists them.",
        )
    blob = row["per_query"]
    return StoredRun(
        id=row["id"],
        created_at=row["created_at"],
        figures=json.loads(row["figures"]),
        per_query=PerQuery.unpacked(blob) if blob else None,
    )
