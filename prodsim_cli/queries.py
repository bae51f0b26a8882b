"""The asking side: what similar, show and status answer. Ground floor, plain SQL through store/."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from prodsim_cli import finding, profiles, registry
from prodsim_cli.errors import NotReady, UsageProblem
from prodsim_cli.records import ArtifactStatus, Json, Listing, Profile, Ranked, Ranking, Status
from prodsim_cli.store import activity, artifacts, catalog, meta, neighbors
from prodsim_cli.store import digest as digests
from prodsim_cli.store import status as state

_PREFERENCE = ("hybrid", "text", "lexical", "bm25", "cosine", "jaccard", "pearson")


def similar(
    connection: sqlite3.Connection,
    texts: Sequence[str],
    *,
    k: int = 10,
    method: str | None = None,
    together: bool = False,
) -> list[Ranking]:
    """One ranking per SKU (one for all of them if ``together``), by one indexed look-up each.

    ``method`` None takes the blend, else the best table that is there, with a note. Notes also say
    that a table is older than the data, shorter than k, or silent about an item, and why.

    Raises
    ------
    NotFound, AmbiguousSku
        Before anything is answered, if any of the texts is unknown.
    NotReady
        Where the table (or any table) is not built, with the command that builds it.
    """
    built = artifacts.methods(connection)
    chosen, notes = _choose(connection, method, built)
    items = finding.resolve_skus(connection, texts)
    singles = [name for name in built if name != artifacts.BLEND]
    questions = [items] if together else [[item] for item in items]
    return [_ranking(connection, asked, chosen, k, singles, notes) for asked in questions]


def _choose(
    connection: sqlite3.Connection, method: str | None, built: list[str]
) -> tuple[str, list[str]]:
    """The table to read, with sentences about the choice and its freshness."""
    if method is None:
        if not built:
            raise NotReady("No neighbour table is built yet.", hint="Run `prodsim build`.")
        chosen = min(built, key=_place)
        notes = []
        if chosen != artifacts.BLEND:
            notes.append(f"hybrid is not built, so this is {chosen}; run `prodsim build`.")
    else:
        chosen, notes = method, []
        if chosen not in built:
            raise _not_built(method, built)
    why = artifacts.why_stale(connection, chosen)
    if why:
        notes.append(f"The table {chosen} is out of date ({why}); run `prodsim build`.")
    return chosen, notes


def _place(method: str) -> tuple[int, str]:
    known = method in _PREFERENCE
    return (_PREFERENCE.index(method) if known else len(_PREFERENCE), method)


def _not_built(method: str, built: list[str]) -> NotReady | UsageProblem:
    if method in registry.names("similarity"):
        return NotReady(
            f"The neighbour table {method} is not built.",
            hint="Run `prodsim build`; `prodsim status` says what is built.",
        )
    choices = sorted({*built, *registry.names("similarity")}, key=_place)
    return UsageProblem(
        f"There is no method {method!r}.", hint=f"Choose one of: {', '.join(choices)}."
    )


def _ranking(
    connection: sqlite3.Connection,
    asked: list[sqlite3.Row],
    method: str,
    k: int,
    singles: list[str],
    notes: list[str],
) -> Ranking:
    ids = [item["id"] for item in asked]
    one = len(ids) == 1
    rows = (
        neighbors.row_of(connection, method, ids[0], k)
        if one
        else neighbors.joined_rows(connection, method, ids, k)
    )
    agreeing = neighbors.agreeing(connection, singles, ids)
    results = tuple(
        Ranked(
            rank=rank,
            sku=row["sku"],
            score=row["score"],
            title=row["title"],
            price=row["price"],
            currency=row["currency"],
            methods=tuple(agreeing.get(row["id"], ())),
        )
        for rank, row in enumerate(rows, start=1)
    )
    names = [item["label"] for item in asked]
    query: Json = {"sku": names[0]} if one else {"skus": names}
    told = (*notes, *_shortness(connection, asked, method, k, len(results)))
    return Ranking(query, method, results, told, about=_about(asked))


def _about(asked: list[sqlite3.Row]) -> str:
    return " + ".join(item["title"] or item["label"] for item in asked)


def _shortness(
    connection: sqlite3.Connection, asked: list[sqlite3.Row], method: str, k: int, found: int
) -> list[str]:
    """Sentences about an answer that is shorter than was asked for, and why."""
    names = ", ".join(item["label"] for item in asked)
    if not found:
        return [f"{method} has no neighbours for {names}: {_why_silent(connection, asked)}."]
    if found < k and k > artifacts.depth(connection, method):
        return [f"{method} keeps {artifacts.depth(connection, method)} neighbours per product."]
    return []


def _why_silent(connection: sqlite3.Connection, asked: list[sqlite3.Row]) -> str:
    text = any(catalog.has_text(connection, item["id"]) for item in asked)
    events = any(activity.has_events(connection, item["id"]) for item in asked)
    if not text and not events:
        return "there is neither a text nor an event of it"
    if not text:
        return "there is no text of it, and nobody who touched it touched another product"
    if not events:
        return "there are no events of it"
    return "nothing in the data ties it to another product"


def show(
    connection: sqlite3.Connection, texts: Sequence[str], *, user: bool = False
) -> tuple[list[Profile], list[str]]:
    """What is known of each product or person, and sentences about how a text was understood.

    A text is a SKU if there is one, else a user; ``user`` looks among people only. A product that
    left the feed is shown.

    Raises
    ------
    NotFound, AmbiguousSku
    """
    found: list[Profile] = []
    notes: list[str] = []
    for text in texts:
        items = [] if user else finding.meant(connection, text)
        person = catalog.user(connection, text)
        if len(items) > 1:
            raise finding.ambiguous(text, items)
        if items:
            found.append(profiles.of_product(connection, items[0]["id"]))
            if person:
                notes.append(f"{text} is a person, too: `prodsim show {text} --user`.")
        elif person:
            found.append(profiles.of_person(connection, person))
        else:
            raise finding.nobody(connection, text, user)
    return found, notes


def rejects(connection: sqlite3.Connection, limit: int | None) -> tuple[Listing, list[str]]:
    """Refused lines in order of file and line, at most ``limit``, and how many there are more."""
    columns = ("file", "line", "reason", "raw")
    rows = state.rejects(connection, limit)
    total = state.counts(connection)["rejects"]
    notes = []
    if total > len(rows):
        notes.append(f"{len(rows):,} of {total:,} refused lines; `-k {total}` shows all.")
    return Listing(columns, tuple(tuple(row) for row in rows)), notes


def status(connection: sqlite3.Connection, database: str, *, digest: bool = False) -> Status:
    """The state of the database; ``digest`` True also reads (or computes) its digest."""
    counts = state.counts(connection)
    by_type, without_user, period = state.events(connection)
    counts |= {"events": sum(by_type.values()), "events_without_user": without_user}
    made = artifacts.all_of_them(connection)
    settings = meta.settings(connection)
    return Status(
        database=database,
        bytes=state.size(database),
        counts=counts,
        events=by_type,
        period=period,
        weights=meta.weights(connection),
        settings=settings,
        artifacts=tuple(made),
        advice=tuple(_advice(counts, made, settings)),
        digest=digests.digest(connection) if digest else None,
    )


def _advice(counts: dict[str, int], made: list[ArtifactStatus], settings: Json) -> list[str]:
    """What to run next, and why; nothing where all is fresh."""
    if not counts["items"]:
        return ["Run `prodsim ingest FILE`: the database holds no products."]
    if not any(artifact.kind == "neighbors" for artifact in made):
        return ["Run `prodsim build`: no neighbour table is built yet."]
    advice = []
    stale = [artifact for artifact in made if artifact.stale]
    if stale:
        command = "build" if any(artifact.kind == "space" for artifact in stale) else "graph"
        names = ", ".join(dict.fromkeys(artifact.name for artifact in stale))
        advice.append(f"Run `prodsim {command}`: {names} {_are(names)} out of date.")
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
