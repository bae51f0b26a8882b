"""What travels between the rooms and what a person sees: frozen, standard library only.

Ground floor. JSON forms are the public contract (docs/json.md); ``as_dict`` makes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

EVENT_TYPES = ("view", "click", "wishlist", "cart", "purchase", "rating", "return")
"""The event types of the store, in rising order of what they say of a wish; the last two apart."""

DEFAULT_WEIGHTS = {
    "view": 1.0,
    "click": 1.0,
    "wishlist": 2.0,
    "cart": 3.0,
    "purchase": 5.0,
    "rating": 5.0,
}
"""Weight of one event of each type; ``ingest --weight`` changes them, the store keeps them."""


@dataclass(frozen=True)
class Ranked:
    """One row of an answer. ``methods``: the single methods whose own table also holds it."""

    rank: int
    sku: str
    score: float
    title: str | None = None
    price: float | None = None
    methods: tuple[str, ...] = ()
    currency: str | None = None

    def as_dict(self) -> Json:
        return {
            "rank": self.rank,
            "sku": self.sku,
            "score": round(self.score, 6),
            "title": self.title,
            "price": self.price,
            "methods": list(self.methods),
        }


@dataclass(frozen=True)
class Ranking:
    """An ordered answer to one question: ``query`` is ``{"sku": ...}`` (or skus, user, text).

    ``notes`` are sentences for the person; ``about`` is the title of what was asked, for a heading.
    """

    query: Json
    method: str
    results: tuple[Ranked, ...]
    notes: tuple[str, ...] = ()
    about: str = ""

    def as_dict(self) -> Json:
        return {
            "query": dict(self.query),
            "method": self.method,
            "results": [row.as_dict() for row in self.results],
        }


@dataclass(frozen=True)
class FileReport:
    """The account of one file: read = kept + merged + set aside + rejected.

    ``emptied`` counts bad values of optional columns by column (their lines stay);
    ``notes`` are sentences for the person (encoding, delimiter, rules that were applied).
    """

    file: str
    kind: str
    mapping: dict[str, str] = field(default_factory=dict)
    read: int = 0
    kept: int = 0
    merged: dict[str, int] = field(default_factory=dict)
    set_aside: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    emptied: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    changed: bool = True

    def as_dict(self) -> Json:
        return {
            "file": self.file,
            "kind": self.kind,
            "mapping": self.mapping,
            "read": self.read,
            "kept": self.kept,
            "merged": self.merged,
            "set_aside": self.set_aside,
            "rejected": self.rejected,
            "emptied": self.emptied,
            "notes": list(self.notes),
            "changed": self.changed,
        }


@dataclass(frozen=True)
class IngestReport:
    """All files of one ``ingest``; ``skipped``: files of a folder that are neither, with why."""

    files: tuple[FileReport, ...]
    changed: bool
    skipped: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    sample: tuple[Json, ...] = ()
    dry_run: bool = False

    def as_dict(self) -> Json:
        out: Json = {
            "files": [report.as_dict() for report in self.files],
            "changed": self.changed,
            "skipped": self.skipped,
            "counts": self.counts,
        }
        if self.dry_run:
            out["dry_run"] = True
            out["sample"] = list(self.sample)
        return out


@dataclass(frozen=True)
class ArtifactStatus:
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

    def as_dict(self) -> Json:
        return dict(self.__dict__)


@dataclass(frozen=True)
class Status:
    """The state of one database, as ``prodsim status`` shows it."""

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

    def as_dict(self) -> Json:
        return {
            "database": self.database,
            "bytes": self.bytes,
            "counts": self.counts,
            "events": self.events,
            "period": list(self.period),
            "weights": self.weights,
            "settings": self.settings,
            "artifacts": [artifact.as_dict() for artifact in self.artifacts],
            "advice": list(self.advice),
            "digest": self.digest,
        }


@dataclass(frozen=True)
class Listing:
    """Rows with named columns, for what is neither a ranking nor a status (rejects)."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def as_dict(self) -> Json:
        return {"rows": [dict(zip(self.columns, row, strict=True)) for row in self.rows]}


@dataclass(frozen=True)
class Profile:
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


@dataclass(frozen=True)
class Interval:
    """A mean over queries and its 95 % bootstrap interval."""

    mean: float
    low: float | None = None
    high: float | None = None

    def as_dict(self) -> Json:
        return {"mean": self.mean, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class Scorecard:
    """Figures by method: ``methods[name]["ndcg@10"]`` is an :class:`Interval`.

    ``split`` is ``{"kind", "at", "users", "pairs", "left_out": {reason: n}}``; ``verdict`` is the
    sentence (or two) that a person reads below the table.
    """

    task: str
    split: Json
    k: int
    methods: dict[str, dict[str, Interval]]
    verdict: str = ""
    main: str = "ndcg@10"
    notes: tuple[str, ...] = ()

    def as_dict(self) -> Json:
        figures = {
            name: {metric: value.as_dict() for metric, value in by_metric.items()}
            for name, by_metric in self.methods.items()
        }
        return {
            "task": self.task,
            "split": self.split,
            "k": self.k,
            "methods": figures,
            "verdict": self.verdict,
            "notes": list(self.notes),
        }
