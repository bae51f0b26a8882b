"""Joined tables: sums worked by hand, and what the default blend does with support and gaps."""

from __future__ import annotations

import numpy as np
import pytest
from similarity_worlds import letters, log, random_shop, shop

from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.registry import load
from prodsim_cli.scoring import over_arrays
from prodsim_cli.scoring.coefficients import EVIDENCE, Factor, for_pairs
from prodsim_cli.scoring.over_arrays import join
from prodsim_cli.similarity import cosine, hybrid, lexical, text


def table(rows, queries=None):
    """A table from [[(neighbour, score), ...], ...]."""
    k = max((len(row) for row in rows), default=1) or 1
    positions = np.full((len(rows), k), -1, np.int32)
    scores = np.zeros((len(rows), k), np.float32)
    for at, row in enumerate(rows):
        for rank, (item, score) in enumerate(row):
            positions[at, rank], scores[at, rank] = item, score
    given = None if queries is None else np.array(queries, np.int32)
    return NeighborTable(positions, scores, given)


ONE = table([[(1, 0.5), (2, 0.25)], [(0, 1)], []])
TWO = table([[(2, 1.0)], [], [(0, 0.5)]])


MANY = np.zeros(3, np.int8)
"""Three items, all of the first class of evidence."""


def three_to_one():
    return for_pairs(("one", "two"), {"many": {"one": 3, "two": 1}})


def alone(**changes):
    return {kind: {"one": Factor(1.0)._replace(**changes)} for kind in EVIDENCE}


def test_scores_are_added_with_weights_and_divided_by_their_sum():
    joined = join({"one": ONE, "two": TWO}, three_to_one(), MANY, 2)
    assert joined.positions.tolist() == [[2, 1], [0, -1], [0, -1]]
    assert joined.scores.tolist() == [[1.75 / 4, 1.5 / 4], [3 / 4, 0], [0.5 / 4, 0]]


def test_the_class_of_the_item_asked_about_decides_the_weights():
    weights = {"many": {"one": 3, "two": 1}, "few": {"two": 2}, "none": {"one": 1}}
    factors = for_pairs(("one", "two", "three"), weights, {"one": 2.0})
    joined = join({"one": ONE, "two": TWO}, factors, np.array([0, 2, 1], np.int8), 2)
    assert joined.positions.tolist() == [[2, 1], [0, -1], [0, -1]]
    assert joined.scores.tolist() == [[1.375 / 4, 0.75 / 4], [0.5, 0], [0.5, 0]]


def test_ties_stand_in_order_of_position_and_are_cut_there():
    one, two = (
        table([[(3, 0.5), (1, 0.25)], [], [], []]),
        table([[(1, 0.25), (2, 0.5)], [], [], []]),
    )
    factors = for_pairs(("one", "two"), {"many": {"one": 1, "two": 1}})
    joined = join({"one": one, "two": two}, factors, np.zeros(4, np.int8), 2)
    assert joined.positions[0].tolist() == [1, 2]


def test_a_score_that_means_nothing_is_no_neighbour():
    buyers = np.array([4.0, 1.0, 0.0])
    joined = join({"one": ONE}, alone(shrinkage=1.0), MANY, 2, buyers=buyers)
    assert joined.positions.tolist() == [[1, -1], [0, -1], [-1, -1]]
    assert joined.scores[0, 0] == 0.5 * 1 / (1 + 1)


def test_scores_are_raised_to_their_power():
    assert join({"one": ONE}, alone(power=2), MANY, 2).scores[0].tolist() == [0.25, 0.0625]


def test_tables_of_other_queries_are_found_by_their_rows():
    some = table([[(0, 0.5)], [(2, 1)]], queries=[2, 0])
    joined = join({"one": some}, alone(), MANY, 1, queries=np.array([0, 1, 2], np.int32))
    assert joined.positions.tolist() == [[2], [-1], [0]]
    assert joined.rows.tolist() == [0, 1, 2]


def test_candidates_and_blocks(monkeypatch):
    among = np.array([1], np.int32)
    assert join({"one": ONE}, alone(), MANY, 2, None, among).positions[0].tolist() == [1, -1]
    whole = join({"one": ONE, "two": TWO}, three_to_one(), MANY, 2)
    monkeypatch.setattr(over_arrays, "_BLOCK", 1)
    single = join({"one": ONE, "two": TWO}, three_to_one(), MANY, 2)
    assert single.positions.tolist() == whole.positions.tolist()
    assert single.scores.tolist() == whole.scores.tolist()


def test_nothing_to_join():
    nothing: dict[str, dict[str, Factor]] = {kind: {} for kind in EVIDENCE}
    assert join({}, nothing, MANY[:2], 3).positions.tolist() == [[-1] * 3] * 2
    assert hybrid.neighbors(random_shop(1), k=2).positions.max() == -1


