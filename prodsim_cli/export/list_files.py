"""Everybody's lists as files: csv, jsonl, parquet, complete or not there. First floor.

csv and parquet hold a row for each product of each list: ``user rank sku score method``. jsonl
holds an object a user, a ranking whose rows are ``rank sku score title price`` (docs/json.md).
"""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from prodsim_cli.export.batch_scorer import Crowd
from prodsim_cli.export.lists import Lists
from prodsim_cli.files import ending, whole_file
from prodsim_cli.records.values import Json
from prodsim_cli.render.text import harmless, json_text
from prodsim_cli.store.catalog import label

ENDINGS = ("csv", "jsonl", "parquet")
COLUMNS = ("user", "rank", "sku", "score", "method")
KEYS = ("query", "method", "results")


def write(
    path: str | Path, connection: sqlite3.Connection, people: Crowd, found: Iterable[Lists]
) -> int:
    """All lists into one file, whose ending says the format; the number of rows (jsonl: users).

    Raises :class:`UsageProblem` for another ending, :class:`InputError` where the file can't be
    written.
    """
    form = ending(path, ENDINGS, "-o")
    with whole_file(path) as beside:
        if form == "parquet":
            return _parquet(beside, connection, people, found)
        with beside.open("w", encoding="utf-8", newline="") as stream:
            return stream_to(stream, form, connection, people, found)


def stream_to(
    stream: TextIO,
    form: str,
    connection: sqlite3.Connection,
    people: Crowd,
    found: Iterable[Lists],
) -> int:
    """The lists as csv, tsv or jsonl, as they come; the number of rows (jsonl: users)."""
    facts = _facts(connection, people)
    if form == "jsonl":
        return _counted(
            stream.write(json_text(one, indent=None) + "\n")
            for some in found
            for one in _rankings(people, facts, some)
        )
    writer = csv.writer(stream, delimiter="," if form == "csv" else "\t", lineterminator="\n")
    writer.writerow(COLUMNS)
    return _counted(writer.writerow(row) for some in found for row in _rows(people, facts, some))


def _counted(written: Iterable[Any]) -> int:
    return sum(1 for _ in written)


def _facts(connection: sqlite3.Connection, people: Crowd) -> list[tuple[Any, ...]]:
    """SKU, title, price of each product, in order of position."""
    rows = connection.execute(
        f"select {label()}, i.title, i.price from items i"
        " where i.listed = 1 order by i.source, i.sku"
    )
    return [tuple(row) for row in rows]


def _rows(
    people: Crowd, facts: list[tuple[Any, ...]], some: Lists
) -> Iterator[tuple[str, int, str, float, str]]:
    for user, positions, scores in zip(
        some.users.tolist(), some.positions.tolist(), some.scores.tolist(), strict=True
    ):
        key = harmless(people.keys[user])
        for rank, (position, score) in enumerate(zip(positions, scores, strict=True), start=1):
            if position >= 0:
                yield key, rank, harmless(facts[position][0]), round(score, 6), some.method


def _rankings(people: Crowd, facts: list[tuple[Any, ...]], some: Lists) -> Iterator[Json]:
    """A ranking a user, without what only a single answer looks up (methods, variants, pins)."""
    for user, positions, scores in zip(
        some.users.tolist(), some.positions.tolist(), some.scores.tolist(), strict=True
    ):
        there = [pair for pair in zip(positions, scores, strict=True) if pair[0] >= 0]
        rows = [
            {
                "rank": rank,
                "sku": facts[position][0],
                "score": round(score, 6),
                "title": facts[position][1],
                "price": facts[position][2],
            }
            for rank, (position, score) in enumerate(there, start=1)
        ]
        yield {"query": {"user": people.keys[user]}, "method": some.method, "results": rows}


def _parquet(
    path: Path, connection: sqlite3.Connection, people: Crowd, found: Iterable[Lists]
) -> int:
    import numpy as np
    import polars as pl

    skus = pl.Series("sku", [row[0] for row in _facts(connection, people)], pl.String)
    keys = pl.Series("user", people.keys, pl.String)
    frames = []
    for some in found:
        there = some.positions >= 0
        row, rank = np.nonzero(there)
        frames.append(
            pl.DataFrame(
                {
                    "user": keys.gather(some.users[row]),
                    "rank": (rank + 1).astype(np.int32),
                    "sku": skus.gather(some.positions[there]),
                    "score": some.scores[there],
                    "method": pl.Series([some.method], dtype=pl.String).new_from_index(
                        0, int(there.sum())
                    ),
                }
            )
        )
    frame = pl.concat(frames) if frames else pl.DataFrame(schema=_SCHEMA)
    frame.write_parquet(path)
    return len(frame)


_SCHEMA: dict[str, Any] = {
    "user": str,
    "rank": int,
    "sku": str,
    "score": float,
    "method": str,
}
