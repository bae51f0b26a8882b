"""What a database holds, and all that is known of one product or person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from prodsim_cli.records.values import Json, Record


@dataclass(frozen=True)
class ArtifactStatus(Record):
    """One built thing: its settings, what it was made of, and whether that still holds.

    ``kind`` is ``space``, ``neighbors`` or ``user_neighbors``; ``stale`` says why, '' when fresh.
    """

    name: str
    kind: str
    settings: Json
    data_version: str
    created_at: str
    seconds: float
    stale: str = ""
    rows: int | None = None


@dataclass(frozen=True)
class Status(Record):
    """The state of one database, as ``prodsim status`` shows it."""

    _json = (
        *("database", "bytes", "counts", "events", "period", "weights", "settings"),
        *("artifacts", "advice", "digest"),
    )

    database: str
    bytes: int
    counts: dict[str, int]
    events: dict[str, int]
    weights: dict[str, float]
    settings: Json
    artifacts: tuple[ArtifactStatus, ...]
    advice: tuple[str, ...]
    digest: str | None = None
    period: tuple[str | None, str | None] = (None, None)


@dataclass(frozen=True)
class Listing(Record):
    """Rows with named columns, for what is neither a ranking nor a status (rejects)."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def as_dict(self) -> Json:
        return {"rows": [dict(zip(self.columns, row, strict=True)) for row in self.rows]}


@dataclass(frozen=True)
class Profile(Record):
    """All that is known of one product or person (``prodsim show``).

    ``kind`` is ``product`` or ``user``; ``facts`` is an ordered mapping for the upper part;
    ``tables`` are named listings below it (neighbours by method, recent events...).
    """

    kind: str
    key: str
    facts: Json
    tables: dict[str, Listing] = field(default_factory=dict)

    def as_dict(self) -> Json:
        tables = {name: table.as_dict()["rows"] for name, table in self.tables.items()}
        return {"kind": self.kind, "key": self.key, **self.facts, **tables}
