"""Vectors: by entity and text, each copy its own row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def put_vectors(
    connection: sqlite3.Connection,
    space: str,
    entity_ids: Iterable[int],
    vectors: NDArray[np.float32],
    hashes: Sequence[str],
) -> None:
    """Store vectors (m, d) float32 as little-endian blobs, replacing those of the same entities."""
    blobs = (row.astype("<f4").tobytes() for row in vectors)
    connection.executemany(
        "insert into vectors (space, entity_id, vector, content_hash) values (?, ?, ?, ?)"
        " on conflict (space, entity_id) do update"
        " set vector = excluded.vector, content_hash = excluded.content_hash",
        zip([space] * len(hashes), entity_ids, blobs, hashes, strict=True),
    )


def stored_hashes(connection: sqlite3.Connection, space: str) -> dict[int, str]:
    """Content hash of each stored vector by entity id."""
    rows = connection.execute(
        "select entity_id, content_hash from vectors where space = ?", (space,)
    )
    return {row[0]: row[1] for row in rows}


def forget_space(connection: sqlite3.Connection, space: str) -> None:
    """Take all vectors of a space out."""
    connection.execute("delete from vectors where space = ?", (space,))


def forget_gone(connection: sqlite3.Connection, space: str) -> None:
    """Take the vectors of items that are no more out of a space."""
    connection.execute(
        "delete from vectors where space = ? and entity_id not in (select id from items)", (space,)
    )


def forget(connection: sqlite3.Connection, space: str, entity_ids: Iterable[int]) -> None:
    """Take the vectors of some entities out of a space."""
    connection.executemany(
        "delete from vectors where space = ? and entity_id = ?",
        ((space, entity) for entity in entity_ids),
    )


def copy_vectors(
    connection: sqlite3.Connection, space: str, pairs: Iterable[tuple[int, int]]
) -> None:
    """Give entities the vector of others with the same text; ``pairs``: (entity, whose vector)."""
    connection.executemany(
        """insert into vectors (space, entity_id, vector, content_hash)
           select space, ?, vector, content_hash from vectors where space = ? and entity_id = ?
           on conflict (space, entity_id) do update
           set vector = excluded.vector, content_hash = excluded.content_hash""",
        ((entity, space, other) for entity, other in pairs),
    )


def vectors_of(connection: sqlite3.Connection, space: str, item_ids: Sequence[int]) -> list[bytes]:
    """The vectors (float32) of the items that have one in a space, in order."""
    found = (
        connection.execute(
            "select vector from vectors where space = ? and entity_id = ?", (space, item)
        ).fetchone()
        for item in item_ids
    )
    return [row[0] for row in found if row is not None]
