"""Bought together: against plain loops, scikit-learn, and baskets with an obvious answer."""

from __future__ import annotations

import numpy as np
import pytest
from similarity_worlds import random_shop, shop
from sklearn.metrics.pairwise import cosine_similarity

from prodsim_cli.data.interactions import interactions
from prodsim_cli.similarity import orders


def baskets(*contents, **more):
    """A shop of single letters from one string per order."""
    rows = [
        {"item": ord(sign) - 97, "order": order, **more}
        for order, signs in enumerate(contents)
        for sign in signs
    ]
    n = max(row["item"] for row in rows) + 1
    return shop([chr(97 + item) for item in range(n)], rows)


def as_dense(table, n):
    out = np.zeros((n, n))
    for row, item in enumerate(table.rows):
        valid = table.positions[row] >= 0
        out[item, table.positions[row][valid]] = table.scores[row][valid]
    return out


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("settings", [{}, {"half_life": 40.0, "shrinkage": 2.0}])
def test_it_is_the_cosine_of_scikit_learn_over_weighed_orders(seed, settings):
    data = random_shop(seed)
    made = interactions(
        data.events,
        len(data.users),
        len(data),
        data.weights,
        by="orders",
        half_life=settings.get("half_life"),
    )
    lines = made.toarray().astype(np.float64)
    has = (lines > 0).astype(np.float64)
    size = np.maximum(has.sum(axis=1, keepdims=True), 1)
    together = has.T @ has
    expected = cosine_similarity((lines * size**-0.25).T)
    expected *= together / (together + settings.get("shrinkage", 10.0))
    np.fill_diagonal(expected, 0)
    found = as_dense(orders.neighbors(data, k=len(data), **settings), len(data))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


def test_the_worked_example():
    # w = 1/sqrt(2), 1/sqrt(2), 1: a.b = w1 + w2 = sqrt(2); |a|^2 = sqrt(2) + 1, |b|^2 = sqrt(2).
    table = orders.neighbors(baskets("ab", "ab", "a"), k=1, shrinkage=0)
    expected = 2**0.5 / ((2**0.5 + 1) * 2**0.5) ** 0.5
    np.testing.assert_allclose(table.scores.ravel(), [expected, expected], rtol=1e-6)
    shrunk = orders.neighbors(baskets("ab", "ab", "a"), k=1)
    np.testing.assert_allclose(shrunk.scores.ravel(), [expected / 6, expected / 6], rtol=1e-6)


def test_a_small_order_says_more_than_a_large_one():
    # Each of b to g shares one order with a and is bought once alone; that with b is the smallest.
    data = baskets("ab", "acdefg", *"bcdefg")
    table = orders.neighbors(data, k=6)
    assert table.positions[0].tolist() == [1, 2, 3, 4, 5, 6]
    assert table.scores[0, 0] > 1.5 * table.scores[0, 1]
    assert len(set(table.scores[0, 1:].tolist())) == 1


def test_an_order_counts_once_however_many_lines_it_has():
    once = orders.neighbors(baskets("ab", "ac", "b"), k=3)
    often = orders.neighbors(baskets("abbba", "acc", "bb"), k=3)
    assert (once.positions == often.positions).all()
    assert (once.scores == often.scores).all()


def test_what_one_person_buys_at_two_times_is_not_together():
    rows = [
        {"user": 0, "item": 0, "order": 0},
        {"user": 0, "item": 1, "order": 0},
        {"user": 0, "item": 2, "order": 1},
        {"user": 0, "item": 3, "order": 1},
    ]
    table = orders.neighbors(shop(["a", "b", "c", "d"], rows), k=3)
    assert table.positions[:, 0].tolist() == [1, 0, 3, 2]
    assert (table.positions[:, 1:] == -1).all()


def test_orders_without_a_customer_count_and_customers_without_an_order_do_not():
    rows = [{"item": item, "order": 3} for item in (0, 1)]
    rows += [{"user": 0, "item": item} for item in (1, 2)]
    table = orders.neighbors(shop(["a", "b", "c"], rows), k=2)
    assert table.positions.tolist() == [[1, -1], [0, -1], [-1, -1]]


def test_complements_stand_before_stand_ins():
    # Everybody buys one of two printers, with its own ink.
    data = baskets(*["ab"] * 4, *["cd"] * 4, "a", "c", "b", "d")
    table = orders.neighbors(data, k=3)
    assert table.positions[:, 0].tolist() == [1, 0, 3, 2]
    assert (table.positions[:, 1] == -1).all()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (baskets("a", "b", "aa"), "no order holds two products"),
        (baskets("ab", order=-1, user=0), "no event has an order"),
        (baskets("ab", type="return"), "no event has an order"),
        (shop(["a"]), "no event has an order"),
    ],
)
def test_without_orders_of_two_it_says_what_does_instead(data, sentence):
    assert orders.unable(data) == f"{sentence}; cosine links what one person buys at any time"
    assert (orders.neighbors(data, k=2).positions == -1).all()


def test_with_one_order_of_two_it_can():
    assert orders.unable(baskets("a", "b", "ab")) == ""
    assert orders.unable(random_shop(3)) == ""
