"""Splits: who learns from what, what is asked, and an account of every event."""

from __future__ import annotations

import numpy as np
import pytest
from evaluation_worlds import DAY, shop, two_aisles
from hypothesis import given
from hypothesis import strategies as st

from prodsim_cli.data.events import TYPE_CODE
from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.protocol.splits import cold, last, time, windows


def pairs_by_name(data, split):
    """The right answers as {(user, sku)}."""
    users = [data.users.ids[position] for position in split.users]
    return {
        (users[row], data.items.ids[item])
        for row, item in zip(split.pair_user, split.pair_item, strict=True)
    }


EVERY_REASON = [
    ("ann", "soap", "purchase", 1),
    ("ann", "soap", "purchase", 2),
    ("bob", "tea", "purchase", 3),
    ("bob", "pan", "view", 4),
    # the split lies here, at 5
    ("ann", "tea", "purchase", 5),  # asked about: exactly at the split
    ("ann", "tea", "purchase", 6),  # the same pair again: one pair, two events
    ("ann", "pan", "purchase", 6),  # known by a view before
    ("ann", "soap", "purchase", 7),  # had before
    ("ann", "new", "purchase", 7),  # product unknown
    ("cat", "tea", "purchase", 8),  # no past
    (None, "tea", "purchase", 8),  # no user
    ("bob", "soap", "view", 9),  # not the target
    ("bob", "tea", "return", 9),  # not the target
]


def test_time_asks_about_what_is_new_to_people_with_a_past_and_counts_the_rest():
    data = shop(EVERY_REASON)
    split = time.split(data, at="1970-01-01T00:00:05")[0]
    assert pairs_by_name(data, split) == {("ann", "tea"), ("ann", "pan")}
    assert split.train.tolist() == [True] * 4 + [False] * 9
    assert split.tested == 3
    assert split.left_out == {
        "without a user": 1,
        "of another type": 2,
        "users without a past": 1,
        "products unknown at the split": 1,
        "had before": 1,
    }
    assert split.as_dict() == {
        "kind": "time",
        "at": "1970-01-01T00:00:05",
        "target": "purchase",
        "again": False,
        "users": 1,
        "pairs": 2,
        "candidates": 3,
        "left_out": split.left_out,
        "strangers": {"users without a past": 1, "products unknown at the split": 1},
    }


def test_a_view_before_does_not_make_a_product_had_for_purchases_but_for_views():
    data = shop(
        [("ann", "pan", "view", 1), ("bob", "tea", "view", 1), ("ann", "pan", "purchase", 5),
         ("ann", "pan", "view", 5), ("ann", "tea", "view", 5), ("bob", "pan", "purchase", 0)]
    )  # fmt: skip
    bought = time.split(data, at="1970-01-01T00:00:03")[0]
    assert pairs_by_name(data, bought) == {("ann", "pan")}
    viewed = time.split(data, at="1970-01-01T00:00:03", target="view")[0]
    assert pairs_by_name(data, viewed) == {("ann", "tea")}


def test_what_was_returned_was_bought_and_is_no_answer():
    data = shop(
        [("ann", "pan", "purchase", 1), ("ann", "pan", "return", 2), ("bob", "tea", "purchase", 2),
         ("ann", "pan", "purchase", 5), ("ann", "tea", "purchase", 6)]
    )  # fmt: skip
    split = time.split(data, at="1970-01-01T00:00:04")[0]
    assert pairs_by_name(data, split) == {("ann", "tea")}
    assert split.left_out == {"had before": 1}


def test_what_is_bought_and_returned_after_the_split_is_no_right_answer():
    data = shop(
        [("ann", "pan", "purchase", 1), ("bob", "tea", "purchase", 2),
         ("bob", "mug", "purchase", 2), ("ann", "tea", "purchase", 5), ("ann", "tea", "return", 6),
         ("ann", "mug", "purchase", 6), ("ann", "mug", "purchase", 7), ("ann", "mug", "return", 8)]
    )  # fmt: skip
    split = time.split(data, at="1970-01-01T00:00:04")[0]
    assert pairs_by_name(data, split) == {("ann", "mug")}
    assert split.left_out == {"of another type": 2, "returned again": 2}


