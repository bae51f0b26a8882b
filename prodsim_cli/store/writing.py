"""Writing what was built: vectors, neighbour tables and their artifact rows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.records.values import FOR_PEOPLE
from prodsim_cli.registry import Traits, declared
from prodsim_cli.search import index
from prodsim_cli.store import meta, packed
from prodsim_cli.store.connection import transaction
from prodsim_cli.store.schema import EVENT_INDEXES

_ROWS = 4096
_PAIRS = 4_000_000
"""So many pairs are sorted at a time for the other direction."""

_ROWS_OF = {
    "space": [("vectors", "space")],
    "neighbors": [("neighbor_rows", "method"), ("speaking_rows", "method")],
    "user_neighbors": [("user_neighbor_rows", "method")],
    "item_scores": [("item_scores", "name")],
}
"""Kind of artifact -> its tables, and the column that holds the artifact's name; of the others all
stands in the row of ``artifacts``."""


def toolkit(connection: sqlite3.Connection) -> Any:
    """sqlite-utils over our connection; inside a transaction of ours it uses savepoints."""
    import sqlite_utils

    return sqlite_utils.Database(connection, recursive_triggers=False, execute_plugins=False)


def put_artifact(
    connection: sqlite3.Connection,
    name: str,
    kind: str,
    *,
    settings: dict[str, Any],
    data_version: str,
    seconds: float,
    weights: bytes | None = None,
) -> None:
    """Record what was built, of what and how; one row by (name, kind)."""
    toolkit(connection)["artifacts"].upsert(
        {
            "name": name,
            "kind": kind,
            "settings": json.dumps(settings, sort_keys=True, ensure_ascii=False),
            "data_version": data_version,
            "created_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "seconds": round(seconds, 3),
            "weights": weights,
        },
        pk=("name", "kind"),
    )


def describe_methods(connection: sqlite3.Connection) -> None:
    """Write beside each table what its method is (``method`` in the settings of its artifact), so
    that asking need not import it."""
    rows = connection.execute("select name, settings from artifacts where kind = 'neighbors'")
    for name, settings in rows.fetchall():
        known, stored = declared(name.removesuffix(FOR_PEOPLE)), json.loads(settings)
        if known != Traits() and stored.get("method") != known.as_dict():
            text = json.dumps({**stored, "method": known.as_dict()}, sort_keys=True)
            with transaction(connection):
                connection.execute(
                    "update artifacts set settings = ? where kind = 'neighbors' and name = ?",
                    (text, name),
                )


def drop_artifact(connection: sqlite3.Connection, name: str, kind: str) -> None:
    """Remove an artifact and its rows, as one transaction."""
    with transaction(connection):
        _delete_rows(connection, kind, name)
        connection.execute("delete from artifacts where name = ? and kind = ?", (name, kind))


def replace_table(
    connection: sqlite3.Connection,
    method: str,
    table: NeighborTable,
    ids: NDArray[np.int64],
    *,
    kind: str,
    **made: Any,
) -> int:
    """Put a whole neighbour table in place of the old one, with its artifact row, as one
    transaction: a reader sees the old table or the new one. Number of pairs written.

    ``kind`` is ``neighbors`` or ``user_neighbors``; ``ids`` the row id at each position; ``made``
    goes to :func:`put_artifact`.
    """
    with transaction(connection):
        _delete_rows(connection, kind, method)
        _insert_rows(connection, kind, method, _packed(table, ids))
        put_artifact(connection, method, kind, **made)
    return int((table.positions >= 0).sum())


def replace_scores(
    connection: sqlite3.Connection,
    name: str,
    scores: NDArray[np.floating],
    ids: NDArray[np.int64],
    **made: Any,
) -> int:
    """The same for (n,) scores of products, those above 0."""
    there = np.flatnonzero(scores > 0)
    rows = zip([name] * len(there), ids[there].tolist(), scores[there].tolist(), strict=True)
    with transaction(connection):
        _delete_rows(connection, "item_scores", name)
        connection.executemany(
            "insert into item_scores (name, item_id, score) values (?, ?, ?)", rows
        )
        put_artifact(connection, name, "item_scores", **made)
    return len(there)


def replace_variants(
    connection: sqlite3.Connection, groups: Mapping[int, int], **made: Any
) -> None:
    """The same for item -> group of variants."""
    with transaction(connection):
        connection.execute("delete from variants")
        connection.executemany(
            "insert into variants (item_id, group_id) values (?, ?)", sorted(groups.items())
        )
        put_artifact(connection, "variants", "variants", **made)


def replace_speaking(
    connection: sqlite3.Connection, method: str, table: NeighborTable, ids: NDArray[np.int64]
) -> None:
    """Store the other direction of a neighbour table, in place of what is there."""
    with transaction(connection):
        connection.execute("delete from speaking_rows where method = ?", (method,))
        _insert_rows(connection, "speaking", method, _turned(table, ids))


Packed = Iterator[tuple[int, bytes, bytes]]
"""Owner's row id, ids and scores."""


