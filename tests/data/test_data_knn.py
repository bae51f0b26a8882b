"""Selection, products and cosine against sorting everything."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from prodsim_cli.data.knn import (
    best_of_triplets,
    blocks,
    cosine_neighbors,
    neighbor_matrix,
    product_rows,
    recommend_scores,
    sparse_neighbors,
    top_k,
)
from prodsim_cli.data.neighbors import NeighborTable


def plainly(scores, k, allowed):
    """Positions and scores by sorting every row in full: score, then position."""
    positions, values = [], []
    for row, fits in zip(scores.tolist(), allowed.tolist(), strict=True):
        order = sorted((-value, at) for at, value in enumerate(row) if fits[at])[:k]
        positions.append([at for _, at in order] + [-1] * (k - len(order)))
        values.append([-value for value, _ in order] + [0.0] * (k - len(order)))
    return positions, values


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 5), st.integers(0, 120), st.sampled_from([2, 8, 1000]))
def test_top_k_is_the_head_of_a_full_sort(seed, k, n, different):
    draw = np.random.default_rng(seed)
    scores = draw.integers(-1, different, (4, n)).astype(np.float32)
    mask = draw.random((4, n)) < 0.3
    got = top_k(scores, k, mask=mask)
    assert (got[0].tolist(), got[1].tolist()) == plainly(scores, k, ~mask)
    got = top_k(scores, k, above=0)
    assert (got[0].tolist(), got[1].tolist()) == plainly(scores, k, scores > 0)


def test_a_tie_that_straddles_rank_k_is_cut_by_position():
    scores = np.array([[1, 3, 1, 1, 2, 1]], np.float32)
    assert top_k(scores, 4)[0].tolist() == [[1, 4, 0, 2]]
    wide = np.zeros((2, 5000), np.float32)
    wide[1, 4000] = 1
    assert top_k(wide, 3)[0].tolist() == [[0, 1, 2], [4000, 0, 1]]


def test_a_mask_of_one_row_holds_for_all():
    scores = np.array([[1, 2, 3], [3, 2, 1]], np.float32)
    mask = np.array([True, False, False])
    assert top_k(scores, 3, mask=mask)[0].tolist() == [[2, 1, -1], [1, 2, -1]]


def test_shapes_at_the_rim():
    assert top_k(np.zeros((2, 0), np.float32), 3)[0].tolist() == [[-1] * 3] * 2
    assert top_k(np.zeros((0, 4), np.float32), 3)[1].shape == (0, 3)
    assert list(blocks(0, 5)) == []
    assert list(blocks(5, 2)) == [slice(0, 2), slice(2, 4), slice(4, 5)]
    assert list(blocks(2, 0)) == [slice(0, 1), slice(1, 2)]


def test_triplets_are_ranked_row_by_row():
    rows, columns = np.array([0, 0, 0, 2, 2]), np.array([7, 3, 5, 1, 0], np.int32)
    scores = np.array([1, 1, 2, 5, 6], np.float32)
    positions, values = best_of_triplets(rows, columns, scores, 3, 2)
    assert positions.tolist() == [[5, 3], [-1, -1], [0, 1]]
    assert values.tolist() == [[2, 1], [0, 0], [6, 5]]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 4), st.integers(1, 5000))
def test_sparse_products_are_those_of_the_dense_matrix(seed, k, block_bytes):
    draw = np.random.default_rng(seed)
    left = sp.random(30, 9, 0.3, "csr", dtype=np.float32, random_state=draw)
    right = sp.random(9, 50, 0.3, "csr", dtype=np.float32, random_state=draw)
    left.data[:] = draw.integers(1, 3, left.nnz)  # whole numbers: exact sums, many ties
    right.data[:] = draw.integers(-1, 3, right.nnz)
    product = left.toarray() @ right.toarray()
    got = sparse_neighbors(left, right, k, block_bytes)
    assert (got[0].tolist(), got[1].tolist()) == plainly(product, k, product > 0)


def test_groups_of_rows_cover_every_row_once_and_fit():
    left = sp.random(200, 50, 0.1, "csr", random_state=1)
    groups = product_rows(left, left.T.tocsr(), block_bytes=24 * 2000)
    assert np.sort(np.concatenate(groups)).tolist() == list(range(200))
    assert max((left[g] @ left.T).nnz for g in groups) <= 2000
    assert len(groups) > 1


@pytest.mark.parametrize("block_bytes", [1, 10_000, 2**28])
def test_cosine_does_not_depend_on_the_block(block_bytes):
    draw = np.random.default_rng(3)
    vectors = draw.standard_normal((120, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    positions, scores = cosine_neighbors(vectors[:50], vectors, 7, block_bytes)
    exact = vectors[:50].astype(np.float64) @ vectors.T.astype(np.float64)
    assert positions.tolist() == np.argsort(-exact, axis=1, kind="stable")[:, :7].tolist()
    np.testing.assert_allclose(scores, -np.sort(-exact, axis=1)[:, :7], atol=1e-6)
    whole = cosine_neighbors(vectors[:50], vectors, 7)
    assert (scores == whole[1]).all()
    alone = cosine_neighbors(vectors[9:10], vectors, 7)
    assert (alone[1] == whole[1][9]).all()


def test_cosine_keeps_positive_scores_only():
    queries = np.array([[1, 0]], np.float32)
    candidates = np.array([[-1, 0], [0, 1], [0.6, 0.8], [0, 0]], np.float32)
    assert cosine_neighbors(queries, candidates, 3)[0].tolist() == [[2, -1, -1]]
    assert cosine_neighbors(queries, candidates[:0], 2)[0].tolist() == [[-1, -1]]


def test_a_candidate_is_scored_by_its_own_row():
    # Item 0 names 1 and 2 as those that speak for it; item 1 names nobody.
    table = NeighborTable(
        np.array([[1, 2], [-1, -1], [0, -1]], np.int32),
        np.array([[0.5, 0.25], [0, 0], [0.125, 0]], np.float32),
    )
    history = sp.csr_matrix(np.array([[0, 1, 1], [1, 0, 0], [0, 0, 0]], np.float32))
    expected = [[0.75, 0, 0], [0, 0, 0.125], [0, 0, 0]]
    by_neighbor = neighbor_matrix(table, 3)
    assert recommend_scores(by_neighbor, history, slice(None)).tolist() == expected
    assert recommend_scores(by_neighbor, history, np.array([1])).tolist() == [expected[1]]


def test_the_matrix_of_a_table_of_some_queries():
    table = NeighborTable(
        np.array([[0, -1]], np.int32), np.array([[0.5, 0]], np.float32), np.array([2], np.int32)
    )
    assert neighbor_matrix(table, 3).toarray().tolist() == [[0, 0, 0.5], [0, 0, 0], [0, 0, 0]]
