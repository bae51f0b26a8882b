"""Reading who has what, several people at a time, and what of it recommendations count.

A person *has* a product that is in the feed and with which they have any event but a return.
``before``: only events before this moment (ISO), which must have a time.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping

from prodsim_cli.store import item_scores
from prodsim_cli.store.artifacts import Built


def _until(before: str | None) -> tuple[str, tuple[str, ...]]:
    return ("", ()) if before is None else (" and e.at < ?", (before,))


def of_user(
    connection: sqlite3.Connection, user_id: int, before: str | None = None
) -> list[sqlite3.Row]:
    """``item_id at position type`` of a person's events but returns, oldest first."""
    until, values = _until(before)
    return connection.execute(
        f"""select e.item_id, e.at, coalesce(e.position, 0) as position, e.type
            from events e join items i on i.id = e.item_id
            where e.user_id = ? and i.listed = 1 and e.type != 'return'{until}
            order by e.at, position""",
        (user_id, *values),
    ).fetchall()


def returned(connection: sqlite3.Connection, user_id: int, before: str | None = None) -> set[int]:
    """Row ids of what a person has sent back."""
    until, values = _until(before)
    rows = connection.execute(
        f"""select distinct e.item_id from events e join items i on i.id = e.item_id
            where e.user_id = ? and i.listed = 1 and e.type = 'return'{until}""",
        (user_id, *values),
    )
    return {row[0] for row in rows}


def held_by(
    connection: sqlite3.Connection, people: Mapping[int, float], before: str | None = None
) -> list[tuple[int, float]]:
    """(item id, sum of the numbers of those people who have the product)."""
    until, values = _until(before)
    return connection.execute(
        f"""select item_id, sum(likeness) from (
                select distinct e.item_id, e.user_id, p.value as likeness
                from json_each(?) p cross join events e on e.user_id = cast(p.key as integer)
                where e.type != 'return'{until}
            ) group by item_id""",
        (json.dumps(dict(people)), *values),
    ).fetchall()


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


def timeless(connection: sqlite3.Connection) -> bool:
    """True if some event has no time."""
    row = connection.execute("select exists (select 1 from events where at is null)").fetchone()
    return bool(row[0])


def sharing(
    connection: sqlite3.Connection, item_ids: Collection[int], limit: int, before: str | None = None
) -> dict[int, float]:
    """The people who share most with somebody who has these products -> cosine over who has what.

    |A and B| / sqrt(|A| |B|), returns left out; equal ones in order of their key.
    """
    until, values = _until(before)
    rows = connection.execute(
        f"""with shared as (
                select e.user_id, count(distinct e.item_id) as both
                from json_each(?) v cross join events e on e.item_id = v.value
                where e.user_id is not null and e.type != 'return'{until} group by e.user_id
            )
            select s.user_id, s.both * 1.0 as both, (
                    select count(distinct e.item_id) from events e
                    where e.user_id = s.user_id and e.type != 'return'{until}
                ) as own
            from shared s join users u on u.id = s.user_id order by u.key""",
        (json.dumps(list(item_ids)), *values, *values),
    )
    found = [(row[0], row[1] / (len(item_ids) * row[2]) ** 0.5) for row in rows]
    return dict(sorted(found, key=lambda pair: -pair[1])[:limit])
