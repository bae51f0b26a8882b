"""Intervals and the sentence below the table."""

from __future__ import annotations

import math

import numpy as np
import pytest

from prodsim_cli.evaluation import bootstrap as intervals
from prodsim_cli.evaluation.bootstrap import (
    bootstrap,
    holm,
    interval,
    resampled_means,
    resampled_sums,
    two_sided,
)
from prodsim_cli.evaluation.verdict import Contest, compared, standings, verdict
from prodsim_cli.records.figures import Interval


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


class TestBootstrap:
    """Beside a plain loop that draws the same rows."""

    def drawn(self, rows, seed=7):
        return np.random.default_rng(seed).integers(0, rows, (1000, rows))

    def test_what_has_no_value_counts_neither_above_nor_below_the_line(self):
        values = np.array([[1.0, np.nan], [0.0, 2.0], [5.0, np.nan], [2.0, 6.0]])
        means, draws = bootstrap(values, seed=7)
        assert means.tolist() == [2.0, 4.0]
        for rows, draw in zip(self.drawn(4), draws, strict=True):
            assert draw[0] == pytest.approx(values[rows, 0].mean(), abs=1e-12)
            some = values[rows, 1][~np.isnan(values[rows, 1])]
            expected = some.mean() if len(some) else np.nan
            assert draw[1] == pytest.approx(expected, abs=1e-12, nan_ok=True)

    def test_a_column_without_any_value_has_no_mean(self):
        means, draws = bootstrap(np.full((3, 1), np.nan), seed=1)
        assert np.isnan(means).all()
        assert np.isnan(draws).all()
        assert interval(0.0, draws[:, 0]) == Interval(0.0)

    def test_groups_are_drawn_whole(self):
        """Three people with one, two and three questions: the mean stays that of all questions."""
        groups = np.array([2, 0, 1, 2, 1, 2])
        values = np.array(
            [[3.0, 1.0], [10.0, np.nan], [4.0, 0.0], [0.0, 2.0], [8.0, 1.0], [6.0, 9.0]]
        )
        means, draws = bootstrap(values, groups, seed=7)
        assert means == pytest.approx([31 / 6, 13 / 5], abs=1e-12)
        for people, draw in zip(self.drawn(3), draws, strict=True):
            rows = np.concatenate([np.flatnonzero(groups == person) for person in people])
            assert draw[0] == pytest.approx(values[rows, 0].mean(), abs=1e-12)
            some = values[rows, 1][~np.isnan(values[rows, 1])]
            expected = some.mean() if len(some) else np.nan
            assert draw[1] == pytest.approx(expected, abs=1e-12, nan_ok=True)

    def test_each_a_group_of_its_own_is_no_group(self):
        values = np.random.default_rng(0).random((20, 3))
        apart = bootstrap(values, np.arange(20), seed=3)
        for one, other in zip(apart, bootstrap(values, seed=3), strict=True):
            assert one == pytest.approx(other, abs=1e-12)

    def test_blocks_draw_the_same(self, monkeypatch):
        values = np.random.default_rng(0).random((50, 2))
        values[::3, 1] = np.nan
        groups = np.arange(50) // 2
        whole = bootstrap(values, groups, seed=3)[1]
        monkeypatch.setattr(intervals, "_CELLS", 500)
        assert bootstrap(values, groups, seed=3)[1] == pytest.approx(whole, abs=1e-12)


class TestTwoSided:
    def test_the_share_on_the_other_side_counted_twice(self):
        gaps = np.array([0.5] * 96 + [-0.1] * 3)
        assert two_sided(gaps) == pytest.approx(2 * 4 / 100)
        assert two_sided(-gaps) == two_sided(gaps)

    def test_it_is_never_below_what_the_draws_can_show(self):
        assert two_sided(np.ones(1000)) == 2 / 1001

    def test_no_difference_is_no_difference(self):
        assert two_sided(np.zeros(1000)) == 1
        assert two_sided(np.tile([1.0, -1.0], 500)) == 1

    def test_what_the_order_of_a_sum_changes_is_no_difference(self):
        assert two_sided(np.full(1000, -1e-16)) == 1


class TestHolm:
    def test_by_hand(self):
        """Holm 1979: the smallest times 4, the next times 3, and none below the one before."""
        p = np.array([0.01, 0.04, 0.03, 0.005])
        assert holm(p) == pytest.approx([0.03, 0.06, 0.06, 0.02])

    def test_beside_a_plain_loop(self):
        random = np.random.default_rng(2)
        for size in range(1, 12):
            p = random.integers(1, 20, size) / 40
            highest, expected = 0.0, np.empty(size)
            for place, m in enumerate(sorted(range(size), key=lambda m: (p[m], m))):
                highest = max(highest, min(1.0, p[m] * (size - place)))
                expected[m] = highest
            assert holm(p).tolist() == pytest.approx(expected.tolist(), abs=1e-12)

    def test_one_stays_as_it_is_and_none_is_above_one(self):
        assert holm(np.array([0.04])).tolist() == [0.04]
        assert holm(np.array([0.6, 0.9])).tolist() == [1.0, 1.0]
        assert holm(np.zeros(0)).tolist() == []


