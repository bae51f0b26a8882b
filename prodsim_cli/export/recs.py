"""The answers of ``recommend`` for everybody, as ``recommend --all`` and ``export recs`` write
them: a row for each product of each list, or an object a user (docs/json.md)."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from prodsim_cli.export.batch_scorer import BatchScorer, batch_scorer
from prodsim_cli.export.lists import Lists, lists, nothing_for
from prodsim_cli.export.table import Table, products
from prodsim_cli.queries.ranking.request import Rules
from prodsim_cli.queries.recommend import RecommendRequest, ahead, what_is_popular
from prodsim_cli.render.plain import harmless

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress
    from prodsim_cli.records.values import Json

COLUMNS = {
    "user": pl.String,
    "rank": pl.Int32,
    "sku": pl.String,
    "score": pl.Float32,
    "method": pl.String,
}
_KEYS = dict.fromkeys(("query", "method", "results"), pl.String)


def table(
    connection: sqlite3.Connection,
    k: int,
    request: RecommendRequest,
    rules: Rules | None = None,
    progress: Progress | None = None,
    form: str | None = None,
) -> Table:
    """``user rank sku score method`` of every user, those with a past first, in order of keys.

    ``form``: as ``recommend --all`` writes this one: jsonl is an object a user, in csv and tsv
    scores are rounded and names without control characters. Raises what
    :func:`prodsim_cli.queries.recommend.recommend` raises.
    """
    made = _Everybody(connection, batch_scorer(connection, request), k, progress)
    found = made.lists(rules or Rules(), told=form is not None)
    about = {
        "method": made.people.config.method,
        "k": k,
        "users": len(made.people.keys),
        "without_a_past": made.strangers,
    }
    if form is not None and form.startswith("jsonl"):
        return Table(dict(_KEYS), iter(()), about, made.notes, made.rankings(found))
    printed = form is not None and form != "parquet"
    return Table(dict(COLUMNS), made.frames(found, printed), about, made.notes)


class _Everybody:
    """Lists of everybody on their way into a file; ``notes`` fill up meanwhile."""

    def __init__(
        self, connection: sqlite3.Connection, people: BatchScorer, k: int, progress: Progress | None
    ) -> None:
        self.connection, self.people, self.k, self.progress = connection, people, k, progress
        self.strangers = len(people.keys) - len(people.subjects)
        self.notes = list(people.config.notes)

    def lists(self, rules: Rules, told: bool) -> Iterator[Lists]:
        """The lists one after the other; ``told``: with sentences about how it went."""
        users, empty, seconds = len(self.people.keys), 0, 0.0
        found = lists(self.connection, self.people, rules, self.k, self.progress)
        while True:
            begun = time.perf_counter()
            some = next(found, None)
            seconds += time.perf_counter() - begun
            if some is None:
                break
            empty += some.empty()
            yield some
        if told:
            self.notes += [*ahead(self.people.before), *self._strangers()]
        self.notes += nothing_for(empty, users)
        if told:
            rate = users / max(seconds, 1e-9)
            self.notes.append(f"{users:,} users, {rate:,.0f} a second once all was read.")

    def _strangers(self) -> Iterator[str]:
        people = self.people
        if self.strangers:
            when = f" before {people.before}" if people.before else ""
            what = what_is_popular(people.fallback, people.facts, people.before)
            of = f"{self.strangers:,} of {len(people.keys):,} users{when}"
            yield f"Nothing is known of {of}: they get {what}."

    def frames(self, found: Iterator[Lists], printed: bool) -> Iterator[pl.DataFrame]:
        """A row for each product of each list."""
        keys, skus = pl.Series(self.people.keys, dtype=pl.String), products(self.connection).words
        if printed:
            keys, skus = (pl.Series(map(harmless, one), dtype=pl.String) for one in (keys, skus))
        for some in found:
            there = some.positions >= 0
            row, rank = np.nonzero(there)
            score = some.scores[there].astype(np.float32)
            yield pl.DataFrame(
                {
                    "user": keys.gather(some.users[row]),
                    "rank": (rank + 1).astype(np.int32),
                    "sku": skus.gather(some.positions[there]),
                    "score": score.astype(np.float64).round(6) if printed else score,
                    "method": pl.repeat(some.method, len(row), dtype=pl.String, eager=True),
                }
            )

    def rankings(self, found: Iterator[Lists]) -> Iterator[Json]:
        """A ranking a user, without what only one answer looks up (methods, variants, pins)."""
        skus = products(self.connection).words.to_list()
        facts = self.connection.execute(
            "select title, price from items where listed = 1 order by source, sku"
        ).fetchall()
        for some in found:
            for user, positions, scores in zip(
                some.users.tolist(), some.positions.tolist(), some.scores.tolist(), strict=True
            ):
                rows = [
                    {
                        "rank": rank,
                        "sku": skus[position],
                        "score": round(score, 6),
                        "title": facts[position][0],
                        "price": facts[position][1],
                    }
                    for rank, (position, score) in enumerate(
                        zip(positions, scores, strict=True), start=1
                    )
                    if position >= 0
                ]
                query = {"user": self.people.keys[user]}
                yield {"query": query, "method": some.method, "results": rows}
