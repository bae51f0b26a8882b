"""What people alike have: the formula against a plain loop, and what changes no figure of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from evaluation_worlds import DAY, shop, two_aisles

from prodsim_cli.data.events import TYPE_CODE
from prodsim_cli.data.vocabulary import Vocabulary
from prodsim_cli.evaluation import trained_tables
from prodsim_cli.similarity import _graph
from prodsim_cli.similarity import _user_knn as people


@pytest.fixture(scope="module")
def busy():
    """50 people, 30 products; views, purchases and returns, seeded."""
    random = np.random.default_rng(8)
    kinds = ("view", "purchase", "purchase", "return")
    events = [
        (f"u{random.integers(50):02d}", f"p{min(random.geometric(0.1), 30):02d}",
         kinds[random.integers(4)], int(at) * DAY)
        for at in range(900)
    ]  # fmt: skip
    events.append((None, "p01", "purchase", 0))
    return shop(events)


def test_scores_are_those_of_a_plain_loop(busy):
    table = people.people_alike(busy)
    subjects = np.array([7, 0, 31], np.int32)
    scores = people.answering(table, busy, subjects)
    log = busy.events
    for row, user in enumerate(subjects):
        expected = np.zeros(len(busy))
        for other, likeness in zip(table.positions[user], table.scores[user], strict=True):
            mine = (log.user == other) & (log.type != TYPE_CODE["return"])
            for item in set(log.item[mine].tolist()) if other >= 0 else ():
                expected[item] += float(likeness)
        assert np.allclose(scores(slice(row, row + 1))[0], expected, rtol=1e-6, atol=0)
    assert np.array_equal(scores(slice(0, 3))[2:], scores(slice(2, 3)))


def test_the_table_is_the_one_that_build_stores(busy):
    settings = {"shrinkage": 3.0, "half_life": 40.0, "by": "orders", "space": "minilm"}
    ours = people.people_alike(busy, settings)
    theirs = _graph.user_neighbors(busy, "cosine", k=50, shrinkage=3.0, half_life=40.0)
    assert np.array_equal(ours.positions, theirs.positions)
    assert np.array_equal(ours.scores, theirs.scores)


def test_nobody_speaks_for_oneself():
    """The person's own products get nothing from a person who shares none."""
    data = shop([("ann", "a", "purchase", 0), ("bob", "b", "purchase", 0)])
    scores = people.answering(people.people_alike(data), data, np.array([0, 1], np.int32))
    assert not scores(slice(0, 2)).any()


def test_a_return_is_no_evidence_and_repeats_count_once():
    events = [("ann", "a", "purchase", 0), ("bob", "a", "purchase", 1)]
    events += [("bob", "b", "view", at) for at in (2, 3, 4)] + [("bob", "c", "return", 5)]
    data = shop(events, items=["a", "b", "c"])
    table = people.people_alike(data)
    scores = people.answering(table, data, np.array([0], np.int32))(slice(0, 1))[0]
    likeness = table.scores[0, 0]
    assert likeness > 0
    assert scores.tolist() == [likeness, likeness, 0.0]


def test_other_names_of_people_change_no_bit(busy):
    """Sums run over people in the order of their names; each is rounded once."""
    order = np.random.default_rng(1).permutation(len(busy.users))
    log = busy.events
    known = log.user >= 0
    user = np.where(known, order[np.where(known, log.user, 0)], -1).astype(np.int32)
    renamed = replace(
        busy,
        users=Vocabulary(f"x{n:03d}" for n in range(len(order))),
        events=replace(log, user=user),
    )
    subjects = np.arange(len(order), dtype=np.int32)
    # more people than 50 would let a tie at the end of a row fall another way
    ours = people.answering(people.people_alike(busy), busy, subjects)(slice(0, len(order)))
    theirs = people.answering(people.people_alike(renamed), renamed, order.astype(np.int32))
    assert np.array_equal(ours, theirs(slice(0, len(order))))


def test_why_nobody_can_be_compared(monkeypatch):
    nobody = shop([(None, "a", "purchase", 0)])
    assert people.unable(nobody) == "no event has a user"
    data = shop(sorted(two_aisles(), key=lambda one: one[3]))
    assert people.unable(data) == ""
    # 12 people share each of 12 products: 12 * 12 * 12 pairs, oneself counted
    monkeypatch.setattr(people, "MOST_PAIRS", 12**3 - 1)
    assert people.unable(data) == (
        "people share products 1,728 times over, and up to 1,727 are compared"
    )


def test_learning_leaves_them_out_where_there_are_too_many(monkeypatch):
    data = shop(sorted(two_aisles(), key=lambda one: one[3]))
    seen = []
    monkeypatch.setattr(people, "MOST_PAIRS", 0)
    monkeypatch.setattr(people, "people_alike", lambda *_: seen.append(1))
    trained_tables.tables(data, trained_tables.EvalRequest(("cosine", "hybrid")))
    assert not seen
