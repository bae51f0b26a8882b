"""Everybody at once: their histories, and the score of every product for each of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.events import TYPE_CODE, EventLog
from prodsim_cli.data.interactions import binary
from prodsim_cli.data.knn import neighbor_matrix, recommend_scores
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.export.table import Names, people, products
from prodsim_cli.protocol.counts import item_counts
from prodsim_cli.queries.recommend import RecommendRequest, config_of, facts_of
from prodsim_cli.queries.recommend_config import Facts, ScoringConfig
from prodsim_cli.scoring.over_arrays import Scores, blended, evidence_of, parts
from prodsim_cli.scoring.weighted_history import remembered
from prodsim_cli.similarity._user_knn import holdings, speaking_people
from prodsim_cli.store.loading import load_events, load_neighbors


@dataclass(frozen=True)
class BatchScorer:
    """All u users of a shop of n listed products.

    Attributes
    ----------
    config : how they are scored; ``facts``: what is the same for everybody.
    keys : (u,) keys of the users; ``items``: the n products in order of position.
    subjects : (q,) int32: positions of the users with a past, ascending.
    score : some of the q -> (b, n) or (1, n) float32.
    history, barred : (q, n) bool CSR: what they had to do with, and what is no answer.
    sent_back : position of a user without a past -> row ids of what that one has returned.
    before : nothing later was looked at (ISO).
    """

    config: ScoringConfig
    facts: Facts
    keys: list[str]
    items: Names
    subjects: NDArray[np.int32]
    score: Scores
    history: sp.csr_matrix
    barred: sp.csr_matrix
    sent_back: dict[int, frozenset[int]]
    before: str | None
    fallback: str

    @property
    def item_ids(self) -> NDArray[np.int64]:
        """(n,) row ids of the products in order of position."""
        return self.items.ids


def batch_scorer(connection: sqlite3.Connection, request: RecommendRequest) -> BatchScorer:
    """Read the shop and the tables that ``request`` asks for.

    Raises what :func:`prodsim_cli.queries.recommend.recommend` raises.
    """
    made, before = config_of(connection, request)
    items, users = products(connection), people(connection)
    item_ids, user_ids = items.ids, users.ids
    log = load_events(connection, item_ids, user_ids)
    if before is not None:
        log = log.take(log.at < int(np.datetime64(before, "s").astype(np.int64)))
    n = len(item_ids)
    past = (log.user >= 0) & (log.type != TYPE_CODE["return"])
    subjects = np.unique(log.user[past]).astype(np.int32)
    row = np.full(len(users) + 1, -1, np.int64)
    row[subjects] = np.arange(len(subjects))
    no_answers = [TYPE_CODE[name] for name in (made.target, "purchase", "return")]
    had = (log.user >= 0) & np.isin(log.type, no_answers) & (not request.again)
    lost = had & (row[log.user] < 0)
    had &= ~lost
    counts = (
        item_counts(log, n, made.target, _seconds(made.now))
        if before
        else _stored(connection, item_ids)
    )
    return BatchScorer(
        config=made,
        facts=facts_of(connection, made, before),
        keys=users.words.to_list(),
        items=items,
        subjects=subjects,
        score=_scores(connection, made, log, subjects, (item_ids, user_ids), counts),
        history=binary(row[log.user[past]], log.item[past], (len(subjects), n)),
        barred=binary(row[log.user[had]], log.item[had], (len(subjects), n)),
        sent_back=_by_user(log.user[lost], item_ids[log.item[lost]]),
        before=before,
        fallback="recent" if "recent" in counts else "popularity",
    )


def _seconds(now: float | None) -> int | None:
    return None if now is None else int(now)


def _by_user(users: NDArray[np.int32], item_ids: NDArray[np.int64]) -> dict[int, frozenset[int]]:
    return {int(user): frozenset(item_ids[users == user].tolist()) for user in np.unique(users)}


def _scores(
    connection: sqlite3.Connection,
    made: ScoringConfig,
    log: EventLog,
    subjects: NDArray[np.int32],
    ids: tuple[NDArray[np.int64], NDArray[np.int64]],
    counts: Mapping[str, NDArray[np.float64]],
) -> Scores:
    """The formula of the config, by the functions that ``eval`` scores with."""
    item_ids, user_ids = ids
    n, now = len(item_ids), _seconds(made.now)
    tables: dict[str, NeighborTable] = {}
    histories: dict[str, sp.csr_matrix] = {}
    personal: dict[str, Scores] = {}
    for part in made.parts:
        if part.kind == "neighbors":
            tables[part.name] = load_neighbors(connection, part.table, item_ids)
            shape = (len(subjects), n)
            histories[part.name] = remembered(log, subjects, shape, part.weighting, now)
        else:
            alike = load_neighbors(connection, part.table, user_ids, "user_neighbors")
            has = holdings(log, len(user_ids), n)
            personal[part.name] = speaking_people(alike, has, subjects)
    if made.weights is None:
        for name, table in tables.items():
            by_neighbor = neighbor_matrix(table, n)
            return lambda some: recommend_scores(by_neighbor, histories[name], some)
        return next(iter(personal.values()))
    constants = {
        name: np.log1p(counts[name]).astype(np.float32) for name in made.constants if name in counts
    }
    made_of = parts(tables, histories, constants, counts["known"] > 0, personal)
    return blended(made_of, made.weights, evidence_of(counts["people"]))


def _stored(
    connection: sqlite3.Connection, item_ids: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    """The counts of the build, by name; popularity and people always."""
    place = {int(item): at for at, item in enumerate(item_ids)}
    out = {name: np.zeros(len(item_ids)) for name in ("people", "known", "popularity")}
    for name, item, score in connection.execute("select name, item_id, score from item_scores"):
        if item in place:
            out.setdefault(name, np.zeros(len(item_ids)))[place[item]] = score
    return out
