"""Reading what is built: which tables there are, of what, and whether that still holds.

An artifact's ``data_version`` names the counters that it was made of (``catalog:3 events:5``,
docs/architecture.md "Staleness").
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from prodsim_cli.records.values import FOR_PEOPLE
from prodsim_cli.registry import Traits, by_rank, declared

BLEND = "hybrid"
_CHANGED = {"catalog": "products", "events": "events", "prices": "prices"}
_NOT_EVENTS = ("catalog:", "prices:")
"""Counters that say nothing of who bought what."""


class Built:
    """Every artifact and the facts of ``meta``, read in one statement and handed along.

    It is the state at the moment of reading and never changes; who writes reads again.
    ``settings`` are the choices that stay (``model``, ``fields``, ``graph``...).
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        rows = connection.execute(
            """select kind, name, settings, data_version from artifacts
               union all select 'meta', key, value, '' from meta"""
        ).fetchall()
        self._meta = {row[1]: row[2] for row in rows if row[0] == "meta"}
        self._artifacts = {
            (row[0], row[1]): (row[2], str(row[3])) for row in rows if row[0] != "meta"
        }
        self._traits: dict[str, Traits] = {}
        self.settings: dict[str, Any] = json.loads(self._meta.get("settings") or "{}")

    def recorded(self, name: str, kind: str = "neighbors") -> tuple[dict[str, Any], str] | None:
        """Settings and data version of one artifact, or None where it is not there."""
        found = self._artifacts.get((kind, name))
        return None if found is None else (json.loads(found[0]), found[1])

    def has(self, name: str, kind: str = "neighbors") -> bool:
        """True if the artifact is there, finished or not."""
        return (kind, name) in self._artifacts

    def settings_of(self, name: str, kind: str = "neighbors") -> dict[str, Any]:
        """Settings of one artifact, empty where it is not there."""
        found = self.recorded(name, kind)
        return {} if found is None else found[0]

    def names(self, kind: str) -> list[str]:
        """Names of the artifacts of one kind, in order, unfinished ones included."""
        return sorted(name for of, name in self._artifacts if of == kind)

    def methods(self, kind: str = "neighbors") -> list[str]:
        """Names of the stored tables, the blend first, without those :data:`FOR_PEOPLE`."""
        names = (name for name in self.names(kind) if not name.endswith(FOR_PEOPLE))
        return sorted(names, key=lambda name: name != BLEND)

    @property
    def singles(self) -> list[str]:
        """Names of the stored tables of products but the blend."""
        return [name for name in self.methods() if name != BLEND]

    def traits(self, method: str) -> Traits:
        """What a method is, as ``build`` wrote it beside its table.

        Of a table that an older prodsim made: by the method's file, which takes a little longer.
        """
        if method not in self._traits:
            table = self._artifacts.get(("neighbors", method)) or ("{}",)
            stored = json.loads(table[0]).get("method")
            self._traits[method] = declared(method) if stored is None else Traits.from_dict(stored)
        return self._traits[method]

    def finding(self, role: str) -> list[str]:
        """The stored tables that name candidates of a role (``--as``), in order of preference."""
        found = {name: self.traits(name) for name in self.singles}
        return by_rank({name: one for name, one in found.items() if one.finds == role})

    @property
    def preferred(self) -> str:
        """The stored table that answers where none is named; there must be one."""
        if self.has(BLEND):
            return BLEND
        return by_rank({name: self.traits(name) for name in self.methods()})[0]

    def remedy(self, name: str) -> str:
        """The command that brings one artifact up to date; only ``train`` makes networks anew."""
        return "prodsim train" if self.traits(name).needs == "network" else "prodsim build"

    def learned(self, name: str, kind: str = "neighbors") -> bool:
        """True if an artifact has learned from events, or does not say that it has not."""
        parts = self._artifacts.get((kind, name), ("", ""))[1].split()
        return not parts or any(not part.startswith(_NOT_EVENTS) for part in parts)

    def version(self, counter: str) -> int:
        """A counter of changes (``store.meta.COUNTERS``)."""
        return int(self._meta.get(counter) or 0)

    def stale_because(self, data_version: str) -> str:
        """Why something made of this version is out of date, '' if it is not."""
        changed = []
        for part in data_version.split():
            name, mark, number = part.partition(":")
            if not mark or not number.isdigit():
                return "was begun and not finished"
            if int(number) != self.version(f"{name}_version"):
                changed.append(_CHANGED.get(name, name))
        return f"{' and '.join(changed)} have changed since" if changed else ""

    def why_stale(self, name: str, kind: str = "neighbors") -> str:
        """Why one artifact is out of date, '' if it is not (or is not there)."""
        found = self.recorded(name, kind)
        if found is None:
            return ""
        return self.stale_because(found[1]) or _overruled_because(found[0], self.settings)

    def stale_notes(self, name: str, kind: str = "neighbors") -> list[str]:
        """The sentence for a person who reads a table that is out of date; [] if it is not."""
        if not (why := self.why_stale(name, kind)):
            return []
        return [f"The table {name} is out of date ({why}); run `{self.remedy(name)}`."]

    def depth(self, connection: sqlite3.Connection, method: str) -> int:
        """Neighbours that a table keeps per item."""
        kept = self.settings_of(method).get("k")
        if kept is None:
            found = "select max(length(scores)) / 4 from neighbor_rows where method = ?"
            kept = connection.execute(found, (method,)).fetchone()[0]
        return int(kept or 0)


def recorded(
    connection: sqlite3.Connection, name: str, kind: str
) -> tuple[dict[str, Any], str] | None:
    """Settings and data version of one artifact as it is now, for who writes."""
    row = connection.execute(
        "select settings, data_version from artifacts where name = ? and kind = ?", (name, kind)
    ).fetchone()
    return None if row is None else (json.loads(row[0]), str(row[1]))


def _overruled_because(settings: dict[str, Any], chosen: dict[str, Any]) -> str:
    """Why something made with these settings is not what the settings chosen since ask for."""
    parts = [settings, *settings.get("part_settings", {}).values()]
    for part in parts:
        if "fields" in part and part["fields"] != chosen.get("fields", part["fields"]):
            return "the text fields have been changed since"
        if "space" in part and part["space"] != chosen.get("model", part["space"]):
            return f"the model is {chosen['model']} now"
    return ""
