"""EASE: each product foretold from all others by one ridge regression in closed form (Steck 2019).

With X (people x products) and P = (X'X + l2 I)^-1 the weights are B = -P / diag(P), each column
divided by its own diagonal entry, with a zero diagonal (Steck, "Embarrassingly Shallow Autoencoders
for Sparse Data", WWW 2019, equation 8). Column j foretells product j from a history, so the row of
j holds its largest entries; negative ones speak against j and are left out.

The inverse is dense and in float64: equal products then score equally in float32, and a small l2
does no harm. It needs 8 bytes and time for each pair of products that have events (2 s for 3,500 of
them on two cores, growing with the cube); :func:`unable` says where that is too much.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.sparse.linalg import LinearOperator, cg

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import TYPE_CODE
from prodsim_cli.data.knn import blocks, top_k
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.errors import InputError, UsageProblem

NEEDS = "events"
SPACE = {"half_life": (None, 90.0, 30.0, 15.0), "l2": (100.0, 200.0, 50.0)}
MOST_ITEMS = 20_000
"""Products with events up to which the inverse takes minutes, not hours: 5 at 20,000."""

_INSTEAD = "bm25, rp3beta and swing work in blocks"
_SOLVED = 1e-12
"""Relative residual at which a column that is solved alone is done."""

_CELLS = 2**24
"""Cells of one block of rows (128 MB). Changes the memory, never the answer."""


def unable(data: Dataset) -> str:
    """Why the inverse can't be had here, in numbers, and what does instead; '' if it can."""
    log = data.events
    evident = (log.user >= 0) & (log.type != TYPE_CODE["return"])
    if not too_large(len(np.unique(log.item[evident]))):
        return ""
    # Some of these events may be worth nothing (returned, disliked): count again with care.
    return too_large(int((np.diff(_bought(data, None).indptr) > 0).sum()))


def too_large(n: int) -> str:
    """Why n products with events are too many for this machine; '' if they are not."""
    import psutil

    if n > MOST_ITEMS:
        return f"{n:,} products have events, ease inverts at most {MOST_ITEMS:,}; {_INSTEAD}"
    needed, free = 8 * (n * n + 3 * min(n * n, _CELLS)), psutil.virtual_memory().available
    if needed > free:
        return (
            f"ease needs {needed / 1e9:.1f} GB for {n:,} products with events and "
            f"{free / 1e9:.1f} GB are free; {_INSTEAD}"
        )
    return ""


def neighbors(
    data: Dataset,
    queries: NDArray[np.int32] | None = None,
    candidates: NDArray[np.int32] | None = None,
    *,
    k: int = 50,
    half_life: float | None = None,
    l2: float = 100.0,
) -> NeighborTable:
    """The k products that speak most for each, learned from all products whatever is asked.

    ``half_life``: days after which an event counts half; None: no decay. ``l2``: ridge penalty in
    events of full weight: larger believes in fewer of the links. Raises InputError where the
    inverse does not fit or l2 is too small for it, UsageProblem for an l2 that is not above 0.
    """
    if not l2 > 0:
        raise UsageProblem(
            f"l2 must be above 0, not {l2}.", hint="100 is the default; try 10 to 1000."
        )
    n = len(data)
    rows = np.arange(n, dtype=np.int32) if queries is None else np.asarray(queries, np.int32)
    people = _bought(data, half_life)
    active = np.flatnonzero(np.diff(people.indptr)).astype(np.int32)
    reason = too_large(len(active))
    if reason:
        raise InputError(f"{reason[0].upper()}{reason[1:]}.", hint="Choose one of those.")
    positions = np.full((len(rows), k), -1, np.int32)
    scores = np.zeros((len(rows), k), np.float32)
    allowed = np.ones(n, bool)
    if candidates is not None:
        allowed[:] = False
        allowed[candidates] = True
    asked = np.flatnonzero(np.isin(rows, active))
    if len(asked) and allowed[active].any():
        inverse = inverse_of(gram(people[:, active]), l2)
        place = np.searchsorted(active, rows[asked])
        among = np.flatnonzero(allowed[active])
        found, scores[asked] = _best(inverse, place, among, k)
        positions[asked] = np.where(found >= 0, active[among[found]], -1)
    return NeighborTable(positions, scores, None if queries is None else rows)


