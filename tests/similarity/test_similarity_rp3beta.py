"""RP3beta against the transition matrices of the paper, and walks that can be followed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from similarity_worlds import random_shop, shop

from prodsim_cli.data.interactions import interactions
from prodsim_cli.errors import UsageProblem
from prodsim_cli.similarity import _graph, rp3beta


def bought(*baskets):
    """A shop of single letters from one string per person."""
    rows = [
        {"user": user, "item": ord(sign) - 97}
        for user, signs in enumerate(baskets)
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


def walks(matrix, alpha, beta):
    """[i, j]: from i over a person to j, as the paper writes it, with dense matrices."""
    with np.errstate(invalid="ignore", divide="ignore"):
        to_people = np.nan_to_num(matrix.T / matrix.sum(axis=0)[:, None]) ** alpha
        to_items = np.nan_to_num(matrix / matrix.sum(axis=1)[:, None]) ** alpha
        out = np.nan_to_num(to_people @ to_items / matrix.sum(axis=0)[None, :] ** beta)
    np.fill_diagonal(out, 0)
    return out


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    "settings", [{}, {"alpha": 1.0, "beta": 0.0}, {"alpha": 1.3, "beta": 0.7, "half_life": 40.0}]
)
@pytest.mark.parametrize("by", ["users", "orders"])
def test_the_row_of_an_end_holds_the_starts_of_the_paper(seed, settings, by):
    data = random_shop(seed)
    made = interactions(
        data.events,
        len(data.users),
        len(data),
        data.weights,
        half_life=settings.get("half_life"),
        by=by,
    )
    matrix = made.toarray().astype(np.float64)
    expected = walks(matrix, settings.get("alpha", 0.6), settings.get("beta", 0.2)).T
    found = as_dense(rp3beta.neighbors(data, k=len(data), by=by, **settings), len(data))
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-8)
    assert not np.allclose(found, found.T)


def test_a_plain_walk_by_hand():
    # From b: half the time to person 0 (a, b, c), half to person 1 (a, b).
    table = rp3beta.neighbors(bought("abc", "ab", "a"), k=2, alpha=1.0, beta=0.0)
    found = as_dense(table, 3)
    np.testing.assert_allclose(found[0, 1], 1 / 2 * 1 / 3 + 1 / 2 * 1 / 2, rtol=1e-6)
    np.testing.assert_allclose(found[0, 2], 1 / 3, rtol=1e-6)
    np.testing.assert_allclose(found[1, 0], 1 / 3 * (1 / 3 + 1 / 2), rtol=1e-6)


def test_a_plain_walk_goes_somewhere():
    # Over all ends, itself among them, the ways of a walk have probability 1.
    data = random_shop(4)
    found = as_dense(rp3beta.neighbors(data, k=len(data), alpha=1.0, beta=0.0), len(data))
    made = interactions(data.events, len(data.users), len(data), data.weights)
    matrix = made.toarray()
    active = matrix.sum(axis=0) > 0
    steps = matrix[:, active] ** 2 / matrix.sum(axis=1, keepdims=True).clip(1e-9)
    back = steps.sum(axis=0) / matrix[:, active].sum(axis=0)
    np.testing.assert_allclose(found.sum(axis=0)[active] + back, 1, rtol=1e-5)


def test_beta_holds_a_popular_end_back_by_its_popularity():
    data = random_shop(5)
    n = len(data)
    free = as_dense(rp3beta.neighbors(data, k=n, beta=0.0), n)
    held = as_dense(rp3beta.neighbors(data, k=n, beta=0.5), n)
    made = interactions(data.events, len(data.users), n, data.weights)
    people = np.asarray(made.sum(axis=0)).ravel()
    has = free > 0
    assert has.sum() > n
    expected = np.broadcast_to(np.sqrt(people)[:, None], free.shape)[has]
    np.testing.assert_allclose(free[has] / held[has], expected, rtol=1e-5)


def test_shrinkage_and_support_count_common_people():
    data = random_shop(6)
    n = len(data)
    made = interactions(data.events, len(data.users), n, data.weights)
    has = (made.toarray() > 0).astype(np.float64)
    shared = has.T @ has
    plain = as_dense(rp3beta.neighbors(data, k=n), n)
    shrunk = as_dense(rp3beta.neighbors(data, k=n, shrinkage=3), n)
    np.testing.assert_allclose(shrunk, plain * shared / (shared + 3), rtol=1e-5)
    supported = as_dense(rp3beta.neighbors(data, k=n, min_support=3), n)
    np.testing.assert_allclose(supported, plain * (shared >= 3))


def test_many_small_blocks_give_the_same_table(monkeypatch):
    data = random_shop(7)
    whole = rp3beta.neighbors(data, k=5)
    monkeypatch.setattr(_graph, "BLOCK_BYTES", 1000)
    parts = rp3beta.neighbors(data, k=5)
    assert (whole.positions == parts.positions).all()
    assert (whole.scores == parts.scores).all()


@pytest.mark.parametrize("settings", [{"alpha": 0.0}, {"alpha": float("nan")}, {"beta": -0.1}])
def test_powers_that_make_no_walk_are_refused(settings):
    with pytest.raises(UsageProblem, match="alpha must be above 0"):
        rp3beta.neighbors(random_shop(8), **settings)
