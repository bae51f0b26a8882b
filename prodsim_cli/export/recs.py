"""The lists of ``recommend --all``: every user's products."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from prodsim_cli.export.batch_scorer import Crowd, crowd
from prodsim_cli.export.lists import Lists, lists, nothing_for
from prodsim_cli.export.table import Names, Sheet, products
from prodsim_cli.queries.ranking.request import Rules
from prodsim_cli.queries.recommend import RecommendRequest

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress

COLUMNS = {
    "user": pl.String,
    "rank": pl.Int32,
    "sku": pl.String,
    "score": pl.Float32,
    "method": pl.String,
}


def sheet(
    connection: sqlite3.Connection,
    k: int,
    request: RecommendRequest,
    rules: Rules | None = None,
    progress: Progress | None = None,
) -> Sheet:
    """``user rank sku score method`` of every user, those with a past first, in order of keys.

    Raises what :func:`prodsim_cli.queries.recommend.recommend` raises.
    """
    everybody = crowd(connection, request)
    names = products(connection)
    about = {
        "method": everybody.config.method,
        "k": k,
        "users": len(everybody.keys),
        "without_a_past": len(everybody.keys) - len(everybody.subjects),
    }
    found = lists(connection, everybody, rules or Rules(), k, progress)
    notes = list(everybody.config.notes)
    return Sheet(dict(COLUMNS), _frames(everybody, names, found, notes), about, notes)


def _frames(
    everybody: Crowd, names: Names, found: Iterator[Lists], notes: list[str]
) -> Iterator[pl.DataFrame]:
    keys = pl.Series(everybody.keys, dtype=pl.String)
    empty = 0
    for some in found:
        empty += some.empty()
        there = some.positions >= 0
        row, rank = np.nonzero(there)
        yield pl.DataFrame(
            {
                "user": keys.gather(some.users[row]),
                "rank": (rank + 1).astype(np.int32),
                "sku": names.of(some.positions[there]),
                "score": some.scores[there].astype(np.float32),
                "method": pl.repeat(some.method, len(row), dtype=pl.String, eager=True),
            }
        )
    notes += nothing_for(empty, len(keys))
