"""Figures over pairs: worked by hand, and beside scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.metrics import mean_absolute_error as sklearn_error

from prodsim_cli.protocol.metrics import mean_absolute_error, pair_average_precision, roc_auc


def test_mean_absolute_error_by_hand_and_by_scikit_learn():
    predicted, truth = np.array([0.5, 0.0, 1.0]), np.array([1.0, 0.0, 0.25])
    assert mean_absolute_error.score(predicted, truth) == (0.5 + 0 + 0.75) / 3
    assert mean_absolute_error.score(predicted, truth) == sklearn_error(truth, predicted)
    assert math.isnan(mean_absolute_error.score(np.array([]), np.array([])))


def test_auc_counts_a_tie_half():
    # pairs of a match and a non-match: .8 beats .5 and .1, .5 ties with .5 and beats .1
    predicted, truth = np.array([0.8, 0.5, 0.5, 0.1]), np.array([1.0, 1.0, 0.0, 0.0])
    assert roc_auc.score(predicted, truth) == 3.5 / 4
    assert math.isnan(roc_auc.score(predicted, np.ones(4)))


def test_auc_is_that_of_scikit_learn_with_many_ties():
    random = np.random.default_rng(3)
    predicted = random.integers(0, 12, 500) / 12
    truth = (random.random(500) < predicted).astype(float)
    ours = roc_auc.score(predicted, truth)
    assert ours == pytest.approx(roc_auc_score(truth, predicted), abs=1e-12)


def test_average_precision_takes_equal_scores_as_one_step():
    # from .8 on: recall 1/3 at precision 1; from .5 on: recall 2/3 more at precision 3/4
    predicted, truth = np.array([0.5, 0.8, 0.5, 0.5, 0.1]), np.array([1.0, 1.0, 0.0, 1.0, 0.0])
    assert pair_average_precision.score(predicted, truth) == pytest.approx(
        1 / 3 * 1 + 2 / 3 * 3 / 4, abs=1e-12
    )
    assert pair_average_precision.score(predicted, np.ones(5)) == 1.0
    assert math.isnan(pair_average_precision.score(predicted, np.zeros(5)))


scored_pairs = st.lists(
    st.tuples(st.integers(0, 6).map(lambda score: score / 6), st.booleans()),
    min_size=1,
    max_size=25,
)


@given(scored_pairs)
def test_average_precision_is_that_of_scikit_learn(pairs):
    predicted, match = (np.array(column) for column in zip(*pairs, strict=True))
    if match.any():
        ours = pair_average_precision.score(predicted, match.astype(float))
        assert ours == pytest.approx(average_precision_score(match, predicted), abs=1e-12)
