"""Folds over pairs, what is fitted in them, and the areas of resampled pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from prodsim_cli.evaluation import bootstrap as module
from prodsim_cli.evaluation.bootstrap import areas, resampled_areas
from prodsim_cli.evaluation.calibration import (
    Folds,
    best_threshold,
    calibrated,
    deal,
    outcomes,
    thresholds,
)
from prodsim_cli.protocol.metrics import pair_average_precision, roc_auc

pairs_of_products = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=60)


def columns(pairs):
    """First products, numbered without gaps, and matches."""
    product = np.unique([product for product, _ in pairs], return_inverse=True)[1].reshape(-1)
    return product, np.array([match for _, match in pairs])


@given(pairs_of_products, st.integers(0, 9))
def test_folds_part_the_pairs_and_each_has_both_kinds(pairs, seed):
    product, match = columns(pairs)
    folds = deal(product, match, seed)
    judged = np.stack([judged for _, judged in folds.parts()])
    fit = np.stack([fit for fit, _ in folds.parts()])
    assert (judged.sum(axis=0) == 1).all()
    by_kind = [len(set(product[kind].tolist())) for kind in (match, ~match)]
    pairs_by_kind = [int(match.sum()), int((~match).sum())]
    if min(pairs_by_kind) < 2:
        assert folds.count == 1
        assert fit.all()
        return
    assert folds.count == min(5, *(by_kind if min(by_kind) > 1 else pairs_by_kind))
    assert (fit == ~judged).all()
    for masks in (fit, judged):
        assert (masks & match).any(axis=1).all()
        assert (masks & ~match).any(axis=1).all()
    if min(by_kind) > 1:
        assert all(len(set(folds.of[product == one].tolist())) == 1 for one in product)


def test_folds_are_drawn_by_the_seed_and_about_equal():
    product, match = np.arange(1000), np.arange(1000) % 4 == 0
    one, again, other = (deal(product, match, seed) for seed in (1, 1, 2))
    assert (one.of == again.of).all()
    assert (one.of != other.of).mean() == pytest.approx(0.8, abs=0.05)
    assert np.bincount(one.of[match]).tolist() == [50] * 5
    assert np.bincount(one.of[~match]).tolist() == [150] * 5
    # neighbours in the catalogue do not go together
    assert (one.of[1:] == one.of[:-1]).mean() == pytest.approx(0.2, abs=0.05)


def test_a_pair_has_no_say_in_its_own_threshold():
    """A match that scores low among others that score high: it would pull the threshold down."""
    scores = np.array([0.9, 0.9, 0.9, 0.9, 0.5, 0.6, 0.1, 0.1, 0.1, 0.1])
    match = np.arange(10) < 5
    assert best_threshold(scores, match).threshold == 0.5
    for seed in range(20):
        folds = deal(np.arange(10), match, seed)
        assert folds.count == 5
        assert thresholds(scores, match, folds)[4] in (0.5 * (0.9 + 0.6), 0.5 * (0.9 + 0.1))


@given(st.integers(0, 9), st.integers(0, 39), st.floats(0, 1), st.booleans())
def test_thresholds_and_lines_of_a_fold_do_not_change_with_what_it_holds(seed, pair, score, kind):
    random = np.random.default_rng(seed)
    scores, truth = random.random(40), random.random(40)
    match = truth > 0.5
    folds = deal(np.arange(40), match, seed)
    others_score, others_truth, others_match = scores.copy(), truth.copy(), match.copy()
    others_score[pair], others_truth[pair], others_match[pair] = score, score, kind
    mates = (folds.of == folds.of[pair]) & (np.arange(40) != pair)
    cuts = thresholds(scores, match, folds)
    assert (thresholds(others_score, others_match, folds)[mates] == cuts[mates]).all()
    fitted = calibrated(scores, truth, folds, (0, 1))
    assert (calibrated(others_score, others_truth, folds, (0, 1))[mates] == fitted[mates]).all()


def test_a_pair_off_the_line_is_as_far_off_as_it_is():
    scores = np.linspace(0, 1, 21)
    truth = scores.copy()
    truth[18] = 0.0  # scored .9
    folds = deal(np.arange(21), truth > 0.5, 3)
    fitted = calibrated(scores, truth, folds, (0, 1))
    assert fitted[18] == pytest.approx(0.9, abs=1e-12)
    assert calibrated(scores, truth)[18] < 0.9 - 0.01  # it would have drawn the line to itself


def test_one_fold_judges_what_it_fits():
    scores, match = np.array([0.9, 0.3, 0.2]), np.array([True, False, False])
    folds = deal(np.arange(3), match, 0)
    assert folds.count == 1
    assert thresholds(scores, match, folds) == pytest.approx([0.6] * 3)
    assert calibrated(scores, match * 1.0, folds, (0, 1)) == pytest.approx(
        calibrated(scores, match * 1.0)
    )


def test_a_threshold_lies_halfway_to_the_next_score():
    scores, match = np.array([0.9, 0.7, 0.2]), np.array([True, True, False])
    cut = best_threshold(scores, match)
    assert (cut.threshold, cut.f1) == (0.7, 1)
    assert cut.halfway == pytest.approx(0.45)
    # nothing below: the lowest score itself
    assert best_threshold(scores, np.ones(3, bool)).halfway == 0.2
    assert best_threshold(np.zeros(2), np.array([True, False])).halfway == 0


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=25))
def test_halfway_decides_as_the_threshold_does(pairs):
    scores, match = np.array([p[0] / 6 for p in pairs]), np.array([p[1] for p in pairs])
    cut = best_threshold(scores, match)
    assert ((scores >= cut.threshold) == (scores >= cut.halfway)).all()
    assert np.isfinite(cut.halfway)


def test_outcomes_take_a_threshold_for_each_pair():
    scores, match = np.array([0.5, 0.5, 0.5]), np.array([True, False, True])
    found = outcomes(scores, match, np.array([0.4, 0.5, 0.6]))
    assert found.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def weighted(scores, match, counts):
    order = np.argsort(-scores, kind="stable")
    return areas(scores[order], match[order], counts[:, order].astype(float))


@given(st.integers(0, 50))
def test_areas_are_those_of_scikit_learn_with_ties_and_counts(seed):
    random = np.random.default_rng(seed)
    scores = random.integers(0, 8, 60) / 8
    match = random.random(60) < 0.2 + 0.6 * scores
    match[:2] = True, False
    counts = random.integers(0, 4, (5, 60))
    counts[:, :2] = 1
    found = weighted(scores, match, counts)
    for row, weight in zip(found, counts, strict=True):
        assert row[0] == pytest.approx(
            roc_auc_score(match, scores, sample_weight=weight), abs=1e-12
        )
        assert row[1] == pytest.approx(
            average_precision_score(match, scores, sample_weight=weight), abs=1e-12
        )
    once = weighted(scores, match, np.ones((1, 60)))[0]
    truth = match.astype(float)
    assert once[0] == pytest.approx(roc_auc.score(scores, truth), abs=1e-12)
    assert once[1] == pytest.approx(pair_average_precision.score(scores, truth), abs=1e-12)


def test_a_resample_of_one_kind_has_no_area():
    counts = np.array([[2, 0], [0, 2], [1, 1]])
    found = weighted(np.array([0.2, 0.8]), np.array([True, False]), counts)
    assert np.isnan(found[:2]).all()
    assert found[2].tolist() == [0, 0.5]


def test_resamples_are_seeded_shared_by_methods_and_free_of_blocks(monkeypatch):
    random = np.random.default_rng(0)
    scores, match = random.random((2, 101)), random.random(101) < 0.5
    scores[1] = scores[0] * 3  # the same order
    whole = resampled_areas(scores, match, seed=7, resamples=50)
    assert whole.shape == (50, 2, 2)
    assert (whole[:, 0] == whole[:, 1]).all()
    assert len(np.unique(whole[:, 0, 0])) > 25
    monkeypatch.setattr(module, "_AREA_CELLS", 300)
    assert (resampled_areas(scores, match, seed=7, resamples=50) == whole).all()
    assert (resampled_areas(scores, match, seed=8, resamples=50) != whole).any()


def test_the_interval_of_an_area_holds_it_as_often_as_it_should():
    """Scores of matches and non-matches one deviation apart: an area of .760."""
    random, held = np.random.default_rng(11), 0
    for _ in range(60):
        match = random.random(80) < 0.5
        scores = random.normal(size=80) + match
        draws = resampled_areas(scores[None], match, seed=1, resamples=200)[:, 0, 0]
        low, high = np.percentile(draws, [2.5, 97.5])
        held += low <= 0.7602 <= high
    assert 52 <= held <= 60


def test_folds_know_their_parts():
    folds = Folds(np.array([0, 1, 0]), 2)
    assert [(fit.tolist(), judged.tolist()) for fit, judged in folds.parts()] == [
        ([False, True, False], [True, False, True]),
        ([True, False, True], [False, True, False]),
    ]