def test_no_zero_is_negative():
    found = interval(-1e-17, np.full(100, -1e-17))
    assert [math.copysign(1, value) for value in (found.mean, found.low, found.high)] == [1, 1, 1]


class TestCompared:
    def test_twins_are_level_whatever_the_last_bit_says(self):
        """Two methods with the same lists, one of which was added up in another order."""
        one = contest(0.2, 0.2, 0.05, names="a b popularity")
        draws = one.draws.copy()
        draws[:, 1] = draws[:, 0] - 1e-17
        twins = Contest(one.methods, np.array([0.2, 0.2 + 5e-17, 0.05]), draws, 1000, "f", "users")
        assert twins.order() == [0, 1, 2]
        standing = compared(twins, BASELINES).against_best["b"]
        assert (standing.verdict, standing.p) == ("tie", 1.0)
        assert standing.difference == Interval(0.0, 0.0, 0.0)

    def test_everybody_meets_the_best_and_every_method_the_best_baseline(self):
        found = compared(contest(0.1, 0.3, 0.2, 0.05, names="x y popularity random"), BASELINES)
        assert {n: (s.other, s.verdict) for n, s in found.against_baseline.items()} == {
            "y": ("popularity", "better"), "x": ("popularity", "worse")
        }  # fmt: skip
        assert set(found.against_best) == {"popularity", "x", "random"}
        assert {(s.other, s.verdict) for s in found.against_best.values()} == {("y", "worse")}
        assert found.against_baseline["y"].difference.mean == pytest.approx(0.1)

    def test_without_baselines_there_is_nothing_to_beat(self):
        assert compared(contest(0.1, 0.3, names="x y")).against_baseline == {}

    def test_many_methods_need_more_to_be_called_better(self):
        """A p of .02 is a difference for one method, and none for three."""
        random = np.random.default_rng(3)
        gap = np.concatenate([random.uniform(0.01, 0.02, 991), np.full(9, -0.01)])
        gap = np.stack([gap] * 3, axis=1)
        draws = np.concatenate([0.1 + gap, np.full((1000, 1), 0.1)], axis=1)
        means = np.array([0.115, 0.115, 0.115, 0.1])
        many = Contest(("a", "b", "c", "popularity"), means, draws, 1000, "f", "users")
        for whose, p, verdict_of_a in (([0], 0.02, "better"), ([0, 1, 2], 0.06, "tie")):
            standing = standings(many, whose, 3)["a"]
            assert standing.p == pytest.approx(p, abs=0.0002)
            assert standing.verdict == verdict_of_a


BASELINES = ("popularity", "random")


def test_a_clear_winner():
    said = verdict(contest(0.2, 0.1, 0.05, names="cosine text popularity"), BASELINES)
    assert said.startswith(
        "Use cosine: by ndcg@10 it beats the best baseline, popularity (0.200 against 0.050,"
        " difference +0.1"
    )
    assert "It is better than the next method, text (0.100, difference +0.09" in said
    assert "hint" not in said


def test_ties_are_listed_and_the_next_is_named():
    said = verdict(contest(0.2002, 0.2001, 0.1, 0.2, names="a b c d"))
    assert "It is a tie with b and d; the next is b (0.200, difference " in said
    assert said.endswith("on this evidence any of them will do.")


def test_the_sentence_and_the_marks_say_the_same():
    """Both are corrected for all methods, the baselines among them."""
    names, seen = ("ant", "bee", "cat", "dog", "elk"), set()
    for seed in range(30):
        random = np.random.default_rng(seed)
        means = np.append(random.normal(0.2, 0.006, 5), 0.05)
        draws = means + random.normal(0, 0.001, (1000, 6))
        one = Contest((*names, "popularity"), means, draws, 1000, "f", "users")
        marked = {n for n, s in compared(one, BASELINES).against_best.items() if s.verdict == "tie"}
        said = verdict(one, BASELINES).split("It is ")[1].split("(")[0].split(";")[0]
        listed = {name for name in names if name in said} if said.startswith("a tie") else set()
        assert listed == marked
        seen.add(len(marked))
    assert {0, 1, 2} <= seen


def test_a_tie_with_the_runner_up_is_called_one():
    said = verdict(contest(0.2001, 0.2, 0.05, names="cosine text popularity"), BASELINES)
    assert "Use cosine" in said
    assert "It is a tie with the next method, text (0.200, difference -0.0" in said


def test_popularity_that_is_not_beaten_is_named():
    said = verdict(contest(0.04, 0.05, 0.01, names="cosine popularity random"), BASELINES)
    assert said.startswith("No method beats popularity here: the best by ndcg@10, cosine, is worse")
    assert "It is" not in said
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
    assert one.gap(0, 1) == Interval(0.01, 0.01, 0.01)
    assert "It is better than the next method, b" in verdict(one)
