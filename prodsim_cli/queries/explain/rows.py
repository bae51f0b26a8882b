"""``--why`` of ``similar`` and ``recommend``: the shares of a row's score, and what they rest on.

Of several products asked about as one question, the evidence is that of the one that speaks most
for the row. What a person had is named with its date; of others only groups that are not small are
counted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from prodsim_cli.queries.explain.evidence import facts, orders, people
from prodsim_cli.queries.explain.sentences import MOST, Evidence, sentences
from prodsim_cli.queries.explain.shares import shares
from prodsim_cli.queries.explain.texts import Texts
from prodsim_cli.queries.ranking.request import Chosen
from prodsim_cli.records.answers import Ranking
from prodsim_cli.records.reasons import Fact, Word
from prodsim_cli.records.values import Json
from prodsim_cli.registry import Traits
from prodsim_cli.store import artifacts, catalog, neighbors

if TYPE_CHECKING:
    from prodsim_cli.queries.recommend_scores import Reasons

Given = Mapping[str, float]
"""Method -> what it gives to a score."""

_SAID = {"recent": "popular lately", "popularity": "popular", "users": "people alike have it"}
"""Parts that no purchase stands behind."""

_NOTHING = "nothing that is stored speaks for it"

Moments = Mapping[int, tuple[int, str | None]]
"""Row id of a product that the person had -> (which moment, its ISO time)."""


def reasoned(
    connection: sqlite3.Connection,
    ranking: Ranking,
    seeds: Sequence[int],
    chosen: Sequence[Chosen],
    least: int,
    live: Mapping[int, Given] | None = None,
) -> Ranking:
    """The answer, each row with its ``why``.

    ``seeds``: row ids of what was asked about. ``chosen``: the rows before they were shown.
    ``least``: people in a group that is counted. ``live``: row id -> shares of products that were
    scored just now.
    """
    by_seed = _by_seed(connection, ranking.method, seeds, chosen, live or {})
    best = [max(found, key=lambda seed: sum(found[seed].values())) for found in by_seed]
    pairs = [(seed, row.item_id) for seed, row in zip(best, chosen, strict=True)]
    read, traits = Texts(connection), artifacts.Built(connection).traits
    words = read.words(list(dict.fromkeys(pairs)))
    rows = []
    for row, pair, found in zip(ranking.results, pairs, by_seed, strict=True):
        given: dict[str, float] = {}
        for mine in found.values():
            for name, share in mine.items():
                given[name] = given.get(name, 0.0) + share
        one, other = (catalog.item(connection, item) for item in pair)
        evidence = evidence_of(
            connection,
            pair,
            given,
            words[pair],
            tuple(facts(connection, one, other)),
            len(read.rows),
            least,
            traits,
        )
        said = sentences(evidence)[:MOST] if given else ("nothing that is stored ties them",)
        why: Json = {
            **({"of": one["label"]} if len(seeds) > 1 else {}),
            "because": list(said),
            "shares": rounded_shares(given),
            "people": evidence.people.as_dict(),
            "orders": evidence.orders.as_dict(),
            "words": [word.as_dict() for word in evidence.words],
            "facts": [fact.as_dict() for fact in evidence.facts],
        }
        rows.append(replace(row, why=why))
    return replace(ranking, results=tuple(rows))


def rounded_shares(given: Given) -> dict[str, float]:
    """What gives something, the most first, as JSON holds it."""
    falling = sorted(given.items(), key=lambda one: (-one[1], one[0]))
    return {name: round(share, 9) for name, share in falling if share > 0}


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
        found = found or {seeds[0]: {}}
        made.append(found if stored else _no_higher(found, row.score))
    return made


def _no_higher(found: dict[int, dict[str, float]], score: float) -> dict[int, dict[str, float]]:
    """The shares of a score that was lowered to the one above it, lowered alike."""
    total = sum(share for mine in found.values() for share in mine.values())
    scale = score / total if total > score > 0 else 1.0
    return {
        seed: {name: share * scale for name, share in mine.items()} for seed, mine in found.items()
    }


def reasoned_for_user(
    connection: sqlite3.Connection,
    ranking: Ranking,
    chosen: Sequence[Chosen],
    reasons: Mapping[int, Reasons],
    moments: Moments,
    least: int,
) -> Ranking:
    """The answer, each row with its ``why``: what the person had that led to it.

    ``reasons``: row id -> what its score is made of. ``least``: people in a group that is counted.
    """
    shares: dict[int, dict[str, float]] = {}
    had: dict[int, dict[int, dict[str, float]]] = {}
    for row in chosen:
        shares[row.item_id], had[row.item_id] = _scaled(reasons[row.item_id], row.score)
    named = catalog.products(connection, {one for mine in had.values() for one in mine})
    best = {
        item: max(mine, key=lambda one: _total(mine[one])) for item, mine in had.items() if mine
    }
    read = Texts(connection) if best else None
    traits = artifacts.Built(connection).traits
    words = read.words(list(best.items())) if read else {}
    rows = []
    for item, shown in zip(had, ranking.results, strict=True):
        mine = had[item]
        because: list[tuple[float, str]] = []
        for one, parts in mine.items():
            said = _named(named[one], moments[one][1])
            if read and one == best[item]:
                pair = (item, one)
                evidence = evidence_of(
                    connection, pair, parts, words[pair], (), len(read.rows), least, traits
                )
                said += "".join(f": {sentence}" for sentence in sentences(evidence)[:1])
            because.append((_total(parts), said))
        because += [(share, _SAID[name]) for name, share in shares[item].items() if name in _SAID]
        because.sort(key=lambda one: -one[0])
        why: Json = {
            "because": [said for _, said in because[:MOST]] or [_NOTHING],
            "shares": rounded_shares(shares[item]),
            "purchases": [
                {
                    "sku": named[one]["sku"],
                    "title": named[one]["title"],
                    "at": moments[one][1],
                    "gives": round(_total(mine[one]), 9),
                    "by": rounded_shares(mine[one]),
                }
                for one in sorted(mine, key=lambda one: (-_total(mine[one]), one))
            ],
        }
        rows.append(replace(shown, why=why))
    return replace(ranking, results=tuple(rows))


def _scaled(reasons: Reasons, score: float) -> tuple[dict[str, float], dict[int, dict[str, float]]]:
    """Part -> share of a score, and the same by product that was had.

    Scores are rounded to float32; so are their shares, that the sum be the score.
    """
    total = sum(reasons.shares.values())
    scale = score / total if total > 0 and abs(score - total) <= 1e-5 * total else 1.0
    had: dict[int, dict[str, float]] = {}
    for name, pasts in reasons.pasts.items():
        for one, share in pasts.items():
            had.setdefault(one, {})[name] = share * scale
    return {name: share * scale for name, share in reasons.shares.items()}, had


def _total(parts: Mapping[str, float]) -> float:
    return sum(parts.values())


def _named(product: sqlite3.Row, at: str | None) -> str:
    name = product["title"] or product["sku"]
    return f"had {name}" + (f" on {at[:10]}" if at else "")


def evidence_of(
    connection: sqlite3.Connection,
    pair: tuple[int, int],
    given: Given,
    words: Sequence[Word],
    facts: Sequence[Fact],
    products: int,
    least: int,
    traits: Callable[[str], Traits],
) -> Evidence:
    """What is known of a pair, groups of people among it; ``products``: how many the shop has."""
    return Evidence(
        shares=given,
        people=people(connection, *pair, least, totals=False),
        orders=orders(connection, *pair, least, totals=False),
        words=words,
        facts=facts,
        products=products,
        traits=traits,
    )
