"""Reading what was built: which tables there are, of what, and whether that still holds.

Ground floor. An artifact's ``data_version`` names the counters that it was made of (``catalog:3
events:5``, docs/architecture.md "Staleness").
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from prodsim_cli.store import meta

BLEND = "hybrid"
WORDS = {"catalog": "products", "events": "events", "prices": "prices"}
BLIND = ("catalog:", "prices:")
"""Counters that say nothing of who bought what."""


NETWORKS = ("gat", "gcn", "lightgcn")
"""Artifacts that only ``train`` makes anew."""


FOR_PEOPLE = "@recommend"
"""Ends the name of a table whose settings were learned for ``recommend``; ``similar`` has its own.
"""


def remedy(name: str) -> str:
    """The command that brings one artifact up to date."""
    return "prodsim train" if name in NETWORKS else "prodsim build"


def recorded(
    connection: sqlite3.Connection, name: str, kind: str
) -> tuple[dict[str, Any], str] | None:
    """Settings and data version of one artifact, or None where it is not there."""
    row = connection.execute(
        "select settings, data_version from artifacts where name = ? and kind = ?", (name, kind)
    ).fetchone()
    return None if row is None else (json.loads(row[0]), str(row[1]))


def learned(connection: sqlite3.Connection, name: str, kind: str) -> bool:
    """True if an artifact has learned from events, or does not say that it has not."""
    found = recorded(connection, name, kind)
    parts = found[1].split() if found else []
    return not parts or any(not part.startswith(BLIND) for part in parts)


def names(connection: sqlite3.Connection, kind: str) -> list[str]:
    """Names of the artifacts of one kind, unfinished ones included."""
    rows = connection.execute("select name from artifacts where kind = ? order by name", (kind,))
    return [row[0] for row in rows]


def methods(connection: sqlite3.Connection, kind: str = "neighbors") -> list[str]:
    """Names of the stored neighbour tables, the blend first, without those :data:`FOR_PEOPLE`."""
    rows = connection.execute(
        "select name from artifacts where kind = ? order by name != ?, name", (kind, BLEND)
    )
    return [row[0] for row in rows if not row[0].endswith(FOR_PEOPLE)]


def stale_because(connection: sqlite3.Connection, data_version: str) -> str:
    """Why something made of this version is out of date, '' if it is not."""
    changed = []
    for part in data_version.split():
        name, mark, number = part.partition(":")
        if not mark or not number.isdigit():
            return "was begun and not finished"
        if int(number) != meta.version(connection, f"{name}_version"):
            changed.append(WORDS.get(name, name))
    return f"{' and '.join(changed)} have changed since" if changed else ""


def overruled_because(settings: dict[str, Any], chosen: dict[str, Any]) -> str:
    """Why something made with these settings is not what the settings chosen since ask for."""
    parts = [settings, *settings.get("part_settings", {}).values()]
    for part in parts:
        if "fields" in part and part["fields"] != chosen.get("fields", part["fields"]):
            return "the text fields have been changed since"
        if "space" in part and part["space"] != chosen.get("model", part["space"]):
            return f"the model is {chosen['model']} now"
    return ""


def why_stale(connection: sqlite3.Connection, name: str, kind: str = "neighbors") -> str:
    """Why one artifact is out of date, '' if it is not (or is not there)."""
    found = recorded(connection, name, kind)
    if found is None:
        return ""
    settings, version = found
    changed = stale_because(connection, version)
    return changed or overruled_because(settings, meta.settings(connection))


def depth(connection: sqlite3.Connection, method: str) -> int:
    """Neighbours that a table keeps per item."""
    row = connection.execute(
        "select settings from artifacts where name = ? and kind = 'neighbors'", (method,)
    ).fetchone()
    kept = json.loads(row[0]).get("k") if row else None
    if kept is None:
        found = connection.execute("select max(rank) from neighbors where method = ?", (method,))
        kept = found.fetchone()[0]
    return int(kept or 0)