def test_the_default_moment_leaves_a_fifth_of_the_target_events_of_users_after_it():
    events = [("ann", f"p{day}", "purchase", day * DAY) for day in range(10)]
    noise = [(None, "p0", "purchase", 100 * DAY), ("ann", "p0", "view", 100 * DAY)]
    split = time.split(shop(events + noise))[0]
    assert split.at == "1970-01-09T00:00:00"
    assert split.train.sum() == 8


@pytest.mark.parametrize(
    "text", ["2011-10-01", "2011-10-01T00:00:00", "2011-10-01T00:00:00Z", "2011-10-01T02:00+02:00"]
)
def test_moments_are_utc(text):
    moment = int(np.datetime64("2011-10-01T00:00:00", "s").astype(np.int64))
    data = shop([("ann", "tea", "purchase", moment - 1), ("ann", "pan", "purchase", moment)])
    split = time.split(data, at=text)[0]
    assert split.at == "2011-10-01T00:00:00"
    assert split.train.tolist() == [True, False]


def test_time_refuses_an_order_without_times_and_names_the_split_to_use():
    data = shop([("ann", "tea", "purchase", None, 0), ("ann", "pan", "purchase", None, 1)])
    with pytest.raises(InputError, match="2 of 2 events have an order but no time") as problem:
        time.split(data)
    assert "--split last" in problem.value.hint


@pytest.mark.parametrize("at", ["1969-12-31", "1970-01-01", "1970-01-03"])
def test_time_refuses_a_moment_with_nothing_on_one_side(at):
    data = shop([("ann", "tea", "purchase", 0), ("ann", "pan", "purchase", DAY)])
    with pytest.raises(InputError, match="from 1970-01-01T00:00:00 to 1970-01-02T00:00:00"):
        time.split(data, at=at)


def test_what_is_no_date_is_a_usage_problem():
    with pytest.raises(UsageProblem, match="'yesterday' is not a date"):
        time.split(shop([("ann", "tea", "purchase", 0)]), at="yesterday")


def test_nothing_to_split_is_said():
    views = shop([("ann", "tea", "view", 0)])
    with pytest.raises(InputError, match="no purchase of a known user"):
        time.split(views)
    with pytest.raises(InputError, match="No user has a purchase with an event before it"):
        last.split(views)


def test_last_holds_out_the_last_target_event_and_drops_what_came_after():
    data = shop(
        [
            ("ann", "soap", "purchase", None, 0),
            ("ann", "tea", "purchase", None, 1),
            ("ann", "tea", "rating", None, 2),
            ("bob", "tea", "purchase", None, 0),
            ("bob", "soap", "purchase", None, 1),
            ("cat", "tea", "purchase", None, 0),  # nothing before it: stays in training
            (None, "tea", "purchase", None, 0),
        ]
    )
    split = last.split(data)[0]
    assert pairs_by_name(data, split) == {("ann", "tea"), ("bob", "soap")}
    assert split.train.tolist() == [True, False, False, True, False, True, True]
    assert split.left_out == {"after the event held out": 1}
    assert split.at is None
    assert split.notes == ("Users with nothing before their last purchase, not asked about: 1.",)


def test_last_asks_about_nothing_a_person_had_before():
    data = shop(
        [("ann", "tea", "purchase", 1), ("ann", "tea", "purchase", 2),
         ("bob", "tea", "purchase", 1), ("bob", "pan", "purchase", 2)]
    )  # fmt: skip
    split = last.split(data)[0]
    assert len(split.users) == 0
    assert split.left_out == {"products unknown at the split": 1, "had before": 1}


event = st.tuples(
    st.sampled_from(["ann", "bob", "cat", None]),
    st.sampled_from(["tea", "pan", "soap", "mug"]),
    st.sampled_from(["purchase", "view", "return", "rating"]),
    st.integers(0, 9),
)


@pytest.mark.parametrize("plugin", [time, last, windows, cold])
@pytest.mark.parametrize("again", [False, True])
@given(events=st.lists(event, min_size=2, max_size=30))
def test_the_parts_make_the_whole_and_no_answer_is_in_the_past(plugin, again, events):
    data = shop(sorted(events, key=lambda one: one[3]))
    try:
        folds = plugin.split(data, again=again)
    except InputError:
        return
    for split in folds:
        check(data, split, plugin)


