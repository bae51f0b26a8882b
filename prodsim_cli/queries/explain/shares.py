"""What each part gives to a score of ``hybrid``: read off the stored tables. Ground floor.

score(j, i) = sum over the parts of w_part(class of j) * s_part(j, i) / scale_part, the weights of a
class divided by their sum (see :mod:`prodsim_cli.similarity.hybrid`). Where nothing was learned,
its documented formula. A part that does not hold the pair gives nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from prodsim_cli.scoring.defaults import FACTS, GRAPH, LEXICAL, SHRINKAGE, TEXT
from prodsim_cli.scoring.evidence import class_of
from prodsim_cli.store import artifacts, neighbors

Shares = dict[int, dict[str, float]]
"""Neighbour's row id -> part -> what it gives; the sum is the score."""


def shares(connection: sqlite3.Connection, item_id: int) -> Shares:
    """Every product that a part of ``hybrid`` ties to an item, with what each part gives.

    Sums of the first rows equal the stored row of ``hybrid`` to float32. Empty where ``hybrid`` is
    not built, or by a prodsim that did not keep the scales of its parts.
    """
    found = artifacts.recorded(connection, artifacts.BLEND, "neighbors")
    if found is None:
        return {}
    settings = found[0]
    if settings.get("weights") and settings.get("scales") is None:
        return {}
    learned = _learned(connection, item_id, settings)
    if learned is None:
        return _by_formula(connection, item_id, settings.get("parts", ()))
    out: Shares = {}
    for name, factor in learned.items():
        if factor > 0:
            for other, score in neighbors.scored(connection, name, [item_id]):
                out.setdefault(other, {})[name] = factor * score
    return out


def totals(found: Shares) -> dict[int, float]:
    """Neighbour -> score."""
    return {other: sum(parts.values()) for other, parts in found.items()}


def people(connection: sqlite3.Connection, item_id: int) -> float:
    """How many people had to do with an item when the tables were built."""
    row = connection.execute(
        "select score from item_scores where name = 'people' and item_id = ?", (item_id,)
    ).fetchone()
    return float(row[0]) if row else 0.0


def _learned(
    connection: sqlite3.Connection, item_id: int, settings: Mapping[str, Any]
) -> dict[str, float] | None:
    """Part -> what one unit of its score gives for this item; None where nothing was learned."""
    weights, scales = settings.get("weights"), settings.get("scales") or {}
    if not weights:
        return None
    used = sorted({name for table in weights.values() for name, w in table.items() if w > 0})
    used = [name for name in used if name in settings["parts"]]
    if not used:
        return None
    mine = weights.get(class_of(people(connection, item_id)), {})
    total = max(sum(mine.get(name, 0.0) for name in used), 1e-9)
    return {name: mine.get(name, 0.0) / total / scales.get(name, 1.0) for name in used}


def _by_formula(connection: sqlite3.Connection, item_id: int, parts: Sequence[str]) -> Shares:
    """The shares where nothing was learned."""
    graph = next((name for name in GRAPH if name in parts), None)
    weights = {"lexical": LEXICAL, "text": TEXT}
    if graph is None:
        weights["attributes"] = FACTS
    weights = {name: weight for name, weight in weights.items() if name in parts}
    total = sum(weights.values()) + (1.0 if graph else 0.0)
    out: Shares = {}
    for name, weight in weights.items():
        for other, score in neighbors.scored(connection, name, [item_id]):
            out.setdefault(other, {})[name] = weight * score * score / total
    if graph:
        rows = neighbors.scored(connection, graph, [item_id])
        buyers = _buyers(connection, [item_id, *(row[0] for row in rows)])
        for other, score in rows:
            shared = score * (buyers[item_id] * buyers[other]) ** 0.5
            given = score * shared / (shared + SHRINKAGE) / total
            out.setdefault(other, {})[graph] = given
    return out


def _buyers(connection: sqlite3.Connection, item_ids: Sequence[int]) -> dict[int, int]:
    """How many people have to do with each item; an order without a customer is a person."""
    rows = connection.execute(
        """select v.value, count(distinct case when e.user_id is not null then 'u' || e.user_id
                else 'o' || e.source || char(31) || e.order_id end)
           from json_each(?) v left join events e on e.item_id = v.value group by v.value""",
        (json.dumps(list(item_ids)),),
    )
    return {row[0]: row[1] for row in rows}
