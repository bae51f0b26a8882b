"""The whole graph that ``neighborhood`` walks: edges between products, people, and both."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from prodsim_cli.data.knn import blocks
from prodsim_cli.errors import UsageProblem
from prodsim_cli.export.table import BLOCK, Names, Table, people, products, rank_in_row
from prodsim_cli.progress import stage
from prodsim_cli.queries.relations import BOUGHT, SAME_ORDER, TOUCHED, choose
from prodsim_cli.store import events
from prodsim_cli.store.loading import load_pairs

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress

COLUMNS = {
    "source": pl.String,
    "target": pl.String,
    "relation": pl.String,
    "rank": pl.Int32,
    "score": pl.Float32,
    "count": pl.Int64,
    "latest": pl.String,
}
"""As ``neighborhood -f csv`` prints its edges; ends are ``product:SKU`` and ``user:KEY``."""


def table(
    connection: sqlite3.Connection,
    k: int,
    methods: Sequence[str] = (),
    progress: Progress | None = None,
) -> Table:
    """Edges by each relation: k for each product and person by a table, all that were bought.

    ``methods``: tables and ``bought``; none: those that ``neighborhood`` takes. Raises what
    :func:`prodsim_cli.queries.relations.choose` raises.
    """
    if SAME_ORDER in methods:
        raise UsageProblem(
            f"{SAME_ORDER} is counted while one product is looked at, and is no table.",
            hint="Name orders, the table that `prodsim build` makes of the same orders.",
        )
    chosen, notes = choose(connection, methods)
    items = [name for name in chosen.products if name not in (BOUGHT, SAME_ORDER)]
    users = [name for name in chosen.people if name != BOUGHT]
    bought = BOUGHT in (*chosen.products, *chosen.people)
    notes = [note for note in notes if SAME_ORDER not in note]
    relations = [*items, *(name for name in users if name not in items), *[BOUGHT][: int(bought)]]
    about: dict[str, Any] = {"relations": relations, "k": k}
    made = _Edges(connection, k, progress)
    return Table(dict(COLUMNS), made.frames(items, users, bought), about, notes)


PEOPLE = 200
"""People whose events are read at a time: one may have thousands of products."""


class _Edges:
    """The edges, relation by relation."""

    def __init__(self, connection: sqlite3.Connection, k: int, progress: Progress | None) -> None:
        self.connection, self.k, self.progress = connection, k, progress
        self.items, self.users = products(connection), people(connection)

    def frames(
        self, items: Sequence[str], users: Sequence[str], bought: bool
    ) -> Iterator[pl.DataFrame]:
        """Edges between products, then between people, then from people to products."""
        for name in items:
            yield from self._table(name, "neighbors", self.items, "product:")
        for name in users:
            yield from self._table(name, "user_neighbors", self.users, "user:")
        if bought:
            yield from self._bonds()

    def _table(self, name: str, table: str, names: Names, kind: str) -> Iterator[pl.DataFrame]:
        done = stage(self.progress, f"edges: {name}", len(names), table)
        for some in blocks(len(names), BLOCK):
            owners, others, scores = load_pairs(self.connection, name, names.ids[some], table)
            at, to = names.places(owners), names.places(others)
            order = np.argsort(at, kind="stable")
            order = order[to[order] >= 0]
            order = order[rank_in_row(at[order]) <= self.k]
            frame = {
                "source": kind + names.of(at[order]),
                "target": kind + names.of(to[order]),
                "rank": rank_in_row(at[order]),
                "score": scores[order],
            }
            yield _edges(frame, name)
            done(some.stop - some.start)

    def _bonds(self) -> Iterator[pl.DataFrame]:
        """What each person bought; of who bought nothing, what they touched."""
        done = stage(self.progress, f"edges: {BOUGHT}", len(self.users), "users")
        for some in blocks(len(self.users), PEOPLE):
            rows = events.bonds(self.connection, "user_id", self.users.ids[some].tolist())
            if rows:
                yield self._bonds_of(rows)
            done(some.stop - some.start)

    def _bonds_of(self, rows: Sequence[sqlite3.Row]) -> pl.DataFrame:
        owners, items, bought, bought_at, touched, touched_at = zip(*rows, strict=True)
        at, to = self.users.places(owners), self.items.places(items)
        count = np.array(bought, np.int64)
        buyer = np.zeros(len(self.users), bool)
        buyer[at[count > 0]] = True
        frame = pl.DataFrame(
            {
                "at": at,
                "source": "user:" + self.users.of(at),
                "target": "product:" + self.items.of(to),
                "buys": buyer[at],
                "bought": count,
                "bought_at": pl.Series(bought_at, dtype=pl.String),
                "touched": pl.Series(touched, dtype=pl.Int64),
                "touched_at": pl.Series(touched_at, dtype=pl.String),
            }
        )
        kept = frame.filter((pl.col("bought") > 0) | ~pl.col("buys")).sort(
            "at", maintain_order=True
        )
        kept = kept.with_columns(
            pl.when("buys").then(pl.lit(BOUGHT)).otherwise(pl.lit(TOUCHED)).alias("relation"),
            pl.when("buys").then("bought").otherwise("touched").alias("count"),
            pl.when("buys").then("bought_at").otherwise("touched_at").alias("latest"),
            pl.Series("rank", rank_in_row(kept["at"].to_numpy())),
            pl.lit(None, pl.Float32).alias("score"),
        )
        return kept.select(list(COLUMNS))


def _edges(frame: dict[str, Any], relation: str) -> pl.DataFrame:
    """Edges of a table, which have a score and no count."""
    return (
        pl.DataFrame(frame)
        .with_columns(
            pl.lit(relation).alias("relation"),
            pl.lit(None, pl.Int64).alias("count"),
            pl.lit(None, pl.String).alias("latest"),
        )
        .select(list(COLUMNS))
    )
