"""Baselines: what each one counts, and what all of them promise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from evaluation_worlds import DAY, shop
from hypothesis import given
from hypothesis import strategies as st

from prodsim_cli import registry
from prodsim_cli.protocol.baselines import history, popularity, random, recent

EVENTS = [
    ("ann", "tea", "purchase", 0),
    ("ann", "tea", "purchase", 14 * DAY),  # the same buyer again: counts once, with the later time
    ("bob", "tea", "purchase", 0),
    ("bob", "pan", "purchase", 28 * DAY),
    ("cat", "mug", "view", 28 * DAY),  # looked, did not buy
    ("cat", "pan", "return", 28 * DAY),
    (None, "mug", "purchase", 28 * DAY),  # nobody known
]
MUG, PAN, TEA = 0, 1, 2
ASKED = np.array([0, 2], np.int32)


def scores(module, **changes):
    given = {"target": "purchase", "now": 28 * DAY, "seed": 42, **changes}
    return module.scores(shop(EVENTS), ASKED, **given)


def test_popularity_counts_distinct_buyers():
    assert scores(popularity).tolist() == [[0, 1, 2]]
    assert scores(popularity, target="view").tolist() == [[1, 0, 0]]


def test_recent_halves_every_fourteen_days_since_the_latest_purchase():
    # tea: ann 14 days ago, bob 28 days ago; pan: bob today
    assert scores(recent).tolist() == [[0, 1, 0.5 + 0.25]]
    assert scores(recent, now=42 * DAY).tolist() == [[0, 0.5, 0.25 + 0.125]]


def test_random_is_each_persons_own_and_the_seeds():
    first = scores(random)
    assert first.shape == (2, 3)
    assert ((first > 0) & (first < 1)).all()
    assert (first[0] != first[1]).all()
    assert scores(random).tolist() == first.tolist()
    assert (scores(random, seed=1) != first).all()
    alone = random.scores(shop(EVENTS), ASKED[1:], target="purchase", now=None, seed=42)
    assert alone.tolist() == first[1:].tolist()


@pytest.mark.parametrize("name", registry.names("baselines"))
class TestAll:
    def test_rows_for_everybody_or_one_for_all(self, name):
        given = scores(registry.load("baselines", name))
        assert given.dtype == np.float64
        assert given.shape in ((1, 3), (2, 3))
        assert np.isfinite(given).all()
        assert (given >= 0).all()

    def test_no_events_and_nobody_asked(self, name):
        module = registry.load("baselines", name)
        given = {"target": "purchase", "now": 0, "seed": 1}
        empty = shop([], items=["a", "b"])
        nobody = module.scores(empty, np.zeros(0, np.int32), **given)
        assert nobody.shape[1] == 2

    def test_it_says_whether_it_needs_times(self, name):
        module = registry.load("baselines", name)
        assert module.NEEDS_TIMES is (name == "recent")
        if module.NEEDS_TIMES:
            with pytest.raises(ValueError, match="a moment of asking"):
                scores(module, now=None)


class TestHistory:
    WEEK = (
        ("ann", "tea", "purchase", 1 * DAY),
        ("ann", "tea", "purchase", 1 * DAY),  # another line of the same purchase
        ("ann", "pan", "purchase", 1 * DAY),
        ("ann", "mug", "purchase", 2 * DAY),
        ("ann", "pan", "purchase", 3 * DAY),
        ("ann", "cup", "purchase", 2 * DAY),
        ("ann", "cup", "view", 9 * DAY),
        ("bob", "mug", "purchase", 4 * DAY),
    )

    def rows(self, events, people, target="purchase"):
        """{person: [SKUs, most first]} and the scores."""
        data = shop(sorted(events, key=lambda one: (one[3], one[4:], one[1])))
        users = np.array([data.users.position(name) for name in people], np.int32)
        given_ = history.scores(data, users, target=target, now=None, seed=1)
        order = [np.lexsort((np.arange(len(data)), -row)) for row in given_]
        return {
            name: [str(data.items.ids[item]) for item in places if row[item] > 0]
            for name, places, row in zip(people, order, given_, strict=True)
        }, given_

    def test_the_most_often_had_comes_first_then_the_latest_then_by_sku(self):
        rows, _ = self.rows(self.WEEK, ["bob", "ann"])
        assert rows == {"bob": ["mug"], "ann": ["pan", "cup", "mug", "tea"]}

    def test_only_events_of_the_target_count(self):
        rows, _ = self.rows(self.WEEK, ["ann"], target="view")
        assert rows == {"ann": ["cup"]}

    def test_an_order_of_events_will_do(self):
        events = [
            ("ann", item, "purchase", None, n) for n, item in enumerate(["tea", "pan", "tea"])
        ]
        data = shop(events)
        (row,) = history.scores(data, ASKED[:1], target="purchase", now=None, seed=1)
        assert row.tolist() == [1 + 2 / 4, 2 + 3 / 4]

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["ann", "bob"]),
                st.sampled_from("abc"),
                st.sampled_from(["purchase", "view"]),
                st.integers(0, 4),
            ),
            min_size=1,
        )
    )
    def test_it_is_what_a_plain_loop_counts(self, drawn):
        events = sorted(
            [("ann", "a", "view", 9), ("bob", "b", "view", 9), *drawn], key=lambda e: e[3]
        )
        data = shop(events, items=list("abc"))
        given_ = history.scores(
            data, np.array([1, 0], np.int32), target="purchase", now=None, seed=1
        )
        for row, user in zip(given_, ("bob", "ann"), strict=True):
            mine = [
                (item, at) for who, item, kind, at in events if (who, kind) == (user, "purchase")
            ]
            times = sorted({at for _, at in mine})
            for place, item in enumerate("abc"):
                moments = {at for sku, at in mine if sku == item}
                late = (times.index(max(moments)) + 1) / (len(times) + 1) if moments else 0
                assert row[place] == pytest.approx(len(moments) + late)


def test_where_nobody_is_known_orders_are_counted():
    data = shop([(None, item, "purchase", at) for item, at in [("a", 0), ("b", 0), ("a", DAY)]])
    data = replace(data, events=replace(data.events, order=np.array([4, 4, 2], np.int32)))
    (row,) = popularity.scores(data, ASKED, target="purchase", now=None, seed=1)
    assert row.tolist() == [2, 1]
    (row,) = recent.scores(data, ASKED, target="purchase", now=DAY, seed=1)
    assert row.tolist() == pytest.approx([1 + 0.5 ** (1 / 14), 0.5 ** (1 / 14)])
