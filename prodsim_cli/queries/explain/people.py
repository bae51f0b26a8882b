"""``--why`` of ``recommend``: which of what a person had led to each row, and by how much.

Ground floor. What the person had is theirs and is named with its date; of others nothing is told
but counts of groups that are not small.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from prodsim_cli.queries.explain.groups import orders, people
from prodsim_cli.queries.explain.rows import falling
from prodsim_cli.queries.explain.texts import Texts
from prodsim_cli.queries.explain.words import MOST, Evidence, sentences
from prodsim_cli.queries.ranking.request import Chosen
from prodsim_cli.records import Json, Ranking
from prodsim_cli.records.reasons import Word
from prodsim_cli.store import graphs

_SAID = {
    "recent": "popular lately",
    "popularity": "popular",
    "users": "people alike have it",
}
"""Parts that no purchase stands behind."""

_NOTHING = "nothing that is stored speaks for it"

Moments = Mapping[int, tuple[int, str | None]]
"""Row id of a product that the person had -> (which moment, its ISO time)."""


class Given(Protocol):
    """What a score is made of: ``shares`` by part, ``pasts`` by part and product that was had."""

    @property
    def shares(self) -> Mapping[str, float]: ...
    @property
    def pasts(self) -> Mapping[str, Mapping[int, float]]: ...


class Scoring(Protocol):
    """Candidates that can say what their scores are made of."""

    def reasons(self, item_ids: Sequence[int]) -> Mapping[int, Given]: ...


def reasoned(
    connection: sqlite3.Connection,
    ranking: Ranking,
    chosen: Sequence[Chosen],
    found: Scoring,
    moments: Moments,
    least: int,
) -> Ranking:
    """The answer, each row with its ``why``; ``least``: people in a group that is counted."""
    items = [row.item_id for row in chosen]
    reasons = found.reasons(items)
    had = {row.item_id: _had(reasons[row.item_id], row.score) for row in chosen}
    named = graphs.products(connection, {one for mine in had.values() for one in mine})
    best = {
        item: max(mine, key=lambda one: _total(mine[one])) for item, mine in had.items() if mine
    }
    read = Texts(connection) if best else None
    words = read.words(list(best.items())) if read else {}
    rows = []
    for row, shown in zip(chosen, ranking.results, strict=True):
        mine = had[row.item_id]
        because: list[tuple[float, str]] = []
        for one, parts in mine.items():
            said = _named(named[one], moments[one][1])
            if read and one == best[row.item_id]:
                pair = (row.item_id, one)
                evidence = _evidence(connection, pair, parts, words[pair], len(read.rows), least)
                said += "".join(f": {sentence}" for sentence in evidence[:1])
            because.append((_total(parts), said))
        shares = _scaled(reasons[row.item_id].shares, row.score)
        because += [(share, _SAID[name]) for name, share in shares.items() if name in _SAID]
        because.sort(key=lambda one: -one[0])
        why: Json = {
            "because": [said for _, said in because[:MOST]] or [_NOTHING],
            "shares": {name: round(share, 9) for name, share in falling(shares)},
            "purchases": [
                {
                    "sku": named[one]["label"],
                    "title": named[one]["title"],
                    "at": moments[one][1],
                    "gives": round(_total(mine[one]), 9),
                    "by": {name: round(share, 9) for name, share in falling(mine[one])},
                }
                for one in sorted(mine, key=lambda one: (-_total(mine[one]), one))
            ],
        }
        rows.append(replace(shown, why=why))
    return replace(ranking, results=tuple(rows))


def _had(given: Given, score: float) -> dict[int, dict[str, float]]:
    """Product that was had -> part -> what it gives to a score."""
    scale = _scale(given.shares, score)
    out: dict[int, dict[str, float]] = {}
    for name, pasts in given.pasts.items():
        for one, share in pasts.items():
            out.setdefault(one, {})[name] = share * scale
    return out


def _scaled(shares: Mapping[str, float], score: float) -> dict[str, float]:
    scale = _scale(shares, score)
    return {name: share * scale for name, share in shares.items()}


def _scale(shares: Mapping[str, float], score: float) -> float:
    """Scores are rounded to float32; so are their shares, that the sum be the score."""
    total = sum(shares.values())
    return score / total if total > 0 and abs(score - total) <= 1e-5 * total else 1.0


def _total(parts: Mapping[str, float]) -> float:
    return sum(parts.values())


def _named(product: sqlite3.Row, at: str | None) -> str:
    name = product["title"] or product["label"]
    return f"had {name}" + (f" on {at[:10]}" if at else "")


def _evidence(
    connection: sqlite3.Connection,
    pair: tuple[int, int],
    parts: Mapping[str, float],
    words: Sequence[Word],
    products: int,
    least: int,
) -> tuple[str, ...]:
    return sentences(
        Evidence(
            shares=parts,
            people=people(connection, *pair, least, totals=False),
            orders=orders(connection, *pair, least, totals=False),
            words=words,
            facts=(),
            products=products,
        )
    )
