"""Swing: two people who share little else and both want i and j link i and j (Yang et al. 2020).

score(i, j) = sum over pairs of people u, v who both have i and j of
w_u w_v a_ui a_uj a_vi a_vj / (alpha + |I_u and I_v|), w_u = 1 / sqrt(|I_u|), divided by
d_i^beta, d_i the people of i ("Large Scale Product Graph Construction for Recommendation in
E-commerce"; beta = 0 is the paper's measure, in which the popular speak for everything). a_ui is
the square root of the weight of the event, 1 in the paper: of four old events, each half faded, a
pair of people counts a quarter, as two half faded witnesses would. Long histories are not cut:
w_u and the common count make them say little.

The sum is a scalar product: with one row for each pair of people who share two products or more,
holding sqrt(w_u w_v / (alpha + common)) a_ui a_vi for each of them, score(i, j) is column i times
column j. Those rows grow with the square of the people per product, so they are bounded: beyond
``MOST_TRIPLES`` and ``MOST_STEPS`` a product is represented by a sample of its people, the same
people for all products as far as possible (the first of one fixed shuffle), and its sums are scaled
up to what all of them would give. Who is drawn depends on nothing but the number of people, so the
answer is the same every time.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.knn import BLOCK_BYTES, best_of_csr, in_threads, product_rows, threads
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.errors import UsageProblem
from prodsim_cli.similarity._texts import positions_asked

NEEDS = "events"
SLOW = True
SPACE = {"half_life": (None, 30.0)}
MOST_TRIPLES = 25_000_000
"""(product, person, person) before people are sampled; with as many, the peak is about 1 GB.
Changes the answer of shops that have more."""
MOST_STEPS = 2_000_000_000
"""Terms of the sums (squares of what two people share) before people are sampled."""

_BLOCK = 2**21
"""Triples put in order at a time (some 200 MB). Changes the memory, never the answer."""


def neighbors(
    data: Dataset,
    queries: NDArray[np.int32] | None = None,
    candidates: NDArray[np.int32] | None = None,
    *,
    k: int = 50,
    half_life: float | None = None,
    alpha: float = 1.0,
    beta: float = 1.0,
) -> NeighborTable:
    """The k products that most pairs of people link to each.

    ``half_life``: days after which an event counts half; None: no decay. ``alpha``: above 0; larger
    makes less of how much else two people share. ``beta``: how much a popular neighbour is held
    back, 0 or more. On validation windows of two shops 1 was better than 0 by 9 to 14 % of NDCG@10
    and by 4 %.
    """
    if not (alpha > 0 and beta >= 0):
        raise UsageProblem(
            f"alpha must be above 0 and beta not below it, not {alpha} and {beta}.",
            hint="1 and 1 are the defaults; beta 0 is the measure of the paper.",
        )
    n = len(data)
    rows, among = positions_asked(n, queries, candidates)
    everybody = data.interactions(half_life=half_life)
    people = sample(everybody)
    share = _share(people, everybody)
    weight = 1 / np.sqrt(np.maximum(np.diff(everybody.indptr), 1))
    if queries is not None:
        people = _concerned(people, rows)
    linked = pairs(people, weight, alpha)
    back = np.maximum(np.bincount(everybody.indices, minlength=n), 1.0) ** -beta
    left, right = linked.T.tocsr()[rows], linked[:, among]
    positions = np.full((len(rows), k), -1, np.int32)
    scores = np.zeros((len(rows), k), np.float32)

    def fill(group: NDArray[np.intp]) -> None:
        part = left[group] @ right
        first = np.repeat(rows[group], np.diff(part.indptr))
        second = among[part.indices].astype(np.int32)
        scale = back[second] / np.minimum(share[first], share[second]) ** 2
        values = np.where(first == second, 0, part.data * scale).astype(np.float32)
        positions[group], scores[group] = best_of_csr(part.indptr, second, values, k)

    cores = threads()
    in_threads(fill, product_rows(left, right, BLOCK_BYTES // cores // 2), cores)
    return NeighborTable(positions, scores, None if queries is None else rows)


def pairs(people: sp.csr_matrix, weight: NDArray[np.float64], alpha: float) -> sp.csr_matrix:
    """One row for each pair of people who share two products or more, in order of the pair.

    ``people``: (m, n) CSR with sorted columns, the weights of the events; ``weight``: (m,) w_u.
    Returns (p, n) CSR float32: sqrt(w_u w_v / (alpha + common)) a_ui a_vi per common product i.
    """
    m, n = people.shape
    by_item = people.T.tocsr()
    place = np.empty(people.nnz, np.int64)
    place[np.argsort(people.indices, kind="stable")] = np.arange(people.nnz)
    # The later people with the same product stand right behind an entry in the order by product.
    later = by_item.indptr[people.indices + 1] - place - 1
    person = np.repeat(np.arange(m), np.diff(people.indptr))
    before = np.concatenate([[0], np.cumsum(later)])[people.indptr]
    parts = [sp.csr_matrix((0, n), dtype=np.float32)]
    starts = np.searchsorted(before, np.arange(0, before[-1], _BLOCK))
    for first, last in pairwise(np.unique([*starts, m])):
        mine = np.arange(people.indptr[first], people.indptr[last])
        length = later[mine]
        other = _ranges(place[mine] + 1, length)
        key = np.repeat(person[mine] * np.int64(m), length) + by_item.indices[other]
        item = np.repeat(people.indices[mine], length)
        value = np.sqrt(np.repeat(people.data[mine], length) * by_item.data[other])
        order = np.argsort(key, kind="stable")
        parts.append(_rows(key[order], item[order], value[order], weight, alpha, n))
    return sp.vstack(parts, format="csr")


def _ranges(start: NDArray[np.int64], length: NDArray[np.integer]) -> NDArray[np.int64]:
    """start, start + 1, ... (length of them) for each, one after the other."""
    offset = np.cumsum(length) - length
    return np.arange(int(length.sum())) + np.repeat(start - offset, length)


def _rows(
    key: NDArray[np.int64],
    item: NDArray[np.int32],
    value: NDArray[np.float32],
    weight: NDArray[np.float64],
    alpha: float,
    n: int,
) -> sp.csr_matrix:
    """Triples in order of ``key`` (u times the number of people, plus v) -> a row per pair."""
    first = np.flatnonzero(np.diff(key, prepend=-1))
    common = np.diff(first, append=len(key))
    useful = common > 1  # a pair that shares one product links nothing
    kept, common, first = np.repeat(useful, common), common[useful], first[useful]
    u, v = np.divmod(key[first], len(weight))
    worth = np.sqrt(weight[u] * weight[v] / (alpha + common))
    data = (value[kept] * np.repeat(worth, common)).astype(np.float32)
    pointer = np.concatenate([[0], np.cumsum(common)])
    return sp.csr_matrix((data, item[kept], pointer), shape=(len(common), n))


def _concerned(people: sp.csr_matrix, rows: NDArray[np.int32]) -> sp.csr_matrix:
    """The same matrix, with the entries only of people who have one of the products ``rows``."""
    asked = np.zeros(people.shape[1], np.float32)
    asked[rows] = 1
    ones = _ones(people)
    length = np.diff(people.indptr)
    return _only(people, np.flatnonzero(np.repeat(ones @ asked > 0, length)))


def sample(people: sp.csr_matrix) -> sp.csr_matrix:
    """The matrix (people, n) with at most so many people per product as the bounds allow."""
    of_item = np.bincount(people.indices, minlength=people.shape[1]).astype(np.float64)
    most = int(of_item.max(initial=0))
    while (np.minimum(of_item, most) ** 2).sum() / 2 > MOST_TRIPLES and most > 2:
        most = int(most * 0.95)
    kept = _at_most(people, most)
    while steps(kept) > MOST_STEPS and most > 2:
        most = int(most * 0.8)
        kept = _at_most(people, most)
    return kept


def _at_most(people: sp.csr_matrix, most: int) -> sp.csr_matrix:
    """Of each column the entries of the ``most`` people that come first in one fixed shuffle."""
    shuffled = np.random.default_rng(0).permutation(people.shape[0])
    person = np.repeat(np.arange(people.shape[0]), np.diff(people.indptr))
    order = np.lexsort((shuffled[person], people.indices))
    length = np.bincount(people.indices, minlength=people.shape[1])
    place = np.arange(len(order)) - np.repeat(np.cumsum(length) - length, length)
    return _only(people, np.sort(order[place < most]))


def _only(people: sp.csr_matrix, kept: NDArray[np.intp]) -> sp.csr_matrix:
    """The matrix with the entries number ``kept`` (ascending) only."""
    pointer = np.searchsorted(kept, people.indptr)
    return sp.csr_matrix((people.data[kept], people.indices[kept], pointer), people.shape)


def _share(people: sp.csr_matrix, everybody: sp.csr_matrix) -> NDArray[np.float64]:
    """(n,) the part of the people of each product that a sample holds, above 0."""
    n = everybody.shape[1]
    left, all_of_them = (np.bincount(m.indices, minlength=n) for m in (people, everybody))
    return np.maximum(left, 1) / np.maximum(all_of_them, 1)


def steps(people: sp.csr_matrix) -> float:
    """Sum over the pairs of people of the square of the number of products they share."""
    ones = _ones(people)
    other = ones.T.tocsr()
    total = -np.square(np.diff(people.indptr), dtype=np.float64).sum()
    for group in product_rows(ones, other, BLOCK_BYTES // 2):
        total += np.square((ones[group] @ other).data, dtype=np.float64).sum()
    return float(total / 2)


def _ones(people: sp.csr_matrix) -> sp.csr_matrix:
    """The pattern of a matrix, float32."""
    data = np.ones(people.nnz, np.float32)
    return sp.csr_matrix((data, people.indices, people.indptr), people.shape)
