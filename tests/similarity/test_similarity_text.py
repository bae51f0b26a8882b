"""Neighbours of vectors against a plain sort of all scalar products."""

from __future__ import annotations

import numpy as np
import pytest
from similarity_worlds import check, letters, shop
from sklearn.metrics.pairwise import cosine_similarity

from prodsim_cli.data.embeddings import EmbeddingMatrix
from prodsim_cli.errors import NotReady
from prodsim_cli.similarity import text
from prodsim_cli.similarity._texts import groups_of_rows


def lettered(titles):
    return shop(titles, vectors=letters(titles))


def test_the_same_letters_are_nearest():
    data = lettered(["tea", "eat", "mug", "teas", ""])
    table = text.neighbors(data, k=2)
    assert table.positions[0].tolist() == [1, 3]
    assert table.scores[0, 0] == 1
    assert table.positions[4].tolist() == [-1, -1]


@pytest.mark.parametrize("seed", [0, 1])
def test_the_table_is_that_of_scikit_learn(seed):
    vectors = np.random.default_rng(seed).standard_normal((90, 16)).astype(np.float32)
    cosines = cosine_similarity(vectors.astype(np.float64))
    np.fill_diagonal(cosines, -1)
    table = text.neighbors(shop([""] * 90, vectors=vectors), k=5)
    assert table.positions.tolist() == np.argsort(-cosines, axis=1)[:, :5].tolist()
    np.testing.assert_allclose(table.scores, -np.sort(-cosines, axis=1)[:, :5], atol=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_equal_vectors_among_some_are_ranked_as_by_a_full_sort(seed):
    draw = np.random.default_rng(seed)
    kinds = draw.integers(0, 2, (8, 5)).astype(np.float32)
    vectors = kinds[draw.integers(0, 8, 25)]
    data = shop([""] * 25, vectors=vectors)
    unit = data.embedding("letters").vectors
    queries = draw.permutation(25)[:12].astype(np.int32)
    among = draw.permutation(25)[: int(draw.integers(0, 25))].astype(np.int32)
    table = text.neighbors(data, queries, among, k=4)
    check(table)
    for row, query in enumerate(queries):
        scores = {}
        for item in among:
            dot = np.einsum("ij,ij->i", unit[[query]], unit[[item]])[0]
            equal = (unit[query] == unit[item]).all() and unit[query].any()
            scores[int(item)] = 1.0 if equal else min(float(dot), 1.0)
        best = sorted((-score, item) for item, score in scores.items() if score > 0)
        expected = [item for _, item in best if item != query][:4]
        assert [item for item in table.positions[row] if item >= 0] == expected


def test_groups_number_the_distinct_rows_by_first_appearance():
    vectors = np.array([[0, 1], [0, 0], [1, 0], [0, 1], [-0.0, 1]], np.float32)
    group, distinct = groups_of_rows(vectors)
    assert group.tolist() == [0, -1, 1, 0, 0]
    assert distinct.tolist() == [[0, 1], [1, 0]]


def test_the_space_is_the_only_one_or_named():
    data = lettered(["tea", "eat"])
    other = EmbeddingMatrix(np.array([[1, 0], [0, 1]], np.float32), "other")
    both = shop(["tea", "eat"]).__class__(
        **{**data.__dict__, "embeddings": {**data.embeddings, "other": other}, "_memo": {}}
    )
    assert text.neighbors(both, k=1, space="other").positions.tolist() == [[-1], [-1]]
    assert text.neighbors(both, k=1, space="letters").positions.tolist() == [[1], [0]]
    for space in (None, "third"):
        with pytest.raises(NotReady) as caught:
            text.neighbors(both, k=1, space=space)
        assert "there: letters, other" in caught.value.message
        assert "prodsim build" in caught.value.hint
