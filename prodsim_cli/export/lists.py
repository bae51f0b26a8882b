"""From everybody's scores to everybody's lists: what the rules admit, then the k best.

Rules that say of each product whether it may be shown, and variants, are kept for a block of people
at once. Rules that look at one person's answer (``--same``, ``--price-within``, ``--max-per``,
``--diversity``, ``--pin``) go person by person through the same room as a single answer.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.knn import blocks, threads, top_k
from prodsim_cli.export.batch_scorer import BatchScorer
from prodsim_cli.export.table import Passing
from prodsim_cli.progress import stage
from prodsim_cli.queries.ranking.pipeline import answer
from prodsim_cli.queries.ranking.request import Rules, Scored
from prodsim_cli.queries.recommend import candidates_of
from prodsim_cli.queries.recommend_scores import NOTHING
from prodsim_cli.store.item_scores import by_popularity

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress

_CELLS = 1_000_000
"""Cells of one block of scores: 4 MB, what a cache holds. Changes the speed, never a list."""

_TIER = 200
_DEEPER = 4

Best = tuple[NDArray[np.int32], NDArray[np.float32]]
"""(b, k) positions, -1 at the end of short lists, and (b, k) scores."""


@dataclass(frozen=True)
class Lists:
    """The lists of b users: positions in ``keys`` and (b, k) in ``item_ids`` of the scorer,
    with -1 at the end, scores, and what they were made by."""

    users: NDArray[np.int32]
    positions: NDArray[np.int32]
    scores: NDArray[np.float32]
    method: str

    def empty(self) -> int:
        """How many users got nothing."""
        return int((self.positions < 0).all(axis=1).sum())


def nothing_for(empty: int, users: int) -> list[str]:
    """A sentence about users without a single product."""
    if not empty:
        return []
    if empty == users:
        return ["No product that they have not had passes the rules: nobody gets anything."]
    return [f"Nothing that passes the rules is left for {empty:,} of {users:,} users."]


def lists(
    connection: sqlite3.Connection,
    people: BatchScorer,
    rules: Rules,
    k: int,
    progress: Progress | None = None,
) -> Iterator[Lists]:
    """The k best products of every user, those with a past first, block by block."""
    done = stage(progress, "recommending", len(people.keys), "users")
    n = len(people.item_ids)

    def scores_of(some: slice) -> NDArray[np.float32]:
        return np.broadcast_to(people.score(some), (some.stop - some.start, n))

    parts = blocks(len(people.subjects), _CELLS // max(n, 1))
    if rules.look_at_one:  # asks the database, which this thread has opened
        alone = _OneByOne(connection, people, rules, k)
        found: Iterator[tuple[slice, Best]] = (
            (some, alone.best(some, scores_of(some))) for some in parts
        )
    else:
        way = _Together(connection, people, rules, k)
        found = in_order(lambda some: way.best(some, scores_of(some)), parts, threads())
    for some, best in found:
        yield Lists(people.subjects[some], *best, people.config.method)
        done(some.stop - some.start)
    strangers = np.setdiff1d(np.arange(len(people.keys), dtype=np.int32), people.subjects)
    returned = np.isin(strangers, list(people.sent_back))
    for some_users in (strangers[~returned], *strangers[returned][:, None]):
        if len(some_users):
            yield _popular(connection, people, rules, k, some_users)
            done(len(some_users))


def in_order(
    work: Callable[[slice], Best], parts: Iterable[slice], cores: int
) -> Iterator[tuple[slice, Best]]:
    """``work`` on every part in several threads, the results in order, a few ahead at most."""
    with ThreadPoolExecutor(cores) as pool:
        ahead: deque[tuple[slice, Future[Best]]] = deque()
        for some in parts:
            ahead.append((some, pool.submit(work, some)))
            if len(ahead) > 2 * cores:
                first, made = ahead.popleft()
                yield first, made.result()
        for first, made in ahead:
            yield first, made.result()


def _popular(
    connection: sqlite3.Connection,
    people: BatchScorer,
    rules: Rules,
    k: int,
    users: NDArray[np.int32],
) -> Lists:
    """The one list of those of whom nothing is known, but for what they all have sent back."""
    barred = people.sent_back.get(int(users[0]), frozenset())
    past = NOTHING._replace(had=barred)
    found = candidates_of(connection, past, people.config, people.facts, before=people.before)
    rows = answer(connection, found, rules, k, barred=barred).rows
    positions = np.full((len(users), k), -1, np.int32)
    scores = np.zeros((len(users), k), np.float32)
    positions[:, : len(rows)] = people.items.places([row.item_id for row in rows])
    scores[:, : len(rows)] = [row.score for row in rows]
    return Lists(users, positions, scores, people.fallback)


class _Together:
    """A block of people at once."""

    def __init__(
        self, connection: sqlite3.Connection, people: BatchScorer, rules: Rules, k: int
    ) -> None:
        self.people, self.k = people, k
        self.passing = Passing(connection, people.items, rules)
        ids = people.item_ids[self.passing.open].tolist()
        ranked = by_popularity(connection, ids, people.facts.popular())
        self.order = people.items.places([item for item, _ in ranked])

    def best(self, some: slice, scores: NDArray[np.float32]) -> Best:
        """Variants roll up into the best of them; what nothing speaks for fills up in the end."""
        mask = self.people.barred[some].toarray() | ~self.passing.open
        deep = 2 * self.k if self.passing.variants else self.k
        found = top_k(scores, deep, mask=mask, above=0.0)
        positions, values = self._cut(found)
        more = np.flatnonzero((positions[:, -1] < 0) & (found[0][:, -1] >= 0))
        while len(more):  # variants of each other took the places of all the rest
            deep *= _DEEPER
            found = top_k(scores[more], deep, mask=mask[more], above=0.0)
            positions[more], values[more] = self._cut(found)
            more = more[(positions[more, -1] < 0) & (found[0][:, -1] >= 0)]
        for row in np.flatnonzero(positions[:, -1] < 0):
            self._fill(positions[row], mask[row] | (scores[row] > 0))
        return positions, values

    def _cut(self, found: Best) -> Best:
        """The first of each group, k of them."""
        positions, values = found
        if not self.passing.variants:
            return found
        rows, deep = positions.shape
        first = self.passing.first(positions.ravel(), np.repeat(np.arange(rows), deep))
        kept = first.reshape(rows, deep) & (positions >= 0)
        order = np.argsort(~kept, axis=1, kind="stable")[:, : self.k]
        there = np.take_along_axis(kept, order, 1)
        return (
            np.where(there, np.take_along_axis(positions, order, 1), np.int32(-1)),
            np.where(there, np.take_along_axis(values, order, 1), np.float32(0)),
        )

    def _fill(self, row: NDArray[np.int32], closed: NDArray[np.bool_]) -> None:
        """Put what is popular at the end of a short list."""
        taken = row[row >= 0]
        left = self.order[~closed[self.order]]
        left = left[self.passing.first(left, above=taken)]
        left = left[: len(row) - len(taken)]
        row[len(taken) : len(taken) + len(left)] = left


class _OneByOne:
    """Each person's answer for itself."""

    def __init__(
        self, connection: sqlite3.Connection, people: BatchScorer, rules: Rules, k: int
    ) -> None:
        self.connection, self.people, self.rules, self.k = connection, people, rules, k

    def best(self, some: slice, scores: NDArray[np.float32]) -> Best:
        """By the room that every single answer goes through."""
        people, ids = self.people, self.people.item_ids
        positions = np.full((len(scores), self.k), -1, np.int32)
        values = np.zeros((len(scores), self.k), np.float32)
        barred, history = people.barred[some], people.history[some]
        for at, row in enumerate(scores):
            out = set(ids[barred[at].indices].tolist())
            seeds = ids[history[at].indices].tolist()
            one = _Row(self.connection, people, row, out)
            rows = answer(self.connection, one, self.rules, self.k, seeds, barred=out).rows
            positions[at, : len(rows)] = people.items.places([found.item_id for found in rows])
            values[at, : len(rows)] = [found.score for found in rows]
        return positions, values


class _Row:
    """The candidates of one person, from scores that are there."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        people: BatchScorer,
        scores: NDArray[np.float32],
        barred: set[int],
    ) -> None:
        self.connection, self.scores, self.barred = connection, scores, barred
        self.ids, self.facts = people.item_ids, people.facts

    def tiers(self) -> Iterator[Sequence[Scored]]:
        order = np.argsort(-self.scores, kind="stable")
        order = order[self.scores[order] > 0]
        for part in blocks(len(order), _TIER):
            pairs = zip(
                self.ids[order[part]].tolist(), self.scores[order[part]].tolist(), strict=True
            )
            yield [one for one in pairs if one[0] not in self.barred]

    def rest(self, ids: Sequence[int]) -> Sequence[Scored]:
        left = [one for one in ids if one not in self.barred]
        return by_popularity(self.connection, left, self.facts.popular())
