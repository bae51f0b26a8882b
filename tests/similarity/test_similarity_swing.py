"""Swing against the sum over pairs of people written out, and against its own samples."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import scipy.sparse as sp
from similarity_worlds import random_shop, shop

from prodsim_cli.data.interactions import interactions
from prodsim_cli.errors import UsageProblem
from prodsim_cli.similarity import swing


def bought(*baskets):
    """A shop of single letters from one string per person."""
    rows = [
        {"user": user, "item": ord(sign) - 97}
        for user, signs in enumerate(baskets)
        for sign in signs
    ]
    n = max(row["item"] for row in rows) + 1
    return shop([chr(97 + item) for item in range(n)], rows)


def crowd(seed, people=300, n=30):
    """A shop of two tastes, with products from popular to rare."""
    draw = np.random.default_rng(seed)
    wanted = np.linspace(0.6, 0.05, n)
    rows = [
        {"user": user, "item": item}
        for user in range(people)
        for item in range(n)
        if draw.random() < wanted[item] * (1.3 if (user + item) % 2 else 0.5)
    ]
    return shop([str(item) for item in range(n)], rows)


def people_by_item(data, **settings):
    made = interactions(data.events, len(data.users), len(data), data.weights, **settings)
    return made.toarray().astype(np.float64)


def as_dense(table, n):
    out = np.zeros((n, n))
    for row, item in enumerate(table.rows):
        valid = table.positions[row] >= 0
        out[item, table.positions[row][valid]] = table.scores[row][valid]
    return out


def plain(matrix, alpha, beta):
    """[j, i]: the loop over pairs of people of Yang et al., with weights and held back."""
    n = matrix.shape[1]
    out = np.zeros((n, n))
    size = (matrix > 0).sum(axis=1)
    for u, v in combinations(range(len(matrix)), 2):
        common = np.flatnonzero((matrix[u] > 0) & (matrix[v] > 0))
        worth = 1 / np.sqrt(max(size[u], 1) * max(size[v], 1)) / (alpha + len(common))
        faded = np.sqrt(matrix[u, common] * matrix[v, common])
        out[np.ix_(common, common)] += worth * np.outer(faded, faded)
    np.fill_diagonal(out, 0)
    return out / np.maximum((matrix > 0).sum(axis=0), 1)[None, :] ** beta


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    "settings", [{}, {"alpha": 5.0, "beta": 0.0}, {"alpha": 0.5, "beta": 0.3, "half_life": 40.0}]
)
def test_it_is_the_loop_over_pairs_of_people(seed, settings):
    data = random_shop(seed)
    matrix = people_by_item(data, half_life=settings.get("half_life"))
    expected = plain(matrix, settings.get("alpha", 1.0), settings.get("beta", 1.0))
    found = as_dense(swing.neighbors(data, k=len(data), **settings), len(data))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-9)
    assert (expected > 0).sum() > 3 * len(data)


def test_the_worked_example():
    # Two people with (a, b, c) and (a, b): w = 1/sqrt(3) and 1/sqrt(2), two in common.
    table = swing.neighbors(bought("abc", "ab"), k=2, beta=0.0)
    worth = 1 / 3**0.5 / 2**0.5 / (1 + 2)
    assert table.positions.tolist() == [[1, -1], [0, -1], [-1, -1]]
    np.testing.assert_allclose(table.scores[:2, 0], [worth, worth], rtol=1e-6)


def test_one_common_buyer_is_no_swing():
    table = swing.neighbors(bought("ab", "ac", "bc"), k=2)
    assert (table.positions == -1).all()


def test_two_who_share_little_else_say_more():
    # Both b and c are shared with a by two people, c by those who share a lot.
    data = bought("ab", "ab", "acdefgh", "acdefgh")
    assert swing.neighbors(data, k=3).positions[0, 0] == 1
    assert np.isclose(*swing.neighbors(data, k=3).scores[0, 1:])


def test_a_popular_neighbour_is_held_back_by_its_people():
    data = random_shop(3)
    n = len(data)
    free = as_dense(swing.neighbors(data, k=n, beta=0.0), n)
    held = as_dense(swing.neighbors(data, k=n, beta=0.5), n)
    people = (people_by_item(data) > 0).sum(axis=0)
    has = free > 0
    expected = np.broadcast_to(np.sqrt(people), free.shape)[has]
    np.testing.assert_allclose(free[has] / held[has], expected, rtol=1e-5)
    np.testing.assert_array_equal(free, free.T)


def test_four_events_half_faded_count_a_quarter():
    rows = [{"user": user, "item": item, "at": 0} for user in (0, 1) for item in (0, 1)]
    rows += [{"user": user, "item": item, "at": 30} for user in (2, 3) for item in (2, 3)]
    data = shop(["a", "b", "c", "d"], rows)
    scores = swing.neighbors(data, k=1, half_life=30.0).scores.ravel()
    np.testing.assert_allclose(scores[:2] / scores[2:], 1 / 4, rtol=1e-6)
    assert len(set(swing.neighbors(data, k=1).scores.ravel().tolist())) == 1


def test_small_blocks_change_nothing(monkeypatch):
    data = random_shop(4)
    whole = swing.neighbors(data, k=9)
    monkeypatch.setattr(swing, "_BLOCK", 7)
    monkeypatch.setattr(swing, "BLOCK_BYTES", 1000)
    parts = swing.neighbors(data, k=9)
    assert (whole.positions == parts.positions).all()
    assert (whole.scores == parts.scores).all()


def test_the_work_is_counted_as_it_is():
    matrix = people_by_item(random_shop(5)) > 0
    common = matrix.astype(float) @ matrix.T
    expected = (np.triu(common, 1) ** 2).sum()
    assert swing.steps(sp.csr_matrix(matrix.astype(np.float32))) == expected


def test_within_the_bounds_nobody_is_left_out():
    matrix = sp.csr_matrix(people_by_item(random_shop(5)).astype(np.float32))
    kept = swing.sample(matrix)
    assert (kept != matrix).nnz == 0


@pytest.mark.parametrize("bound", ["MOST_TRIPLES", "MOST_STEPS"])
def test_a_sample_keeps_the_bounds_and_the_rare_products_whole(monkeypatch, bound):
    matrix = sp.csr_matrix(people_by_item(crowd(1)).astype(np.float32))
    most = {"MOST_TRIPLES": 20_000, "MOST_STEPS": 100_000}[bound]
    monkeypatch.setattr(swing, bound, most)
    kept = swing.sample(matrix)
    before, after = (np.asarray((m > 0).sum(axis=0)).ravel() for m in (matrix, kept))
    triples = (after * (after - 1) / 2).sum()
    assert {"MOST_TRIPLES": triples, "MOST_STEPS": swing.steps(kept)}[bound] <= most
    cap = after.max()
    assert cap < before.max()
    assert (after == np.minimum(before, cap)).all()
    assert (after == before).any()
    # What is kept are entries of the matrix, and popular products are held by the same people.
    assert (matrix.multiply(kept > 0) != kept).nnz == 0
    both = (kept[:, 0] > 0).multiply(kept[:, 1] > 0).sum()
    assert both > 0.25 * cap


def test_a_sample_estimates_the_sums_of_all(monkeypatch):
    data = crowd(2, people=600)
    full = as_dense(swing.neighbors(data, k=30, beta=0.0), 30)
    people = (people_by_item(data) > 0).sum(axis=0)
    monkeypatch.setattr(swing, "MOST_TRIPLES", int((people**2).sum() / 10))  # a fifth of all
    part = as_dense(swing.neighbors(data, k=30, beta=0.0), 30)
    assert not np.allclose(full, part)
    has = full > 0
    assert 0.8 < part[has].sum() / full[has].sum() < 1.25
    assert np.corrcoef(full[has], part[has])[0, 1] > 0.9


def test_a_sample_is_drawn_the_same_whatever_is_asked(monkeypatch):
    data = crowd(3)
    monkeypatch.setattr(swing, "MOST_TRIPLES", 20_000)
    full = swing.neighbors(data, k=30)
    queries = np.array([4, 29, 0], np.int32)
    some = swing.neighbors(data, queries, k=30)
    assert (some.positions == full.positions[queries]).all()
    assert (some.scores == full.scores[queries]).all()


@pytest.mark.parametrize("settings", [{"alpha": 0.0}, {"alpha": float("nan")}, {"beta": -0.1}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(UsageProblem, match="alpha must be above 0"):
        swing.neighbors(random_shop(6), **settings)
