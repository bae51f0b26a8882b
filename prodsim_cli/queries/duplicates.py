"""``duplicates``: the same product entered twice, within a source or in two of them.

Within a source pairs come from equal titles, equal bar codes and the stored table ``lexical``, and
what the two have in common is weighed (:mod:`prodsim_cli.matching.linkage`), without numpy. Across
sources every product is compared with every other (:mod:`prodsim_cli.matching.partners`).
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations

from prodsim_cli.errors import UsageProblem
from prodsim_cli.matching import linkage
from prodsim_cli.matching.linkage import Entry
from prodsim_cli.matching.variants import Product, sources_of_kinds
from prodsim_cli.records.answers import Product as Shown
from prodsim_cli.records.duplicates import Duplicate, Duplicates
from prodsim_cli.store import artifacts, catalog, neighbors

RANKS, LEAST = 10, 0.5
"""Rows of ``lexical`` that are looked at, and the score from which they are."""

TOGETHER = 30
"""Products of one title beyond which the title is a kind of thing, and its pairs are left out."""

Pair = tuple[int, int]


def duplicates(
    connection: sqlite3.Connection,
    *,
    across: bool = False,
    sources: Sequence[str] = (),
    min_confidence: float = 0.8,
    most: int = 20,
) -> Duplicates:
    """Pairs of entries that are one product, the surest first.

    ``sources``: look in these only, () for all; ``across``: for the same product in two of them,
    else for what one of them holds twice. Colours and sizes of a product are no duplicates.

    Raises UsageProblem for unknown sources, and for ``across`` where there is one only.
    """
    chosen = _chosen(catalog.sources(connection), sources, across)
    entries = _entries(connection, chosen)
    pairs, notes = (
        _across(connection, entries, chosen)
        if across
        else _within(connection, entries, min_confidence)
    )
    likely = [(pair, confidence) for pair, confidence in pairs if confidence >= min_confidence]
    likely.sort(key=lambda found: (-found[1], found[0]))
    shown = likely[:most]
    products = catalog.products(connection, {one for pair, _ in shown for one in pair})
    names = {item: row["sku"] for item, row in products.items()}
    if len(likely) > most:
        notes.append(f"{most} of {len(likely):,} pairs; `-k {len(likely)}` shows all.")
    results = tuple(
        Duplicate(
            a=_shown(entries[a], names),
            b=_shown(entries[b], names),
            confidence=confidence,
            reasons=tuple(_reasons(entries[a], entries[b])),
        )
        for (a, b), confidence in shown
    )
    return Duplicates(across, tuple(chosen), min_confidence, len(likely), results, tuple(notes))


def _chosen(known: list[str], asked: Sequence[str], across: bool) -> list[str]:
    unknown = [name for name in asked if name not in known]
    named = [name for name in known if name]
    if unknown:
        raise UsageProblem(
            f"There is no source {unknown[0]!r}.",
            hint=f"There are: {', '.join(named)}." if named else "No file was given a --source.",
        )
    chosen = list(dict.fromkeys(asked)) or known
    if across and len(chosen) < 2:
        raise UsageProblem(
            "--across compares two sources, and there is one only.",
            hint="Ingest the other catalogue with --source NAME, or leave --across out.",
        )
    return chosen


def _entries(connection: sqlite3.Connection, names: Sequence[str]) -> dict[int, Entry]:
    found = {}
    for row in catalog.entries(connection, names):
        product = Product(*tuple(row)[:7])
        found[product.id] = linkage.entry(product, row["price"], row["currency"])
    return found


def _within(
    connection: sqlite3.Connection, entries: dict[int, Entry], least: float
) -> tuple[list[tuple[Pair, float]], list[str]]:
    """Pairs of one source, with sentences on what was left out."""
    notes = []
    if "lexical" not in artifacts.Built(connection).methods():
        notes.append(
            "The table lexical is not built, so only equal titles and bar codes are found; run"
            " `prodsim build`."
        )
    elif why := artifacts.Built(connection).why_stale("lexical"):
        notes.append(f"The table lexical is out of date ({why}); run `prodsim build`.")
    naming = sources_of_kinds(entry.read for entry in entries.values())
    if naming:
        notes.append(
            "Titles name kinds of things here, since many products share one, so only equal bar"
            " codes count."
        )
    place = {one: at for at, one in enumerate(entries)}
    likeness = dict.fromkeys(_alike(entries.values(), naming), 0.0)
    titled = any(entry.read.place[0] not in naming for entry in entries.values())
    close = neighbors.close(connection, "lexical", RANKS, LEAST) if titled else ()
    for one, other, score in close:
        if one in entries and other in entries:
            pair = (one, other) if place[one] < place[other] else (other, one)
            likeness[pair] = max(score, likeness.get(pair, 0.0))
    same = Counter((entry.read.place[0], entry.text) for entry in entries.values())
    out, variants = [], 0
    for (one, other), lexical in likeness.items():
        a, b = entries[one], entries[other]
        coded = bool(a.code) and a.code == b.code
        if a.read.place[0] != b.read.place[0] or (a.read.place[0] in naming and not coded):
            continue
        crowd = same[a.read.place[0], a.text]
        confidence = linkage.confidence(linkage.compare(a, b, lexical, crowd))
        if linkage.is_variant(a, b):
            variants += confidence >= least
        else:
            out.append(((one, other), confidence))
    if variants:
        which = "pair that differs" if variants == 1 else "pairs that differ"
        notes.append(f"{variants:,} {which} in a colour or size only left out.")
    return out, notes


def _alike(entries: Iterable[Entry], naming: set[str]) -> Iterable[Pair]:
    """Pairs of one source with the same words or the same bar code."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for entry in entries:
        source = entry.read.place[0]
        if entry.text and source not in naming:
            groups.setdefault((source, "title", entry.text), []).append(entry.id)
        if entry.code:
            groups.setdefault((source, "code", entry.code), []).append(entry.id)
    for group in groups.values():
        if 1 < len(group) <= TOGETHER:
            yield from combinations(group, 2)