def check(data, split, plugin):
    log = data.events
    assert split.train.sum() + split.tested + sum(split.left_out.values()) == len(log)
    assert len(split.pair_item) <= split.tested
    assert sorted(split.users.tolist()) == sorted(set(split.users.tolist()))
    assert set(split.pair_user.tolist()) == set(range(len(split.users)))
    bought = log.type == TYPE_CODE["purchase"]
    past = set(zip(log.user[split.train & bought], log.item[split.train & bought], strict=True))
    rest = set(zip(log.user[~split.train & bought], log.item[~split.train & bought], strict=True))
    asked = set(zip(split.users[split.pair_user], split.pair_item, strict=True))
    assert split.again or not asked & past
    assert not (split.train & split.test).any()
    assert split.candidates[split.pair_item].all()
    assert asked <= rest
    if plugin in (time, windows) and split.train.any():
        assert log.at[split.train].max() < log.at[~split.train].min()
    for user in split.users:
        mine = log.user == user
        assert log.at[mine & split.train].max() <= log.at[mine & split.test].min()


def test_two_aisles_leave_two_products_for_each_person():
    data = shop(sorted(two_aisles(), key=lambda one: one[3]))
    split = time.split(data, at="1970-03-01")[0]
    assert (len(split.users), len(split.pair_item), split.left_out) == (24, 48, {})


def test_again_asks_about_what_is_bought_next_repeats_included():
    data = shop(EVERY_REASON)
    (split,) = time.split(data, at="1970-01-01T00:00:05", again=True)
    assert pairs_by_name(data, split) == {("ann", "tea"), ("ann", "pan"), ("ann", "soap")}
    assert "had before" not in split.left_out


class TestWindows:
    EVENTS = tuple((f"u{n % 3}", f"p{n:02d}", "purchase", n) for n in range(20))

    def test_the_second_half_is_cut_into_windows_of_equally_many(self):
        data = shop(self.EVENTS)
        folds = windows.split(data, windows=2)
        assert [fold.at for fold in folds] == ["1970-01-01T00:00:10", "1970-01-01T00:00:15"]
        assert [int(fold.train.sum()) for fold in folds] == [10, 15]
        assert [int(fold.test.sum()) for fold in folds] == [5, 5]
        assert [fold.left_out.get("after the window", 0) for fold in folds] == [5, 0]

    def test_each_event_of_the_second_half_is_tested_once(self):
        folds = windows.split(shop(self.EVENTS), windows=5)
        assert np.sum([fold.test for fold in folds], axis=0).tolist() == [0] * 10 + [1] * 10

    def test_too_few_moments_are_said(self):
        events = [(f"u{n}", "tea", "purchase", n // 10) for n in range(20)]
        with pytest.raises(InputError, match="too few different times for 4 windows"):
            windows.split(shop(events))


class TestCold:
    EVENTS = tuple((f"u{n % 7}", f"p{n * 5 % 11:02d}", "purchase", n) for n in range(200))

    def test_a_fifth_of_the_products_loses_its_past_and_alone_is_asked_about(self):
        data = shop(self.EVENTS)
        (split,) = cold.split(data, at="1970-01-01T00:02:30")
        assert split.cold.sum() == 2
        assert not split.cold[data.events.item[split.train]].any()
        assert split.cold[split.pair_item].all()
        assert (split.candidates == split.cold).all()
        assert split.notes == ("Made cold: 2 of 11 products.",)

    def test_the_seed_chooses_and_the_users_do_not(self):
        data = shop(self.EVENTS)
        first, second = (cold.split(data, seed=seed)[0].cold.tolist() for seed in (1, 2))
        assert first == cold.split(data, seed=1)[0].cold.tolist() != second
        renamed = shop([(f"x{9 - int(e[0][1:])}", *e[1:]) for e in self.EVENTS])
        assert cold.split(renamed, seed=1)[0].cold.tolist() == first

    def test_orders_are_parted_by_the_last_event(self):
        data = shop([(user, item, kind, None, at) for user, item, kind, at in self.EVENTS])
        (split,) = cold.split(data, seed=3)
        assert split.at is None
        assert split.test.sum() + split.left_out.get("of products that stay warm", 0) == 7

    def test_too_few_products_are_said(self):
        with pytest.raises(InputError, match="too few products"):
            cold.split(shop(EVERY_REASON), at="1970-01-01T00:00:05")
