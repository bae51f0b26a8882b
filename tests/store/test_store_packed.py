"""Packed neighbour tables: what goes in comes out, by arrays, by rows and by plain SQL."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.store import neighbors, packed, writing
from prodsim_cli.store.connection import open_for_writing
from prodsim_cli.store.loading import load_neighbors, load_pairs

MADE = {"settings": {}, "data_version": "catalog:1", "seconds": 0.0}


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_for_writing(tmp_path / "shop.db")) as connection:
        connection.row_factory = None
        yield connection


def table(n: int, k: int, seed: int = 7) -> NeighborTable:
    """Rows of every length from 0 to k, with ties and scores below 0."""
    rng = np.random.default_rng(seed)
    positions = np.full((n, k), -1, np.int32)
    scores = np.zeros((n, k), np.float32)
    for row in range(n):
        size = int(rng.integers(0, k + 1))
        others = np.sort(rng.choice(np.delete(np.arange(n), row), size, replace=False))
        found = -np.sort(-rng.integers(-3, 9, size) / np.float32(7))
        positions[row, :size], scores[row, :size] = others, found
    return NeighborTable(positions, scores)


@pytest.mark.parametrize("first", [1, 70_000, 2**31 + 5])
def test_a_table_comes_back_by_arrays_rows_and_sql(db: sqlite3.Connection, first: int) -> None:
    made = table(40, 6)
    ids = np.random.default_rng(1).permutation(np.arange(first, first + 40))
    pairs = writing.replace_table(db, "m", made, ids, kind="neighbors", **MADE)
    assert pairs == (made.positions >= 0).sum()
    width = db.execute("select max(length(ids) / (length(scores) / 4)) from neighbor_rows")
    assert width.fetchone() == (2 if first == 1 else 4,)

    expected = [
        (int(ids[row]), rank + 1, int(ids[other]), float(score))
        for row in range(40)
        for rank, (other, score) in enumerate(
            zip(made.positions[row].tolist(), made.scores[row], strict=True)
        )
        if other >= 0
    ]
    read = "select item_id, rank, neighbor_id, score from neighbors where method = 'm'"
    assert sorted(db.execute(read)) == sorted(expected)
    rows = neighbors.rows(db, ["m", "none"], ids.tolist())
    assert [
        (item, rank, other, score)
        for (_, item), row in sorted(rows.items())
        for rank, (other, score) in enumerate(zip(*row, strict=True), start=1)
    ] == sorted(expected)
    owner, other, score = load_pairs(db, "m", ids)
    assert sorted(zip(owner.tolist(), other.tolist(), score.tolist(), strict=True)) == sorted(
        (item, to, worth) for item, _, to, worth in expected
    )


def test_the_other_direction_is_the_same_stored_or_not(db: sqlite3.Connection) -> None:
    made, ids = table(60, 9), np.arange(1, 61)[::-1].copy()
    writing.replace_table(db, "m", made, ids, kind="neighbors", **MADE)
    back = load_neighbors(db, "m", ids)
    assert (back.positions == made.positions[:, : back.k]).all()
    assert (back.scores == made.scores[:, : back.k]).all()
    asked = list(range(1, 61))
    scanned = neighbors.speaking(db, ["m"], asked)
    writing.replace_speaking(db, "m", made, ids)
    assert neighbors.turned(db, "m")
    assert neighbors.speaking(db, ["m"], asked) == scanned
    for row in scanned.values():
        pairs = list(zip(*row, strict=True))
        assert pairs == sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
    writing.replace_table(db, "m", made, ids, kind="neighbors", **MADE)  # made anew: turned no more
    assert not neighbors.turned(db, "m")
    writing.drop_artifact(db, "m", "neighbors")
    assert db.execute("select count(*) from neighbor_rows").fetchone() == (0,)


def test_plain_sql_reads_every_float(db: sqlite3.Connection) -> None:
    """The view takes a float32 apart by its bits; powers of two down to 2^-101 are exact."""
    powers = [2.0**n for n in range(60, -102, -7)]
    scores = array("f", [*powers, 1 / 3, 0.0, -1 / 7, -2.0e-20])
    blobs = packed.pack(range(1, len(scores) + 1), scores, 2)
    db.execute("insert into neighbor_rows values ('m', 9, ?, ?)", blobs)
    found = db.execute("select score from neighbors order by rank").fetchall()
    assert [score for (score,) in found] == scores.tolist()


def test_a_wide_row_packs_and_unpacks() -> None:
    row = packed.unpack(*packed.pack([1, 2**32 - 1], [0.5, 0.25], 4))
    assert (row.ids.tolist(), row.scores.tolist()) == ([1, 2**32 - 1], [0.5, 0.25])
    assert packed.unpack(b"", b"") == packed.NONE