def _across(
    connection: sqlite3.Connection, entries: dict[int, Entry], names: Sequence[str]
) -> tuple[list[tuple[Pair, float]], list[str]]:
    """Pairs of two sources, each the other's best."""
    import numpy as np

    from prodsim_cli.matching.partners import partners
    from prodsim_cli.store.loading import load_shop

    shop = load_shop(connection)
    home = np.array(shop.dataset.columns["source"], object)
    sides = {name: np.flatnonzero(home == name).astype(np.int32) for name in names}
    out = []
    for ours, theirs in combinations(names, 2):
        found = partners(shop.dataset, sides[ours], sides[theirs])
        a, b = shop.item_ids[found.ours].tolist(), shop.item_ids[found.theirs].tolist()
        for one, other, confidence in zip(a, b, found.confidence.tolist(), strict=True):
            if not linkage.other_colour(entries[one], entries[other]):
                out.append(((one, other), confidence))
    note = "There is no language model's table, so meaning does not count; run `prodsim build`."
    return out, [] if shop.dataset.embeddings else [note]


def _shown(entry: Entry, names: dict[int, str]) -> Shown:
    return Shown(names[entry.id], entry.title, entry.price, entry.currency or None)


def _reasons(a: Entry, b: Entry) -> list[str]:
    """What speaks for a pair, in words."""
    found = linkage.compare(a, b, 0.0)
    reasons = []
    if "same barcode" in found:
        reasons.append(f"same bar code {a.code}")
    if "same title" in found:
        reasons.append("same title")
    elif found["words"] > 0:
        reasons.append(f"{round(100 * found['words'])} % of the words in common")
    codes = linkage.shared_codes(a, b)
    if codes:
        reasons.append(f"same model number {', '.join(codes)}")
    if "same brand" in found:
        reasons.append(f"same brand {a.brand}")
    if "same price" in found:
        mine, theirs = f"{a.price:,.2f}", f"{b.price:,.2f}"
        reasons.append("same price" if mine == theirs else f"price {mine} and {theirs}")
    if "same category" in found:
        reasons.append("same category")
    return reasons
