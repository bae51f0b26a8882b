"""Which task and which split: what the data allows, what a person may ask for, and the account."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from evaluation_worlds import DAY, shop, two_aisles

from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.evaluation.report import ReportOptions
from prodsim_cli.evaluation.tasks import recommend
from prodsim_cli.evaluation.trained_tables import EvalRequest
from prodsim_cli.protocol.splits import windows
from prodsim_cli.protocol.splitting import (
    SplitRequest,
    account,
    choose_split,
    choose_task,
    described,
    empty_windows,
    target_of,
)

AT = "1970-03-01"


@pytest.fixture
def aisles():
    return shop(sorted(two_aisles(), key=lambda one: one[3]))


def in_orders(events, orders):
    data = shop(events)
    return replace(data, events=replace(data.events, order=np.array(orders, np.int32)))


class TestTask:
    def test_a_name_is_taken_as_it_is(self, aisles):
        assert choose_task(aisles, "similar", SplitRequest()) == ("similar", [])

    def test_people_who_come_back_can_be_foretold(self, aisles):
        task, (why,) = choose_task(aisles, "", SplitRequest())
        assert task == "recommend"
        assert why.startswith("Task recommend: 144 events have a known user")

    def test_an_order_of_events_is_coming_back(self):
        data = shop([("ann", "tea", "rating", None, 1), ("ann", "pan", "rating", None, 2)])
        assert choose_task(data, "", SplitRequest())[0] == "recommend"

    def test_orders_without_people_show_what_goes_together(self):
        data = in_orders([(None, "tea", "purchase", 0), (None, "pan", "purchase", 0)], [1, 1])
        task, (why,) = choose_task(data, "", SplitRequest())
        assert task == "similar"
        assert "no event has a user, but 2 events have an order" in why

    def test_people_who_never_come_back_show_what_goes_together(self):
        events = [(f"u{n}", item, "purchase", n) for n in range(3) for item in ("tea", "pan")]
        task, (why,) = choose_task(in_orders(events, [0, 0, 1, 1, 2, 2]), "", SplitRequest())
        assert task == "similar"
        assert "nobody comes back, but 6 events have an order" in why
        assert choose_task(shop(events), "", SplitRequest())[0] == "similar"
        # who asks for last means people
        assert choose_task(shop(events), "", SplitRequest(split="last"))[0] == "recommend"

    def test_a_return_is_no_coming_back(self):
        events = [("ann", "tea", "purchase", 0), ("ann", "tea", "return", DAY)]
        assert choose_task(shop(events), "", SplitRequest())[0] == "similar"

    @pytest.mark.parametrize(
        ("events", "orders", "said"),
        [
            ([(None, "tea", "purchase", 0)], [-1], "no events of known users and no orders"),
            (
                [(None, "tea", "purchase", None)],
                [1],
                "No event has a user, and not all events have",
            ),
            (
                [("ann", "tea", "purchase", None)],
                [-1],
                "Nobody comes back, and not all events have",
            ),
            ([("ann", "tea", "return", 0)], [1], "no events of known users and no orders"),
        ],
    )
    def test_where_nothing_can_be_foretold_files_can_judge(self, events, orders, said):
        with pytest.raises(InputError, match=said) as problem:
            choose_task(in_orders(events, orders), "", SplitRequest())
        assert "--related FILE" in problem.value.hint


class TestSplit:
    def test_times_are_split_by_time_and_a_note_says_why(self, aisles):
        (fold,), notes = choose_split(aisles, SplitRequest(), 42)
        assert fold.kind == "time"
        assert notes == ["Split by time: every event has one."]

    @pytest.mark.parametrize(
        ("where", "kinds"),
        [
            (SplitRequest(at=AT), ["time"]),
            (SplitRequest(windows=3), ["windows"] * 3),
            (SplitRequest("windows"), ["windows"] * 4),
            (SplitRequest("last"), ["last"]),
            (SplitRequest("cold"), ["cold"]),
            (SplitRequest("cold", AT), ["cold"]),
        ],
    )
    def test_what_is_named_is_taken_without_a_word(self, aisles, where, kinds):
        folds, notes = choose_split(aisles, where, 42)
        assert [fold.kind for fold in folds] == kinds
        assert notes == []

    def test_where_time_asks_nobody_the_last_event_is_taken_and_the_moment_named(self):
        """Late in the year there are only people that nobody knows."""
        events = [("ann", item, "purchase", day * DAY) for day, item in enumerate("abcd")]
        events += [(f"new{n}", "a", "purchase", (50 + n) * DAY) for n in range(4)]
        (fold,), (why,) = choose_split(shop(events), SplitRequest(), 42)
        assert fold.kind == "last"
        assert why == (
            "Split by each user's last event: after 1970-02-22T00:00:00 no person with a past gets"
            " a product new to them."
        )

    @pytest.mark.parametrize(
        ("where", "said"),
        [
            (SplitRequest("last", at=AT), "--at has no meaning with `--split last`"),
            (SplitRequest("windows", at=AT), "--at has no meaning with `--split windows`"),
            (SplitRequest("time", windows=3), "--windows has no meaning with `--split time`"),
            (SplitRequest("cold", windows=3), "--windows has no meaning with `--split cold`"),
            (SplitRequest(at=AT, windows=3), "--at has no meaning with --windows"),
            (SplitRequest(target="return"), "no event type 'return'"),
        ],
    )
    def test_words_that_do_not_go_together(self, aisles, where, said):
        with pytest.raises(UsageProblem, match=said):
            choose_split(aisles, where, 42)

    @pytest.mark.parametrize("name", ["time", "windows"])
    def test_events_with_only_an_order_are_refused_with_the_split_to_use(self, name):
        data = shop([("ann", item, "purchase", None, n) for n, item in enumerate("abcd")])
        with pytest.raises(InputError, match="4 of 4 events have an order but no time") as problem:
            choose_split(data, SplitRequest(name), 42)
        assert "--split last" in problem.value.hint

    def test_again_and_the_seed_reach_the_split(self, aisles):
        (fold,), _ = choose_split(aisles, SplitRequest("cold", again=True), 1)
        (other,), _ = choose_split(aisles, SplitRequest("cold"), 2)
        assert fold.again
        assert not other.again
        assert fold.cold.tolist() != other.cold.tolist()


class TestTarget:
    def test_purchases_go_first_then_what_is_done_most(self):
        views = [("ann", "tea", "view", n) for n in range(3)]
        assert target_of(shop([*views, ("ann", "tea", "purchase", 9)]), None) == ("purchase", [])
        target, (why,) = target_of(shop([*views, ("ann", "tea", "cart", 9)]), None)
        assert target == "view"
        assert why == "Judged by view events: nobody has bought anything."

    def test_a_return_is_never_foretold(self):
        events = [("ann", "tea", "return", n) for n in range(3)]
        assert target_of(shop([*events, ("ann", "tea", "view", 9)]), None)[0] == "view"
        with pytest.raises(InputError, match="no event of a known user"):
            target_of(shop(events), None)

    def test_orders_count_where_they_may(self):
        data = in_orders([(None, "tea", "purchase", 0)], [1])
        assert target_of(data, None, orders=True) == ("purchase", [])
        with pytest.raises(InputError, match="no event of a known user"):
            target_of(data, None)


class TestAccount:
    @pytest.fixture
    def folds(self):
        """Two windows: ann comes back for what she had, bob and new are strangers."""
        bought = [
            ("ann", "a"), ("ann", "b"), ("cid", "c"), ("cid", "d"),
            ("ann", "a"), ("bob", "a"), ("ann", "c"), ("ann", "new"),
            ("bob", "c"), ("ann", "b"), ("eve", "a"), ("cid", "a"),
        ]  # fmt: skip
        events = [(who, item, "purchase", n * DAY) for n, (who, item) in enumerate(bought)]
        data = shop(events)
        # the windows begin with the 7th and the 10th event
        return windows.split(data, windows=2)

    def test_windows_are_added_up_and_stand_beside_their_sums(self, folds):
        first, second = (fold.as_dict() for fold in folds)
        told = described([first, second])
        assert told["users"] == first["users"] + second["users"] == 2 + 1
        assert told["pairs"] == first["pairs"] + second["pairs"] == 2 + 1
        assert first["left_out"] == {"after the window": 3, "products unknown at the split": 1}
        assert second["left_out"] == {"users without a past": 1, "had before": 1}
        assert told["left_out"] == {**first["left_out"], **second["left_out"]}
        assert [part["at"] for part in told["windows"]] == [first["at"], second["at"]]
        assert [part["candidates"] for part in told["windows"]] == [4, 5]
        assert described([first]) == first

    def test_strangers_are_named_with_their_share_of_the_test_events(self, folds):
        assert account(folds) == [
            "Not asked about: 1 users without a past, 1 of 6 test events (17%).",
            "Not asked about: 1 products unknown at the split, 1 of 6 test events (17%).",
        ]

    def test_repeats_are_said_from_a_fifth_on(self, folds):
        assert account(folds[1:])[-1] == (
            "33% of the test events are of products that their user had before; --again judges what"
            " is bought next, repeats included."
        )

    def test_windows_without_questions_are_said(self, folds):
        assert empty_windows(folds, folds) == []
        assert empty_windows(folds, folds[:1]) == ["1 of 2 windows have nothing to ask about."]


def test_one_person_in_two_windows_is_drawn_together():
    """What is right for one in the first window is right for the other in the second.

    Each person's mean is .5, so that drawing people changes nothing; drawing questions would.
    """
    bought = [
        ("ann", "h"), ("bob", "h"), ("cid", "h"), ("cid", "x"), ("dan", "h"), ("dan", "x"),
        ("eve", "y"), ("eve", "h"),
        ("ann", "x"), ("bob", "y"), ("fay", "h"), ("gus", "h"),
        ("ann", "y"), ("bob", "x"), ("hal", "h"), ("ida", "h"),
    ]  # fmt: skip
    events = [(who, item, "purchase", n * DAY) for n, (who, item) in enumerate(bought)]
    where = SplitRequest(windows=2, target="purchase", again=True)
    outcome = recommend.judged(shop(events), where, EvalRequest(("cosine",)), ReportOptions((3,)))
    popular = outcome.methods.index("popularity")
    assert sorted(outcome.queries) == ["ann", "ann", "bob", "bob"]
    assert outcome.card.split["users"] == 4
    hits = outcome.values[:, popular, outcome.figures.index("mrr@3")]
    by_person = {
        name: hits[[query == name for query in outcome.queries]].tolist() for name in ("ann", "bob")
    }
    assert by_person["ann"] != by_person["bob"]
    assert sum(by_person["ann"]) == sum(by_person["bob"])
    figure = outcome.card.methods["popularity"]["mrr@3"]
    assert figure.low == figure.high == figure.mean