def live(
    data: Dataset,
    queries: NDArray[np.int32],
    candidates: NDArray[np.int32],
    *,
    k: int = 50,
    half_life: float | None = None,
    l2: float = 100.0,
) -> NeighborTable:
    """The same for a few queries, without the inverse: one column of it each.

    (X'X + l2 I) p = e_j is solved by conjugate gradients, which only multiply by X: time and
    memory grow with the events and not with the square of the products, so it works where
    :func:`unable` forbids the whole table. Equal to :func:`neighbors` to float32.
    """
    n = len(data)
    people = _bought(data, half_life)
    active = np.flatnonzero(np.diff(people.indptr)).astype(np.int32)
    rows = people[:, active].tocsr()
    columns = rows.T.tocsr()
    size = len(active)
    square = LinearOperator((size, size), lambda x: columns @ (rows @ x) + l2 * x, dtype=float)
    positions = np.full((len(queries), k), -1, np.int32)
    scores = np.zeros((len(queries), k), np.float32)
    among = np.zeros(n, bool)
    among[candidates] = True
    for row, query in enumerate(queries):
        place = int(np.searchsorted(active, query))
        if place == size or active[place] != query:
            continue
        unit = np.zeros(size)
        unit[place] = 1.0
        solved, _ = cg(square, unit, rtol=_SOLVED, atol=0.0)
        speaks = np.zeros((1, n), np.float32)
        speaks[0, active] = -solved / solved[place]
        barred = ~among
        barred[query] = True
        found = top_k(speaks, k, mask=barred, above=0)
        positions[row], scores[row] = found[0][0], found[1][0]
    return NeighborTable(positions, scores, queries)


def _bought(data: Dataset, half_life: float | None) -> sp.csc_matrix:
    """(people, n) CSC float64: one weight per person and product."""
    return data.interactions(half_life=half_life).tocsc().astype(np.float64)


def gram(people: sp.csc_matrix) -> NDArray[np.float64]:
    """X'X as a dense (m, m) array, in blocks of rows."""
    m = people.shape[1]
    out = np.empty((m, m))
    rows, columns = people.T.tocsr(), people.tocsr()
    for some in blocks(m, _CELLS // max(m, 1)):
        (rows[some] @ columns).toarray(out=out[some])
    return out


def inverse_of(square: NDArray[np.float64], l2: float) -> NDArray[np.float64]:
    """(square + l2 I)^-1 of a symmetric matrix >= 0, in the place of ``square``.

    Cholesky and the inverse of a triangle, half the work of a general inverse and no second matrix.
    """
    m = len(square)
    square.flat[:: m + 1] += l2
    # LAPACK counts by columns: what it calls the upper triangle is our lower one.
    _, failed = lapack.dpotrf(square.T, lower=0, overwrite_a=1)
    if not failed:
        _, failed = lapack.dpotri(square.T, lower=0, overwrite_c=1)
    if failed:
        raise InputError(f"ease can't invert its matrix with an l2 of {l2}.", hint="Take a larger.")
    for some in blocks(m, _CELLS // max(m, 1)):
        square[some, some.stop :] = square[some.stop :, some].T
        corner = square[some, some]
        corner[...] = np.tril(corner) + np.tril(corner, -1).T
    return square


def _best(
    inverse: NDArray[np.float64], place: NDArray[np.intp], among: NDArray[np.intp], k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """For the columns ``place`` of B the k largest positive entries in the rows ``among``."""
    positions = np.full((len(place), k), -1, np.int32)
    scores = np.zeros((len(place), k), np.float32)
    diagonal = inverse.diagonal()
    for some in blocks(len(place), _CELLS // max(len(inverse), 1)):
        mine = place[some]
        # The inverse is symmetric: a column of B is a row of the inverse over its diagonal entry.
        column = -inverse[mine][:, among] / diagonal[mine, None]
        itself = mine[:, None] == among[None, :]
        positions[some], scores[some] = top_k(column.astype(np.float32), k, mask=itself, above=0)
    return positions, scores
