"""Events to weights: each rule on a case worked by hand, the netting against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from similarity_worlds import log

from prodsim_cli.data.interactions import interactions
from prodsim_cli.records.values import DEFAULT_WEIGHTS


def dense(rows, n_users=3, n_items=3, weights=DEFAULT_WEIGHTS, **settings):
    return interactions(log(rows), n_users, n_items, weights, **settings).toarray()


def test_one_type_gives_one_per_pair_however_often():
    rows = [{"user": 0, "item": 1}, {"user": 0, "item": 1, "quantity": 9}, {"user": 2, "item": 0}]
    assert dense(rows).tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 0]]
    assert dense(rows, counts=True).tolist() == [[0, 2, 0], [0, 0, 0], [1, 0, 0]]


def test_the_matrix_has_a_row_per_user_or_order():
    rows = [{"user": 0, "item": 1, "order": 5}]
    by_user = interactions(log(rows), 3, 4, DEFAULT_WEIGHTS)
    assert by_user.shape == (3, 4)
    by_order = interactions(log(rows), 3, 4, DEFAULT_WEIGHTS, by="orders")
    assert by_order.shape == (6, 4)


def test_the_strongest_type_counts_relative_to_the_largest_weight_present():
    rows = [
        {"user": 0, "item": 0, "type": "view"},
        {"user": 0, "item": 1, "type": "view"},
        {"user": 0, "item": 1, "type": "cart"},
        {"user": 1, "item": 1, "type": "purchase"},
    ]
    np.testing.assert_allclose(dense(rows)[:2, :2], [[0.2, 0.6], [0, 1]], rtol=1e-6)
    # Without the purchase a cart is the strongest there is.
    np.testing.assert_allclose(dense(rows[:3])[0, :2], [1 / 3, 1], rtol=1e-6)
    np.testing.assert_allclose(dense(rows, counts=True)[0, 1], 0.8, rtol=1e-6)


def test_an_own_weight_overrides_that_of_the_type():
    rows = [
        {"user": 0, "item": 0, "type": "view", "weight": 10},
        {"user": 0, "item": 1, "type": "purchase"},
        {"user": 0, "item": 2, "type": "purchase", "weight": -1},
    ]
    assert dense(rows)[0].tolist() == [1, 0.5, 0]


def test_types_are_chosen():
    rows = [{"user": 0, "item": 0, "type": "view"}, {"user": 0, "item": 1, "type": "purchase"}]
    assert dense(rows, types=["purchase"])[0].tolist() == [0, 1, 0]
    assert dense(rows, types=["view"])[0].tolist() == [1, 0, 0]


def test_events_without_a_customer_count_for_orders_only():
    rows = [{"item": 0, "order": 1}, {"item": 2, "order": 1}, {"user": 0, "item": 1}]
    assert dense(rows).tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert dense(rows, by="orders").tolist() == [[0, 0, 0], [1, 0, 1]]


def test_half_life_counts_from_the_latest_event_or_from_now():
    rows = [{"user": 0, "item": 0, "at": 0}, {"user": 0, "item": 1, "at": 20}]
    np.testing.assert_allclose(dense(rows, half_life=10)[0], [0.25, 1, 0])
    np.testing.assert_allclose(dense(rows, half_life=10, now=30 * 86_400)[0], [0.125, 0.5, 0])
    # The latest event of a pair decides, and one without a time does not decay.
    again = [*rows, {"user": 0, "item": 0, "at": 10}, {"user": 0, "item": 2}]
    np.testing.assert_allclose(dense(again, half_life=10)[0], [0.5, 1, 1])


def test_old_views_are_dropped_rather_than_underflow():
    rows = [{"user": 0, "item": 0, "at": 0}, {"user": 0, "item": 1, "at": 900}]
    assert interactions(log(rows), 1, 2, DEFAULT_WEIGHTS, half_life=1).nnz == 1


def test_ratings_below_the_persons_own_mean_say_nothing():
    rows = [
        {"user": 0, "item": 0, "type": "rating", "value": 5},
        {"user": 0, "item": 1, "type": "rating", "value": 1},
        {"user": 1, "item": 0, "type": "rating", "value": 2},
        {"user": 1, "item": 2, "type": "rating", "value": 2},
    ]
    assert dense(rows).tolist() == [[1, 0, 0], [1, 0, 1], [0, 0, 0]]


def test_a_single_rating_is_held_against_the_mean_of_all():
    rows = [
        {"user": 0, "item": 0, "type": "rating", "value": 4},
        {"user": 1, "item": 1, "type": "rating", "value": 2},
    ]
    assert dense(rows).tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_a_return_takes_the_latest_earlier_purchase():
    rows = [
        {"user": 0, "item": 0, "quantity": 2, "at": 1, "order": 0},
        {"user": 0, "item": 0, "quantity": 3, "at": 2, "order": 1},
        {"user": 0, "item": 0, "quantity": 3, "at": 3, "type": "return", "order": 2},
        {"user": 0, "item": 0, "quantity": 1, "at": 4, "order": 3},
    ]
    by_order = dense(rows, by="orders", n_items=1)
    assert by_order.ravel().tolist() == [1, 0, 0, 1]
    assert dense(rows, counts=True, n_items=1)[0, 0] == 2


def test_a_pair_with_nothing_left_has_no_weight_but_its_views_stay():
    rows = [
        {"user": 0, "item": 0, "quantity": 2, "at": 1},
        {"user": 0, "item": 0, "quantity": 5, "at": 2, "type": "return"},
        {"user": 0, "item": 1, "quantity": 1, "at": 1},
    ]
    assert dense(rows)[0].tolist() == [0, 1, 0]
    assert dense(rows, net_returns=False)[0].tolist() == [1, 1, 0]
    viewed = [*rows, {"user": 0, "item": 0, "type": "view", "at": 0}]
    np.testing.assert_allclose(dense(viewed)[0], [0.2, 1, 0])


def test_a_return_before_any_purchase_takes_nothing_from_later_ones():
    rows = [
        {"user": 0, "item": 0, "quantity": 5, "at": 1, "type": "return"},
        {"user": 0, "item": 0, "quantity": 1, "at": 2},
    ]
    assert dense(rows)[0, 0] == 1


def test_another_customers_return_is_not_mine():
    rows = [
        {"user": 0, "item": 0, "at": 1},
        {"user": 1, "item": 0, "at": 2, "type": "return"},
        {"item": 0, "at": 2, "type": "return"},
    ]
    assert dense(rows)[:, 0].tolist() == [1, 0, 0]


def test_unknown_by_and_half_life_are_refused():
    with pytest.raises(ValueError, match="users or orders"):
        dense([], by="weeks")
    with pytest.raises(ValueError, match="positive"):
        dense([], half_life=0)


def plainly_kept(rows):
    """Units left of each purchase by a loop over the events in time, a stack per pair."""
    left = [row["quantity"] if row["type"] == "purchase" else 0 for row in rows]
    piles = {}
    order = sorted(range(len(rows)), key=lambda e: (rows[e]["at"], rows[e]["type"] == "return"))
    for event in order:
        row = rows[event]
        pile = piles.setdefault((row["user"], row["item"]), [])
        if row["type"] == "purchase":
            pile.append(event)
            continue
        wanted = row["quantity"] if row["user"] >= 0 else 0
        while wanted and pile:
            taken = min(wanted, left[pile[-1]])
            left[pile[-1]] -= taken
            wanted -= taken
            if not left[pile[-1]]:
                pile.pop()
    return left


EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "user": st.integers(-1, 1),
            "item": st.integers(0, 1),
            "type": st.sampled_from(["purchase", "purchase", "return"]),
            "quantity": st.integers(1, 4),
        }
    ),
    max_size=25,
)


@settings(max_examples=200, deadline=None)
@given(EVENTS)
def test_netting_is_that_of_a_plain_stack(rows):
    # Different moments; each event its own order, so that orders show what is left of each.
    rows = [{**row, "at": moment, "order": moment} for moment, row in enumerate(rows)]
    left = plainly_kept(rows)
    got = dense(rows, by="orders", n_items=2).sum(axis=1)
    assert got.tolist() == [float(units > 0) for units in left]


@settings(max_examples=50, deadline=None)
@given(EVENTS, st.randoms())
def test_the_order_of_the_log_does_not_matter(rows, shuffler):
    rows = [{**row, "at": moment % 3, "position": moment} for moment, row in enumerate(rows)]
    mixed = list(rows)
    shuffler.shuffle(mixed)
    settings = {"counts": True, "half_life": 3.0}
    assert dense(rows, **settings).tolist() == dense(mixed, **settings).tolist()
