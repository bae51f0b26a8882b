"""The rows of ``similar`` for every product: stored rows, let through by the rules, k of each.

What ``prodsim similar SKU -k K`` shows with the same rules, without the rows at its end that
nothing ties to the product. A row that the rules leave too short is answered as a question by
itself, which goes on behind the stored table.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from prodsim_cli.data.knn import blocks
from prodsim_cli.export.table import BLOCK, Names, Passing, Table, products, rank_in_row
from prodsim_cli.progress import stage
from prodsim_cli.queries.ranking.live import Live
from prodsim_cli.queries.ranking.pipeline import answer
from prodsim_cli.queries.ranking.request import Rules
from prodsim_cli.queries.similar import SimilarItems, choose
from prodsim_cli.store import artifacts
from prodsim_cli.store.loading import load_pairs

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress
    from prodsim_cli.records.values import Json

COLUMNS = {
    "sku": pl.String,
    "rank": pl.Int32,
    "neighbor_sku": pl.String,
    "score": pl.Float32,
    "method": pl.String,
}

Rows = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]
"""(t,) places in the block, ascending; (t,) positions of neighbours, best first; (t,) scores."""


def table(
    connection: sqlite3.Connection,
    k: int,
    method: str | None = None,
    rules: Rules | None = None,
    progress: Progress | None = None,
) -> Table:
    """``sku rank neighbor_sku score method`` of every listed product.

    Raises what :func:`prodsim_cli.queries.similar.similar` raises.
    """
    chosen, notes = choose(artifacts.Built(connection), method)
    names, obeyed = products(connection), rules or Rules()
    about: Json = {"method": chosen, "k": k, "products": len(names), "without_neighbors": 0}
    made = _SimilarRows(connection, chosen, k, obeyed, names)
    return Table(dict(COLUMNS), _frames(made, about, progress), about, notes)


def _frames(made: _SimilarRows, about: Json, progress: Progress | None) -> Iterator[pl.DataFrame]:
    names = made.names
    done = stage(progress, f"similar products by {made.method}", len(names), "products")
    for some in blocks(len(names), BLOCK):
        at, others, scores = made.block(some)
        about["without_neighbors"] += some.stop - some.start - len(np.unique(at))
        yield pl.DataFrame(
            {
                "sku": names.of(at + some.start),
                "rank": rank_in_row(at),
                "neighbor_sku": names.of(others),
                "score": scores,
                "method": pl.repeat(made.method, len(at), dtype=pl.String, eager=True),
            }
        )
        done(some.stop - some.start)


@dataclass
class _SimilarRows:
    """The table while it is made."""

    connection: sqlite3.Connection
    method: str
    k: int
    rules: Rules
    names: Names

    def __post_init__(self) -> None:
        self._built = artifacts.Built(self.connection)
        self._live = Live(self.connection, self._built)
        self._depth = self._built.depth(self.connection, self.method)
        if not self.rules.look_at_one:
            self._passing = Passing(self.connection, self.names, self.rules)

    def block(self, some: slice) -> Rows:
        """The rows of some products."""
        size = some.stop - some.start
        if self.rules.look_at_one:
            return self._answered(np.arange(size), some)
        at, others, scores, stored = self._stored(some)
        first = self._passing.first(others, at)
        at, others, scores = at[first], others[first], scores[first]
        kept = rank_in_row(at) <= self.k
        at, others, scores = at[kept], others[kept], scores[kept]
        short = np.bincount(at, minlength=size) < self.k
        if self.method != artifacts.BLEND:  # a short stored row is all that the method has to say
            short &= stored >= self._depth
        if not short.any():
            return at, others, scores
        stay = ~short[at]
        return _joined(
            (at[stay], others[stay], scores[stay]), self._answered(np.flatnonzero(short), some)
        )

    def _stored(self, some: slice) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        """What the rules let through of the stored rows, and how long each was before."""
        items, neighbors, scores = load_pairs(self.connection, self.method, self.names.ids[some])
        at = self.names.places(items) - some.start
        others = self.names.places(neighbors)
        order = np.argsort(at, kind="stable")
        stored = np.bincount(at, minlength=some.stop - some.start)
        good = order[(others[order] >= 0) & self._passing.open[others[order]]]
        return at[good], others[good], scores[good], stored

    def _answered(self, places: NDArray[np.integer], some: slice) -> Rows:
        """Each product as a question by itself."""
        at: list[int] = []
        ids: list[int] = []
        scores: list[float] = []
        for place in places.tolist():
            item = int(self.names.ids[some.start + place])
            alike = SimilarItems(self.connection, self._built, self.method, [item], self._live)
            given = answer(self.connection, alike, self.rules, self.k, [item], method=self.method)
            rows = [row for row in given.rows if row.score > 0 or row.pinned]
            at += [place] * len(rows)
            ids += [row.item_id for row in rows]
            scores += [row.score for row in rows]
        return np.array(at, np.int64), self.names.places(ids), np.array(scores, np.float32)


def _joined(one: Rows, other: Rows) -> Rows:
    """The rows of different products in one order."""
    at = np.concatenate([one[0], other[0]])
    order = np.argsort(at, kind="stable")
    others, scores = np.concatenate([one[1], other[1]]), np.concatenate([one[2], other[2]])
    return at[order], others[order], scores[order]
