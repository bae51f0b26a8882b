"""What is fitted to pairs before they are judged: against trying everything, and least squares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from prodsim_cli.evaluation.calibration import best_threshold, calibrated, from_outcomes, outcomes

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
