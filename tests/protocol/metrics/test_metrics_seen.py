"""What metrics look at: right places, the head, and the lists beside plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from prodsim_cli.protocol.metrics import _seen
from prodsim_cli.protocol.metrics._seen import Ranks, head, hits


def _run(seed: int, queries: int, items: int, depth: int):
    random = np.random.default_rng(seed)
    lists = np.argsort(random.random((queries, items)), axis=1)[:, :depth].astype(np.int32)
    lists[np.arange(depth) >= random.integers(0, depth + 1, queries)[:, None]] = -1
    return lists, random.random((queries, items)) < 0.3


@pytest.mark.parametrize("board", [1, 40, 1 << 22], ids=["a query", "some queries", "all"])
def test_hits_are_those_of_a_plain_loop_whatever_the_size_of_the_board(monkeypatch, board):
    monkeypatch.setattr(_seen, "_BYTES", board)
    lists, truth = _run(1, 50, 12, 8)
    # the first and the last product count too, and an empty place is not the last product
    truth[:, [0, -1]] = True
    expected = [[item >= 0 and truth[q, item] for item in row] for q, row in enumerate(lists)]
    assert hits(lists, sp.csr_matrix(truth.astype(np.float32))).tolist() == expected


def test_a_stored_zero_is_no_right_product():
    answers = sp.csr_matrix((np.array([0.0, 2.0], np.float32), ([0, 0], [1, 2])), shape=(1, 3))
    assert answers.nnz == 2
    assert hits(np.array([[2, 1, 0]], np.int32), answers).tolist() == [[True, False, False]]


def test_hits_of_nobody_of_nothing_and_of_a_slice_of_wider_lists():
    assert hits(np.zeros((0, 4), np.int32), sp.csr_matrix((0, 5))).shape == (0, 4)
    assert hits(np.zeros((3, 0), np.int32), sp.csr_matrix((3, 5))).shape == (3, 0)
    assert not hits(np.full((2, 3), -1, np.int32), sp.csr_matrix(np.ones((2, 4)))).any()
    lists, truth = _run(2, 20, 12, 8)
    answers = sp.csr_matrix(truth)
    assert hits(lists[3:9, :5], answers[3:9]).tolist() == hits(lists, answers)[3:9, :5].tolist()


def test_each_hit_knows_its_query_rank_and_number():
    ranks = Ranks(
        np.array([[False, True, True], [False, False, False], [True, False, True]]),
        np.array([2, 1, 5]),
    )
    assert ranks.query.tolist() == [0, 0, 2, 2]
    assert ranks.rank.tolist() == [2, 3, 1, 3]
    assert ranks.ordinal.tolist() == [1, 2, 1, 2]
    assert ranks.first.tolist() == [2, np.inf, 1]
    assert [ranks.found_at(k).tolist() for k in (1, 2, 3, 9)] == [
        [0, 0, 1],
        [1, 0, 1],
        [2, 0, 2],
        [2, 0, 2],
    ]


def test_the_head_is_a_fifth_of_the_candidates_with_the_first_of_equals():
    people = np.array([9, 5, 7, 5, 5, 1, 0, 0, 5, 5, 5, 5], float)
    candidates = np.ones(12, bool)
    candidates[0] = False
    # eleven candidates, three in the head: 7, and the first two of those with 5
    assert np.flatnonzero(head(candidates, people)).tolist() == [1, 2, 3]
    assert not head(np.zeros(12, bool), people).any()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=1, max_size=30))
def test_nobody_of_the_tail_has_more_people_than_anybody_of_the_head(products):
    candidates, people = (np.array(column) for column in zip(*products, strict=True))
    chosen = head(candidates, people.astype(float))
    assert not (chosen & ~candidates).any()
    assert chosen.sum() == -(-candidates.sum() // 5)
    tail = candidates & ~chosen
    if tail.any():
        assert people[chosen].min() >= people[tail].max()
