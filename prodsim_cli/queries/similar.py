"""``similar``: the row of a neighbour table, as one indexed look-up. Ground floor."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from prodsim_cli import registry
from prodsim_cli.errors import NotReady, UsageProblem
from prodsim_cli.queries.lookup import resolve_skus
from prodsim_cli.queries.ranking.live import Live
from prodsim_cli.queries.ranking.pipeline import answer, dressed
from prodsim_cli.queries.ranking.request import Answer, Rules
from prodsim_cli.queries.similar_candidates import Alike
from prodsim_cli.records import Json, Ranking
from prodsim_cli.store import artifacts, neighbors
from prodsim_cli.store.artifacts import Built

_PREFERENCE = ("hybrid", "text", "lexical", "bm25", "cosine", "jaccard", "pearson")


def similar(
    connection: sqlite3.Connection,
    texts: Sequence[str],
    *,
    k: int = 10,
    method: str | None = None,
    together: bool = False,
    rules: Rules | None = None,
    why: int | None = None,
) -> list[Ranking]:
    """One ranking per SKU (one for all of them if ``together``), by one indexed look-up each.

    ``method`` None takes the blend, else the best table that is there, with a note. Notes also say
    that a table is older than the data, or silent about an item, and why. Where the rules let too
    little of the stored row through, the answer goes on behind it
    (:class:`~prodsim_cli.queries.similar_candidates.Alike`). ``why``: each row says why it is there
    (docs/reasons.md); of groups of fewer people nothing is told.

    Raises
    ------
    NotFound, AmbiguousSku
        Before anything is answered, if any of the texts is unknown.
    NotReady
        Where the table (or any table) is not built, with the command that builds it.
    """
    built = Built(connection)
    chosen, notes = choose(built, method)
    items = resolve_skus(connection, texts)
    singles = built.singles
    questions = [items] if together else [[item] for item in items]
    obeyed, live = rules or Rules(), Live(connection)
    made = []
    for asked in questions:
        ids = [item["id"] for item in asked]
        alike = Alike(connection, chosen, ids, live, fill=obeyed.narrows)
        given = answer(connection, alike, obeyed, k, ids, method=chosen)
        ranking = _ranking(connection, asked, chosen, given, singles, notes)
        if why is not None:
            from prodsim_cli.queries.explain.rows import reasoned

            ranking = reasoned(connection, ranking, ids, given.rows, why, alike.parts)
        made.append(ranking)
    return made


def choose(built: Built, method: str | None) -> tuple[str, list[str]]:
    """The table to read, with sentences about the choice and its freshness."""
    stored = built.methods()
    if method is None:
        if not stored:
            raise NotReady("No neighbour table is built yet.", hint="Run `prodsim build`.")
        chosen = min(stored, key=_place)
        notes = []
        if chosen != artifacts.BLEND:
            notes.append(f"hybrid is not built, so this is {chosen}; run `prodsim build`.")
    else:
        chosen, notes = method, []
        if chosen not in stored:
            raise _not_built(built, method)
    return chosen, [*notes, *built.stale_notes(chosen)]


def _place(method: str) -> tuple[int, str]:
    known = method in _PREFERENCE
    return (_PREFERENCE.index(method) if known else len(_PREFERENCE), method)


def _not_built(built: Built, method: str) -> NotReady | UsageProblem:
    if method in registry.names("similarity"):
        without_model = method == "text" and built.settings.get("lm") is False
        command = "prodsim build --model auto" if without_model else "prodsim build"
        if method in artifacts.NETWORKS:
            command = f"prodsim train --networks {method}` and then `prodsim build"
        return NotReady(
            f"The neighbour table {method} is not built.",
            hint=f"Run `{command}`; `prodsim status` says what is built.",
        )
    choices = sorted({*built.methods(), *registry.names("similarity")}, key=_place)
    return UsageProblem(
        f"There is no method {method!r}.", hint=f"Choose one of: {', '.join(choices)}."
    )


def _ranking(
    connection: sqlite3.Connection,
    asked: list[sqlite3.Row],
    method: str,
    given: Answer,
    singles: list[str],
    notes: list[str],
) -> Ranking:
    agreeing = neighbors.agreeing(connection, singles, [item["id"] for item in asked])
    results = dressed(connection, given.rows, agreeing)
    names = [item["label"] for item in asked]
    query: Json = {"sku": names[0]} if len(names) == 1 else {"skus": names}
    told = (*notes, *_silence(connection, asked, method, given), *given.notes)
    return Ranking(
        query, method, results, told, about=_about(asked), sources=speaking(connection, singles)
    )


def speaking(connection: sqlite3.Connection, methods: Sequence[str]) -> int:
    """How many of these tables hold any pair: so many could have named a row."""
    holds = "select exists (select 1 from neighbors where method = ?)"
    return sum(connection.execute(holds, (name,)).fetchone()[0] for name in methods)


def _about(asked: list[sqlite3.Row]) -> str:
    return " + ".join(item["title"] or item["label"] for item in asked)


def _silence(
    connection: sqlite3.Connection, asked: list[sqlite3.Row], method: str, given: Answer
) -> list[str]:
    """Why nothing is tied to what was asked about, where that is so."""
    tied = any(row.score > 0 for row in given.rows)
    if tied or neighbors.scored(connection, method, [item["id"] for item in asked]):
        return []
    names = ", ".join(item["label"] for item in asked)
    return [f"{method} has no neighbours for {names}: {_why_silent(connection, asked)}."]


def _why_silent(connection: sqlite3.Connection, asked: list[sqlite3.Row]) -> str:
    from prodsim_cli.store import activity, catalog

    if len(asked) >= catalog.listed(connection, len(asked) + 1):
        return "the shop has no other product"
    text = any(catalog.has_text(connection, item["id"]) for item in asked)
    events = any(activity.has_events(connection, item["id"]) for item in asked)
    if not text and not events:
        return "there is neither a text nor an event of it"
    if not text:
        return "there is no text of it, and nobody who touched it touched another product"
    if not events:
        return "there are no events of it"
    return "nothing in the data ties it to another product"
