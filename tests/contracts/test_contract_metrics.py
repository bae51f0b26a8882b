"""What every metric promises, whatever file it stands in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodsim_cli import registry

MODULES = {name: registry.load("metrics", name) for name in registry.names("metrics")}
OVER = {
    kind: [n for n, m in MODULES.items() if kind == m.OVER] for kind in ("ranks", "lists", "pairs")
}

hit_rows = st.lists(st.booleans(), min_size=8, max_size=8)
runs = st.lists(hit_rows, min_size=1, max_size=6).map(np.array)


def test_every_metric_says_what_it_looks_at_and_what_it_is_called():
    assert sorted(name for kind in OVER.values() for name in kind) == sorted(MODULES)
    labels = [module.LABEL for module in MODULES.values()]
    assert len(set(labels)) == len(labels)
    for name in MODULES:
        assert registry.help_line("metrics", name).endswith("."), name


@pytest.mark.parametrize("name", OVER["ranks"])
class TestRanks:
    @given(hits=runs, k=st.integers(1, 12), missed=st.integers(0, 3))
    def test_one_figure_between_0_and_1_for_each_query(self, name, hits, k, missed):
        relevant = hits.sum(axis=1) + missed
        figures = MODULES[name].score(hits, relevant, k)
        assert figures.shape == (len(hits),)
        assert figures.dtype == np.float64
        assert ((figures >= 0) & (figures <= 1 + 1e-12)).all()
        assert (figures[~hits[:, :k].any(axis=1)] == 0).all()

    @given(hits=runs, k=st.integers(1, 8))
    def test_only_the_first_k_places_count(self, name, hits, k):
        relevant = np.full(len(hits), 8)
        below = hits.copy()
        below[:, k:] = ~below[:, k:]
        score = MODULES[name].score
        assert score(below, relevant, k).tolist() == score(hits, relevant, k).tolist()
        assert score(hits[:, :k], relevant, k).tolist() == score(hits, relevant, k).tolist()

    @given(hits=runs, place=st.integers(0, 7), k=st.integers(1, 8))
    def test_one_hit_more_never_lowers_it(self, name, hits, place, k):
        relevant = np.full(len(hits), 8)
        more = hits.copy()
        more[:, place] = True
        score = MODULES[name].score
        assert (score(more, relevant, k) >= score(hits, relevant, k) - 1e-12).all()

    @given(hits=runs, place=st.integers(0, 6), k=st.integers(1, 8))
    def test_a_hit_that_climbs_never_lowers_it(self, name, hits, place, k):
        relevant = np.full(len(hits), 8)
        climbed = hits.copy()
        swap = hits[:, place + 1] & ~hits[:, place]
        climbed[swap, place], climbed[swap, place + 1] = True, False
        score = MODULES[name].score
        assert (score(climbed, relevant, k) >= score(hits, relevant, k) - 1e-12).all()

    def test_a_perfect_list_is_1(self, name):
        assert MODULES[name].score(np.ones((2, 5), bool), np.array([5, 5]), 5).tolist() == [1, 1]

    def test_lists_without_a_place_are_zero(self, name):
        assert MODULES[name].score(np.ones((2, 0), bool), np.array([1, 3]), 5).tolist() == [0, 0]

    @given(hits=runs, k=st.integers(1, 8))
    def test_a_query_does_not_depend_on_the_others(self, name, hits, k):
        relevant = hits.sum(axis=1) + 1
        score = MODULES[name].score
        alone = [score(hits[q : q + 1], relevant[q : q + 1], k)[0] for q in range(len(hits))]
        assert score(hits, relevant, k).tolist() == alone


@pytest.mark.parametrize("name", OVER["lists"])
def test_lists_give_one_figure_that_no_order_of_people_changes(name):
    lists = np.array([[0, 1, 2], [3, -1, -1], [0, 2, 4]], np.int32)
    score = MODULES[name].score
    figure = score(lists, 10, 3)
    assert isinstance(figure, float)
    assert 0 <= figure <= 1
    assert score(lists[::-1], 10, 3) == figure


@pytest.mark.parametrize("name", OVER["pairs"])
def test_pairs_give_their_best_figure_where_the_prediction_is_the_truth(name):
    truth = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    module = MODULES[name]
    worst, best = module.score(1 - truth, truth), module.score(truth, truth)
    if getattr(module, "ASCENDING", False):
        assert best == 0 < worst
    else:
        assert best == 1 > worst
