"""Figures over pairs: hand-worked, beside scikit-learn, and against trying everything."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error as sklearn_error
from sklearn.metrics import precision_recall_fscore_support, roc_auc_score

from prodsim_cli.experiments.fitting import best_threshold, calibrated, from_outcomes, outcomes
from prodsim_cli.metrics import mean_absolute_error, roc_auc


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


scored_pairs = st.lists(
    st.tuples(st.integers(0, 6).map(lambda score: score / 6), st.booleans()),
    min_size=1,
    max_size=25,
)


@given(scored_pairs)
def test_the_best_threshold_is_the_best_of_all_thresholds(pairs):
    scores, match = (np.array(column) for column in zip(*pairs, strict=True))
    found = best_threshold(scores, match)
    every = []
    for threshold in np.unique(scores):
        p, r, f, _ = precision_recall_fscore_support(
            match, scores >= threshold, average="binary", zero_division=0
        )
        every.append((f, threshold, p, r))
    best = max(every)
    # of equal F1 the highest threshold
    assert (found.f1, found.threshold) == pytest.approx(best[:2], abs=1e-12)
    assert (found.precision, found.recall) == pytest.approx(best[2:], abs=1e-12)


@given(scored_pairs, st.floats(0, 1))
def test_outcomes_add_up_to_scikit_learns_figures(pairs, threshold):
    scores, match = (np.array(column) for column in zip(*pairs, strict=True))
    ours = from_outcomes(outcomes(scores, match, threshold).sum(axis=0))
    theirs = precision_recall_fscore_support(
        match, scores >= threshold, average="binary", zero_division=0
    )
    assert ours == pytest.approx(theirs[:3], abs=1e-12)


def test_calibration_is_the_least_squares_line_within_the_range_of_the_truth():
    random = np.random.default_rng(5)
    scores = random.random(40)
    truth = 2 + 3 * scores + random.normal(0, 0.1, 40)
    slope, height = np.polyfit(scores, truth, 1)
    line = np.clip(height + slope * scores, truth.min(), truth.max())
    assert calibrated(scores, truth) == pytest.approx(line, abs=1e-9)


def test_scores_that_say_nothing_are_calibrated_to_the_mean():
    truth = np.array([0.0, 0.5, 1.0])
    assert calibrated(np.full(3, 0.4), truth).tolist() == [0.5, 0.5, 0.5]
    # higher where less alike: a similarity may not be turned round to look good
    assert calibrated(np.array([3.0, 2.0, 1.0]), truth).tolist() == [0.5, 0.5, 0.5]
