"""Purchases carried over the texts: new products, evidence, and the formula as dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from similarity_worlds import letters, random_shop, shop

from prodsim_cli.data.knn import neighbor_matrix
from prodsim_cli.registry import load
from prodsim_cli.similarity import lexical, smoothed

# Who buys a teapot buys a lamp; the last product is new.
TITLES = ["teapot red", "lamp", "rug", "sofa", "teapot red xl"]


def visits(people, *baskets):
    return [
        {"user": user, "item": item} for user in people for item in baskets[user % len(baskets)]
    ]


def furnished():
    return shop(TITLES, visits(range(8), (0, 1), (2, 3)))


def test_a_product_without_events_gets_what_its_texts_neighbours_are_bought_with():
    table = smoothed.neighbors(furnished(), k=4)
    assert table.positions[4].tolist() == [0, 1, -1, -1]
    assert load("similarity", "cosine").neighbors(furnished(), k=1).positions[4].tolist() == [-1]
    assert lexical.neighbors(furnished(), k=4).positions[4].tolist() == [0, -1, -1, -1]


def test_a_product_without_events_is_found_by_others():
    # The lamp goes with the teapot, and so with a new one of nearly the same name, if less.
    assert smoothed.neighbors(furnished(), k=4).positions[1].tolist() == [0, 4, -1, -1]


def test_without_likeness_in_the_texts_the_table_is_that_of_the_purchases():
    data = shop(["teapot", "lamp", "rug", "sofa"], visits(range(9), (0, 1, 2), (2, 3), (1, 3)))
    ours = smoothed.neighbors(data, k=3)
    cosine = load("similarity", "cosine").neighbors(data, k=3)
    assert (ours.positions == cosine.positions).all()
    assert (ours.scores == cosine.scores).all()


def test_evidence_decides_between_a_products_own_row_and_its_neighbours():
    # One person bought the xl teapot, with a rug; many the other, with a lamp.
    rows = [*visits(range(20), (0, 1)), {"user": 20, "item": 4}, {"user": 20, "item": 2}]
    data = shop(TITLES, rows)

    def score(of, evidence):
        table = smoothed.neighbors(data, k=4, evidence=evidence)
        found = dict(zip(table.positions[4].tolist(), table.scores[4].tolist(), strict=True))
        return found[of]

    assert score(2, 0.01) > score(1, 0.01)
    assert score(2, 100.0) < score(1, 100.0)
    assert score(1, 1.0) < score(1, 5.0) < score(1, 100.0)


def test_texts_below_the_threshold_stand_for_nobody():
    near = lexical.neighbors(furnished(), k=1).scores[4, 0]
    below, above = float(near) - 0.01, float(near) + 0.01
    assert smoothed.neighbors(furnished(), k=1, threshold=below).positions[4].tolist() == [0]
    assert smoothed.neighbors(furnished(), k=1, threshold=above).positions[4].tolist() == [-1]


def plainly(data, of, half_life=None):
    """The docstring's formula with whole matrices."""
    from prodsim_cli.data.interactions import interactions

    n = len(data)
    matrix = interactions(
        data.events, len(data.users), n, data.weights, half_life=half_life
    ).toarray()
    a = matrix.sum(axis=0) / (matrix.sum(axis=0) + 5)
    near = lexical.neighbors(data, k=20)
    weights = np.zeros((n, n))
    for j in range(n):
        for h, score in zip(near.positions[j], near.scores[j], strict=True):
            if h >= 0 and score > 0.25:
                weights[j, h] = float(score) ** 4 * a[h]
    stands = np.eye(n)
    for j in np.flatnonzero(weights.sum(axis=1)):
        stands[j] = (1 - a[j]) * weights[j] / weights[j].sum()
        stands[j, j] = a[j]
    table = load("similarity", of).neighbors(data, k=50, half_life=half_life)
    together = neighbor_matrix(table, n).T.toarray() + np.diag(table.scores[:, 0])
    out = stands @ together @ stands.T
    np.fill_diagonal(out, 0)
    return out


@pytest.mark.parametrize("of", ["cosine", "follows"])
@pytest.mark.parametrize("half_life", [None, 20.0])
def test_the_blocks_say_what_the_whole_matrices_say(of, half_life, monkeypatch):
    monkeypatch.setattr(smoothed, "_ROWS", 7)
    data = random_shop(21)
    table = smoothed.neighbors(data, k=len(data), of=of, half_life=half_life)
    found = neighbor_matrix(table, len(data)).T.toarray()
    np.testing.assert_allclose(found, plainly(data, of, half_life), rtol=1e-4, atol=1e-7)


def test_a_table_of_texts_that_is_there_is_taken():
    data = random_shop(22)
    plain = smoothed.neighbors(data, k=5)
    ready = data.with_neighbors("lexical", lexical.neighbors(data, k=50), learned=False)
    again = smoothed.neighbors(ready, k=5)
    assert (plain.positions == again.positions).all()
    assert (plain.scores == again.scores).all()
    # What is there counts: here nobody is like anybody.
    empty = lexical.neighbors(data, None, np.zeros(0, np.int32), k=50)
    alone = smoothed.neighbors(data.with_neighbors("lexical", empty, learned=False), k=5)
    cosine = load("similarity", "cosine").neighbors(data, k=5)
    assert (alone.positions == cosine.positions).all()


def test_a_table_of_some_products_only_or_too_short_is_not():
    data = random_shop(23)
    plain = smoothed.neighbors(data, k=5)
    for table in (
        lexical.neighbors(data, np.arange(3, dtype=np.int32), k=50),
        lexical.neighbors(data, k=2),
    ):
        again = smoothed.neighbors(data.with_neighbors("lexical", table, learned=False), k=5)
        assert (plain.scores == again.scores).all()


def test_the_language_model_may_stand_for_the_words():
    # Not a trigram in common, the letters of a teapot all the same.
    titles = [*TITLES[:4], "tap toe red"]
    data = shop(titles, visits(range(8), (0, 1), (2, 3)), letters(titles))
    assert smoothed.neighbors(data, k=1, threshold=0.9).positions[4].tolist() == [-1]
    by_letters = smoothed.neighbors(data, k=1, threshold=0.9, texts="text")
    assert by_letters.positions[4].tolist() == [0]


def test_a_shop_without_texts_is_told_what_does():
    assert "cosine" in smoothed.unable(shop([None, ""]))
    assert smoothed.unable(furnished()) == ""


def test_only_the_strongest_entries_of_a_row_are_carried_on(monkeypatch):
    monkeypatch.setattr(smoothed, "REACH", 2)
    matrix = sp.csr_matrix([[0.3, 0, 0.1, 0.2], [0, 0, 0, 0], [0.5, 0.5, 0.5, 0], [0, 1, 0, 0]])
    kept = smoothed._strongest(matrix.astype(np.float32)).toarray()
    expected = [[0.3, 0, 0, 0.2], [0, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 1, 0, 0]]
    np.testing.assert_allclose(kept, expected)


def test_evidence_is_positive():
    with pytest.raises(ValueError, match="evidence"):
        smoothed.neighbors(furnished(), evidence=0.0)
