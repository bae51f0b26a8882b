"""The metrics over ranks beside ``ranx`` on random runs, query by query, to 1e-9.

Where the two could differ, and what holds:

- Ties. ranx sorts unstably, so our rule (higher score, then position) orders the products first,
  and ranx is given scores that fall strictly.
- ``ndcg`` of ranx has linear gain (``ndcg_burges`` has 2^gain - 1), with whole gains from 1 on.
- ``precision@k`` and ``f1@k`` of ranx divide by k, ``map@k`` by all relevant, as ours do. Without a
  k it divides by the length of the list; we have no such figure.
- A query that is missing from a Run makes ranx refuse, or count as an empty result if it is asked
  to; a dict cannot hold an empty list at all. Given as an array, an empty list is 0, as ours is.
- A query without a relevant product is 0 in both.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.sparse as sp

from prodsim_cli import registry
from prodsim_cli.protocol.metrics._seen import Ranks, hits

METRICS = {  # ours: theirs
    "ndcg": "ndcg",
    "average_precision": "map",
    "mrr": "mrr",
    "hit_rate": "hit_rate",
    "precision": "precision",
    "recall": "recall",
    "f1": "f1",
}
CUTS = (1, 3, 10, 50)
QUERIES, ITEMS, DEPTH = 300, 60, 30


@pytest.fixture(scope="module")
def runs() -> tuple[np.ndarray, np.ndarray]:
    """(lists, judgements): (q, DEPTH) positions and (q, ITEMS) gains 0..3.

    Scores are so coarse that nearly all of them tie; a list has 0 to DEPTH products; some queries
    have no relevant product, and more than DEPTH in others.
    """
    random = np.random.default_rng(2011)
    scores = random.integers(0, 6, (QUERIES, ITEMS))
    lists = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH].astype(np.int32)
    lists[np.arange(DEPTH) >= random.integers(0, DEPTH + 1, QUERIES)[:, None]] = -1
    share = random.choice([0.0, 0.05, 0.2, 0.8], QUERIES)
    gains = random.integers(1, 4, (QUERIES, ITEMS))
    return lists, np.where(random.random((QUERIES, ITEMS)) < share[:, None], gains, 0)


def ours(lists: np.ndarray, gains: np.ndarray, *, graded: bool) -> Ranks:
    right = hits(lists, sp.csr_matrix(gains))
    relevant = (gains > 0).sum(axis=1)
    if not graded:
        return Ranks(right, relevant)
    rows = np.arange(len(lists))[:, None]
    worth = np.where(lists >= 0, gains[rows, lists], 0).astype(float)
    return Ranks(right, relevant, worth, -np.sort(-gains, axis=1).astype(float))


def theirs(qrels: object, run: object) -> dict[str, np.ndarray]:
    """Every metric at every cut from one call, so that ranx compiles once."""
    from ranx import evaluate

    names = [f"{name}@{k}" for name in METRICS.values() for k in CUTS]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numba's, about the types that ranx chose
        return evaluate(qrels, run, names, return_mean=False)


def assert_equal(ranks: Ranks, expected: dict[str, np.ndarray]) -> None:
    for name, their_name in METRICS.items():
        for k in CUTS:
            figures = registry.load("metrics", name).score(ranks, k)
            np.testing.assert_allclose(
                figures, expected[f"{their_name}@{k}"], rtol=0, atol=1e-9, err_msg=f"{name}@{k}"
            )
            # no agreement of zeros with zeros
            assert len(np.unique(figures)) > 1


@pytest.mark.parametrize("graded", [False, True], ids=["binary", "graded"])
def test_ranx_sorts_falling_scores_and_finds_the_same_figures(runs, graded):
    lists, gains = runs
    some = (lists[:, 0] >= 0) & gains.any(axis=1)
    lists, gains = lists[some], gains[some]
    judged = gains if graded else np.minimum(gains, 1)
    shuffled = np.random.default_rng(7).permutation(DEPTH)
    run = {
        str(q): {str(lists[q, p]): float(DEPTH - p) for p in shuffled if lists[q, p] >= 0}
        for q in range(len(lists))
    }
    qrels = {
        str(q): {str(item): int(judged[q, item]) for item in np.flatnonzero(judged[q])}
        for q in range(len(lists))
    }
    assert_equal(ours(lists, gains, graded=graded), theirs(qrels, run))


@pytest.mark.parametrize("graded", [False, True], ids=["binary", "graded"])
def test_empty_lists_and_queries_without_an_answer_are_zero_in_both(runs, graded):
    from numba.typed import List

    lists, gains = runs
    assert (lists[:, 0] < 0).any()
    assert (~gains.any(axis=1)).any()
    judged = (gains if graded else np.minimum(gains, 1)).astype(float)
    falling = np.arange(float(DEPTH), 0, -1)
    run = [np.column_stack([row, falling])[row >= 0] for row in lists]
    # ranx takes the order of the judgements for the ideal one: it must be given them falling
    best = np.argsort(-judged, axis=1, kind="stable")
    qrels = [np.column_stack([row, judged[q, row]]) for q, row in enumerate(best)]
    assert_equal(ours(lists, gains, graded=graded), theirs(List(qrels), List(run)))