def blended(data, *names, **settings):
    for name in names or ("cosine", "lexical", "text"):
        module = load("similarity", name)
        data = data.with_neighbors(name, module.neighbors(data, k=len(data)))
    return hybrid.neighbors(data, k=len(data), **settings)


def test_the_blend_is_its_formula():
    data = random_shop(2)
    n = len(data)
    parts = {
        name: module.neighbors(data, k=n)
        for name, module in (("cosine", cosine), ("lexical", lexical), ("text", text))
    }

    def dense(found):
        out = np.zeros((n, n))
        for row in range(n):
            valid = found.positions[row] >= 0
            out[row, found.positions[row][valid]] = found.scores[row][valid]
        return out

    log = data.events
    known = (log.user >= 0) | (log.order >= 0)
    people = {
        (("user", u) if u >= 0 else ("order", o), i)
        for u, o, i in zip(log.user[known], log.order[known], log.item[known], strict=True)
    }
    buyers = np.bincount([item for _, item in people], minlength=n)
    graph = dense(parts["cosine"])
    shared = graph * np.sqrt(np.outer(buyers, buyers))
    total = graph * shared / (shared + 10)
    total += 0.15 * dense(parts["lexical"]) ** 2 + 0.05 * dense(parts["text"]) ** 2
    found = dense(blended(data))
    np.testing.assert_allclose(found, total / 1.2, atol=1e-6)
    assert found.max() <= 1


def test_few_common_buyers_weigh_less_than_many():
    # a, b: two buyers, both share them. c, d: forty buyers each, all shared.
    rows = [{"user": user, "item": item} for user in (0, 1) for item in (0, 1)]
    rows += [{"user": user, "item": item} for user in range(2, 42) for item in (2, 3)]
    found = blended(shop(["a", "b", "c", "d"], rows), "cosine")
    np.testing.assert_allclose(found.scores[[0, 2], 0], [2 / 12, 40 / 50], rtol=1e-6)


def test_gaps_of_one_side_are_filled_by_the_other():
    titles = ["red mug", "red mugs", None, None, None]
    rows = [{"user": user, "item": item} for user in (0, 1) for item in (2, 3)]
    found = blended(shop(titles, rows, letters(titles)))
    assert found.positions[:, 0].tolist() == [1, 0, 3, 2, -1]


def test_the_same_words_lift_one_of_equally_bought_products():
    titles = ["red mug", "garden gnome", "blue mug"]
    rows = [{"user": user, "item": item} for user in range(30) for item in range(3)]
    found = blended(shop(titles, rows, letters(titles)))
    assert found.positions[0].tolist() == [2, 1, -1]


def test_another_measure_speaks_where_cosine_was_not_built():
    rows = [{"user": user, "item": item} for user in range(10) for item in (0, 2)]
    data = shop(["a", "b", "c"], rows, users=20)
    assert blended(data, "pearson").positions[0].tolist() == [2, -1, -1]
    np.testing.assert_allclose(blended(data, "jaccard").scores[0, 0], 0.5, rtol=1e-6)


def test_orders_without_customers_count_as_people():
    rows = [{"item": item, "order": order} for order in range(10) for item in (0, 1)]
    data = shop(["a", "b"], rows)
    data = data.with_neighbors("cosine", cosine.neighbors(data, k=1, by="orders"))
    np.testing.assert_allclose(hybrid.neighbors(data, k=1).scores.ravel(), [0.5, 0.5])


@pytest.mark.parametrize("k", [1, 3])
def test_the_events_of_the_dataset_decide_the_support(k):
    rows = [{"user": user, "item": item} for user in range(10) for item in (0, 1)]
    data = shop(["a", "b"], rows)
    before = hybrid.neighbors(data.with_neighbors("cosine", cosine.neighbors(data)), k=k)
    fewer = data.with_events(log(rows[:4]))
    after = hybrid.neighbors(fewer.with_neighbors("cosine", cosine.neighbors(fewer)), k=k)
    np.testing.assert_allclose(before.scores[0, 0], 10 / 20, rtol=1e-6)
    np.testing.assert_allclose(after.scores[0, 0], 2 / 12, rtol=1e-6)


def test_without_events_facts_that_are_shared_speak_beside_the_words():
    data = shop(["red cup", "blue plate", "green fork"])
    facts = table([[(2, 0.8)], [], [(0, 0.8)]])
    joined = hybrid.neighbors(data.with_neighbors("attributes", facts, learned=False), k=1)
    assert joined.positions.tolist() == [[2], [-1], [0]]
    assert joined.scores[0, 0] == pytest.approx(0.64)
    beside = data.with_neighbors("attributes", facts).with_neighbors("cosine", ONE)
    assert (
        hybrid.neighbors(beside, k=2).positions[0].tolist()
        == hybrid.neighbors(data.with_neighbors("cosine", ONE), k=2).positions[0].tolist()
    )
