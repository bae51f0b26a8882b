"""What reading files did, line by line in figures. Frozen, standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field

from prodsim_cli.records.values import Json


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
