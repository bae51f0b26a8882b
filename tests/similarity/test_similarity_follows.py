"""Directed transitions: by hand, against a plain loop, orders without an order, weights and age."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from similarity_worlds import random_shop, shop

from prodsim_cli.similarity import _transitions, follows

TITLES = list("abcdef")


def visit(user, item, at, **more):
    return {"user": user, "item": item, "at": at, **more}


def dense(table, n):
    out = np.zeros((n, n))
    for row, items, scores in zip(table.rows, table.positions, table.scores, strict=True):
        out[row, items[items >= 0]] = scores[items >= 0]
    return out


def scores(data, **more):
    return dense(follows.neighbors(data, k=len(data), **more), len(data))


def plainly(rows, n, window, backwards):
    """The definition, one pair of visits after the other."""
    total, out = np.zeros(n), np.zeros((n, n))
    for user in {row["user"] for row in rows}:
        first = {}
        for row in rows:
            if row["user"] == user:
                first[row["item"]] = min(row["at"], first.get(row["item"], row["at"]))
        moments = sorted(set(first.values()))
        for item in first:
            total[item] += 1
        for one, other in combinations(first, 2):
            gap = moments.index(first[other]) - moments.index(first[one])
            if gap < 0:
                one, other, gap = other, one, -gap
            if gap == 0:
                out[one, other] += (1 + backwards) / 2
                out[other, one] += (1 + backwards) / 2
            elif gap <= window:
                out[other, one] += 1 / gap
                out[one, other] += backwards / gap
    return out / np.sqrt(np.maximum(total, 1))


def test_one_person_by_hand():
    rows = [visit(0, 0, 1), visit(0, 1, 2), visit(0, 2, 5)]
    expected = [[0, 0.4, 0.2], [1, 0, 0.4], [0.5, 1, 0]]
    np.testing.assert_allclose(scores(shop("abc", rows)), expected, atol=1e-6)


def test_the_total_of_the_forerunner_divides_and_that_of_the_row_does_not():
    rows = [visit(0, 0, 1), visit(0, 1, 2), *(visit(user, 0, 1) for user in (1, 2, 3))]
    np.testing.assert_allclose(scores(shop("ab", rows)), [[0, 0.4], [0.5, 0]], atol=1e-6)


def test_lines_of_one_order_have_no_order():
    rows = [visit(0, 0, 1, order=0), visit(0, 1, 1.01, order=0), visit(0, 2, 2, order=1)]
    found = scores(shop("abc", rows))
    np.testing.assert_allclose(found, [[0, 0.7, 0.4], [0.7, 0, 0.4], [1, 1, 0]], atol=1e-6)
    rows = [visit(0, 1, 1, order=0), visit(0, 0, 1.01, order=0), visit(0, 2, 2, order=1)]
    assert (scores(shop("abc", rows)) == found).all()


def test_an_order_of_many_lines_is_one_step():
    rows = [visit(0, 0, 1), *(visit(0, item, 2) for item in (1, 2, 3)), visit(0, 4, 3)]
    assert scores(shop("abcde", rows))[4, 0] == 0.5


def test_events_without_a_time_stand_by_their_position():
    rows = [{"user": 0, "item": item, "position": 9 - item} for item in range(3)]
    expected = [[0, 1, 0.5], [0.4, 0, 1], [0.2, 0.4, 0]]
    np.testing.assert_allclose(scores(shop("abc", rows)), expected, atol=1e-6)


def test_a_product_stands_where_its_person_first_had_it():
    once = [visit(0, 0, 1), visit(0, 1, 2), visit(0, 2, 3)]
    again = [*once, visit(0, 0, 4), visit(0, 1, 4)]
    assert (scores(shop("abc", again)) == scores(shop("abc", once))).all()


def test_what_went_back_was_never_there():
    kept = [visit(0, 0, 1), visit(0, 2, 3)]
    rows = [*kept, visit(0, 1, 2), visit(0, 1, 2.5, type="return")]
    assert (scores(shop("abc", rows)) == scores(shop("abc", kept))).all()
    bought_again = [*rows, visit(0, 1, 5)]
    anew = [*kept, visit(0, 1, 5)]
    assert (scores(shop("abc", bought_again)) == scores(shop("abc", anew))).all()


def test_a_window_ends():
    rows = [visit(0, item, item) for item in range(4)]
    found = scores(shop("abcd", rows), window=2, backwards=0)
    assert (found[3] > 0).tolist() == [False, True, True, False]
    assert not np.triu(found).any()


def test_a_transition_weighs_the_geometric_mean_of_its_events():
    # At the end of the log a purchase 30 days ago weighs a half, the total of a is its own weight.
    rows = [visit(0, 0, 0), visit(0, 1, 30)]
    found = scores(shop("ab", rows), half_life=30.0)
    expected = np.array([[0, 0.4 * np.sqrt(0.5)], [np.sqrt(0.5) / np.sqrt(0.5), 0]])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_younger_transition_outweighs_an_older_one():
    rows = [visit(0, 0, 0), visit(0, 2, 1), visit(1, 1, 99), visit(1, 2, 100)]
    flat, decayed = (scores(shop("abc", rows), half_life=half)[2] for half in (None, 10.0))
    assert flat[0] == flat[1]
    assert decayed[1] > decayed[0] > 0


@pytest.mark.parametrize(("window", "backwards"), [(0, 0.4), (10, -1.0)])
def test_settings_without_a_meaning(window, backwards):
    with pytest.raises(ValueError, match="window"):
        follows.neighbors(shop("ab"), window=window, backwards=backwards)


def test_nothing_follows_anything():
    together = [visit(user, item, 1) for user in (0, 1) for item in (0, 1)]
    assert "cosine" in follows.unable(shop("ab", together))
    assert "cosine" in follows.unable(shop("ab"))
    # Two people at two moments are still one moment for each.
    apart = [visit(0, 0, 1), visit(1, 1, 2)]
    assert "cosine" in follows.unable(shop("ab", apart))
    assert follows.unable(shop("ab", [visit(0, 0, 1), visit(0, 1, 2)])) == ""


def test_blocks_change_nothing(monkeypatch):
    data = random_shop(11)
    whole = follows.neighbors(data, k=9)
    monkeypatch.setattr(_transitions, "_ENTRIES", 7)
    parts = follows.neighbors(data, k=9)
    assert (whole.positions == parts.positions).all()
    assert (whole.scores == parts.scores).all()


visits = st.builds(
    visit, st.integers(0, 3), st.integers(0, len(TITLES) - 1), st.integers(0, 6).map(float)
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(visits, min_size=1, max_size=30), st.integers(1, 4), st.sampled_from([0.0, 0.4, 1.0])
)
def test_the_matrices_say_what_the_loop_says(rows, window, backwards):
    found = scores(shop(TITLES, rows, users=4), window=window, backwards=backwards)
    np.testing.assert_allclose(found, plainly(rows, len(TITLES), window, backwards), rtol=1e-5)
