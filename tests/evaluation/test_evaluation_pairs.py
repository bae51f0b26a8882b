"""``evaluate_pairs``: partners in the other catalogue, matches told from non-matches."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from evaluation_worlds import method, shop, telling

from prodsim_cli import registry
from prodsim_cli.errors import InputError
from prodsim_cli.evaluation.pairs_file import Pairs, read_pairs
from prodsim_cli.evaluation.tasks import _pair_scores
from prodsim_cli.evaluation.tasks.pairs import evaluate_pairs

TWO = ["abt:1", "abt:2", "abt:3", "buy:1", "buy:2", "buy:3", "buy:4"]
ONE = ["a", "b", "c", "d", "e"]


def catalogue(items):
    return shop([], items=items, titles=[f"product {item}" for item in items])


@pytest.fixture
def plugged(monkeypatch):
    real = registry.load

    def plug(**modules):
        def load(family, name):
            return (
                modules[name] if family == "similarity" and name in modules else real(family, name)
            )

        monkeypatch.setattr(registry, "load", load)

    return plug


def matrix(items, scores: dict[tuple[str, str], float]) -> np.ndarray:
    """Scores by pair of SKUs, the same both ways."""
    place = {sku: position for position, sku in enumerate(items)}
    table = np.zeros((len(items), len(items)))
    for (one, other), score in scores.items():
        table[place[one], place[other]] = table[place[other], place[one]] = score
    return table


def figures(card, name="told"):
    return {figure: interval.mean for figure, interval in card.methods[name].items()}


ACROSS = {
    ("abt:1", "buy:1"): 0.9, ("abt:1", "buy:2"): 0.3,  # the partner first
    ("abt:2", "buy:2"): 0.5, ("abt:2", "buy:3"): 0.6, ("abt:2", "buy:1"): 0.7,  # third
    ("abt:3", "buy:4"): 0.2,  # the partner, buy:3, is not found at all
    ("abt:1", "abt:2"): 1.0, ("abt:2", "abt:3"): 1.0,  # the own catalogue does not matter
}  # fmt: skip


def test_partners_are_sought_among_all_products_of_the_other_source(plugged):
    plugged(told=telling(matrix(TWO, ACROSS)))
    pairs = Pairs(("1", "2", "3"), ("1", "2", "3"))
    card = evaluate_pairs(catalogue(TWO), pairs, sources=["abt", "buy"], methods=["told"], k=3)
    found = figures(card)
    assert found["hit@1"] == pytest.approx(1 / 3, abs=1e-6)
    assert found["hit@3"] == pytest.approx(2 / 3, abs=1e-6)
    assert found["mrr"] == pytest.approx((1 + 1 / 3 + 0) / 3, abs=1e-6)
    # partners .9, .5 and none, best others .3, .7 and .2: calling .9, .7 and .5 matches is best,
    # halfway down to .3
    assert found["threshold"] == pytest.approx(0.4, abs=1e-6)
    # without the first product all are called matches, without the second from .6 on, without the
    # third from .4 on: .9 is found, .3 and .7 are false alarms
    for figure in ("precision", "recall", "f1"):
        assert found[figure] == pytest.approx(1 / 3, abs=1e-6)
    # .9 beats all three, .5 beats two, 0 none
    assert found["auc"] == pytest.approx(5 / 9, abs=1e-6)
    # in order .9, .7, .5, .3, .2, 0
    assert found["ap"] == pytest.approx((1 + 2 / 3 + 3 / 6) / 3, abs=1e-6)
    assert "mae" not in found
    assert card.main == "hit@1"
    assert card.split["queries"] == 3
    assert card.split["candidates"] == 4
    assert card.verdict == ("Use told: hit@1 0.333. With only 3 products, take this as a hint.")
    assert json.loads(json.dumps(card.as_dict()))["task"] == "pairs"


def test_skus_may_say_their_source_themselves(plugged):
    plugged(told=telling(matrix(TWO, ACROSS)))
    pairs = Pairs(("abt:1", "abt:2"), ("buy:1", "buy:2"))
    card = evaluate_pairs(catalogue(TWO), pairs, methods=["told"])
    assert figures(card)["hit@1"] == 0.5


def test_a_product_with_several_partners_is_found_by_its_best_one(plugged):
    plugged(told=telling(matrix(TWO, {("abt:1", "buy:1"): 0.1, ("abt:1", "buy:2"): 0.9})))
    pairs = Pairs(("1", "1"), ("1", "2"))
    card = evaluate_pairs(catalogue(TWO), pairs, sources=["abt", "buy"], methods=["told"])
    assert (figures(card)["hit@1"], figures(card)["mrr"]) == (1, 1)
    assert (card.split["queries"], card.split["pairs"]) == (1, 2)


LABELLED = {("a", "b"): 0.9, ("a", "c"): 0.6, ("b", "c"): 0.4, ("d", "e"): 0.2}


def test_labels_are_told_apart_at_the_best_threshold(plugged):
    plugged(told=telling(matrix(ONE, LABELLED)))
    pairs = Pairs(("a", "a", "b", "d"), ("b", "c", "c", "e"), np.array([1.0, 0.0, 1.0, 0.0]))
    card = evaluate_pairs(catalogue(ONE), pairs, methods=["told"])
    found = figures(card)
    # calling .9, .6 and .4 matches is best
    assert found["threshold"] == pytest.approx(0.3, abs=1e-6)
    # two folds: a, and the others. By the others (from .3 on) .9 is found and .6 a false alarm;
    # by a (from .75 on) .4 is missed
    for figure in ("precision", "recall", "f1"):
        assert found[figure] == 1 / 2
    # the line of the others makes .9 and .6 a match, that of a makes .4 and .2 none
    assert found["mae"] == pytest.approx(2 / 4, abs=1e-6)
    # .9 beats .6 and .2, .4 beats .2
    assert found["auc"] == 3 / 4
    assert found["ap"] == pytest.approx((1 + 2 / 3) / 2, abs=1e-6)
    assert "hit@1" not in found
    assert card.main == "f1"
    assert any("fitted in 2 folds instead of 5" in note for note in card.notes)


def distinct(scores, truth):
    """A catalogue and pairs of products that occur in one pair each, scored as told."""
    items = [f"{number:02d}{side}" for number in range(len(scores)) for side in "pq"]
    told = {(items[2 * i], items[2 * i + 1]): score for i, score in enumerate(scores)}
    return items, Pairs(tuple(items[::2]), tuple(items[1::2]), truth), telling(matrix(items, told))


def test_similarities_on_a_line_are_met_without_error_on_any_scale(plugged):
    scores = np.linspace(0.05, 0.95, 10)
    items, pairs, module = distinct(scores, 1 + 4 * scores)
    plugged(told=module)
    card = evaluate_pairs(catalogue(items), pairs, methods=["told"])
    # matches are the pairs above the middle of the scale, 3: .55 to .95
    found = figures(card)
    assert found["mae"] == pytest.approx(0, abs=1e-6)
    assert found["threshold"] == pytest.approx(0.5, abs=1e-6)
    assert (found["auc"], found["ap"]) == (1, 1)
    assert card.notes == (
        "The similarities lie between 1.2 and 4.8, so a pair counts as a match from 3 on.",
    )


def test_a_pair_has_no_say_in_the_decision_about_itself(plugged):
    """Only the match that scores .45 could tell that matches score as low as that."""
    scores = np.array([0.9, 0.9, 0.9, 0.9, 0.45, 0.6, 0.1, 0.1, 0.1, 0.1])
    items, pairs, module = distinct(scores, (np.arange(10) < 5).astype(float))
    plugged(told=module)
    for seed in range(5):
        card = evaluate_pairs(
            catalogue(items), pairs, methods=["told"], seed=seed, thresholds={"told": 0.4}
        )
        found = figures(card)
        assert found["threshold"] == pytest.approx(0.275, abs=1e-6)
        assert found["recall"] == 4 / 5
        # as it would look if it were judged by what it has taught
        assert (found["recall@stored"], found["precision@stored"]) == (1, pytest.approx(5 / 6))
        assert not any("fold" in note for note in card.notes)


def test_a_pair_far_off_the_line_is_an_error_of_its_whole_distance(plugged):
    scores = np.linspace(0.05, 0.95, 10)
    truth = scores.copy()
    truth[9] = 0
    items, pairs, module = distinct(scores, truth)
    plugged(told=module)
    whole = figures(evaluate_pairs(catalogue(items), pairs, methods=["told"]))["mae"]
    assert whole * 10 > 0.95
    # the error of the line that has seen it
    slope, height = np.polyfit(scores, truth, 1)
    seen = np.abs(np.clip(height + slope * scores, 0, 1) - truth).mean()
    assert whole > seen


def test_stored_thresholds_are_judged_beside_the_fitted_ones(plugged):
    scores = np.array([0.9, 0.7, 0.6, 0.4, 0.3, 0.2])
    truth = np.array([1.0, 1, 0, 1, 0, 0])
    items, pairs, module = distinct(scores, truth)
    plugged(told=module, other=module)
    card = evaluate_pairs(
        catalogue(items), pairs, methods=["told", "other"], thresholds={"told": 0.65, "third": 1.0}
    )
    found = figures(card)
    assert found["precision@stored"] == 1
    assert found["recall@stored"] == pytest.approx(2 / 3)
    assert found["f1@stored"] == pytest.approx(4 / 5)
    assert card.methods["told"]["f1@stored"].low < 4 / 5
    assert "f1@stored" not in card.methods["other"]
    assert found["f1"] == figures(card, "other")["f1"]
    assert sum("@stored is by the stored threshold" in note for note in card.notes) == 1


def test_the_threshold_to_store_makes_the_decisions_that_it_was_chosen_for(plugged):
    """A single-precision score is a hair beside its decimals: nothing may be rounded away."""
    for low in (0.6, 0.7, 0.1):  # some lie above, some below
        scores = np.array([0.9, 0.9, 0.8, low, low, low])
        items, pairs, module = distinct(scores, np.array([0.0, 0, 1, 1, 1, 1]))
        plugged(told=module)
        card = evaluate_pairs(catalogue(items), pairs, methods=["told"])
        stored = json.loads(json.dumps(card.as_dict()))["methods"]["told"]["threshold"]["mean"]
        assert stored == np.float32(low)  # nothing lies below
        again = evaluate_pairs(
            catalogue(items), pairs, methods=["told"], thresholds={"told": stored}
        )
        assert figures(again)["recall@stored"] == 1


def test_methods_are_compared_with_the_best_by_what_decides(plugged):
    items, pairs, module = distinct(np.linspace(0.2, 0.9, 40), np.arange(40) % 2.0)
    _, _, knowing = distinct(0.1 + 0.5 * (np.arange(40) % 2), None)
    plugged(told=module, knowing=knowing)
    card = evaluate_pairs(catalogue(items), pairs, methods=["told", "knowing"])
    assert list(card.methods) == ["knowing", "told"]
    assert figures(card, "knowing")["f1"] == 1
    standing = card.against_best["told"]
    assert (standing.other, standing.verdict) == ("knowing", "worse")
    assert standing.difference.mean == pytest.approx(figures(card)["f1"] - 1, abs=1e-9)
    assert card.ks == (10,)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_where_there_is_one_kind_or_one_pair_the_figures_are_finite_and_said_to_flatter(
    plugged, label
):
    for scores in ([0.5], [0.0, 0.0], [0.9, 0.4, 0.2]):
        items, pairs, module = distinct(scores, np.full(len(scores), label))
        plugged(told=module)
        card = evaluate_pairs(catalogue(items), pairs, methods=["told"])
        found = figures(card)
        assert np.isfinite(list(found.values())).all()
        assert "threshold" in found
        itself = any("fitted on the pairs that they are judged on" in note for note in card.notes)
        assert itself == (label == 0 or len(scores) == 1)
        if not label:
            assert {"auc", "ap", "hit@1"}.isdisjoint(found)
            assert any(note.startswith("No pair is a match (from 0.5 on)") for note in card.notes)


def test_degrees_of_matches_only_stand_against_rivals_too(plugged):
    items, pairs, module = distinct(
        [0.9, 0.8, 0.7, 0.6, 0.55], np.array([0.9, 0.8, 0.7, 0.6, 0.55])
    )
    plugged(told=module)
    card = evaluate_pairs(catalogue(items), pairs, methods=["told"])
    found = figures(card)
    assert found["mae"] == pytest.approx(0, abs=1e-6)
    assert (found["auc"], found["ap"], found["f1"]) == (1, 1, 1)
    assert card.split["candidates"] == len(items)


def test_a_rival_is_judged_with_the_pairs_of_its_product(plugged):
    """Three products; the threshold for a product is that of the two others, rivals included."""
    told = {("abt:1", "buy:1"): 0.9, ("abt:1", "buy:2"): 0.8, ("abt:2", "buy:3"): 0.3}
    told |= {("abt:2", "buy:4"): 0.2, ("abt:3", "buy:1"): 0.35, ("abt:3", "buy:2"): 0.1}
    plugged(told=telling(matrix(TWO, told)))
    pairs = Pairs(("1", "2", "3"), ("1", "3", "1"))
    card = evaluate_pairs(catalogue(TWO), pairs, sources=["abt", "buy"], methods=["told"])
    # by 2 and 3 both .9 and .8 are called; by 1 and 3 or 1 and 2 the rival .8 is a false alarm that
    # finding .35 or .3 is worth, and so are found .3 and .35: one false alarm in all
    found = figures(card)
    assert (found["recall"], found["precision"]) == (1, 3 / 4)


def test_matches_in_one_catalogue_stand_against_the_best_products_that_are_no_partner(plugged):
    plugged(told=telling(matrix(ONE, {("a", "b"): 0.9, ("b", "c"): 0.8, ("a", "d"): 0.6})))
    # a and b belong together, and b and c, which makes a the partner of b, too
    card = evaluate_pairs(catalogue(ONE), Pairs(("a", "b"), ("b", "c")), methods=["told"])
    found = figures(card)
    # rivals: d for a (.6), nobody for b (0)
    assert found["threshold"] == pytest.approx(0.7, abs=1e-6)
    assert (found["auc"], found["ap"]) == (1, 1)
    # by b alone (from .4 on) d is a false alarm; by a alone (from .75 on) c is found
    assert (found["recall"], found["precision"]) == (1, pytest.approx(2 / 3))
    assert any(note.startswith("Every pair is a match") for note in card.notes)


def test_a_column_of_ones_says_what_two_columns_say(plugged):
    plugged(told=telling(matrix(ONE, LABELLED)))
    two, three = (
        evaluate_pairs(
            catalogue(ONE), Pairs(("a", "b"), ("b", "c"), truth), methods=["told"]
        ).as_dict()
        for truth in (None, np.ones(2))
    )
    assert two == three


def test_a_joining_method_joins_live_tables(plugged):
    asked = []

    def join(data, queries=None, candidates=None, *, k=50):
        asked.append((data.neighbors["lexical"], k))
        return data.neighbors["lexical"]

    plugged(lexical=telling(matrix(TWO, ACROSS)), blend=method(join, "neighbors"))
    pairs = Pairs(("1", "2", "3"), ("1", "2", "3"))
    card = evaluate_pairs(
        catalogue(TWO), pairs, sources=["abt", "buy"], methods=["blend", "lexical"]
    )
    ((table, k),) = asked
    assert k == 4
    assert table.queries.tolist() == [0, 1, 2]
    assert figures(card, "blend") == figures(card, "lexical")


def test_blocks_and_a_second_run_change_no_figure(plugged, monkeypatch):
    plugged(told=telling(matrix(TWO, ACROSS)))
    pairs = Pairs(("1", "2", "3"), ("1", "2", "3"))

    def run():
        return evaluate_pairs(
            catalogue(TWO), pairs, sources=["abt", "buy"], methods=["told"]
        ).as_dict()

    whole = run()
    assert run() == whole
    monkeypatch.setattr(_pair_scores, "_CELLS", 1)
    assert run() == whole


@pytest.mark.parametrize("truth", [None, np.linspace(0, 1, 30)])
def test_no_figure_depends_on_the_order_of_the_file(plugged, truth):
    random = np.random.default_rng(4)
    items, pairs, _ = distinct(np.zeros(30), truth)
    told = random.random((60, 60))
    plugged(told=telling((told + told.T).round(1)))  # many ties
    shuffled = random.permutation(30)
    again = Pairs(
        tuple(pairs.a[i] for i in shuffled),
        tuple(pairs.b[i] for i in shuffled),
        None if truth is None else truth[shuffled],
    )
    whole, other, third = (
        json.dumps(evaluate_pairs(catalogue(items), one, methods=["told"], seed=seed).as_dict())
        for one, seed in ((pairs, 1), (again, 1), (pairs, 2))
    )
    assert whole == other
    assert whole != third


def test_strangers_are_named_and_counted_and_the_rest_is_judged(plugged):
    plugged(told=telling(matrix(TWO, ACROSS)))
    pairs = Pairs(("1", "x", "2", "1", "1"), ("1", "1", "y", "1", "1"))
    card = evaluate_pairs(catalogue(TWO), pairs, sources=["abt", "buy"], methods=["told"])
    assert card.split["pairs"] == 1
    assert card.split["left_out"] == {"unknown products": 2, "named before": 2}
    assert "Not in the catalogue: x, y." in card.notes


def test_no_method_that_could_work_is_said():
    bare = shop([], items=ONE)
    with pytest.raises(InputError, match="No method can be tried on these products"):
        evaluate_pairs(bare, Pairs(("a",), ("b",)))


def test_abt_buy_by_titles(shared_data):
    folder = shared_data / "abt_buy"
    titles = {
        f"{source}:{row[0]}": row[1]
        for source in ("abt", "buy")
        for row in pl.read_csv(
            folder / f"{source}.csv", separator="|", infer_schema_length=0
        ).iter_rows()
    }
    skus = sorted(titles)
    data = shop([], items=skus, titles=[titles[sku] for sku in skus])
    pairs = read_pairs(folder / "gt.csv")
    card = evaluate_pairs(data, pairs, sources=["abt", "buy"], methods=["lexical"])
    assert (card.split["pairs"], card.split["candidates"]) == (1076, 1076)
    found = figures(card, "lexical")
    assert found["hit@1"] >= 0.84
    # two thirds of the partners score above what any other product scores
    assert found["ap"] > 0.8
    assert found["auc"] > 0.8
    assert found["f1"] > 0.72
