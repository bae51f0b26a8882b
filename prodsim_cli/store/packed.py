"""Neighbour tables as they are stored: a row per method and item, ids and scores as two blobs.

Scores are float32, ids uint16 where every id fits (uint32 else), both little-endian; the lengths
tell the width. The views ``neighbors`` and ``user_neighbors`` unpack them for plain SQL.
"""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

TABLES = {
    "neighbors": ("neighbor_rows", "item_id"),
    "user_neighbors": ("user_neighbor_rows", "user_id"),
}
"""Kind of table -> where its rows are stored, and the column of the owner."""

_CODES = {2: "H", 4: "I"}
_SWAP = sys.byteorder == "big"


class Row(NamedTuple):
    """Neighbours of an item (the best first), or the items whose rows hold it."""

    ids: array[int]
    scores: array[float]


NONE = Row(array("H"), array("f"))


def width(largest: int) -> int:
    """Bytes of an id where none is above ``largest``."""
    return 2 if largest < 1 << 16 else 4


def pack(ids: Sequence[int], scores: Sequence[float], size: int) -> tuple[bytes, bytes]:
    """The two blobs of a row, ``size`` bytes an id."""
    return _bytes(array(_CODES[size], ids)), _bytes(array("f", scores))


def unpack(ids: bytes, scores: bytes) -> Row:
    """The row of two blobs."""
    if not scores:
        return NONE
    row = Row(array(_CODES[4 * len(ids) // len(scores)]), array("f"))
    row.ids.frombytes(ids)
    row.scores.frombytes(scores)
    if _SWAP:
        row.ids.byteswap()
        row.scores.byteswap()
    return row


def _bytes(values: array[int] | array[float]) -> bytes:
    if _SWAP:
        values.byteswap()
    return values.tobytes()


def repack(connection: sqlite3.Connection) -> None:
    """Schema 4: from a row per pair to a row per item. Reads both directions in the order of an
    index, so that memory holds the rows of one item."""
    for table, owner in (("items", "item_id"), ("users", "user_id")):
        size = width(connection.execute(f"select max(id) from {table}").fetchone()[0] or 0)
        old = "old_neighbors" if owner == "item_id" else "old_user_neighbors"
        forward = _grouped(
            connection.execute(
                f"""select method, {owner}, neighbor_id, score from {old}
                    order by method, {owner}, rank"""
            )
        )
        if owner == "user_id":
            connection.executemany(
                "insert into user_neighbor_rows (method, user_id, ids, scores) values (?, ?, ?, ?)",
                ((*key, *pack(ids, scores, size)) for key, ids, scores in forward),
            )
            continue
        backward = connection.execute(
            """select method, neighbor_id, item_id, score from old_neighbors
               order by method, neighbor_id, item_id"""
        )
        connection.executemany(
            "insert into neighbor_rows (method, item_id, ids, scores) values (?, ?, ?, ?)",
            ((*key, *pack(ids, scores, size)) for key, ids, scores in forward),
        )
        connection.executemany(
            """insert into neighbor_rows (method, item_id, ids, scores, of_ids, of_scores)
               values (?, ?, x'', x'', ?, ?) on conflict (method, item_id)
               do update set of_ids = excluded.of_ids, of_scores = excluded.of_scores""",
            (
                (*key, *pack(*_best_first(ids, scores), size))
                for key, ids, scores in _grouped(backward)
            ),
        )


def _grouped(
    rows: sqlite3.Cursor,
) -> Iterator[tuple[tuple[str, int], list[int], list[float]]]:
    """(method, owner), ids and scores of each owner."""
    rows.row_factory = None
    for key, pairs in groupby(rows, itemgetter(0, 1)):
        _, _, ids, scores = zip(*pairs, strict=True)
        yield key, list(ids), list(scores)


def _best_first(ids: list[int], scores: list[float]) -> tuple[list[int], list[float]]:
    order = sorted(range(len(ids)), key=lambda at: -scores[at])
    return [ids[at] for at in order], [scores[at] for at in order]


def _byte(blob: str, at: str) -> str:
    """The SQL of one byte of a blob as a number."""
    digits = [
        f"instr('123456789ABCDEF', substr(hex(substr({blob}, {at}, 1)), {n}, 1))" for n in (1, 2)
    ]
    return f"({digits[0]} * 16 + {digits[1]})"


def _word(blob: str, at: str, bytes_: range) -> str:
    return " + ".join(f"{_byte(blob, f'{at} + {n + 1}')} * {256**n}" for n in bytes_)


def view(name: str, rows: str, owner: str) -> str:
    """``create view`` of (method, owner, rank, neighbor_id, score) over packed rows.

    A list of as many zeros as there are scores counts the ranks. A float32 is its bits: sign,
    exponent e and fraction f, worth (2^23 + f) 2^(e - 150).
    """
    size = "(4 * length(r.ids) / length(r.scores))"
    at = f"n.key * {size}"
    return f"""
        create view {name} as
        select method, {owner}, rank, neighbor_id,
            (1 - 2 * (bits >> 31)) * ((bits & 8388607) + (e > 0) * 8388608.0)
            / (1 << min(max(150 - e, 0), 62)) / (1 << min(max(88 - e, 0), 62))
            * (1 << min(max(e - 150, 0), 62)) as score
        from (
            select method, {owner}, rank, neighbor_id, bits, (bits >> 23) & 255 as e
            from (
                select r.method, r.{owner}, n.key + 1 as rank,
                    {_word("r.ids", at, range(2))} + ({size} = 4)
                    * ({_word("r.ids", at, range(2, 4))}) as neighbor_id,
                    {_word("r.scores", "n.key * 4", range(4))} as bits
                from {rows} r cross join json_each('[' || substr(
                    replace(hex(zeroblob(length(r.scores) / 4)), '00', ',0'), 2) || ']') n
            )
        )
        """
