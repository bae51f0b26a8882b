"""Neighbour tables as they are stored: a row per method and item, ids and scores as two blobs.

Scores are float32, ids uint16 where every id fits (uint32 else), both little-endian; the lengths
tell the width. The views ``neighbors`` and ``user_neighbors`` unpack them for plain SQL.
"""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

TABLES = {
    "neighbors": ("neighbor_rows", "item_id"),
    "user_neighbors": ("user_neighbor_rows", "user_id"),
    "speaking": ("speaking_rows", "item_id"),
}
"""Kind of table -> where its rows are stored, and the column of the owner. ``speaking`` is the
other direction of ``neighbors``, stored of what ``hybrid`` is made of."""

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
    """Schema 4: from a row per pair to a row per owner, in the order of the old key, so that memory
    holds one owner's pairs. The next build stores the other direction."""
    for entities, kind in (("items", "neighbors"), ("users", "user_neighbors")):
        table, owner = TABLES[kind]
        size = width(connection.execute(f"select max(id) from {entities}").fetchone()[0] or 0)
        pairs = connection.execute(
            f"select method, {owner}, neighbor_id, score from old_{kind} order by 1, 2, rank"
        )
        pairs.row_factory = None
        connection.executemany(
            f"insert into {table} (method, {owner}, ids, scores) values (?, ?, ?, ?)",
            (
                (*key, *pack([row[2] for row in rows], [row[3] for row in rows], size))
                for key, rows in (
                    (key, list(rows)) for key, rows in groupby(pairs, itemgetter(0, 1))
                )
            ),
        )


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
