"""The asking side: what similar, show and status answer. Ground floor, plain SQL through store/."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Sequence

from prodsim_cli import registry
from prodsim_cli.errors import AmbiguousSku, NotFound, NotReady, UsageProblem
from prodsim_cli.records import Json, Ranked, Ranking
from prodsim_cli.store import activity, artifacts, catalog, neighbors

_PREFERENCE = ("hybrid", "text", "lexical", "bm25", "cosine", "jaccard", "pearson")
_NEAREST = 3
_TOLD = 10
"""Unknown SKUs that are named one by one; a person does not read more."""


def resolve_sku(connection: sqlite3.Connection, text: str) -> sqlite3.Row:
    """The one listed item meant by a text: ``id sku source title listed label``.

    Tried in this order: ``source:sku`` and the bare SKU as written; another spelling that a file
    used; another case.

    Raises
    ------
    AmbiguousSku
        Where several items are meant; the hint lists them as ``source:sku``.
    NotFound
        With the three nearest SKUs, or the sentence that the product has left the feed.
    """
    return resolve_skus(connection, [text])[0]


def resolve_skus(connection: sqlite3.Connection, texts: Sequence[str]) -> list[sqlite3.Row]:
    """The items of several texts, each once; one error names all that are unknown."""
    items: dict[int, sqlite3.Row] = {}
    strangers = []
    for text in texts:
        found = meant(connection, text)
        if not found:
            strangers.append(text)
        elif len(found) > 1:
            raise _ambiguous(text, found)
        elif not found[0]["listed"]:
            raise _left(found[0])
        else:
            items.setdefault(found[0]["id"], found[0])
    if strangers:
        raise unknown(connection, strangers)
    return list(items.values())


def meant(connection: sqlite3.Connection, text: str) -> list[sqlite3.Row]:
    """All items that a text may mean: the listed ones, or one that left the feed, or none."""
    found = catalog.exactly(connection, text)
    if not any(row["listed"] for row in found):
        found += catalog.spelled(connection, text, _key(text))
    return [row for row in found if row["listed"]] or found[:1]


def _ambiguous(text: str, found: list[sqlite3.Row]) -> AmbiguousSku:
    names = [row["label"] for row in found]
    return AmbiguousSku(
        f"{text!r} is the SKU of {len(names)} products.",
        hint=f"Write one of: {', '.join(names)}.",
        candidates=names,
    )


def _left(item: sqlite3.Row) -> NotFound:
    return NotFound(
        f"Product {item['label']} has left the feed, so it is no question and no answer any more.",
        hint=f"`prodsim show {item['label']}` tells what is known of it.",
        unlisted=item["label"],
    )


def unknown(connection: sqlite3.Connection, texts: Sequence[str]) -> NotFound:
    """The error for SKUs that the database does not hold, each with the nearest ones."""
    near = {text: nearest(connection, text) for text in texts[:_TOLD]}
    several = len(texts) > 1
    lines = [
        f"The nearest{f' to {text!r}' if several else ''}: {', '.join(names)}."
        for text, names in near.items()
        if names
    ]
    named = ", ".join(map(repr, texts[:_TOLD])) + (", ..." if len(texts) > _TOLD else "")
    return NotFound(
        f"There {'are no products' if several else 'is no product'} {named}.",
        hint="\n".join(lines) or "The database holds no products: run `prodsim ingest FILE`.",
        unknown=[{"sku": text, "nearest": near.get(text, [])} for text in texts],
    )


def nearest(connection: sqlite3.Connection, text: str, n: int = _NEAREST) -> list[str]:
    """The n SKUs nearest to a text by edits; before them products whose texts hold its words."""
    key = _key(text)
    words = key.split()
    plain = bool(words) and all(word.isalpha() for word in words)
    found = catalog.with_words(connection, words, n) if plain else []
    bare = key.rpartition(":")[2] or key
    return list(dict.fromkeys([*found, *_by_edits(bare, catalog.close_by(connection, bare), n)]))[
        :n
    ]


def _by_edits(key: str, candidates: list[tuple[str, str]], n: int) -> list[str]:
    """The names whose keys are most like a key; a coarse measure picks those to look at closely."""
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(b=key, autojunk=False)

    def rated(candidate: tuple[str, str], closely: bool) -> tuple[float, str]:
        matcher.set_seq1(candidate[1])
        return -(matcher.ratio() if closely else matcher.quick_ratio()), candidate[0]

    coarse = sorted(set(candidates), key=lambda candidate: rated(candidate, False))[:200]
    return [name for name, _ in sorted(coarse, key=lambda candidate: rated(candidate, True))[:n]]


def _key(text: str) -> str:
    """A text in the form of ``items.sku_key``."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


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
    items = resolve_skus(connection, texts)
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
