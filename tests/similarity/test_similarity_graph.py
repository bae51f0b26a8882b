"""The item graph against scikit-learn, numpy and plain loops."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from similarity_worlds import check, random_shop, shop
from sklearn.metrics import jaccard_score
from sklearn.metrics.pairwise import cosine_similarity

from prodsim_cli.data.interactions import interactions
from prodsim_cli.registry import load
from prodsim_cli.similarity import _graph
from prodsim_cli.similarity._graph import several, user_neighbors

MEASURES = ("bm25", "cosine", "jaccard", "pearson")


def neighbors(name, data, **settings):
    return load("similarity", name).neighbors(data, **settings)


def bought(*pairs):
    """A shop of single letters from (user, 'letters') pairs."""
    rows = [
        {"user": user, "item": ord(sign) - 97, "at": at, "order": user}
        for user, signs in pairs
        for at, sign in enumerate(signs)
    ]
    n = max(row["item"] for row in rows) + 1
    return shop([chr(97 + item) for item in range(n)], rows)


def as_dense(table, n):
    out = np.zeros((n, n))
    for row, item in enumerate(table.rows):
        valid = table.positions[row] >= 0
        out[item, table.positions[row][valid]] = table.scores[row][valid]
    return out


def people_by_item(data, **settings):
    made = interactions(data.events, len(data.users), len(data), data.weights, **settings)
    return made.toarray().astype(np.float64)


def checked(table, expected):
    """Every positive off-diagonal score is there, and nothing else."""
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(as_dense(table, len(expected)), expected, atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("half_life", [None, 40.0])
@pytest.mark.parametrize("by", ["users", "orders"])
def test_cosine_is_that_of_scikit_learn(seed, half_life, by):
    data = random_shop(seed)
    matrix = people_by_item(data, half_life=half_life, by=by)
    table = neighbors("cosine", data, k=len(data), half_life=half_life, by=by)
    checked(table, cosine_similarity(matrix.T))


def test_jaccard_is_that_of_scikit_learn():
    data = bought((0, "abc"), (1, "abd"), (2, "bd"), (3, "a"), (4, "e"))
    matrix = people_by_item(data).astype(int)
    expected = np.array([[jaccard_score(i, j) for j in matrix.T] for i in matrix.T])
    checked(neighbors("jaccard", data, k=5), expected)


def test_jaccard_of_weights_is_that_of_tanimoto():
    data = random_shop(4)
    matrix = people_by_item(data)
    dot = matrix.T @ matrix
    squares = np.diag(dot)
    union = squares[:, None] + squares[None, :] - dot
    expected = np.divide(dot, union, out=np.zeros_like(dot), where=union > 0)
    checked(neighbors("jaccard", data, k=len(data)), expected)


@pytest.mark.parametrize("seed", [1, 2])
def test_pearson_is_the_positive_part_of_numpys(seed):
    data = random_shop(seed)
    matrix = people_by_item(data)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = np.nan_to_num(np.corrcoef(matrix.T))
    # Pairs that share nobody cannot lie above chance; those at or below it have no score.
    expected[(expected < 1e-9) | (matrix.T @ matrix == 0)] = 0
    table = neighbors("pearson", data, k=len(data))
    checked(table, expected)


def test_what_everybody_has_correlates_with_nothing():
    data = bought((0, "ab"), (1, "ac"), (2, "abc"))
    table = neighbors("pearson", data, k=3)
    assert table.positions[0].tolist() == [-1, -1, -1]


def test_bm25_is_the_formula_in_a_plain_loop():
    data = random_shop(5)
    counts = people_by_item(data, counts=True)
    people, items = counts.shape
    length = counts.sum(1)
    weights = np.zeros_like(counts)
    for u in range(people):
        for i in range(items):
            if counts[u, i] > 0:
                df = (counts[:, i] > 0).sum()
                idf = np.log(1 + (people - df + 0.5) / (df + 0.5))
                norm = 1.2 * (1 - 0.75 + 0.75 * length[u] / length.mean())
                weights[u, i] = counts[u, i] * 2.2 / (counts[u, i] + norm) * idf
    checked(neighbors("bm25", data, k=items), weights.T @ weights)


@pytest.mark.parametrize("name", MEASURES)
def test_shrinkage_and_support_count_common_people(name):
    data = random_shop(6)
    n = len(data)
    plain = as_dense(neighbors(name, data, k=n), n)
    has = people_by_item(data) > 0
    shared = has.T.astype(float) @ has
    shrunk = as_dense(neighbors(name, data, k=n, shrinkage=3), n)
    np.testing.assert_allclose(shrunk, plain * shared / (shared + 3), rtol=1e-5)
    supported = as_dense(neighbors(name, data, k=n, min_support=3), n)
    np.testing.assert_allclose(supported, plain * (shared >= 3))
    assert (shared >= 3).sum() > n


def test_the_worked_example():
    # a and b share two of (2, 3) buyers; a and c one of (2, 1).
    data = bought((0, "abc"), (1, "ab"), (2, "b"))
    table = neighbors("cosine", data, k=2)
    assert table.positions[0].tolist() == [1, 2]
    np.testing.assert_allclose(table.scores[0], [2 / 6**0.5, 1 / 2**0.5], rtol=1e-6)
    np.testing.assert_allclose(neighbors("jaccard", data, k=2).scores[0], [2 / 3, 1 / 2])


def test_ties_stand_in_order_of_position_across_the_cut():
    data = bought((0, "abcdef"))
    assert neighbors("cosine", data, k=3).positions[3].tolist() == [0, 1, 2]
    assert neighbors("cosine", data, k=3).positions[0].tolist() == [1, 2, 3]


def test_orders_link_what_users_do_not():
    rows = [{"item": 0, "order": 4}, {"item": 1, "order": 4}, {"item": 2, "order": 5}]
    data = shop(["a", "b", "c"], rows)
    assert neighbors("cosine", data, k=1).positions.ravel().tolist() == [-1, -1, -1]
    assert neighbors("cosine", data, k=1, by="orders").positions.ravel().tolist() == [1, 0, -1]


def test_a_returned_product_is_no_link():
    rows = [
        {"user": 0, "item": 0, "at": 1},
        {"user": 0, "item": 1, "at": 1},
        {"user": 0, "item": 1, "at": 2, "type": "return"},
        {"user": 0, "item": 2, "at": 3},
    ]
    table = neighbors("cosine", shop(["a", "b", "c"], rows), k=2)
    assert table.positions.tolist() == [[2, -1], [-1, -1], [0, -1]]


@pytest.mark.parametrize("settings", [{}, {"shrinkage": 2.0}, {"by": "orders", "half_life": 20.0}])
def test_one_sweep_gives_the_tables_of_each(settings):
    data = random_shop(7)
    together = several(data, MEASURES, k=6, **settings)
    assert tuple(together) == MEASURES
    for name, table in together.items():
        alone = neighbors(name, data, k=6, **settings)
        assert (table.positions == alone.positions).all()
        assert (table.scores == alone.scores).all()


def test_many_small_blocks_give_the_same_table(monkeypatch):
    data = random_shop(8)
    whole = several(data, MEASURES, k=5, shrinkage=1)
    monkeypatch.setattr(_graph, "BLOCK_BYTES", 1000)
    for name, table in several(data, MEASURES, k=5, shrinkage=1).items():
        assert (table.positions == whole[name].positions).all()
        assert (table.scores == whole[name].scores).all()


@pytest.mark.parametrize("name", MEASURES)
def test_people_alike_hold_the_promises(name):
    data = random_shop(9)
    table = user_neighbors(data, name, k=4)
    assert len(table) == len(data.users)
    check(table)
    assert (table.positions[:, 0] >= 0).mean() > 0.8


def test_people_alike_share_products():
    data = bought((0, "abc"), (1, "xy"), (2, "abd"), (3, "y"))
    table = user_neighbors(data, "cosine", k=2)
    assert table.positions.tolist() == [[2, -1], [3, -1], [0, -1], [1, -1]]
    np.testing.assert_allclose(table.scores[:, 0], [2 / 3, 0.5**0.5, 2 / 3, 0.5**0.5], rtol=1e-6)


def test_two_tastes_stay_apart():
    # A checkerboard: even people buy even products, odd ones odd products.
    rows = [
        {"user": user, "item": item}
        for user in range(12)
        for item in range(user % 2, 20, 2)
        if (user + item) % 3
    ]
    data = shop([str(item) for item in range(20)], rows)
    for name in MEASURES:
        table = neighbors(name, data, k=5)
        same = (table.positions - table.rows[:, None]) % 2 == 0
        assert same[table.positions >= 0].all()
        assert all(a >= b for row in table.scores for a, b in pairwise(row))
