"""What reading and writing files did, in figures."""

from __future__ import annotations

from dataclasses import dataclass, field

from prodsim_cli.records.values import Json, Record


@dataclass(frozen=True)
class FileReport(Record):
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


@dataclass(frozen=True)
class IngestReport(Record):
    """All files of one ``ingest``; ``skipped``: files of a folder that are neither, with why."""

    _json = ("files", "changed", "skipped", "counts")

    files: tuple[FileReport, ...]
    changed: bool
    skipped: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    sample: tuple[Json, ...] = ()
    dry_run: bool = False

    def as_dict(self) -> Json:
        tried = {"dry_run": True, "sample": list(self.sample)} if self.dry_run else {}
        return {**super().as_dict(), **tried}


@dataclass(frozen=True)
class Export(Record):
    """One table in one file.

    ``what``: similar, recs, vectors or graph; ``form``: the ending that says how it was written;
    ``columns``: their names in the file; ``about``: what was chosen and counted, by name.
    """

    what: str
    file: str
    form: str
    rows: int
    columns: tuple[str, ...]
    bytes: int
    about: Json = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def as_dict(self) -> Json:
        ends = {"rows": self.rows, "columns": list(self.columns), "bytes": self.bytes}
        return {"what": self.what, "file": self.file, "format": self.form, **ends, **self.about}