def _delete_rows(connection: sqlite3.Connection, kind: str, name: str) -> None:
    for rows, column in _ROWS_OF.get(kind, ()):
        connection.execute(f"delete from {rows} where {column} = ?", (name,))


def _insert_rows(connection: sqlite3.Connection, kind: str, method: str, found: Packed) -> None:
    rows, owner = packed.TABLES[kind]
    connection.executemany(
        f"insert into {rows} (method, {owner}, ids, scores) values (?, ?, ?, ?)",
        ((method, *row) for row in found),
    )


def _packed(table: NeighborTable, ids: NDArray[np.int64]) -> Packed:
    """The rows of a table, block by block."""
    for start in range(0, len(table), _ROWS):
        block = slice(start, start + _ROWS)
        row, rank = np.nonzero(table.positions[block] >= 0)
        others, scores = table.positions[block][row, rank], table.scores[block][row, rank]
        yield from _blobs(ids, table.rows[block][row], others, scores)


def _turned(table: NeighborTable, ids: NDArray[np.int64]) -> Packed:
    """For each item the items whose rows hold it, by falling score, then by id."""
    block = max(1, _PAIRS // max(1, table.k))
    for start in range(0, len(ids), block):
        row, rank = np.nonzero((table.positions >= start) & (table.positions < start + block))
        own, others, scores = table.positions[row, rank], table.rows[row], table.scores[row, rank]
        order = np.lexsort((ids[others], -scores))
        yield from _blobs(ids, own[order], others[order], scores[order])


def _blobs(
    ids: NDArray[np.int64],
    owners: NDArray[np.int32],
    others: NDArray[np.int32],
    scores: NDArray[np.float32],
) -> Packed:
    """Pairs of positions as packed rows, owners in order of position; theirs keep their order."""
    size = packed.width(int(ids.max(initial=0)))
    order = np.argsort(owners, kind="stable")
    names = ids[others[order]].astype(f"<u{size}").tobytes()
    values = scores[order].astype("<f4").tobytes()
    first, starts = np.unique(owners[order], return_index=True)
    ends = [*starts.tolist(), len(order)]
    for owner, a, b in zip(ids[first].tolist(), ends, ends[1:], strict=False):
        yield owner, names[size * a : size * b], values[4 * a : 4 * b]


def prune(connection: sqlite3.Connection, source: str, sha256s: Sequence[str]) -> int:
    """Take items of a source that these catalogue files do not hold out of all answers.

    Their events stay; a later feed that holds them brings them back. Number of items taken out.
    """
    marks = ", ".join("?" * len(sha256s))
    gone = connection.execute(
        f"""update items set listed = 0 where listed = 1 and source = ? and id not in
            (select s.item_id from spellings s join files f on f.id = s.file_id
             where f.source = ? and f.kind = 'catalog' and f.sha256 in ({marks}))""",
        (source, source, *sha256s),
    ).rowcount
    if gone:
        index.forget_gone(connection)
        meta.bump(connection, "catalog_version", "events_version")
    return gone


def index_events(connection: sqlite3.Connection) -> None:
    """Make the indexes of events that a bulk ingest dropped."""
    with transaction(connection):
        for create in EVENT_INDEXES.values():
            connection.execute(create)


def analyze(connection: sqlite3.Connection) -> None:
    """Fresh statistics for the query planner (a join took 238 ms without, 0.15 ms with them)."""
    toolkit(connection).analyze()


def shorten(connection: sqlite3.Connection) -> None:
    """Give back the room that an upgrade left free, where that is half of the file."""
    free, pages = (
        connection.execute(f"pragma {name}").fetchone()[0]
        for name in ("freelist_count", "page_count")
    )
    if 2 * free > pages:
        with suppress(sqlite3.OperationalError):  # no room on the disk for the copy, or a writer
            connection.execute("vacuum")
