"""``similar``: sessions and gains beside plain loops, obvious worlds, an account of all events."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from evaluation_worlds import DAY, shop, telling
from hypothesis import given, settings
from hypothesis import strategies as st

from prodsim_cli import registry
from prodsim_cli.data.events import NO_TIME, TYPE_CODE
from prodsim_cli.data.interactions import binary
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.errors import InputError, Leak, UsageProblem
from prodsim_cli.evaluation.answer_files import Answers, related
from prodsim_cli.evaluation.answer_table import Table
from prodsim_cli.evaluation.bootstrap import bootstrap
from prodsim_cli.evaluation.report import ReportOptions
from prodsim_cli.evaluation.tasks import similar
from prodsim_cli.evaluation.trained_tables import EvalRequest
from prodsim_cli.protocol import testset
from prodsim_cli.protocol.sessions import sessions, together
from prodsim_cli.protocol.splits import cold, time, windows
from prodsim_cli.protocol.splitting import SplitRequest
from prodsim_cli.protocol.testset import TestSet
from prodsim_cli.protocol.topk import rows_of

AT = "1970-04-11"  # day 100
MINUTE = 60


def ordered(events, items=None):
    """A shop of (user or None, item, type, at, order or None), -1 for no order."""
    events = sorted(events, key=lambda one: (one[3], str(one[0]), one[1]))
    data = shop([one[:4] for one in events], items)
    codes = [-1 if one[4] is None else one[4] for one in events]
    return replace(data, events=replace(data.events, order=np.array(codes, np.int32)))


def couples(days=(10, 110)):
    """Six couples of products, each always bought in one order, by 12 people before and after."""
    events, order = [], 0
    for day in days:
        for person in range(12):
            for couple in (person % 6, (person + 1) % 6):
                order += 1
                events += [
                    (f"u{person:02d}", f"{couple}{half}", "purchase", DAY * day + person, order)
                    for half in "ab"
                ]
    return events


def judged(data, *methods, k=2, seed=42, **where):
    return similar.judged(
        data, SplitRequest(**where), EvalRequest(tuple(methods)), ReportOptions((k,), seed)
    )


def mean(outcome, name, figure):
    return outcome.card.methods[name][figure].mean


@pytest.fixture
def plugged(monkeypatch):
    """Add similarity methods for one test: ``plugged(name=module)``."""
    real = registry.load

    def plug(**modules):
        def load(family, name):
            mine = family == "similarity" and name in modules
            return modules[name] if mine else real(family, name)

        monkeypatch.setattr(registry, "load", load)

    return plug


class TestSessions:
    def test_half_an_hour_without_an_event_ends_a_session(self):
        at = [0, 30 * MINUTE - 1, 60 * MINUTE - 2, 90 * MINUTE - 2]
        log = shop([("ann", "tea", "purchase", moment) for moment in at]).events
        first, second, third, fourth = sessions(log)
        assert first == second == third
        assert fourth not in (first, -1)  # exactly half an hour: a new one

    def test_an_order_is_a_session_whatever_the_time_and_the_person(self):
        data = ordered(
            [
                ("ann", "tea", "purchase", 0, 7),
                ("ann", "pan", "purchase", DAY, 7),
                ("ann", "mug", "purchase", 1, None),
                (None, "pot", "purchase", 2, 3),
                (None, "cup", "purchase", 2, None),
            ]
        )
        by_item = dict(zip(data.items.at(data.events.item), sessions(data.events), strict=True))
        assert by_item["tea"] == by_item["pan"]
        assert len({by_item[name] for name in ("tea", "mug", "pot")}) == 3
        assert by_item["cup"] == -1

    def test_an_event_without_a_time_and_an_order_has_none(self):
        log = shop([("ann", "tea", "purchase", None, 1)]).events
        assert sessions(log).tolist() == [-1]

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["ann", "bob", None]),
                st.integers(0, 12).map(lambda quarter: quarter * 15 * MINUTE),
                st.sampled_from([None, None, 0, 5]),
            ),
            max_size=12,
        )
    )
    def test_they_are_those_of_a_plain_loop(self, drawn):
        data = ordered([(user, "tea", "view", at, order) for user, at, order in drawn], ["tea"])
        log = data.events
        expected, running, last = [], {}, {}
        for m in range(len(log)):  # the log stands in order of time
            user, at = int(log.user[m]), int(log.at[m])
            if log.order[m] >= 0:
                expected.append(("order", int(log.order[m])))
            elif user < 0:
                expected.append(None)
            else:
                if user not in last or at - last[user] >= 30 * MINUTE:
                    running[user] = running.get(user, 0) + 1
                last[user] = at
                expected.append((user, running[user]))
        found = sessions(log).tolist()
        assert [number == -1 for number in found] == [name is None for name in expected]
        # one number for one name: the same parts
        assert len({*zip(found, expected, strict=True)}) == len({*found}) == len({*expected})


@given(st.lists(st.sets(st.integers(0, 5), min_size=1), max_size=8))
def test_gains_are_those_of_a_plain_loop(baskets):
    session = np.array([s for s, basket in enumerate(baskets) for _ in basket], np.int64) * 3
    item = np.array([i for basket in baskets for i in sorted(basket)], np.int32)
    # a product that stands twice in a session is there once
    gains = together(np.tile(session, 2), np.tile(item, 2), 6).toarray()
    expected = np.zeros((6, 6))
    for i, j in combinations(range(6), 2):
        with_i, with_j = (sum(x in basket for basket in baskets) for x in (i, j))
        both = sum(i in basket and j in basket for basket in baskets)
        if both:
            expected[i, j] = expected[j, i] = both / np.sqrt(with_i * with_j)
    np.testing.assert_allclose(gains, expected, rtol=1e-6)
    assert (together(session, item, 6) != together(session, item, 6).T).nnz == 0


class TestAnObviousWorld:
    def test_couples_are_foretold_by_those_who_saw_them(self):
        outcome = judged(ordered(couples()), "cosine", at=AT, k=1)
        assert outcome.card.split == {
            "kind": "time", "at": "1970-04-11T00:00:00", "target": "purchase", "again": False,
            "users": 0, "queries": 12, "pairs": 12, "candidates": 12, "left_out": {},
            "strangers": {},
        }  # fmt: skip
        assert outcome.queries == tuple(f"{couple}{half}" for couple in range(6) for half in "ab")
        assert mean(outcome, "cosine", "ndcg@1") == 1
        assert mean(outcome, "cosine", "recall@1") == 1
        assert mean(outcome, "popularity", "ndcg@1") == pytest.approx(1 / 6)  # 0a and 0b
        assert {"popularity", "recent", "random"} < set(outcome.card.methods)
        assert outcome.card.verdict.startswith("Use cosine: by ndcg@1 it beats")

    def test_who_never_saw_them_together_can_say_nothing(self):
        """Before, everybody bought one half of each couple only; the couples come later."""
        events = [
            (f"u{p:02d}", f"{c}{'ab'[p % 2]}", "purchase", DAY * 10 + p, 1000 + p)
            for p in range(12)
            for c in range(6)
        ]
        outcome = judged(ordered(events + couples(days=(110,))), "cosine", at=AT, k=5)
        assert mean(outcome, "cosine", "hit@5") == 0

    def test_the_gain_is_in_the_figure(self, plugged):
        """One order with a and b, two with a and c: 1 / sqrt(3), 2 / sqrt(6)."""
        events = [("old", item, "purchase", 0, 0) for item in "abcd"]
        for order, items in enumerate(["ab", "ac", "ac"], 1):
            events += [("new", item, "purchase", DAY * (100 + order), order) for item in items]
        scores = np.zeros((4, 4))
        scores[0, 1], scores[0, 2], scores[0, 3] = 0.1, 0.2, 0.3  # d, c, b beside a
        plugged(told=telling(scores, "columns"))
        outcome = judged(ordered(events), "told", at=AT, k=3)
        ab, ac = 1 / np.sqrt(3 * 1), 2 / np.sqrt(3 * 2)
        second, third = 1 / np.log2(3), 1 / np.log2(4)
        of_a = outcome.values[0, outcome.methods.index("told"), outcome.figures.index("ndcg@3")]
        assert of_a == pytest.approx((ac * second + ab * third) / (ac + ab * second), rel=1e-6)
        assert outcome.lists["told"][0].tolist() == [3, 2, 1]

    def test_two_purchases_with_a_look_between_them_are_one_session(self):
        events = [("ann", item, "purchase", 0, None) for item in ("tea", "pan", "mug")]
        later = DAY * 110
        events += [
            ("bob", "tea", "purchase", later, None),
            ("bob", "mug", "view", later + 25 * MINUTE, None),
            ("bob", "pan", "purchase", later + 50 * MINUTE, None),
        ]
        split = time.split(ordered(events), at=AT)[0]
        asked, _ = testset.product_questions(ordered(events), split)
        assert [str(asked.train.items.ids[item]) for item in asked.subjects] == ["pan", "tea"]
        assert asked.answers.nnz == 2

    def test_nobody_is_known_and_orders_are_enough(self):
        events = [(None, *event[1:]) for event in couples()]
        wish = EvalRequest(("cosine",), {"by": "orders"})
        outcome = similar.judged(ordered(events), SplitRequest(), wish, ReportOptions((1,)))
        assert outcome.card.split["queries"] == 12
        assert mean(outcome, "cosine", "ndcg@1") == 1
        assert {"popularity", "recent", "random"} <= set(outcome.card.methods)
        assert mean(outcome, "popularity", "novelty@1") > 2  # one of some six orders holds it
        assert "Split by time: every event has one." in outcome.card.notes
        cold_ones = similar.judged(
            ordered(events), SplitRequest("cold", AT), wish, ReportOptions((1,))
        )
        assert cold_ones.card.split["queries"] == 2

    def test_a_product_that_only_came_back_is_not_known(self):
        events = [*couples(), ("u00", "new", "return", 0, None)]
        events += [("u00", item, "purchase", DAY * 111, 999) for item in ("new", "0a")]
        card = judged(ordered(events), "cosine", at=AT).card
        assert card.split["left_out"] == {
            "products unknown at the split": 1, "alone in their session": 1,
        }  # fmt: skip
        assert card.split["strangers"] == {"products unknown at the split": 1}
        assert (
            "Not asked about: 1 products unknown at the split, 1 of 50 test events (2%)."
            in card.notes
        )


def test_the_row_of_a_product_is_cut_to_what_may_be_answered():
    data = ordered(couples())
    n = len(data)
    random = np.random.default_rng(3)
    table = telling(random.random((n, n))).neighbors(data, k=n - 1)
    candidates = random.random(n) < 0.5
    subjects = np.array([3, 7], np.int32)
    asked = TestSet(
        train=data,
        subjects=subjects,
        candidates=candidates,
        answers=binary(np.zeros(0, int), np.zeros(0, int), (2, n)),
        barred=binary(np.arange(2), subjects, (2, n)),
    )
    for depth in (3, n + 2):
        expected = []
        for subject in subjects:
            row = [int(j) for j in table.positions[subject] if j >= 0 and candidates[j]][:depth]
            expected.append(row + [-1] * (depth - len(row)))
        assert rows_of(table, asked, depth).tolist() == expected


class TestCold:
    def test_cold_products_are_asked_about_and_all_are_answers(self):
        data = ordered(couples())
        (split,) = cold.split(data, at=AT)
        asked, _ = testset.product_questions(data, split)
        chosen = np.flatnonzero(split.cold)
        assert len(chosen) == 2
        assert asked.subjects.tolist() == chosen.tolist()
        assert asked.candidates.all()
        # the other half of a couple stands at the next or the last position, cold or warm
        assert asked.answers.indices.tolist() == [item ^ 1 for item in chosen.tolist()]
        assert not np.isin(asked.train.events.item, chosen).any()
        assert asked.train.events.at.max() < 100 * DAY

    def test_events_teach_nothing_of_them_and_what_is_left_out_is_counted(self):
        data = ordered(couples())
        card = judged(data, "cosine", split="cold", at=AT).card
        assert card.methods["cosine"]["hit@2"].mean == 0
        assert card.split["left_out"] == {
            "before the split, of products made cold": 8, "in sessions without a cold product": 32,
        }  # fmt: skip
        assert "Made cold: 2 of 12 products." in card.notes

    def test_it_needs_times(self):
        data = shop([("ann", item, "purchase", None, n) for n, item in enumerate("abcabc")])
        (split,) = cold.split(data, share=0.5)
        with pytest.raises(InputError, match="The split cold has no moment"):
            testset.product_questions(data, split)
        with pytest.raises(InputError, match="no later orders or sessions") as problem:
            judged(data, "cosine", split="cold")
        assert "--related FILE, or use --task recommend" in problem.value.hint


EVENT = st.tuples(
    st.sampled_from(["ann", "bob", "cid", None]),
    st.sampled_from("abcdef"),
    st.sampled_from(["purchase", "purchase", "purchase", "view", "return"]),
    st.integers(0, 40).map(lambda n: n * 20 * MINUTE),
    st.sampled_from([None, None, 1, 2, 3]),
)


@settings(max_examples=60)
@given(st.lists(EVENT, min_size=8, max_size=40))
@pytest.mark.parametrize("name", ["time", "windows", "cold"])
def test_every_event_is_learned_from_asked_about_or_left_out(name, drawn):
    data = ordered(drawn, list("abcdef"))
    own = {"windows": {"windows": 2}, "cold": {"share": 0.5}}.get(name, {})
    try:
        folds = {"time": time, "windows": windows, "cold": cold}[name].split(data, **own)
    except InputError:
        return
    for fold in folds:
        asked, counted = testset.product_questions(data, fold)
        total = counted.train.sum() + counted.tested + sum(counted.left_out.values())
        assert total == len(data.events)
        # the right answers are those of the events that are neither learned from nor left out
        assert (counted.tested > 0) == (len(asked) > 0)
        assert not (counted.train & counted.test).any()
        assert asked.candidates[asked.answers.indices].all()
        assert asked.candidates[asked.subjects].all()


class TestWindows:
    @pytest.fixture
    def outcome(self):
        """Couples in the first window; half of them change their partners in the second."""
        changed = ["0a0b", "1a1b", "2a2b", "3a4a", "3b5a", "4b5b"]
        events, couple = couples(days=(10,)), [f"{n}a{n}b" for n in range(6)]
        for day, pairs in ((110, couple), (120, changed)):
            events += self.baskets(day, [(pairs[n], pairs[(n + 1) % 6]) for n in range(6)])
        return judged(ordered(events), "cosine", windows=2, k=1)

    @staticmethod
    def baskets(day, bought):
        """One person for each tuple of orders, ``3a4a`` for an order of 3a and 4a."""
        return [
            (
                f"u{n:02d}",
                pair[place : place + 2],
                "purchase",
                DAY * day + n,
                1000 * day + 10 * n + o,
            )
            for n, pairs in enumerate(bought)
            for o, pair in enumerate(pairs)
            for place in range(0, len(pair), 2)
        ]

    def test_each_window_has_its_counts_and_above_are_the_sums(self, outcome):
        split = outcome.card.split
        assert (split["kind"], len(split["windows"])) == ("windows", 2)
        for key in ("queries", "pairs", "users"):
            assert split[key] == sum(part[key] for part in split["windows"])
        assert split["queries"] == len(outcome.queries) == len(outcome.values)
        assert split["windows"][0]["left_out"]["after the window"] > 0
        assert np.bincount(outcome.window).tolist() == [
            part["queries"] for part in split["windows"]
        ]

    def test_one_product_in_two_windows_is_drawn_together(self, outcome):
        assert len(set(outcome.queries)) < len(outcome.queries)
        group = np.unique(outcome.queries, return_inverse=True)[1].reshape(-1)
        cosine, ndcg = outcome.methods.index("cosine"), outcome.figures.index("ndcg@1")
        values = outcome.values[:, cosine, ndcg][:, None]
        _, draws = bootstrap(values, group, seed=42)
        given_ = outcome.card.methods["cosine"]["ndcg@1"]
        low, high = np.percentile(draws, [2.5, 97.5])
        assert (given_.low, given_.high) == pytest.approx((low, high), abs=1e-12)
        _, apart = bootstrap(values, seed=42)
        assert np.percentile(apart, 2.5) != pytest.approx(low, abs=1e-6)

    def test_a_window_without_questions_is_said_and_counts_nowhere(self):
        """In the second window everybody buys one product alone."""
        couple = [(f"{n}a{n}b", f"{(n + 1) % 6}a{(n + 1) % 6}b") for n in range(6)]
        later = [*self.baskets(110, couple), *self.baskets(120, [("0a",)] * 24)]
        outcome = judged(ordered([*couples(days=(10,)), *later]), "cosine", windows=2, k=1)
        assert "1 of 2 windows have nothing to ask about." in outcome.card.notes
        assert "windows" not in outcome.card.split
        assert outcome.card.split["queries"] == len(outcome.queries) == 12


class TestRefusals:
    @pytest.mark.parametrize(
        ("where", "said"),
        [
            ({"split": "last"}, "one event is no session"),
            ({"again": True}, "--again has no meaning with --task similar"),
            ({"at": AT, "windows": 2}, "--at has no meaning with --windows"),
        ],
    )
    def test_words_that_have_no_meaning_here(self, where, said):
        with pytest.raises(UsageProblem, match=said):
            judged(ordered(couples()), "cosine", **where)

    def test_orders_without_times_and_without_people(self):
        events = [(None, "tea", "purchase", 0, 1), (None, "pan", "purchase", 0, 1)]
        data = ordered(events)
        data = replace(data, events=replace(data.events, at=np.full(2, NO_TIME)))
        with pytest.raises(InputError, match="no later orders") as problem:
            judged(data, "cosine")
        assert problem.value.hint == "Judge similar products by --related FILE."

    def test_a_future_in_which_nothing_is_bought_together(self):
        events = [*couples(days=(10,)), ("u00", "0a", "purchase", DAY * 110, None)]
        with pytest.raises(InputError, match="no session holds two known products"):
            judged(ordered(events), "cosine", at=AT)


def table_of(**columns):
    size = len(next(iter(columns.values())))
    return Table("related.csv", columns, np.arange(2, size + 2), "line")


def by_file(data, known, *methods, k=2, **where):
    return similar.judged_by_file(
        data, known, SplitRequest(**where), EvalRequest(tuple(methods)), ReportOptions((k,))
    )


class TestRelated:
    @pytest.fixture
    def data(self):
        return ordered(couples())

    @pytest.fixture
    def known(self, data):
        """For 0a: 0b is the same, 1a and 1b go with it; for 1a: 0a goes with it."""
        table = table_of(
            sku=["0a", "0a", "0a", "1a"],
            related_sku=["0b", "1a", "1b", "0a"],
            relation=["same", "with", "with", "with"],
        )
        return related(table, data)

    @pytest.fixture
    def told(self, data, plugged):
        """Says 0b, then 1a, of 0a, and nothing of the others."""
        scores = np.zeros((len(data), len(data)))
        scores[0, 1], scores[0, 2] = 0.9, 0.8
        plugged(told=telling(scores, "columns"))

    def test_every_relation_has_its_figures(self, data, known, told):
        outcome = by_file(data, known, "told")
        third = 1 / np.log2(3)
        figures = outcome.card.methods["told"]
        assert figures["ndcg@2"].mean == pytest.approx(0.5)  # 0a all right, 1a nothing
        # 0a alone has an answer of this kind, and it stands on top
        assert figures["same:ndcg@2"].mean == 1
        assert figures["same:recall@2"].mean == 1
        assert figures["same:precision@2"].mean == 0.5
        # 0a: nothing, then 1a, of two that are right; 1a: nothing
        assert figures["with:ndcg@2"].mean == pytest.approx(third / (1 + third) / 2)
        assert figures["with:recall@2"].mean == 0.25
        assert outcome.queries == ("0a", "1a")

    def test_one_relation_has_no_figures_of_its_own(self, data, told):
        table = table_of(sku=["0a", "1a"], related_sku=["0b", "1b"], relation=["same", "same"])
        figures = by_file(data, related(table, data), "told").card.methods["told"]
        assert figures["ndcg@2"].mean == 0.5
        assert not [name for name in figures if ":" in name]

    def test_methods_learn_from_all_events_and_a_note_says_so(self, data, known):
        card = by_file(data, known, "cosine").card
        assert (card.split["kind"], card.split["at"], card.split["queries"]) == ("related", None, 2)
        assert card.split["candidates"] == 12
        assert any(note.startswith("Methods learned from all events") for note in card.notes)
        assert "recent" in card.methods

    def test_with_a_moment_they_learn_from_what_lies_before(self, data, known, plugged):
        seen = []

        def neighbors(data, queries=None, candidates=None, *, k=50):
            seen.append(data.events)
            n = len(data)
            return NeighborTable(np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32))

        spy = telling(np.zeros((12, 12)), "events")
        spy.neighbors = neighbors
        plugged(spy=spy)
        card = by_file(data, known, "spy", at=AT).card
        assert (card.split["kind"], card.split["at"]) == ("time", "1970-04-11T00:00:00")
        assert seen
        assert all(log.at.max() < 100 * DAY for log in seen)
        assert not any(note.startswith("Methods learned from all") for note in card.notes)

    def test_with_a_moment_a_stored_table_that_has_learned_is_a_leak(self, data, known):
        n = len(data)
        nothing = NeighborTable(np.full((n, 1), -1, np.int32), np.zeros((n, 1), np.float32))
        cheated = data.with_neighbors("mine", nothing, learned=True)
        with pytest.raises(Leak, match="mine has learned from events"):
            by_file(cheated, known, "mine", at=AT)

    @pytest.mark.parametrize(
        ("where", "said"),
        [
            ({"split": "last"}, "`--split last` has no meaning with --related"),
            ({"split": "cold"}, "`--split cold` has no meaning with --related"),
            ({"windows": 3}, "--windows has no meaning with --related"),
            ({"again": True}, "--again has no meaning"),
        ],
    )
    def test_words_that_have_no_meaning_with_a_file(self, data, known, where, said):
        with pytest.raises(UsageProblem, match=said):
            by_file(data, known, "cosine", **where)

    def test_baselines_count_what_people_do_here(self, known):
        views = [(user, item, "view", at, order) for user, item, _, at, order in couples()]
        views += [(f"x{n}", "0b", "view", 5, None) for n in range(30)]
        card = by_file(ordered(views), known, "cosine").card
        assert card.split["target"] == "view"
        # 0b, which is right for 0a, then 0a, which is right for 1a
        assert card.methods["popularity"]["hit@2"].mean == 1

    def test_events_are_not_needed(self, told):
        empty = shop([], items=[f"{couple}{half}" for couple in range(6) for half in "ab"])
        one = Answers(
            subjects=np.array([0], np.int32),
            answers=binary(np.array([0]), np.array([1]), (1, 12)).astype(np.float32),
        )
        card = by_file(empty, one, "told").card
        assert card.methods["told"]["hit@2"].mean == 1
        assert "popularity is left out: no event has a user." in card.notes


def test_the_types_that_count_are_those_of_the_target():
    views = [(user, item, "view", at, order) for user, item, _, at, order in couples()]
    data = ordered([*views, *[("u99", f"{n}a", "purchase", DAY * 111, 1999) for n in range(6)]])
    split = time.split(data, at=AT, target="view")[0]
    asked, _ = testset.product_questions(data, split)
    assert asked.answers.nnz == 12
    assert (asked.train.events.type == TYPE_CODE["view"]).all()
