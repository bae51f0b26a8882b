"""What kind of products are shown: by hand and beside plain loops."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import scipy.sparse as sp

from prodsim_cli.protocol.metrics import coverage, diversity, gini, head_share, novelty
from prodsim_cli.protocol.metrics._seen import Shown

# Six products, five of which can be shown. Of 8 users all have the first, 4 the second, 2 the
# third, one the fourth, nobody the others. The vectors are those of a compass, the last is empty.
PEOPLE = np.array([8.0, 4, 2, 1, 0, 0])
CANDIDATES = np.array([True, True, True, True, True, False])
COMPASS = np.array([[1, 0], [1, 0], [0, 1], [-1, 0], [0, -1], [0, 0]], np.float32)
LISTS = np.array([[0, 1, 2], [3, 0, -1], [4, -1, -1], [-1, -1, -1]], np.int32)
SHOWN = Shown(LISTS, CANDIDATES, PEOPLE, 8, COMPASS)
NAN = math.nan

CASES = [
    (novelty, 1, [0, 3, 3, NAN]),  # a product of nobody counts as one of one person
    (novelty, 3, [(0 + 1 + 2) / 3, (3 + 0) / 2, 3, NAN]),
    (head_share, 1, [1, 0, 0, NAN]),  # one product is the head, the first
    (head_share, 3, [1 / 3, 1 / 2, 0, NAN]),
    (diversity, 1, [NAN, NAN, NAN, NAN]),
    (diversity, 2, [0, 2, NAN, NAN]),
    (diversity, 3, [(0 + 1 + 1) / 3, 2, NAN, NAN]),
]


@pytest.mark.parametrize(("metric", "k", "expected"), CASES)
def test_a_case_worked_by_hand(metric, k, expected):
    assert metric.score(SHOWN, k) == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_coverage_counts_every_candidate_once_and_no_empty_places():
    assert coverage.score(SHOWN, 1) == 3 / 5
    assert coverage.score(SHOWN, 3) == 5 / 5
    empty = Shown(np.full((2, 3), -1, np.int32), CANDIDATES, PEOPLE, 8)
    assert coverage.score(empty, 3) == 0.0


def test_gini_is_0_for_equals_and_nearly_1_for_one_product_alone():
    def shown(lists: list[list[int]], candidates: int) -> Shown:
        return Shown(np.array(lists, np.int32), np.ones(candidates, bool), np.ones(candidates), 9)

    assert gini.score(shown([[0, 1], [2, 3]], 4), 2) == 0
    assert gini.score(shown([[0], [0], [0]], 4), 1) == 3 / 4
    # exposure 0 1 3: (-2 * 0 + 0 * 1 + 2 * 3) / (3 * 4)
    assert gini.score(shown([[0, 1], [0, -1], [0, -1]], 3), 2) == 6 / 12
    assert math.isnan(gini.score(shown([[-1], [-1]], 3), 1))


def test_what_has_no_vector_is_like_nothing():
    lists = np.array([[0, 5], [0, 1]], np.int32)
    shown = Shown(lists, np.ones(6, bool), PEOPLE, 8, COMPASS)
    assert diversity.score(shown, 2).tolist() == [1, 0]
    unknown = Shown(lists, np.ones(6, bool), PEOPLE, 8)
    assert np.isnan(diversity.score(unknown, 2)).all()


def _random(seed: int) -> Shown:
    random = np.random.default_rng(seed)
    queries, items, depth = 40, 30, 8
    lists = np.argsort(random.random((queries, items)), axis=1)[:, :depth].astype(np.int32)
    lists[np.arange(depth) >= random.integers(0, depth + 1, queries)[:, None]] = -1
    candidates = np.zeros(items, bool)
    candidates[lists[lists >= 0]] = True
    vectors = random.normal(size=(items, 16)) * (random.random((items, 16)) < 0.5)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    people = random.integers(0, 50, items).astype(float)
    return Shown(lists, candidates, people, 50, vectors.astype(np.float32))


def _first(shown: Shown, k: int) -> list[list[int]]:
    return [[int(item) for item in row[:k] if item >= 0] for row in shown.lists]


@pytest.mark.parametrize("k", [1, 2, 5, 8, 20])
def test_figures_of_lists_are_those_of_plain_loops(k):
    shown = _random(k)
    of_candidates = sorted(
        np.flatnonzero(shown.candidates), key=lambda item: (-shown.people[item], item)
    )
    top = set(of_candidates[: math.ceil(len(of_candidates) / 5)])
    bits, popular, unlike = [], [], []
    for row in _first(shown, k):
        n = len(row)
        bits.append(sum(-math.log2(max(shown.people[i], 1) / 50) for i in row) / n if n else NAN)
        popular.append(sum(i in top for i in row) / n if n else NAN)
        pairs = [
            1 - float(shown.vectors[i].astype(float) @ shown.vectors[j].astype(float))
            for i, j in itertools.combinations(row, 2)
        ]
        unlike.append(sum(pairs) / len(pairs) if pairs else NAN)
    assert novelty.score(shown, k) == pytest.approx(bits, abs=1e-12, nan_ok=True)
    assert head_share.score(shown, k) == pytest.approx(popular, abs=1e-12, nan_ok=True)
    assert diversity.score(shown, k) == pytest.approx(unlike, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("k", [1, 3, 8])
def test_figures_of_a_run_are_those_of_plain_loops(k):
    shown = _random(50 + k)
    rows = _first(shown, k)
    times = [sum(item in row for row in rows) for item in np.flatnonzero(shown.candidates)]
    assert coverage.score(shown, k) == sum(x > 0 for x in times) / len(times)
    # the mean difference of all pairs of products, over twice the mean: another form of the index
    differences = sum(abs(a - b) for a in times for b in times)
    expected = differences / (2 * len(times) * sum(times))
    assert gini.score(shown, k) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("block", [1, 100, 1 << 20])
def test_sparse_and_dense_vectors_and_any_blocks_give_the_same_diversity(monkeypatch, block):
    shown = _random(99)
    whole = diversity.score(shown, 8)
    monkeypatch.setattr(diversity, "_BLOCK", block)
    assert np.array_equal(diversity.score(shown, 8), whole, equal_nan=True)
    sparse = Shown(
        shown.lists, shown.candidates, shown.people, shown.users, sp.csr_matrix(shown.vectors)
    )
    assert diversity.score(sparse, 8) == pytest.approx(whole, abs=1e-12, nan_ok=True)


def test_the_same_product_twice_over_is_not_less_than_0_diverse():
    random = np.random.default_rng(0)
    one = random.normal(size=(1, 384))
    twins = np.repeat((one / np.linalg.norm(one)).astype(np.float32), 5, axis=0)
    lists = np.arange(5, dtype=np.int32)[None]
    assert 0 <= diversity.score(Shown(lists, np.ones(5, bool), np.ones(5), 5, twins), 5)[0] < 1e-6
