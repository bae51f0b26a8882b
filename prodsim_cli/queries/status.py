"""``status``: what the database holds, what is built of it, what to run next."""

from __future__ import annotations

import sqlite3

from prodsim_cli.records.states import ArtifactStatus, Listing, Status
from prodsim_cli.store import digest as digests
from prodsim_cli.store import meta
from prodsim_cli.store import status as stored
from prodsim_cli.store.artifacts import Built


def rejects(connection: sqlite3.Connection, limit: int | None) -> tuple[Listing, list[str]]:
    """Refused lines in order of file and line, at most ``limit``, and how many there are more."""
    columns = ("file", "line", "reason", "raw")
    rows = stored.rejects(connection, limit)
    total = stored.counts(connection)["rejects"]
    notes = []
    if total > len(rows):
        notes.append(f"{len(rows):,} of {total:,} refused lines; `-k {total}` shows all.")
    return Listing(columns, tuple(tuple(row) for row in rows)), notes


def status(connection: sqlite3.Connection, database: str, *, digest: bool = False) -> Status:
    """The state of the database; ``digest`` True also reads (or computes) its digest."""
    counts = stored.counts(connection)
    by_type, without_user, period = stored.events(connection)
    counts |= {"events": sum(by_type.values()), "events_without_user": without_user}
    built = Built(connection)
    made = stored.made(connection, built)
    return Status(
        database=database,
        bytes=stored.size(database),
        counts=counts,
        events=by_type,
        period=period,
        weights=meta.weights(connection),
        settings=built.settings,
        artifacts=tuple(made),
        advice=tuple(_advice(counts, made, built)),
        digest=digests.digest(connection) if digest else None,
    )


def _advice(counts: dict[str, int], made: list[ArtifactStatus], built: Built) -> list[str]:
    """What to run next, and why; nothing where all is fresh."""
    if not counts["items"]:
        return ["Run `prodsim ingest FILE`: the database holds no products."]
    if not any(artifact.kind == "neighbors" for artifact in made):
        return ["Run `prodsim build`: no neighbour table is built yet."]
    advice = []
    old = [artifact for artifact in made if artifact.stale]
    trained = {one.name for one in old if built.traits(one.name).needs == "network"}
    networks = ", ".join(sorted(trained))
    if networks:
        advice.append(
            f"Run `prodsim train --networks {networks.replace(', ', ',')}`: {networks}"
            f" {_are(networks)} out of date."
        )
    stale = [artifact for artifact in old if artifact.name not in trained]
    if stale:
        command = "build" if any(artifact.kind == "space" for artifact in stale) else "graph"
        names = ", ".join(dict.fromkeys(artifact.name for artifact in stale))
        advice.append(f"Run `prodsim {command}`: {names} {_are(names)} out of date.")
    settings = built.settings
    auto, model = settings.get("auto") or {}, settings.get("model")
    chosen_by_us = settings.get("asked", "auto") == "auto"
    if chosen_by_us and model and auto.get("model", model) != model:
        advice.append(
            f"Run `prodsim build --model auto`: the texts have changed, and it would choose"
            f" {auto['model']} now ({auto.get('reason', '')})."
        )
    return advice


def _are(names: str) -> str:
    return "are" if "," in names else "is"
