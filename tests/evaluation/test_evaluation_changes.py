"""A run beside an earlier one, question by question; figures held against a bar."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from prodsim_cli.errors import InputError, Unreached, UsageProblem
from prodsim_cli.evaluation.bootstrap import bootstrap
from prodsim_cli.evaluation.compare import (
    Bar,
    bars,
    change,
    check_bars,
    comparable,
    hold,
    main_figure,
)
from prodsim_cli.evaluation.outcome import Outcome
from prodsim_cli.records.figures import Interval, Scorecard
from prodsim_cli.store.evaluations import StoredRun


def outcome(
    queries: list[str], values: dict[str, list[float]], window: list[int] | None = None
) -> Outcome:
    """The main figure of some methods; another figure stands before it."""
    card = Scorecard("recommend", {}, 2, {name: {} for name in values}, main="ndcg@2")
    main = np.array(list(values.values()), float).T
    return Outcome(
        card=card,
        queries=tuple(queries),
        window=np.array(window or [0] * len(queries)),
        methods=tuple(values),
        figures=("hit@2", "ndcg@2"),
        values=np.stack([np.full_like(main, 9.0), main], axis=2),
    )


def stored(then: Outcome) -> StoredRun:
    figures = {"task": then.card.task, "main": then.card.main}
    return StoredRun(3, "2011-12-09T12:00:00", figures, main_figure(then))


THEN = outcome(["ann", "bob", "eve", "zoe"], {"a": [0.1, 0.2, 0.3, 0.9], "b": [0.5, 0.5, 0.5, 0.5]})


def test_the_questions_of_both_are_compared_whatever_their_order() -> None:
    now = outcome(
        ["eve", "new", "bob", "ann"], {"b": [0, 9, 0, 0], "c": [1] * 4, "a": [0.5, 9, 0.3, 0.4]}
    )
    found = change(now, stored(THEN), seed=1)
    assert (found.run, found.created_at, found.queries) == (3, "2011-12-09T12:00:00", 3)
    assert found.figure == "ndcg@2"
    assert list(found.methods) == ["b", "a"]
    # ann .4 - .1, bob .3 - .2, eve .5 - .3
    assert found.methods["a"].mean == pytest.approx(0.2)
    assert found.methods["b"] == Interval(-0.5, -0.5, -0.5)


def test_the_interval_is_that_of_the_paired_bootstrap() -> None:
    random = np.random.default_rng(0)
    names = [f"u{n:03d}" for n in range(200)]
    before, gain = random.random(200), random.normal(0.02, 0.1, 200)
    now = outcome(names, {"a": list(before + gain)})
    found = change(now, stored(outcome(names, {"a": list(before)})), seed=5).methods["a"]
    # keys are in an order of their own, so draws differ, and the interval is much the same
    low, high = np.percentile(bootstrap(gain[:, None], seed=6)[1], [2.5, 97.5])
    assert found.mean == pytest.approx(gain.mean())
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.003)
    wide = before.std() / np.sqrt(200) * 1.96
    assert found.high - found.mean < wide


def test_the_same_twice_differs_by_exactly_nothing() -> None:
    found = change(THEN, stored(THEN), seed=1)
    assert set(found.methods.values()) == {Interval(0.0, 0.0, 0.0)}


def test_a_person_in_two_windows_is_two_questions_drawn_together() -> None:
    then = outcome(["ann", "ann", "bob", "bob"], {"a": [0] * 4}, [0, 1, 0, 1])
    now = outcome(["ann", "ann", "bob", "bob"], {"a": [1, 0, 1, 0]}, [0, 1, 0, 1])
    found = change(now, stored(then), seed=1)
    assert found.queries == 4
    # each person's two questions have the mean .5, so every draw has
    assert found.methods["a"] == Interval(0.5, 0.5, 0.5)
    apart = outcome(["ann", "bob"], {"a": [1, 1]}, [1, 1])
    assert change(apart, stored(then), seed=1).queries == 2


def test_what_cannot_be_compared_is_said() -> None:
    before = stored(THEN)
    comparable(before, "recommend", "ndcg@2")
    with pytest.raises(InputError, match="Run 3 is about recommend, this one about similar"):
        comparable(before, "similar", "ndcg@2")
    with pytest.raises(InputError, match="Run 3 is about ndcg@2, this one about ndcg@10"):
        comparable(before, "recommend", "ndcg@10")
    with pytest.raises(InputError, match="Run 3 was kept by an older prodsim"):
        comparable(replace(before, per_query=None), "recommend", "ndcg@2")
    with pytest.raises(InputError, match="Run 3 asked about nobody that this one asks about"):
        change(outcome(["joe"], {"a": [1.0]}), before, seed=1)


def test_a_run_without_its_main_figure_keeps_nothing() -> None:
    pairs = replace(THEN, card=replace(THEN.card, main="f1"))
    assert main_figure(pairs).methods == ()
    assert len(main_figure(pairs).keys) == 0


class TestBars:
    CARD = Scorecard(
        "similar",
        {},
        10,
        {
            "popularity": {"ndcg@10": Interval(0.5)},
            "cosine": {"ndcg@10": Interval(0.25), "also:ndcg@10": Interval(0.125)},
            "text": {"ndcg@10": Interval(0.2)},
        },
    )

    def test_words(self) -> None:
        assert bars(["ndcg@10=0.09", " hybrid:ndcg@10 = 1e-2", "also=x:ndcg@10=1"]) == [
            Bar("ndcg@10", 0.09),
            Bar("hybrid:ndcg@10", 0.01),
            Bar("also=x:ndcg@10", 1.0),
        ]

    @pytest.mark.parametrize("word", ["ndcg@10", "ndcg@10=", "=1", "ndcg=inf", "ndcg=nan", "a=b"])
    def test_words_that_are_none(self, word: str) -> None:
        with pytest.raises(UsageProblem, match="is no bar"):
            bars([word])

    def test_figures_of_the_lengths_asked_for_are_known(self) -> None:
        check_bars(bars(["ndcg@5=1", "cosine:coverage@10=1", "a:b:hit@5=1"]), (10, 5))
        for word in ("ndcg@20=1", "ndcg=1", "ncdg@10=1", "f1=1"):
            with pytest.raises(UsageProblem, match="There is no figure"):
                check_bars(bars([word]), (10, 5))

    def test_without_a_method_it_is_the_best_that_is_no_baseline(self) -> None:
        hold(self.CARD, bars(["ndcg@10=0.25", "text:ndcg@10=0.2", "also:ndcg@10=0.125"]))
        with pytest.raises(Unreached) as caught:
            hold(self.CARD, bars(["ndcg@10=0.26", "popularity:ndcg@10=0.1", "text:ndcg@10=0.3"]))
        assert caught.value.message == (
            "Below the bar: ndcg@10 of cosine is 0.2500, below 0.26;"
            " ndcg@10 of text is 0.2000, below 0.3."
        )

    def test_what_is_not_there_is_a_usage_problem(self) -> None:
        with pytest.raises(UsageProblem, match="There is no method 'bm25' in this run"):
            hold(self.CARD, bars(["bm25:ndcg@10=0.1"]))
        with pytest.raises(UsageProblem, match="There is no figure 'text:also:ndcg@10'"):
            hold(self.CARD, bars(["text:also:ndcg@10=0.1"]))
        with pytest.raises(UsageProblem, match="There is no figure 'hit@10'"):
            hold(self.CARD, bars(["hit@10=0.1"]))

    def test_where_only_baselines_were_tried_the_best_of_them_is_held(self) -> None:
        card = replace(self.CARD, methods={"popularity": {"ndcg@10": Interval(0.5)}})
        hold(card, bars(["ndcg@10=0.5"]))
        with pytest.raises(Unreached, match="ndcg@10 of popularity is"):
            hold(card, bars(["ndcg@10=0.6"]))
