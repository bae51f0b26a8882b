"""Ingest: files in, one database out, every line accounted for.

Each file is one transaction: a stop between two files leaves a database that a rerun completes.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.ingest import cleaning
from prodsim_cli.ingest import readers as sources
from prodsim_cli.ingest.readers._raw import Blob, Cleaned, CleanOptions, ReadOptions
from prodsim_cli.progress import Progress, Silent
from prodsim_cli.records.reports import FileReport, IngestReport
from prodsim_cli.records.values import DEFAULT_WEIGHTS, Json
from prodsim_cli.store import intake, meta, writing
from prodsim_cli.store.connection import open_for_writing, transaction

RULES = 1
"""Version of the cleaning rules; a new one applies known files anew."""


@dataclass(frozen=True)
class IngestOptions:
    """How files are read, understood and merged; ``catalog``, ``events``: files of forced kind."""

    catalog: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    source: str = ""
    read: ReadOptions = field(default_factory=ReadOptions)
    clean: CleanOptions = field(default_factory=CleanOptions)
    weights: dict[str, float] = field(default_factory=dict)
    prune: bool = False
    dry_run: bool = False

    def identity(self, kind: str | None, read: ReadOptions) -> str:
        """What must be equal for the same bytes to mean the same rows."""
        parts = [RULES, kind, asdict(read), asdict(self.clean)]
        return json.dumps(parts, sort_keys=True, ensure_ascii=False)


def ingest(
    database: str,
    paths: Sequence[str],
    options: IngestOptions | None = None,
    *,
    stdin: BinaryIO | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Read, clean and store files; the classes of ``ingest.readers._raw`` hold the contract.

    Raises
    ------
    InputError
        Where nothing can be read, or a file that was named is neither catalogue nor events.
    """
    options = options or IngestOptions()
    listener = progress or Silent()
    inputs = sources.inputs(paths, options.catalog, options.events, stdin)
    if options.dry_run:
        return _dry_run(inputs, options)
    reports: list[FileReport] = []
    catalogs: list[str] = []
    failures: list[InputError] = []
    skipped: dict[str, str] = {}
    new = not os.path.exists(database)
    connection = open_for_writing(database)
    try:
        changed = _store_weights(connection, options.weights)
        for item in inputs:
            listener.stage(f"reading {os.path.basename(item.name)}")
            try:
                parts = _parts(item, options)
            except InputError as problem:  # the good files of a call stay, as good lines of a file
                failures.append(problem)
                skipped[item.name] = f"{problem.message} {problem.hint}"
                continue
            for part in parts:
                try:
                    report = _one_file(connection, part, options, len(inputs) > 1)
                    reports.append(report)
                    if report.kind == "catalog" and report.kept:
                        catalogs.append(part.blob.sha256)
                except _Skip as skip:
                    skipped[part.blob.name] = str(skip)
                except InputError as problem:
                    failures.append(problem)
                    skipped[part.blob.name] = f"{problem.message} {problem.hint}"
        if not reports and failures:
            raise failures[0]
        if not reports:
            raise InputError(
                "No file of the folder is a catalogue or events with certainty: "
                + "; ".join(f"{name}: {why}" for name, why in skipped.items()),
                hint="Name the file with --catalog FILE or --events FILE, and --map sku=COLUMN.",
            )
        if options.prune:
            changed |= _prune(connection, options.source, catalogs, listener)
        changed |= any(report.changed for report in reports)
        return IngestReport(tuple(reports), changed, skipped, intake.counts(connection))
    finally:
        connection.close()
        if new and not reports:  # a refused first file must not leave an empty database
            for suffix in ("", "-wal", "-shm"):
                Path(database + suffix).unlink(missing_ok=True)


@dataclass(frozen=True)
class _Part:
    """One table of an input. ``may_skip``: it counts only where it is a shop's with certainty."""

    blob: Blob
    read: ReadOptions
    kind: str | None
    may_skip: bool


def _parts(item: sources.Input, options: IngestOptions) -> list[_Part]:
    """The tables of an input; of a workbook whose sheet was not named each sheet may be skipped."""
    found = sources.parts(sources.load(item), options.read)
    several = len(found) > 1
    return [_Part(blob, read, item.kind, item.from_folder or several) for blob, read in found]


