"""Baselines: what each one counts, and what all of them promise."""

from __future__ import annotations

import numpy as np
import pytest
from evaluation_worlds import DAY, shop

from prodsim_cli import registry
from prodsim_cli.baselines import popularity, random, recent

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
