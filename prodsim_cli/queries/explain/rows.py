"""``--why`` of ``similar``: for each row the shares of its score, and what they rest on.

Ground floor. Of several products asked about as one question, the evidence is that of the one that
speaks most for the row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace

from prodsim_cli.queries.explain.facts import facts
from prodsim_cli.queries.explain.groups import orders, people
from prodsim_cli.queries.explain.shares import shares
from prodsim_cli.queries.explain.texts import Texts
from prodsim_cli.queries.explain.words import MOST, Evidence, sentences
from prodsim_cli.queries.ranking.request import Chosen
from prodsim_cli.records import Json, Ranking
from prodsim_cli.records.reasons import Word
from prodsim_cli.store import artifacts, catalog, neighbors

Given = Mapping[str, float]
"""Method -> what it gives to a score."""


def reasoned(
    connection: sqlite3.Connection,
    ranking: Ranking,
    seeds: Sequence[int],
    chosen: Sequence[Chosen],
    least: int,
    live: Mapping[int, Given] | None = None,
) -> Ranking:
    """The answer, each row with its ``why``.

    ``seeds``: row ids of what was asked about. ``chosen``: the rows before they were dressed.
    ``least``: people in a group that is counted. ``live``: row id -> shares of products that were
    scored just now.
    """
    by_seed = _by_seed(connection, ranking.method, seeds, chosen, live or {})
    best = [max(found, key=lambda seed: sum(found[seed].values())) for found in by_seed]
    pairs = [(seed, row.item_id) for seed, row in zip(best, chosen, strict=True)]
    read = Texts(connection)
    words = read.words(list(dict.fromkeys(pairs)))
    rows = []
    for row, pair, found in zip(ranking.results, pairs, by_seed, strict=True):
        given: dict[str, float] = {}
        for mine in found.values():
            for name, share in mine.items():
                given[name] = given.get(name, 0.0) + share
        why = why_pair(connection, pair, given, words[pair], len(read.rows), least)
        if len(seeds) > 1:
            why = {"of": catalog.item(connection, pair[0])["label"], **why}
        rows.append(replace(row, why=why))
    return replace(ranking, results=tuple(rows))


def why_pair(
    connection: sqlite3.Connection,
    pair: tuple[int, int],
    given: Given,
    words: Sequence[Word],
    products: int,
    least: int,
) -> Json:
    """The JSON form of why the second of a pair is shown for the first."""
    one, other = (catalog.item(connection, item) for item in pair)
    evidence = Evidence(
        shares=given,
        people=people(connection, *pair, least, totals=False),
        orders=orders(connection, *pair, least, totals=False),
        words=words,
        facts=facts(connection, one, other),
        products=products,
    )
    said = sentences(evidence)[:MOST] if given else ("nothing that is stored ties them",)
    return {
        "because": list(said),
        "shares": {name: round(share, 9) for name, share in falling(given)},
        "people": evidence.people.as_dict(),
        "orders": evidence.orders.as_dict(),
        "words": [word.as_dict() for word in words],
        "facts": [fact.as_dict() for fact in evidence.facts],
    }


def falling(given: Given) -> list[tuple[str, float]]:
    """What gives something, the most first."""
    return sorted(((n, s) for n, s in given.items() if s > 0), key=lambda one: (-one[1], one[0]))


def _by_seed(
    connection: sqlite3.Connection,
    method: str,
    seeds: Sequence[int],
    chosen: Sequence[Chosen],
    live: Mapping[int, Given],
) -> list[dict[int, dict[str, float]]]:
    """For each row: product asked about -> method -> what it gives; together the score."""
    whole = {seed: dict(neighbors.scored(connection, method, [seed])) for seed in seeds}
    parts = {seed: shares(connection, seed) if method == artifacts.BLEND else {} for seed in seeds}
    made = []
    for row in chosen:
        item = row.item_id
        stored = [seed for seed in seeds if item in whole[seed]]
        found: dict[int, dict[str, float]]
        if item in live:
            found = {seeds[0]: dict(live[item])}
        elif method != artifacts.BLEND and not stored:
            found = {seeds[0]: {method: row.score} if row.score > 0 else {}}
        elif method != artifacts.BLEND:
            found = {seed: {method: whole[seed][item]} for seed in stored}
        else:
            # behind the stored rows every part of every product asked about speaks
            found = {seed: dict(parts[seed].get(item, {})) for seed in stored or seeds}
        made.append(_no_higher(found or {seeds[0]: {}}, row.score))
    return made


def _no_higher(found: dict[int, dict[str, float]], score: float) -> dict[int, dict[str, float]]:
    """The shares of a score that was lowered to the one above it, lowered alike."""
    total = sum(share for mine in found.values() for share in mine.values())
    scale = score / total if total > score > 0 else 1.0
    return {
        seed: {name: share * scale for name, share in mine.items()} for seed, mine in found.items()
    }
