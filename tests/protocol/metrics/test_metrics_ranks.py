"""Rank metrics on cases worked by hand, and beside scikit-learn where it has the same."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import f1_score, label_ranking_average_precision_score, ndcg_score

from prodsim_cli.protocol.metrics import (
    average_precision,
    f1,
    hit_rate,
    mrr,
    ndcg,
    precision,
    recall,
)
from prodsim_cli.protocol.metrics._seen import Ranks

# Four people and the five places they were shown, and how many right products each of them has:
#   two of three right ones, at ranks 1 and 3; nothing right; a list of one place, which is right;
#   the only right product at rank 5.
HITS = np.array(
    [
        [True, False, True, False, False],
        [False, False, False, False, False],
        [True, False, False, False, False],
        [False, False, False, False, True],
    ]
)
RELEVANT = np.array([3, 2, 1, 1])
RANKS = Ranks(HITS, RELEVANT)
IDEAL_3 = 1 + 1 / math.log2(3) + 1 / 2

CASES = [
    (precision, 5, [2 / 5, 0, 1 / 5, 1 / 5]),
    (precision, 2, [1 / 2, 0, 1 / 2, 0]),
    (recall, 5, [2 / 3, 0, 1, 1]),
    (recall, 2, [1 / 3, 0, 1, 0]),
    (f1, 5, [4 / 8, 0, 2 / 6, 2 / 6]),
    (hit_rate, 5, [1, 0, 1, 1]),
    (hit_rate, 4, [1, 0, 1, 0]),
    (mrr, 5, [1, 0, 1, 1 / 5]),
    (mrr, 4, [1, 0, 1, 0]),
    (average_precision, 5, [(1 / 1 + 2 / 3) / 3, 0, 1, 1 / 5]),
    # divided by all three right products, though two places can hold but two
    (average_precision, 2, [(1 / 1) / 3, 0, 1, 0]),
    (ndcg, 5, [(1 + 1 / 2) / IDEAL_3, 0, 1, 1 / math.log2(6)]),
    # at k = 2 the ideal holds two of the three right products
    (ndcg, 2, [1 / (1 + 1 / math.log2(3)), 0, 1, 0]),
]


@pytest.mark.parametrize(("metric", "k", "expected"), CASES)
def test_a_case_worked_by_hand(metric, k, expected):
    assert metric.score(RANKS, k) == pytest.approx(expected, abs=1e-12)


def test_precision_divides_by_k_even_if_the_lists_are_shorter():
    assert precision.score(Ranks(HITS[:, :3], RELEVANT), 10).tolist() == [0.2, 0, 0.1, 0]


# The judgements of three queries are 3 2 1, 2 and none; the first two lists hold the products of
# gain 2, nothing, 3 and nothing, 2.
GRADED = Ranks(
    hits=np.array([[True, False, True], [False, True, False], [False, False, False]]),
    relevant=np.array([3, 1, 0]),
    gains=np.array([[2.0, 0, 3], [0, 2, 0], [0, 0, 0]]),
    ideal=np.array([[3.0, 2, 1], [2, 0, 0], [0, 0, 0]]),
)


@pytest.mark.parametrize(
    ("k", "expected"),
    [
        (1, [2 / 3, 0, 0]),
        (2, [2 / (3 + 2 / math.log2(3)), (2 / math.log2(3)) / 2, 0]),
        (3, [(2 + 3 / 2) / (3 + 2 / math.log2(3) + 1 / 2), 1 / math.log2(3), 0]),
        (9, [(2 + 3 / 2) / (3 + 2 / math.log2(3) + 1 / 2), 1 / math.log2(3), 0]),
    ],
)
def test_graded_ndcg_has_linear_gain(k, expected):
    assert ndcg.score(GRADED, k) == pytest.approx(expected, abs=1e-12)


def test_only_ndcg_looks_at_grades():
    binary = Ranks(GRADED.hits, GRADED.relevant)
    for metric in (precision, recall, f1, hit_rate, mrr, average_precision):
        assert metric.score(GRADED, 3).tolist() == metric.score(binary, 3).tolist()
    assert ndcg.score(GRADED, 3)[0] != ndcg.score(binary, 3)[0]


def test_gains_that_are_all_the_same_are_binary():
    worth = HITS * 4.0
    ideal = np.where(np.arange(3) < RELEVANT[:, None], 4.0, 0.0)
    graded = Ranks(HITS, RELEVANT, worth, ideal)
    for k in (1, 2, 5):
        assert ndcg.score(graded, k) == pytest.approx(ndcg.score(RANKS, k), abs=1e-12)


def _random_run(seed: int, queries: int = 60, items: int = 30):
    """Falling scores and truths of a full ranking, so that scikit-learn sees the same lists."""
    random = np.random.default_rng(seed)
    truth = random.random((queries, items)) < 0.2
    truth[:, 0] |= ~truth.any(axis=1)
    scores = random.permuted(np.tile(np.arange(items, dtype=float), (queries, 1)), axis=1)
    order = np.argsort(-scores, axis=1)
    return truth, scores, np.take_along_axis(truth, order, axis=1)


@pytest.mark.parametrize("k", [1, 5, 10, 30])
def test_ndcg_is_that_of_scikit_learn(k):
    truth, scores, hits = _random_run(k)
    ours = ndcg.score(Ranks(hits, truth.sum(axis=1)), k).mean()
    assert ours == pytest.approx(ndcg_score(truth.astype(int), scores, k=k), abs=1e-12)


def test_average_precision_of_whole_rankings_is_that_of_scikit_learn():
    truth, scores, hits = _random_run(7)
    ours = average_precision.score(Ranks(hits, truth.sum(axis=1)), 30).mean()
    theirs = label_ranking_average_precision_score(truth.astype(int), scores)
    assert ours == pytest.approx(theirs, abs=1e-12)


def test_f1_is_that_of_scikit_learn_and_the_harmonic_mean():
    truth, scores, hits = _random_run(8)
    ranks, k = Ranks(hits, truth.sum(axis=1)), 10
    shown = np.argsort(np.argsort(-scores, axis=1), axis=1) < k
    by_query = [f1_score(t, s, zero_division=0) for t, s in zip(truth, shown, strict=True)]
    ours = f1.score(ranks, k)
    assert ours == pytest.approx(by_query, abs=1e-12)
    p, r = precision.score(ranks, k), recall.score(ranks, k)
    harmonic = np.divide(2 * p * r, p + r, out=np.zeros_like(p), where=p + r > 0)
    assert ours == pytest.approx(harmonic, abs=1e-12)


def test_graded_ndcg_is_that_of_scikit_learn():
    random = np.random.default_rng(9)
    gains = random.integers(0, 5, (50, 20))
    scores = random.permuted(np.tile(np.arange(20.0), (50, 1)), axis=1)
    worth = np.take_along_axis(gains, np.argsort(-scores, axis=1), axis=1).astype(float)
    ideal = -np.sort(-gains, axis=1).astype(float)
    ranks = Ranks(worth > 0, (gains > 0).sum(axis=1), worth, ideal)
    for k in (1, 7, 20):
        ours = ndcg.score(ranks, k).mean()
        assert ours == pytest.approx(ndcg_score(gains, scores, k=k), abs=1e-12)
