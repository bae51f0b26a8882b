"""What an evaluation takes from the database, and the run that it leaves there. First floor."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timezone
from typing import Any

from prodsim_cli import registry
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.records import Scorecard
from prodsim_cli.store import artifacts, meta
from prodsim_cli.store.connection import transaction
from prodsim_cli.store.loading import load_neighbors, load_shop


def shop_to_judge(connection: sqlite3.Connection) -> Dataset:
    """The shop with the fresh stored tables of the methods that learn nothing from events.

    A table that has seen the events would have seen the holdout, so it stays where it is.
    """
    shop = load_shop(connection)
    data = shop.dataset
    for name in artifacts.methods(connection):
        blind = name in registry.names("similarity") and (
            registry.load("similarity", name).NEEDS in ("text", "vectors")
        )
        if blind and not artifacts.why_stale(connection, name):
            data = data.with_neighbors(name, load_neighbors(connection, name, shop.item_ids))
    return data


def method_settings(connection: sqlite3.Connection) -> dict[str, Any]:
    """The settings that ``build`` gives the methods: those of the graph, and the text space."""
    stored = meta.settings(connection)
    space = {"space": stored["model"]} if "model" in stored else {}
    return {**stored.get("graph", {}), **space}


def keep(connection: sqlite3.Connection, card: Scorecard, settings: dict[str, Any]) -> None:
    """Store a run: what was asked, of which data, and the figures."""
    with transaction(connection):
        connection.execute(
            "insert into evaluations (created_at, task, settings, data_version, figures)"
            " values (?, ?, ?, ?, ?)",
            (
                datetime.now(timezone.utc).isoformat(timespec="seconds"),
                card.task,
                json.dumps(settings, sort_keys=True, ensure_ascii=False),
                meta.data_version(connection, "catalog", "events"),
                json.dumps(card.as_dict(), ensure_ascii=False),
            ),
        )
