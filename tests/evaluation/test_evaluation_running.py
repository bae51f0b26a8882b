"""A fold run: tables from the past, lists of every method and baseline, and what they cost."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from evaluation_worlds import DAY, method, shop, telling, two_aisles

from prodsim_cli import registry
from prodsim_cli.data.embeddings import EmbeddingMatrix
from prodsim_cli.errors import UsageProblem
from prodsim_cli.evaluation import run as running
from prodsim_cli.evaluation import trained_tables
from prodsim_cli.evaluation.cost import spent
from prodsim_cli.evaluation.trained_tables import EvalRequest, TuningTask
from prodsim_cli.protocol.splits import last, time
from prodsim_cli.protocol.testset import user_questions

AT = "1970-03-01"


def by_time(events):
    return sorted(events, key=lambda one: (one[3], one[0], one[1]))


@pytest.fixture(scope="module")
def busy():
    """60 people with tastes of their own, 25 products with titles, seeded."""
    random = np.random.default_rng(11)
    taste = random.dirichlet(np.full(25, 0.4), 60)
    events = [
        (f"u{n:02d}", f"p{random.choice(25, p=taste[n]):02d}", "purchase", int(at))
        for n in range(60)
        for at in random.integers(0, 70 * DAY, 20)
    ]
    titles = [f"word{n % 5} thing{n % 7}" for n in range(25)]
    return shop(by_time(events), items=[f"p{n:02d}" for n in range(25)], titles=titles)


@pytest.fixture(scope="module")
def asked(busy):
    (split,) = time.split(busy, at=AT)
    return user_questions(busy, split)


WISH = EvalRequest(("cosine", "bm25", "lexical", "hybrid"))


def lists_of(asked, wish=WISH, depth=5, **words):
    return running.run(asked, wish, depth=depth, seed=1, held_out=9, **words).lists


class TestLists:
    def test_every_method_and_baseline_has_lists_of_the_length_asked_for(self, asked):
        lists = lists_of(asked, depth=7)
        baselines = ["popularity", "random", "recent"]
        assert list(lists) == ["bm25", "cosine", "lexical", "hybrid", *baselines]
        for name, rows in lists.items():
            assert (rows.shape, rows.dtype) == ((len(asked), 7), np.int32), name

    def test_they_hold_candidates_once_and_nothing_that_was_had(self, asked):
        had = asked.barred.toarray()
        for rows in lists_of(asked, depth=25).values():
            for question, row in enumerate(rows):
                shown = row[row >= 0]
                assert len(set(shown.tolist())) == len(shown)
                assert asked.candidates[shown].all()
                assert not had[question, shown].any()
                # empty places stand at the end
                assert (row[: len(shown)] >= 0).all()

    def test_a_long_list_begins_like_a_short_one(self, asked):
        long, short = lists_of(asked, depth=10), lists_of(asked, depth=3)
        for name in short:
            assert (long[name][:, :3] == short[name]).all(), name

    def test_a_table_is_as_deep_as_the_lists(self, busy):
        seen = []

        def neighbors(data, queries=None, candidates=None, *, k=50):
            seen.append(k)
            return telling(np.ones((25, 25))).neighbors(data, k=k)

        registry_of = {"deep": method(neighbors, "text")}
        with pytest.MonkeyPatch.context() as patch:
            plug(patch, registry_of)
            for depth in (10, 50, 80):
                trained_tables.tables(busy, EvalRequest(("deep",), depth=depth))
        assert seen == [50, 50, 80]


def plug(patch, modules):
    real = registry.load
    patch.setattr(
        registry,
        "load",
        lambda family, name: (
            modules[name] if family == "similarity" and name in modules else real(family, name)
        ),
    )


class TestBaselines:
    def test_recent_is_left_out_where_nothing_has_a_time(self):
        events = [(user, item, kind, None, at) for user, item, kind, at in by_time(two_aisles())]
        data = shop(events)
        (split,) = last.split(data)
        ran = running.run(user_questions(data, split), EvalRequest(("cosine",)), depth=2, seed=1)
        assert ran.left_out == {"recent": "the events have no times"}
        assert "recent" not in ran.lists

    def test_history_speaks_only_where_repeats_count(self, busy):
        for again in (False, True):
            (split,) = time.split(busy, at=AT, again=again)
            ran = running.run(
                user_questions(busy, split), EvalRequest(("cosine",)), depth=2, seed=1
            )
            assert ("history" in ran.lists) == again
            assert "history" not in ran.left_out

    def test_random_has_a_seed(self, asked):
        wish = EvalRequest(("cosine",))
        first, same, other = (
            running.run(asked, wish, depth=5, seed=seed).lists["random"] for seed in (1, 1, 2)
        )
        assert (first == same).all()
        assert (first != other).any()


@pytest.mark.slow
class TestCost:
    def test_it_is_measured_where_it_is_asked_for(self, asked):
        assert running.run(asked, WISH, depth=5, seed=1).cost == {}
        ran = running.run(asked, replace(WISH, measure=True), depth=5, seed=1)
        assert set(ran.cost) == set(ran.lists)
        for name, cost in ran.cost.items():
            assert cost.answer_seconds > 0
            assert cost.peak_mb >= 0
            assert (cost.build_seconds > 0) == (name in WISH.methods)

    def test_it_changes_no_list(self, asked):
        """Each table is built by itself then, where measures of the graph share a sweep else."""
        wish = EvalRequest(("cosine", "jaccard", "pearson", "lexical", "hybrid"))
        plain, measured = lists_of(asked, wish), lists_of(asked, replace(wish, measure=True))
        assert plain.keys() == measured.keys()
        for name in plain:
            assert (plain[name] == measured[name]).all(), name

    def test_seconds_and_memory_are_those_of_the_work(self):
        def work():
            block = np.ones(8_000_000)  # 64 MB
            threading.Event().wait(0.1)
            return float(block.sum())

        total, cost = spent(work)
        assert total == 8_000_000
        assert cost.seconds >= 0.1
        assert 50 < cost.peak_mb < 640

    def test_after_an_error_nobody_watches_on(self):
        before = threading.active_count()
        with pytest.raises(ZeroDivisionError):
            spent(lambda: 1 / 0)
        assert threading.active_count() == before


class TestChosen:
    def test_all_are_all_of_the_house_and_those_that_join_come_last(self):
        names = trained_tables.chosen(None)
        assert sorted(names) == list(registry.names("similarity"))
        joins = [registry.load("similarity", name).NEEDS == "neighbors" for name in names]
        assert joins == sorted(joins)
        assert any(joins)
        assert trained_tables.chosen(["all"]) == trained_tables.chosen(["all", "cosine"]) == names

    def test_names_come_once_and_a_stored_table_needs_no_plug_in(self):
        assert trained_tables.chosen(["hybrid", "cosine", "cosine"]) == ["cosine", "hybrid"]
        assert trained_tables.chosen(["mine", "cosine"], stored=["mine"]) == ["cosine", "mine"]
        assert set(trained_tables.chosen(["all", "mine"], ["mine"])) == {
            *trained_tables.chosen(None),
            "mine",
        }
        with pytest.raises(UsageProblem, match="no similarity named 'mine'"):
            trained_tables.chosen(["mine"])


class TestAbsent:
    """Why a method can't work, in the words that stand behind "is left out:"."""

    def why(self, data, name, **settings):
        return trained_tables.reasons([name], data, settings)[name]

    def test_texts(self, busy):
        bare = shop(by_time(two_aisles()))
        assert self.why(bare, "lexical") == "no product has a text"
        assert self.why(busy, "lexical") == ""

    def test_vectors(self, busy):
        assert self.why(busy, "text") == "there are no vectors (run `prodsim embed`)"
        spaced = replace(busy, embeddings={"a": EmbeddingMatrix(np.ones((25, 2), np.float32), "a")})
        assert self.why(spaced, "text") == self.why(spaced, "text", space="a") == ""
        assert self.why(spaced, "text", space="b") == (
            "there are no vectors of b (run `prodsim embed`)"
        )

    def test_events(self, busy):
        nobody = busy.with_events(replace(busy.events, user=np.full_like(busy.events.user, -1)))
        assert self.why(nobody, "cosine") == "no event has a user"
        assert self.why(busy, "cosine", by="orders") == "no event has an order"
        assert self.why(busy, "cosine") == ""

    def test_nothing_to_join(self):
        empty = shop([], items=["a", "b"])
        assert self.why(empty, "hybrid") == "there is no table to join"

    def test_where_none_is_left_the_reasons_are_given(self):
        data = shop(by_time(two_aisles()))
        with pytest.raises(UsageProblem, match=r"lexical: no product has a text; text: no product"):
            trained_tables.tables(data, EvalRequest(("lexical", "text")))


