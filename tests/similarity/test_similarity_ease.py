"""EASE against the formula in numpy, one regression per product, and worlds with an answer."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from similarity_worlds import check, random_shop, shop

from prodsim_cli.data.interactions import interactions
from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.similarity import ease


def matrix(data, **settings):
    made = interactions(data.events, len(data.users), len(data), data.weights, **settings)
    return made.toarray().astype(np.float64)


def weights(people, l2):
    """B of Steck (2019), equation 8, as it is written."""
    inverse = np.linalg.inv(people.T @ people + l2 * np.eye(people.shape[1]))
    out = -inverse / np.diag(inverse)[None, :]
    np.fill_diagonal(out, 0)
    return out


def as_dense(table, n):
    out = np.zeros((n, n))
    for row, item in enumerate(table.rows):
        valid = table.positions[row] >= 0
        out[item, table.positions[row][valid]] = table.scores[row][valid]
    return out


def forbid(monkeypatch, free):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=free))


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("settings", [{}, {"l2": 0.5}, {"l2": 3.0, "half_life": 40.0}])
def test_a_row_is_the_positive_part_of_a_column_of_the_formula(seed, settings):
    data = random_shop(seed)
    expected = weights(matrix(data, half_life=settings.get("half_life")), settings.get("l2", 100.0))
    found = as_dense(ease.neighbors(data, k=len(data), **settings), len(data))
    np.testing.assert_allclose(found, np.maximum(expected, 0).T, rtol=1e-5, atol=1e-8)
    assert (expected < 0).any()
    assert not np.allclose(found, found.T)


def test_a_column_is_a_ridge_regression_of_the_product_on_all_others():
    data = random_shop(3)
    people = matrix(data)
    found = as_dense(ease.neighbors(data, k=len(data), l2=2.0), len(data))
    for j in (0, 5, 17):
        others = np.delete(np.arange(people.shape[1]), j)
        x = people[:, others]
        alone = np.linalg.solve(x.T @ x + 2 * np.eye(len(others)), x.T @ people[:, j])
        np.testing.assert_allclose(found[j, others], np.maximum(alone, 0), rtol=1e-5, atol=1e-8)


def test_the_worked_example():
    # X'X = [[2, 1], [1, 1]]; the ridge regression of a on b is 1 / (1 + 1), of b on a 1 / (2 + 1).
    data = shop(
        ["a", "b"], [{"user": 0, "item": 0}, {"user": 0, "item": 1}, {"user": 1, "item": 0}]
    )
    table = ease.neighbors(data, k=1, l2=1.0)
    np.testing.assert_allclose(table.scores.ravel(), [1 / 2, 1 / 3], rtol=1e-6)


def test_what_is_explained_by_another_product_does_not_count_twice():
    # Who has the phone has the case; the charger comes with phones only through the phone.
    rows = [
        {"user": user, "item": item}
        for user, items in enumerate([(0, 1, 2)] * 6 + [(0, 1)] * 6 + [(1,)] * 6 + [(3,)] * 3)
        for item in items
    ]
    table = ease.neighbors(shop(["phone", "case", "charger", "rug"], rows), k=3, l2=0.1)
    assert table.positions[2].tolist() == [0, 1, -1]
    assert table.scores[2, 1] < 0.02 * table.scores[2, 0]
    assert table.positions[3].tolist() == [-1, -1, -1]


def test_equal_products_score_equally_and_stand_in_order():
    rows = [{"user": user, "item": item} for user in range(5) for item in range(7)]
    rows += [{"user": user, "item": 7} for user in range(4, 9)]
    table = ease.neighbors(shop([str(item) for item in range(8)], rows), k=4, l2=1.0)
    assert table.positions[7].tolist() == [0, 1, 2, 3]
    assert len(set(table.scores[7].tolist())) == 1


def test_old_events_fade():
    rows = [{"user": 0, "item": item, "at": 0} for item in (0, 1)]
    rows += [{"user": 1, "item": item, "at": 90} for item in (0, 2)]
    data = shop(["a", "b", "c"], rows)
    assert ease.neighbors(data, k=2).positions[0].tolist() == [1, 2]
    faded = ease.neighbors(data, k=2, half_life=30.0)
    assert faded.positions[0].tolist() == [2, 1]
    assert faded.scores[0, 0] > 30 * faded.scores[0, 1]


def test_small_blocks_change_nothing(monkeypatch):
    data = random_shop(4)
    whole = ease.neighbors(data, k=9)
    monkeypatch.setattr(ease, "_CELLS", 90)
    parts = ease.neighbors(data, k=9)
    assert (whole.positions == parts.positions).all()
    assert (whole.scores == parts.scores).all()


def test_the_inverse_is_made_in_place():
    draw = np.random.default_rng(0)
    square = draw.random((30, 30))
    square = square @ square.T
    expected = np.linalg.inv(square + 0.5 * np.eye(30))
    found = ease.inverse_of(square, 0.5)
    assert found is square
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    assert (found == found.T).all()


def test_too_many_products_are_refused_with_the_number_and_what_does_instead(monkeypatch):
    data = random_shop(5)
    assert ease.unable(data) == ""
    active = int((matrix(data) > 0).any(axis=0).sum())
    monkeypatch.setattr(ease, "MOST_ITEMS", active)
    assert ease.unable(data) == ""
    monkeypatch.setattr(ease, "MOST_ITEMS", active - 1)
    sentence = ease.unable(data)
    assert sentence == (
        f"{active} products have events, ease inverts at most {active - 1}; "
        "bm25, rp3beta and swing work in blocks"
    )
    with pytest.raises(InputError) as caught:
        ease.neighbors(data)
    assert caught.value.message == sentence + "."
    assert caught.value.hint


def test_too_little_memory_is_said_in_numbers(monkeypatch):
    forbid(monkeypatch, 2_000_000_000)
    assert ease.too_large(10_000) == ""
    assert ease.too_large(16_000) == (
        "ease needs 2.5 GB for 16,000 products with events and 2.0 GB are free; "
        "bm25, rp3beta and swing work in blocks"
    )
    forbid(monkeypatch, 10)
    with pytest.raises(InputError, match=r"^Ease needs 0.0 GB for \d+ products"):
        ease.neighbors(random_shop(6), np.array([1], np.int32))


def test_products_without_evidence_do_not_count_towards_the_limit(monkeypatch):
    rows = [{"user": 0, "item": item, "at": 1} for item in range(6)]
    rows += [{"user": 0, "item": item, "at": 2, "type": "return"} for item in range(4)]
    data = shop([str(item) for item in range(50)], rows)
    monkeypatch.setattr(ease, "MOST_ITEMS", 2)
    assert ease.unable(data) == ""
    assert ease.neighbors(data, k=1).positions[:6, 0].tolist() == [-1, -1, -1, -1, 5, 4]


@pytest.mark.parametrize("l2", [0, -1.0, float("nan")])
def test_a_penalty_that_is_none_is_refused(l2):
    with pytest.raises(UsageProblem, match="l2 must be above 0"):
        ease.neighbors(random_shop(7), l2=l2)


def test_a_penalty_that_leaves_no_inverse_is_refused():
    rows = [{"user": user, "item": item} for user in range(3) for item in range(9)]
    with pytest.raises(InputError, match="can't invert"):
        ease.neighbors(shop([str(item) for item in range(9)], rows), l2=1e-300)


@pytest.mark.parametrize("settings", [{}, {"l2": 0.5}, {"l2": 3.0, "half_life": 40.0}])
def test_live_rows_are_those_of_the_inverse(settings):
    data = random_shop(4)
    n = len(data)
    queries = np.array([3, 0, n - 1], np.int32)
    among = np.arange(0, n, 2, dtype=np.int32)
    for candidates in (among, np.arange(n, dtype=np.int32)):
        whole = ease.neighbors(data, queries, candidates, k=n, **settings)
        alone = ease.live(data, queries, candidates, k=n, **settings)
        np.testing.assert_array_equal(alone.positions, whole.positions)
        np.testing.assert_allclose(alone.scores, whole.scores, rtol=1e-6)
        check(alone)


def test_live_of_a_product_without_events_is_empty():
    data = shop(["a", "b", "c"], [{"user": 0, "item": 0}, {"user": 0, "item": 1}])
    alone = ease.live(data, np.array([2], np.int32), np.arange(3, dtype=np.int32), k=3)
    assert (alone.positions == -1).all()
