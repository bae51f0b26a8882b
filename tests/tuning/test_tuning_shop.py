"""Learning from toy shops: what is learned is true of them, and nothing is learned from noise."""

from __future__ import annotations

import numpy as np
import pytest
from evaluation_worlds import DAY, shop

from prodsim_cli.similarity import method
from prodsim_cli.tuning import learn as learning
from prodsim_cli.tuning.learn import learn
from prodsim_cli.tuning.settings import Methods
from prodsim_cli.tuning.validation import ENOUGH

NAMES = ("cosine", "lexical")


def methods(names=NAMES, **fixed):
    def build(name, data, settings):
        return method(name).build(data, {**settings, **fixed})

    return Methods(names, build, fixed)


def aisles(random, people=90, buys=12, shuffled=False):
    """Ten aisles of eight products; people stay in two of them, unless all is shuffled."""
    events = []
    for person in range(people):
        home = random.choice(10, 2, replace=False)
        for step in range(buys):
            aisle = int(random.choice(home)) if not shuffled else int(random.integers(10))
            item = f"{aisle}{random.integers(8)}"
            events.append((f"u{person:03d}", item, "purchase", int(step * 10 * DAY + person)))
    return sorted(events, key=lambda one: one[3])


@pytest.fixture(scope="module")
def real():
    return shop(aisles(np.random.default_rng(1)))


def test_a_shop_of_aisles_is_learned_from_who_bought_what(real):
    blend = learn(real, methods(("cosine",)))
    assert blend.recommend["many"]["cosine"] > 0
    assert blend.recommend["many"]["cosine"] > blend.recommend["many"].get("popularity", 0)
    assert blend.similar["many"] == {"cosine": 1.0}
    assert blend.evidence[0].endswith("users, by what happened from 1970-04-01 on")


def test_the_same_twice(real):
    assert learn(real, methods(("cosine",))) == learn(real, methods(("cosine",)))


@pytest.mark.parametrize("seed", range(3))
def test_noise_teaches_nothing(seed):
    noise = shop(aisles(np.random.default_rng(seed), shuffled=True))
    blend = learn(noise, methods(("cosine", "bm25")), tasks=("recommend",))
    assert set(blend.recommend["many"]) <= {"popularity", "recent"}


def test_too_few_people_and_too_few_events_teach_nothing():
    few = shop(aisles(np.random.default_rng(1), people=ENOUGH // 2))
    assert learn(few, methods(("cosine",)), tasks=("recommend",)) is None
    assert learn(shop([("ann", "tea", "purchase", 0)]), methods(("cosine",))) is None
    assert learn(shop([], items=["a"]), methods(("cosine",))) is None


def test_orders_without_times_learn_from_the_last_event():
    events = [
        (user, item, kind, None, place)
        for place, (user, item, kind, _) in enumerate(aisles(np.random.default_rng(2)))
    ]
    blend = learn(shop(events), methods(("cosine",)), again=True)
    assert blend.evidence[0].endswith("by each user's last event")
    assert blend.similar["many"] == {"cosine": 1.0}


def test_what_a_person_has_chosen_is_not_tuned(real):
    assert "half_life" in methods().space("cosine", real)
    assert "half_life" not in methods(half_life=7.0).space("cosine", real)


def test_only_settings_where_no_weights_are_wanted(real):
    blend = learn(real, methods(("cosine",)), weigh=False)
    assert blend.recommend == {}
    assert blend.evidence


def test_a_large_shop_is_learned_from_a_sample_of_its_people(real, monkeypatch):
    monkeypatch.setattr(learning, "_LARGE", 800)
    blend = learn(real, methods(("cosine",)))
    (told,) = [words for words in blend.evidence if words.startswith("a sample of")]
    count = int(told.split()[3])
    assert 650 < count < 950
    assert count % 12 == 0, "whole people"
    assert learn(real, methods(("cosine",))) == blend


@pytest.mark.parametrize("seed", range(3))
def test_bestsellers_bought_together_by_chance_are_not_alike(seed):
    random = np.random.default_rng(seed)
    often = np.arange(1, 81) / np.arange(1, 81).sum()
    events = [
        (f"u{person:03d}", f"{item // 8}{item % 8}", "purchase", int(step * 10 * DAY + person))
        for person in range(90)
        for step in range(12)
        for item in random.choice(80, 3, replace=False, p=often)
    ]
    noise = shop(sorted(events, key=lambda one: one[3]))
    blend = learn(noise, methods(("cosine", "bm25", "lexical")))
    assert all(set(table) <= {"lexical"} for table in blend.similar.values())
    assert len(blend.evidence) == 2, "there were enough questions about products"
    assert learn(noise, methods(("cosine", "bm25"))).similar == {}


def test_nothing_learned_for_people_leaves_words_to_every_product():
    noise = shop(
        [
            (user, item, kind, None, place)
            for place, (user, item, kind, _) in enumerate(
                aisles(np.random.default_rng(0), shuffled=True)
            )
        ]
    )
    blend = learn(noise, methods())
    assert set(blend.recommend["many"]) <= {"popularity", "recent"}
    assert blend.similar == {kind: {"lexical": 1.0} for kind in ("many", "few", "none")}