class TestTables:
    def test_a_fresh_table_of_texts_is_taken_unless_it_is_too_short_or_is_measured(self, busy):
        told = telling(np.eye(25)[::-1] + 0.5).neighbors(busy, k=10)
        data = busy.with_neighbors("lexical", told, learned=False)
        made = trained_tables.tables(data, EvalRequest(("lexical",), depth=10, learn=False))
        assert made.by_method["lexical"] is told
        longer = trained_tables.tables(data, EvalRequest(("lexical",), depth=11, learn=False))
        assert longer.by_method["lexical"] is not told
        measured = trained_tables.tables(
            data, EvalRequest(("lexical",), depth=10, learn=False, measure=True)
        )
        assert measured.by_method["lexical"] is not told

    def test_methods_that_nobody_asked_for_are_made_for_the_one_that_joins_only(self, busy):
        made = trained_tables.tables(busy, EvalRequest(("hybrid",)), TuningTask(seed=1))
        assert list(made.by_method) == ["hybrid"]
        assert {"hybrid"} < set(made.every)

    def test_measures_of_the_graph_are_the_same_alone_and_in_one_sweep(self, busy):
        names = ("cosine", "jaccard", "pearson", "bm25")
        together = trained_tables.tables(busy, EvalRequest(names, learn=False)).by_method
        for name in names:
            alone = trained_tables.tables(busy, EvalRequest((name,), learn=False)).by_method[name]
            assert (alone.positions == together[name].positions).all()
            assert alone.scores == pytest.approx(together[name].scores, abs=1e-6)
