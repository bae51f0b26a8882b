"""Intervals and the sentence below the table."""

from __future__ import annotations

import math

import numpy as np
import pytest

from prodsim_cli.experiments import intervals
from prodsim_cli.experiments.intervals import interval, resampled_means, resampled_sums
from prodsim_cli.experiments.verdict import Contest, verdict
from prodsim_cli.records import Interval


def test_a_resample_is_the_mean_of_rows_drawn_with_replacement():
    values = np.array([[0.0, 5.0], [1.0, 5.0], [4.0, 5.0]])
    drawn = np.random.default_rng(9).integers(0, 3, (1000, 3))
    expected = [[values[rows, c].sum() / 3 for c in (0, 1)] for rows in drawn]
    assert resampled_means(values, seed=9) == pytest.approx(np.array(expected), abs=1e-12)
    assert (resampled_sums(values, seed=9)[:, 1] == 15).all()


def test_blocks_draw_the_same_resamples(monkeypatch):
    values = np.random.default_rng(0).random((50, 2))
    whole = resampled_means(values, seed=3)
    monkeypatch.setattr(intervals, "_CELLS", 500)
    assert resampled_means(values, seed=3) == pytest.approx(whole, abs=1e-12)


def test_the_interval_of_a_share_is_about_that_of_the_textbook():
    share, n = 0.3, 2000
    values = (np.arange(n) < share * n).astype(float)[:, None]
    found = interval(share, resampled_means(values, seed=1)[:, 0])
    wide = 1.96 * math.sqrt(share * (1 - share) / n)
    assert found.mean == share
    assert found.low == pytest.approx(share - wide, abs=0.003)
    assert found.high == pytest.approx(share + wide, abs=0.003)


def test_no_samples_no_bounds_and_twelve_digits():
    assert interval(1 / 3) == Interval(0.333333333333)
    assert interval(0.5, np.full(10, np.nan)) == Interval(0.5)
    assert interval(0.5, np.array([np.nan, 0.25, 0.25])) == Interval(0.5, 0.25, 0.25)


def contest(*means: float, names: str, spread: float = 0.001, queries: int = 1000) -> Contest:
    """Methods with these means, their resamples independent and normal around them."""
    random = np.random.default_rng(0)
    draws = np.array(means) + random.normal(0, spread, (1000, len(means)))
    return Contest(tuple(names.split()), np.array(means), draws, queries, "ndcg@10", "users")


BASELINES = ("popularity", "random")


def test_a_clear_winner():
    said = verdict(contest(0.2, 0.1, 0.05, names="cosine text popularity"), BASELINES)
    assert said.startswith(
        "Use cosine: by ndcg@10 it beats the best baseline, popularity (0.200 against 0.050,"
        " difference +0.1"
    )
    assert "It is better than the next method, text (0.100, difference +0.09" in said
    assert "hint" not in said


def test_a_tie_with_the_runner_up_is_called_one():
    said = verdict(contest(0.2001, 0.2, 0.05, names="cosine text popularity"), BASELINES)
    assert "Use cosine" in said
    assert "It is a tie with the next method, text (0.200, difference -0.0" in said


def test_popularity_that_is_not_beaten_is_named():
    said = verdict(contest(0.04, 0.05, 0.01, names="cosine popularity random"), BASELINES)
    assert said.startswith("No method beats popularity here: the best by ndcg@10, cosine, is worse")
    said = verdict(contest(0.0501, 0.05, names="cosine popularity"), BASELINES)
    assert said.startswith("No method is surely better than popularity here")
    assert "is level with it" in said


def test_only_baselines_no_baselines_and_few_people():
    said = verdict(contest(0.01, 0.05, names="random popularity"), BASELINES)
    assert said == "Only baselines could be tried; popularity is the best of them."
    assert verdict(contest(0.9, names="text")) == "Use text: ndcg@10 0.900."
    said = verdict(contest(0.9, names="text", queries=99))
    assert said.endswith("With only 99 users, take this as a hint.")


def test_draws_are_compared_in_pairs():
    """Two methods that go up and down together differ although their intervals overlap."""
    together = np.random.default_rng(1).normal(0, 0.1, 1000)
    draws = np.stack([0.51 + together, 0.50 + together], axis=1)
    one = Contest(("a", "b"), np.array([0.51, 0.50]), draws, 1000, "f1", "pairs")
    assert one.gap(0, 1) == pytest.approx((0.01, 0.01))
    assert "It is better than the next method, b" in verdict(one)
