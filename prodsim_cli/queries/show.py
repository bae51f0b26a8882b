"""``show``: all that is known of one product or one person."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from prodsim_cli.queries import lookup as finding
from prodsim_cli.records.states import Listing, Profile
from prodsim_cli.records.values import EVENT_TYPES, Json
from prodsim_cli.store import catalog, events, neighbors
from prodsim_cli.store.artifacts import Built

NEIGHBORS = 5
PEOPLE = 5
RECENT = 10

_COLUMNS = ("title", "description", "brand", "category", "tags", "price", "currency")
_MORE = ("image", "url", "lang")


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
            found.append(of_product(connection, items[0]["id"]))
            if person:
                notes.append(f"{text} is a person, too: `prodsim show {text} --user`.")
        elif person:
            found.append(of_person(connection, person))
        else:
            raise finding.nobody(connection, text, user)
    return found, notes


def of_product(connection: sqlite3.Connection, item_id: int) -> Profile:
    """Facts, spellings, events and the nearest products of each method, for one item row."""
    item = catalog.item(connection, item_id)
    facts: Json = {"sku": item["sku"], "source": item["source"]}
    facts |= {name: item[name] for name in (*_COLUMNS, *_MORE)}
    facts["in_stock"] = None if item["in_stock"] is None else bool(item["in_stock"])
    facts["listed"] = bool(item["listed"])
    facts["origin"] = item["origin"]
    facts["attributes"] = json.loads(item["attributes"] or "{}")
    facts |= _happened(events.by_type(connection, "item_id", item_id))
    facts |= dict(events.reach(connection, item_id))
    facts["without_user"] = facts["without_user"] or 0
    tables = {
        "spellings": _listing(("sku", "title", "lines"), catalog.spellings(connection, item_id)),
        "neighbors": _nearest(connection, item_id),
    }
    return Profile("product", item["label"], facts, tables)


def _nearest(connection: sqlite3.Connection, item_id: int) -> Listing:
    methods = Built(connection).methods()
    stored = neighbors.rows(connection, methods, [item_id])
    known = catalog.products(connection, {other for row in stored.values() for other in row.ids})
    rows: list[tuple[object, ...]] = []
    for method in methods:
        pairs = zip(*stored.get((method, item_id), neighbors.NONE), strict=True)
        listed = [(known[other], score) for other, score in pairs if known[other]["listed"]]
        rows += [
            (method, rank, row["sku"], score, row["title"])
            for rank, (row, score) in enumerate(listed[:NEIGHBORS], start=1)
        ]
    return Listing(("method", "rank", "sku", "score", "title"), tuple(rows))


def of_person(connection: sqlite3.Connection, user: sqlite3.Row) -> Profile:
    """What one person did, lately and in all, and the people most like them, for ``id key``."""
    facts: Json = {"user": user["key"]}
    facts |= _happened(events.by_type(connection, "user_id", user["id"]))
    facts |= dict(events.breadth(connection, user["id"]))
    people: list[tuple[object, ...]] = []
    for method in Built(connection).methods("user_neighbors"):
        alike = neighbors.alike(connection, method, user["id"])[:PEOPLE]
        named = catalog.keys(connection, [other for other, _ in alike])
        people += [
            (method, rank, named[other], score)
            for rank, (other, score) in enumerate(alike, start=1)
        ]
    recent = events.recent(connection, user["id"], RECENT)
    columns = ("at", "type", "sku", "title", "quantity", "value", "order_id")
    tables = {
        "recent": _listing(columns, recent),
        "alike": Listing(("method", "rank", "user", "score"), tuple(people)),
    }
    return Profile("user", user["key"], facts, tables)


def _happened(rows: list[sqlite3.Row]) -> Json:
    """Events and units by type in the order of their meaning, with the first and last moment."""
    by_type = {row["type"]: row for row in rows}
    order = [name for name in EVENT_TYPES if name in by_type]
    moments: list[Any] = [row[end] for row in rows for end in ("first", "last") if row[end]]
    return {
        "events": {name: by_type[name]["events"] for name in order},
        "units": {name: by_type[name]["units"] for name in order},
        "first": min(moments, default=None),
        "last": max(moments, default=None),
    }


def _listing(columns: tuple[str, ...], rows: list[sqlite3.Row]) -> Listing:
    return Listing(columns, tuple(tuple(row[name] for name in columns) for row in rows))
