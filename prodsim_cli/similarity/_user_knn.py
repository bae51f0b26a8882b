"""What people alike have: user-based nearest neighbours (Resnick et al. 1994), as one formula.

    score(u, j) = sum over v in alike(u) of likeness(u, v) * has(v, j)

``alike(u)``: the 50 people most like u by the cosine over what they had to do with (the table that
``build`` stores as ``cosine`` of ``user_neighbors``). ``has(v, j)``: 1 where v has any event but a
return with product j, however often, else 0. ``eval`` judges this as the method ``users``, it is
the part ``users`` of ``hybrid`` for people, and ``recommend --by users`` answers by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import TYPE_CODE, EventLog
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.similarity._graph import Settings, user_neighbors

MEASURE = "cosine"
K = 50

MOST_PAIRS = 5_000_000_000
"""Pairs of people who share a product, each counted once for every product that they share: the
work of finding people alike. Above it (a minute or two) the method is left out."""

Scores = Callable[[slice], NDArray[np.float32]]
"""Some of the people asked about -> (b, n) float32 scores."""


def unable(data: Dataset) -> str:
    """Why nobody can be compared on this dataset, '' if they can."""
    log = data.events
    known = log.user >= 0
    if not known.any():
        return "no event has a user"
    pairs = float((log.people(len(data)) ** 2).sum())
    if pairs > MOST_PAIRS:
        return (
            f"people share products {pairs:,.0f} times over, and up to {MOST_PAIRS:,} are compared"
        )
    return ""


def people_alike(data: Dataset, settings: Mapping[str, Any] | None = None) -> NeighborTable:
    """The :data:`K` people most like each: (users, K) positions in ``data.users``.

    ``settings``: as stored by ``build``; those that the graph of people knows are taken.
    """
    known = set(signature(Settings).parameters) - {"by"}
    given = {name: value for name, value in (settings or {}).items() if name in known}
    return user_neighbors(data, MEASURE, k=K, **given)


def holdings(log: EventLog, users: int, items: int) -> sp.csr_matrix:
    """(users, items) CSR float64, 1 where somebody has an event but a return with a product."""
    mine = (log.user >= 0) & (log.type != TYPE_CODE["return"])
    cells = np.unique(log.user[mine].astype(np.int64) * max(items, 1) + log.item[mine])
    rows, columns = np.divmod(cells, max(items, 1))
    return sp.csr_matrix((np.ones(len(cells)), (rows, columns)), shape=(users, items))


def speaking_people(
    table: NeighborTable, has: sp.csr_matrix, subjects: NDArray[np.int32]
) -> Scores:
    """The formula above for some people: slice of 0..q-1 -> (b, n) float32.

    ``table``: people alike, a row for each of u users; ``has``: (u, n), their :func:`holdings`;
    ``subjects``: (q,) int32 positions of those asked about. Sums are taken in float64 and rounded
    once, so that neither the order of people nor of blocks changes a figure.
    """
    positions, scores = table.positions[subjects], table.scores[subjects].astype(np.float64)
    valid = positions >= 0
    pointer = np.zeros(len(subjects) + 1, np.int64)
    np.cumsum(valid.sum(axis=1), out=pointer[1:])
    alike = sp.csr_matrix(
        (scores[valid], positions[valid], pointer), shape=(len(subjects), has.shape[0])
    )
    return lambda some: (alike[some] @ has).toarray().astype(np.float32)


def answering(table: NeighborTable, data: Dataset, subjects: NDArray[np.int32]) -> Scores:
    """:func:`speaking_people` by the events of ``data``."""
    has = holdings(data.events, len(data.users), len(data))
    return speaking_people(table, has, subjects)
