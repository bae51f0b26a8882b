"""Reading what people have to do with, several people at a time. Ground floor.

A person *has* a product that is in the feed and with which they have any event but a return.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from prodsim_cli.store import item_scores
from prodsim_cli.store.artifacts import Built
from prodsim_cli.store.catalog import label


def held(
    connection: sqlite3.Connection, user_ids: Iterable[int]
) -> dict[int, dict[int, str | None]]:
    """User id -> item id -> time of the latest event with it (None where none has a time)."""
    rows = connection.execute(
        """select e.user_id, e.item_id, max(e.at)
           from json_each(?) v cross join events e on e.user_id = v.value
           join items i on i.id = e.item_id
           where i.listed = 1 and e.type != 'return' group by e.user_id, e.item_id""",
        (json.dumps(list(user_ids)),),
    )
    found: dict[int, dict[int, str | None]] = {}
    for user, item, latest in rows:
        found.setdefault(user, {})[item] = latest
    return found


def holders(connection: sqlite3.Connection, item_ids: Iterable[int]) -> dict[int, int]:
    """Item id -> how many people have it: as the build counted, where that is fresh, else anew."""
    ids = list(item_ids)
    built = Built(connection)
    if built.has("known", item_scores.KIND) and not built.why_stale("known", item_scores.KIND):
        return {item: int(n) for item, (n,) in item_scores.of(connection, ("known",), ids).items()}
    rows = connection.execute(
        """select e.item_id, count(distinct e.user_id) from json_each(?) v
           cross join events e on e.item_id = v.value where e.type != 'return' group by 1""",
        (json.dumps(ids),),
    )
    return {row[0]: row[1] for row in rows}


def named(connection: sqlite3.Connection, item_ids: Iterable[int]) -> dict[int, sqlite3.Row]:
    """Item id -> ``id sku title``, in order of position."""
    rows = connection.execute(
        f"""select i.id, {label()} as sku, i.title
            from items i where i.id in (select value from json_each(?)) order by i.source, i.sku""",
        (json.dumps(list(item_ids)),),
    )
    return {row["id"]: row for row in rows}