def _one_file(
    connection: sqlite3.Connection, part: _Part, options: IngestOptions, several: bool
) -> FileReport:
    """Read, clean and apply one table, or say that it is known already; its report."""
    blob = part.blob
    identity = options.identity(part.kind, part.read)
    known = intake.known_file(connection, blob.sha256, options.source, identity)
    if known is not None:
        return replace(known, file=blob.name)
    cleaned = _clean(part, options, several)
    with transaction(connection):
        return intake.apply(
            connection,
            cleaned,
            name=blob.name,
            source=options.source,
            sha256=blob.sha256,
            options=identity,
            keep_case=options.clean.keep_case,
        )


class _Skip(Exception):
    """A file of a folder that is not a shop's with certainty; the text says why."""


def _clean(part: _Part, options: IngestOptions, several: bool) -> Cleaned:
    """Read and clean a file. One that was named must be usable; one of a folder may be skipped.

    Of ``--map``, each of several files takes what names a column of its own.
    """
    try:
        raw = sources.read(part.blob, part.read)
        wanted = options.clean
        if several:
            own = {f: c for f, c in wanted.mapping.items() if c in raw.frame.columns}
            wanted = replace(wanted, mapping=own)
        if part.may_skip:
            found = cleaning.recognise(raw, wanted, None)
            if not found.certain:
                raise _Skip(found.why)
            if part.kind and (part.kind == "catalog") != (found.kind == "catalog"):
                raise _Skip(f"it was named as {part.kind} and looks like {found.kind}")
        cleaned = cleaning.clean(raw, wanted, kind=part.kind)
    except (cleaning.AmbiguousKey, cleaning.BrokenKey):
        raise  # a shop's file that needs a word from the person
    except InputError as problem:
        if part.may_skip:
            raise _Skip(problem.message) from None
        raise
    return replace(cleaned, notes=(*raw.notes, *cleaned.notes))


def _dry_run(inputs: Sequence[sources.Input], options: IngestOptions) -> IngestReport:
    """What would be taken, with five cleaned rows a file; nothing is written, no database made."""
    reports: list[FileReport] = []
    skipped: dict[str, str] = {}
    sample: list[Json] = []
    for part in (part for item in inputs for part in _parts(item, options)):
        blob = part.blob
        try:
            cleaned = _clean(part, options, len(inputs) > 1)
        except _Skip as skip:
            skipped[blob.name] = str(skip)
            continue
        reports.append(replace(intake.report(cleaned, blob.name), changed=True))
        frame = cleaned.events if cleaned.events is not None else cleaned.items
        if frame is not None:
            rows = frame.drop("line").head(5).to_dicts()
            sample += [{"file": blob.name, **_plain(row)} for row in rows]
    return IngestReport(
        tuple(reports), changed=False, skipped=skipped, sample=tuple(sample), dry_run=True
    )


def _plain(row: Json) -> Json:
    """A row whose values JSON can hold."""
    return {
        key: value.isoformat() if hasattr(value, "isoformat") else value
        for key, value in row.items()
        if value is not None
    }


def _store_weights(connection: sqlite3.Connection, weights: dict[str, float]) -> bool:
    """Keep ``--weight``; True if a weight is another one now."""
    unknown = [name for name in weights if name not in DEFAULT_WEIGHTS]
    if unknown:
        raise UsageProblem(
            f"There is no event type {', '.join(unknown)} with a weight.",
            hint=f"Choose from: {', '.join(DEFAULT_WEIGHTS)}.",
        )
    with transaction(connection):
        old = meta.weights(connection)
        new = {**old, **weights}
        if new == old:
            return False
        meta.put(connection, "weights", json.dumps(new, sort_keys=True))
        meta.bump(connection, "events_version")
    return True


def _prune(
    connection: sqlite3.Connection, source: str, catalogs: Sequence[str], listener: Progress
) -> bool:
    """Take products that are in none of the catalogues just read (by sha256) out of the answers."""
    if not catalogs:
        raise UsageProblem(
            "--prune needs a catalogue with products: it takes out what the feed no longer holds.",
            hint="Name the whole feed of this source together with --prune.",
        )
    with transaction(connection):
        gone = writing.prune(connection, source, catalogs)
    if gone:
        listener.say(f"{gone:,} products that left the feed are out of all answers now.")
    return gone > 0
