"""Selection of parts: what helps gets in, what is noise stays out."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from prodsim_cli.protocol.testset import TestSet
from prodsim_cli.tuning.score_matrix import DEPTH, ScoreMatrix, gathered
from prodsim_cli.tuning.selection import adds, adjust, select


def matrix_of(parts, gains, kind=None):
    """A matrix of dense (q, n) scores, nothing barred."""
    q, n = gains.shape
    asked = TestSet(
        train=None,
        subjects=np.arange(q),
        candidates=np.ones(n, bool),
        answers=sp.csr_matrix(gains.astype(np.float32)),
        barred=sp.csr_matrix((q, n), dtype=bool),
    )
    return gathered(
        list(parts),
        asked,
        lambda some: np.stack([scores[some] for scores in parts.values()]).astype(np.float32),
        np.zeros(n, np.int8) if kind is None else kind,
        cells=3 * n * len(parts),
    )


@pytest.fixture
def world():
    """200 questions, 60 products, one right answer each; a teller that is often right."""
    random = np.random.default_rng(3)
    right = random.integers(0, 60, 200)
    gains = np.zeros((200, 60))
    gains[np.arange(200), right] = 1
    noise = {f"noise{n}": random.random((200, 60)) for n in range(6)}
    teller = random.random((200, 60)) + gains * 0.8
    return gains, noise, teller


def test_ndcg_of_a_matrix_is_that_of_the_metric(world):
    from prodsim_cli.protocol.metrics import ndcg
    from prodsim_cli.protocol.metrics._seen import Ranks

    gains, noise, _ = world
    matrix = matrix_of(noise, gains)
    order = np.argsort(-noise["noise2"].astype(np.float32), axis=1, kind="stable")[:, :10]
    hits = np.take_along_axis(gains, order, axis=1) > 0
    plain = ndcg.score(Ranks(hits, np.ones(200, int)), 10)
    assert matrix.ndcg(matrix.scores[2]) == pytest.approx(plain)


def test_a_row_that_says_nothing_shows_nothing():
    gains = np.eye(5)
    matrix = matrix_of({"silent": np.zeros((5, 5)), "loud": np.eye(5)}, gains)
    assert matrix.ndcg(matrix.scores[0]).tolist() == [0] * 5
    assert matrix.ndcg(matrix.scores[1]).tolist() == [1] * 5


def test_only_the_best_of_each_part_are_put_forward():
    scores = np.tile(np.arange(1, 3 * DEPTH + 1, dtype=float), (4, 1))
    matrix = matrix_of({"one": scores}, np.ones_like(scores))
    assert matrix.scores.shape == (1, 4, DEPTH)
    assert matrix.scores.min() == 2 * DEPTH + 1


def test_noise_gets_no_weight_and_what_knows_does(world):
    gains, noise, teller = world
    weights = select(matrix_of({**noise, "teller": teller}, gains), plain=["noise0"])
    assert weights["teller"] > 0
    assert set(weights) <= {"teller", "noise0"}


@pytest.mark.parametrize("seed", range(8))
def test_where_there_is_only_noise_the_plain_part_stands_alone(seed):
    random = np.random.default_rng(seed)
    gains = np.zeros((150, 40))
    gains[np.arange(150), random.integers(0, 40, 150)] = 1
    parts = {f"noise{n}": random.random((150, 40)) for n in range(5)}
    popular = np.tile(gains.sum(axis=0), (150, 1))
    weights = select(matrix_of({"popularity": popular, **parts}, gains), plain=["popularity"])
    assert set(weights) == {"popularity"}


def test_two_halves_of_the_truth_both_get_in(world):
    gains, noise, _ = world
    random = np.random.default_rng(5)
    half = np.arange(200)[:, None] % 2 == 0
    even = np.where(half, gains, 0) + 0.9 * random.random(gains.shape)
    odd = np.where(half, 0, gains) + 0.9 * random.random(gains.shape)
    weights = select(matrix_of({"even": even, "odd": odd, **noise}, gains), plain=["noise1"])
    assert {"even", "odd"} <= set(weights)


def test_weights_are_the_same_twice_and_never_below_zero(world):
    gains, noise, teller = world
    first, second = (
        select(matrix_of({**noise, "teller": teller}, gains), plain=[]) for _ in range(2)
    )
    assert first == second
    assert min(first.values()) > 0


def test_nothing_to_say_is_no_weight():
    assert select(matrix_of({"silent": np.zeros((60, 9))}, np.eye(60, 9)), plain=["silent"]) == {}


def test_other_weights_for_a_class_only_where_they_help(world):
    gains, noise, teller = world
    kind = (np.arange(60) % 2).astype(np.int8)
    matrix = matrix_of({"teller": teller, "noise0": noise["noise0"]}, gains, kind)
    same = {"teller": 1.0, "noise0": 0.01}
    assert adjust(matrix, same, kind=1) == same
    # words that shout down the teller among the products of class 1 only
    loud = np.where(kind[None, :] == 1, 30 * noise["noise1"], 0)
    matrix = matrix_of({"teller": teller, "loud": loud}, gains, kind)
    learned = adjust(matrix, {"teller": 1.0, "loud": 1.0}, kind=1)
    assert learned.get("loud", 0.0) < 0.6
    assert adjust(matrix, {"teller": 1.0, "loud": 1.0}).get("loud", 0.0) < 0.6


def test_a_matrix_of_some_questions(world):
    gains, noise, _ = world
    matrix = matrix_of(noise, gains)
    some = np.arange(200) < 50
    part = matrix.only(some)
    assert isinstance(part, ScoreMatrix)
    assert len(part) == 50
    assert part.ndcg(part.scores[0]).tolist() == matrix.ndcg(matrix.scores[0])[:50].tolist()


def test_what_is_only_popular_adds_nothing_to_popularity():
    random = np.random.default_rng(4)
    often = np.zeros((200, 60))
    gains = np.zeros((200, 60))
    gains[np.arange(200), random.choice(60, 200, p=np.arange(1, 61) / 1830)] = 1
    often[:] = np.arange(1.0, 61.0)
    echo = often + 10 * random.random((200, 60))
    parts = {"popular": often, "echo": echo}
    assert select(matrix_of({"echo": echo}, gains), []) == {"echo": 1.0}
    assert not adds(matrix_of(parts, gains), ["popular"])
    knows = {**parts, "teller": random.random((200, 60)) + gains * 0.8}
    assert adds(matrix_of(knows, gains), ["popular"])
    assert not adds(matrix_of(knows, gains), list(knows)), "nothing is left that could add"
    assert adds(matrix_of({"teller": knows["teller"]}, gains), [])
