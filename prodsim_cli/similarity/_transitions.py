"""What people came to after what: directed transitions as the product of two sparse matrices.

Each person's products stand in the order in which that person first had them, those of one order
or of one moment together. Let X (moments x items) hold them, one entry of sqrt(w) for each, w being
the weight of the pair of person and product that every measure takes (the strongest event, its
age). Let P (moments x moments) weigh two moments of one person: 1/g where the second lies g moments
before the first, ``backwards``/g where it lies g moments after it, the mean of both with g = 1 for
a moment with itself, 0 beyond the window. Then A = X' P X / sqrt(total of i): A[j, i] says how much
i speaks for j.

A transition so weighs the geometric mean of its two events, and nothing depends on the order of the
lines of an order, which is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import TYPE_CODE, EventLog
from prodsim_cli.data.interactions import returned
from prodsim_cli.data.knn import sparse_neighbors
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.similarity._texts import positions_asked, without_self

WINDOW = 10
BACKWARDS = 0.4

_ENTRIES = 8_000_000
"""Entries of one block of X' P: 100 MB. Changes the memory, never the answer."""


@dataclass(frozen=True)
class Transitions:
    """A = ``items`` @ ``near`` @ ``scaled``: X', P and X over the root of the totals."""

    items: sp.csr_matrix
    near: sp.csr_matrix
    scaled: sp.csr_matrix


def transitions(
    data: Dataset,
    half_life: float | None = None,
    window: int = WINDOW,
    backwards: float = BACKWARDS,
) -> Transitions:
    """The factors of A; settings as in ``follows``."""
    if window < 1 or backwards < 0:
        raise ValueError(f"window >= 1 and backwards >= 0, not {window} and {backwards}")
    matrix = data.interactions(half_life=half_life)
    user = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    row, owner = _steps(user, _first_moments(data, user, matrix.indices))
    visits = sp.csr_matrix(
        (np.sqrt(matrix.data), (row, matrix.indices)), shape=(len(owner), len(data))
    )
    total = np.bincount(matrix.indices, matrix.data, minlength=len(data))
    scale = 1 / np.sqrt(np.where(total > 0, total, np.inf))
    scaled = visits.copy()
    scaled.data = (visits.data * scale[visits.indices]).astype(np.float32)
    return Transitions(visits.T.tocsr(), _near(owner, window, backwards), scaled)


def moments(log: EventLog) -> NDArray[np.int64]:
    """(m,) int64: the moment of each event as a rank; events of one order share their first."""
    order = np.lexsort((log.position, log.at))
    at, position = log.at[order], log.position[order]
    fresh = np.zeros(len(log), bool)
    fresh[1:] = (at[1:] != at[:-1]) | (position[1:] != position[:-1])
    out = np.empty(len(log), np.int64)
    out[order] = np.cumsum(fresh)
    lines = np.flatnonzero(log.order >= 0)
    if len(lines):
        first = np.full(int(log.order.max()) + 1, len(log), np.int64)
        np.minimum.at(first, log.order[lines], out[lines])
        out[lines] = first[log.order[lines]]
    return out


def _first_moments(
    data: Dataset, user: NDArray[np.intp], item: NDArray[np.int32]
) -> NDArray[np.int64]:
    """(p,) when each pair of ``user`` and ``item`` (sorted, as in CSR) began.

    A return begins nothing, nor does a purchase of which nothing was kept.
    """
    log = data.events
    n = np.int64(max(len(data), 1))
    pairs = user * n + item
    begun = np.full(len(pairs), np.iinfo(np.int64).max)
    owned = (log.user >= 0) & (log.type != TYPE_CODE["return"]) & ~returned(log)
    pair = log.user[owned].astype(np.int64) * n + log.item[owned]
    place = np.searchsorted(pairs, pair)
    there = place < len(pairs)
    there[there] = pairs[place[there]] == pair[there]
    np.minimum.at(begun, place[there], moments(log)[owned][there])
    return begun


def _steps(
    user: NDArray[np.intp], moment: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The row of X of each pair, in order of person and moment; the person of each row."""
    order = np.lexsort((moment, user))
    fresh = np.ones(len(order), bool)
    fresh[1:] = (np.diff(user[order]) != 0) | (np.diff(moment[order]) != 0)
    row = np.empty(len(order), np.intp)
    row[order] = np.cumsum(fresh) - 1
    return row, user[order][fresh]


def _near(owner: NDArray[np.intp], window: int, backwards: float) -> sp.csr_matrix:
    """P: (t, t) CSR float32 over the moments of all people."""
    t = len(owner)
    every = np.arange(t)
    later, earlier = [every], [every]
    weights = [np.full(t, (1 + backwards) / 2)]
    for gap in range(1, min(window, t - 1) + 1):
        at = np.flatnonzero(owner[gap:] == owner[:-gap])
        later += [at + gap, at]
        earlier += [at, at + gap]
        weights += [np.full(len(at), 1 / gap), np.full(len(at), backwards / gap)]
    values = np.concatenate(weights).astype(np.float32)
    near = sp.csr_matrix((values, (np.concatenate(later), np.concatenate(earlier))), shape=(t, t))
    near.eliminate_zeros()
    return near


def best_transitions(
    found: Transitions,
    queries: NDArray[np.int32] | None,
    candidates: NDArray[np.int32] | None,
    k: int,
) -> NeighborTable:
    """The k largest entries of each row of A but its own; X' P exists in blocks of items only."""
    n = found.items.shape[0]
    rows, among = positions_asked(n, queries, candidates)
    right = found.scaled if candidates is None else found.scaled[:, among].tocsr()
    positions = np.full((len(rows), k), -1, np.int32)
    scores = np.zeros((len(rows), k), np.float32)
    reach = np.diff(found.near.indptr)
    ones = sp.csr_matrix(
        (np.ones(found.items.nnz), found.items.indices, found.items.indptr), found.items.shape
    )
    for some in _blocks((ones @ reach)[rows]):
        columns, values = sparse_neighbors(found.items[rows[some]] @ found.near, right, k + 1)
        columns = np.append(among, np.int32(-1))[columns]
        positions[some], scores[some] = without_self(rows[some], columns, values)
    return NeighborTable(positions, scores, None if queries is None else rows)


def _blocks(entries: NDArray[np.float64]) -> list[slice]:
    """Rows in slices of about ``_ENTRIES`` entries together, one row at least."""
    part = (np.cumsum(entries) // _ENTRIES).astype(np.int64)
    edges = [*np.flatnonzero(np.diff(part, prepend=-1)).tolist(), len(part)]
    return [slice(start, stop) for start, stop in pairwise(edges)]
