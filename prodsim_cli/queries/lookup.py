"""Which product or person a text means, and what to say where it means none."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from prodsim_cli.errors import AmbiguousSku, NotFound
from prodsim_cli.store import catalog

_NEAREST = 3
_TOLD = 10
"""Unknown SKUs that are named one by one."""


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
            raise ambiguous(text, found)
        elif not found[0]["listed"]:
            label = found[0]["label"]
            raise NotFound(
                f"Product {label} has left the feed, so it is no question and no answer any more.",
                hint=f"`prodsim show {label}` tells what is known of it.",
                unlisted=label,
            )
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


def ambiguous(text: str, found: list[sqlite3.Row]) -> AmbiguousSku:
    """The error for a text that means several items."""
    names = [row["label"] for row in found]
    return AmbiguousSku(
        f"{text!r} is the SKU of {len(names)} products.",
        hint=f"Write one of: {', '.join(names)}.",
        candidates=names,
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
    more = f" and {len(texts) - _TOLD:,} more" if len(texts) > _TOLD else ""
    named = ", ".join(map(repr, texts[:_TOLD])) + more
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
    candidates = catalog.close_by(connection, key.rpartition(":")[2] or key)
    if ":" in key:  # a source was written: SKUs of that source come first
        candidates = [(name, name.casefold()) for name, _ in candidates]
    return list(dict.fromkeys([*found, *_by_edits(key, candidates, n)]))[:n]


def _by_edits(key: str, candidates: list[tuple[str, str]], n: int) -> list[str]:
    """The names whose keys are most like a key; a coarse measure picks those to look at closely."""
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(b=key, autojunk=False)

    def rated(candidate: tuple[str, str], closely: bool) -> tuple[float, int, str]:
        matcher.set_seq1(candidate[1])
        likeness = matcher.ratio() if closely else matcher.quick_ratio()
        return -likeness, -_common_start(key, candidate[1]), candidate[0]

    coarse = sorted(set(candidates), key=lambda candidate: rated(candidate, False))[:200]
    return [name for name, _ in sorted(coarse, key=lambda candidate: rated(candidate, True))[:n]]


def _common_start(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _key(text: str) -> str:
    """A text in the form of ``items.sku_key``; most texts are SKUs as written and need none."""
    from prodsim_cli.text.normalize import folded

    return folded(text, accents=True).strip()


def nobody(connection: sqlite3.Connection, text: str, user: bool) -> NotFound:
    """The error for a text that is no SKU and no person (``user``: people only were asked for)."""
    candidates = [(key, key) for key in catalog.users_close_by(connection, text)]
    people = _by_edits(text, candidates, _NEAREST)
    products = [] if user else nearest(connection, text)
    hints = [
        f"The nearest {what}: {', '.join(names)}."
        for what, names in (("products", products), ("people", people))
        if names
    ]
    return NotFound(
        f"There is no {'person' if user else 'product and no person'} {text!r}.",
        hint="\n".join(hints) or "`prodsim status` says what the database holds.",
        unknown=[{"sku": text, "nearest": products, "people": people}],
    )
