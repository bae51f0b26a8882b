"""What stands at the end of an answer that nothing in the data fills. Ground floor."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence

from prodsim_cli.store import item_scores

COUNTS = ("popularity", "people")
"""The first of these tables that is there tells what is popular."""


def by_popularity(
    connection: sqlite3.Connection,
    ids: Sequence[int],
    counts: Mapping[int, float] | None = None,
) -> list[tuple[int, float]]:
    """Products with a score of 0, the most popular first, then in order of position.

    ``counts``: how many bought each product; None: as ``build`` has counted.
    """
    if counts is not None:
        placed = item_scores.in_order(connection, ids)
        return [(item, 0.0) for item in sorted(placed, key=lambda item: -counts.get(item, 0.0))]
    rows = connection.execute(
        """select i.id from json_each(?) v join items i on i.id = v.value
           left join item_scores s on s.item_id = i.id and s.name = (
               select name from artifacts where kind = 'item_scores' and name in (?, ?)
               order by name = ? desc limit 1)
           order by coalesce(s.score, 0) desc, i.source, i.sku""",
        (json.dumps(list(ids)), *COUNTS, COUNTS[0]),
    )
    return [(row[0], 0.0) for row in rows]
