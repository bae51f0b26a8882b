"""What every metric promises, whatever file it stands in."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from prodsim_cli import registry
from prodsim_cli.protocol.metrics._seen import Ranks, Shown

MODULES = {name: registry.load("metrics", name) for name in registry.names("metrics")}
KINDS = ("ranks", "lists", "run", "pairs")
OVER = {kind: [n for n, m in MODULES.items() if kind == m.OVER] for kind in KINDS}

few = settings(max_examples=40)  # of each metric and promise
hit_rows = st.lists(st.booleans(), min_size=8, max_size=8)
runs = st.lists(hit_rows, min_size=1, max_size=6).map(np.array)

ITEMS, DEPTH = 12, 6
lists_of_products = st.lists(
    st.tuples(st.permutations(range(ITEMS)), st.integers(0, DEPTH)), min_size=1, max_size=6
).map(
    lambda rows: np.array(
        [[*order[:length], *[-1] * (DEPTH - length)] for order, length in rows], np.int32
    )
)
_RANDOM = np.random.default_rng(5)
_VECTORS = _RANDOM.normal(size=(ITEMS, 5))
_VECTORS /= np.linalg.norm(_VECTORS, axis=1, keepdims=True)
_VECTORS[3] = 0.0  # a product without a text
PEOPLE = _RANDOM.integers(0, 20, ITEMS).astype(float)


def graded(hits: np.ndarray, missed: int) -> Ranks:
    """Gains 1, 2, 3, 1... by place, and as many right products missed, of gain 2."""
    gains = np.where(hits, np.arange(hits.shape[1]) % 3 + 1.0, 0.0)
    all_gains = np.concatenate([gains, np.full((len(hits), missed), 2.0)], axis=1)
    return Ranks(hits, hits.sum(axis=1) + missed, gains, -np.sort(-all_gains, axis=1))


def shown(lists: np.ndarray, vectors: object = _VECTORS.astype(np.float32)) -> Shown:
    return Shown(lists, np.ones(ITEMS, bool), PEOPLE, 20, vectors)


def same(figures: np.ndarray, others: np.ndarray) -> bool:
    """Bit for bit, a NaN where a NaN is."""
    return np.array_equal(figures, others, equal_nan=True)


def test_every_metric_says_what_it_looks_at_and_what_it_is_called():
    assert sorted(name for kind in KINDS for name in OVER[kind]) == sorted(MODULES)
    assert all(OVER.values())
    labels = [module.LABEL for module in MODULES.values()]
    assert len(set(labels)) == len(labels)
    for name in MODULES:
        assert registry.help_line("metrics", name).endswith("."), name


@pytest.mark.parametrize("name", OVER["ranks"])
class TestRanks:
    @few
    @given(hits=runs, k=st.integers(1, 12), missed=st.integers(0, 3))
    def test_one_figure_between_0_and_1_for_each_query(self, name, hits, k, missed):
        for ranks in (Ranks(hits, hits.sum(axis=1) + missed), graded(hits, missed)):
            figures = MODULES[name].score(ranks, k)
            assert figures.shape == (len(hits),)
            assert figures.dtype == np.float64
            assert ((figures >= 0) & (figures <= 1 + 1e-12)).all()
            assert (figures[~hits[:, :k].any(axis=1)] == 0).all()

    @few
    @given(hits=runs, k=st.integers(1, 8))
    def test_only_the_first_k_places_count(self, name, hits, k):
        relevant = np.full(len(hits), 8)
        below = hits.copy()
        below[:, k:] = ~below[:, k:]
        score, whole = MODULES[name].score, Ranks(hits, relevant)
        assert same(score(Ranks(below, relevant), k), score(whole, k))
        assert same(score(Ranks(hits[:, :k], relevant), k), score(whole, k))

    @few
    @given(hits=runs, ks=st.lists(st.integers(1, 10), min_size=1, max_size=4))
    def test_one_cut_after_another_is_each_cut_alone(self, name, hits, ks):
        score, shared = MODULES[name].score, graded(hits, 1)
        for k in ks:
            assert same(score(shared, k), score(graded(hits, 1), k))

    @few
    @given(hits=runs, place=st.integers(0, 7), k=st.integers(1, 8))
    def test_one_hit_more_never_lowers_it(self, name, hits, place, k):
        relevant = np.full(len(hits), 8)
        more = hits.copy()
        more[:, place] = True
        score = MODULES[name].score
        assert (score(Ranks(more, relevant), k) >= score(Ranks(hits, relevant), k) - 1e-12).all()

    @few
    @given(hits=runs, place=st.integers(0, 6), k=st.integers(1, 8))
    def test_a_hit_that_climbs_never_lowers_it(self, name, hits, place, k):
        relevant = np.full(len(hits), 8)
        climbed = hits.copy()
        swap = hits[:, place + 1] & ~hits[:, place]
        climbed[swap, place], climbed[swap, place + 1] = True, False
        score = MODULES[name].score
        above = score(Ranks(climbed, relevant), k)
        assert (above >= score(Ranks(hits, relevant), k) - 1e-12).all()

    def test_a_perfect_list_is_1(self, name):
        score, perfect = MODULES[name].score, np.ones((2, 5), bool)
        assert score(Ranks(perfect, np.array([5, 5])), 5).tolist() == [1, 1]
        worth = np.array([[3.0, 2, 2, 1, 1], [1, 1, 1, 1, 1]])
        assert score(Ranks(perfect, np.array([5, 5]), worth, worth), 5).tolist() == [1, 1]

    def test_lists_without_a_place_are_zero(self, name):
        ranks = Ranks(np.ones((2, 0), bool), np.array([1, 3]))
        assert MODULES[name].score(ranks, 5).tolist() == [0, 0]

    def test_a_query_without_right_products_is_zero_and_not_a_division_by_zero(self, name):
        score, nothing, none = MODULES[name].score, np.zeros((1, 5), bool), np.zeros(1, np.int64)
        assert score(Ranks(nothing, none), 5).tolist() == [0.0]
        assert score(Ranks(nothing, none, np.zeros((1, 5)), np.zeros((1, 0))), 5).tolist() == [0.0]

    def test_nobody_asked_is_no_figure(self, name):
        ranks = Ranks(np.zeros((0, 5), bool), np.zeros(0, np.int64))
        assert MODULES[name].score(ranks, 5).shape == (0,)

    @few
    @given(hits=runs, k=st.integers(1, 8))
    def test_a_query_does_not_depend_on_the_others(self, name, hits, k):
        score = MODULES[name].score
        for make in (lambda rows: Ranks(rows, rows.sum(axis=1) + 1), lambda rows: graded(rows, 1)):
            alone = [score(make(hits[q : q + 1]), k)[0] for q in range(len(hits))]
            assert score(make(hits), k).tolist() == alone


@pytest.mark.parametrize("name", OVER["lists"])
class TestLists:
    @few
    @given(lists=lists_of_products, k=st.integers(1, DEPTH + 2))
    def test_one_figure_for_each_list_and_none_for_an_empty_one(self, name, lists, k):
        figures = MODULES[name].score(shown(lists), k)
        assert figures.shape == (len(lists),)
        assert figures.dtype == np.float64
        length = (lists[:, :k] >= 0).sum(axis=1)
        least = 2 if getattr(MODULES[name], "NEEDS_VECTORS", False) else 1
        assert np.isnan(figures).tolist() == (length < least).tolist()
        assert not (figures < 0).any()

    @few
    @given(lists=lists_of_products, k=st.integers(1, DEPTH))
    def test_only_the_first_k_places_count_and_in_any_order(self, name, lists, k):
        score = MODULES[name].score
        assert same(score(shown(lists), k), score(shown(lists[:, :k]), k))
        full = lists[(lists >= 0).all(axis=1), :k]
        turned = score(shown(full[:, ::-1]), k)
        np.testing.assert_allclose(turned, score(shown(full), k), rtol=0, atol=1e-12)

    @few
    @given(lists=lists_of_products, k=st.integers(1, DEPTH))
    def test_a_list_does_not_depend_on_the_others(self, name, lists, k):
        score = MODULES[name].score
        for vectors in (_VECTORS.astype(np.float32), sp.csr_matrix(_VECTORS.astype(np.float32))):
            alone = [score(shown(lists[q : q + 1], vectors), k)[0] for q in range(len(lists))]
            assert same(score(shown(lists, vectors), k), np.array(alone))

    def test_without_vectors_only_what_needs_them_has_nothing_to_say(self, name):
        figures = MODULES[name].score(shown(np.array([[0, 1, 2]], np.int32), None), 3)
        assert np.isnan(figures).tolist() == [getattr(MODULES[name], "NEEDS_VECTORS", False)]

    def test_nobody_asked_is_no_figure(self, name):
        assert MODULES[name].score(shown(np.zeros((0, 5), np.int32)), 5).shape == (0,)


@pytest.mark.parametrize("name", OVER["run"])
class TestRun:
    @few
    @given(lists=lists_of_products, k=st.integers(1, DEPTH))
    def test_one_figure_that_no_order_of_people_or_places_changes(self, name, lists, k):
        score = MODULES[name].score
        figure = score(shown(lists), k)
        assert isinstance(figure, float)
        if (lists >= 0).any():
            assert 0 <= figure <= 1
        for other in (lists[::-1], lists[:, :k]):
            assert same(score(shown(other), k), figure)

    def test_a_product_that_is_no_candidate_does_not_count(self, name):
        lists = np.array([[0, 1, 2], [2, 1, -1]], np.int32)
        without = np.array([[0, 1, -1], [1, -1, -1]], np.int32)
        three_of_four, score = np.array([True, True, False, True]), MODULES[name].score
        figure = score(Shown(lists, three_of_four, PEOPLE[:4], 20), 3)
        assert figure == score(Shown(without, np.ones(3, bool), PEOPLE[:3], 20), 3)


@pytest.mark.parametrize("name", OVER["pairs"])
def test_pairs_give_their_best_figure_where_the_prediction_is_the_truth(name):
    truth = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    module = MODULES[name]
    worst, best = module.score(1 - truth, truth), module.score(truth, truth)
    if getattr(module, "ASCENDING", False):
        assert best == 0 < worst
    else:
        assert best == 1 > worst


@pytest.mark.parametrize("name", OVER["pairs"])
@few
@given(pairs=st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=12))
def test_pairs_are_judged_the_same_in_any_order(name, pairs):
    predicted, truth = (np.array(column, float) for column in zip(*pairs, strict=True))
    score = MODULES[name].score
    turned = score(predicted[::-1], truth[::-1])
    assert score(predicted, truth) == pytest.approx(turned, abs=1e-12, nan_ok=True)
