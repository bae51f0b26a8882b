"""What each part gives to a score of ``hybrid``, read off the stored tables.

The sum of the shares is the score (:mod:`prodsim_cli.scoring.coefficients`); a part that does not
hold the pair gives nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

from prodsim_cli.scoring.coefficients import class_of, for_pairs
from prodsim_cli.scoring.over_rows import Shares, shares_of_pairs
from prodsim_cli.store import artifacts, item_scores, neighbors, packed


def shares(connection: sqlite3.Connection, item_id: int) -> Shares:
    """Every product that a part of ``hybrid`` ties to an item, with what each part gives.

    Sums of the first rows equal the stored row of ``hybrid`` to float32. Empty where ``hybrid`` is
    not built, or by a prodsim that did not keep the scales of its parts.
    """
    found = artifacts.recorded(connection, artifacts.BLEND, "neighbors")
    if found is None:
        return {}
    settings = found[0]
    weights, scales = settings.get("weights"), settings.get("scales")
    if weights and scales is None:
        return {}
    by_class = for_pairs(settings.get("parts", ()), weights, scales)
    (people,) = item_scores.of(connection, ("people",), [item_id])[item_id]
    factors = by_class[class_of(people)]
    stored = neighbors.rows(connection, factors, [item_id])
    rows = {name: stored.get((name, item_id), packed.NONE) for name in factors}
    shrunk = [name for name, how in factors.items() if how.shrinkage]
    others = {other for name in shrunk for other in rows[name].ids}
    buyers = _buyers(connection, {item_id, *others}) if shrunk else {}
    return shares_of_pairs(rows, factors, item_id, buyers)


def _buyers(connection: sqlite3.Connection, item_ids: Collection[int]) -> dict[int, int]:
    """How many people have to do with each item; an order without a customer is a person."""
    rows = connection.execute(
        """select v.value, count(distinct case when e.user_id is not null then 'u' || e.user_id
                else 'o' || e.source || char(31) || e.order_id end)
           from json_each(?) v left join events e on e.item_id = v.value group by v.value""",
        (json.dumps(list(item_ids)),),
    )
    return {row[0]: row[1] for row in rows}
