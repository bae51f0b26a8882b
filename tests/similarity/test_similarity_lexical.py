"""Character n-grams against scikit-learn; Chinese, model numbers, equal and empty texts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from similarity_worlds import check, shop
from sklearn.feature_extraction.text import TfidfVectorizer

from prodsim_cli.data.knn import neighbor_matrix
from prodsim_cli.similarity import lexical
from prodsim_cli.text.normalize import folded
from prodsim_cli.text.tfidf import tfidf

TITLES = [
    "red mug",
    "Red  Mug",
    "blue mug with a lid",
    "a lamp",
    "lamp shade xl",
    "LAMP",
    "x",
    "tin of 12 red mugs red mugs",
]


def test_the_vectors_are_those_of_scikit_learn():
    texts = [folded(title) for title in TITLES]
    ours = tfidf(texts)
    theirs = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3)).fit_transform(texts)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose((ours @ ours.T).toarray(), (theirs @ theirs.T).toarray(), atol=1e-6)


def test_the_table_is_that_of_scikit_learn():
    # All texts differ, so that both count how rare an n-gram is in the same way.
    draw = np.random.default_rng(5)
    words = ["mug", "mugs", "lamp", "lamps", "led", "shade", "red", "reds", "tin", "ting", "xl"]
    titles = sorted({" ".join(draw.choice(words, 5)) for _ in range(60)})
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3)).fit_transform(titles)
    cosines = (vectors @ vectors.T).toarray()
    np.fill_diagonal(cosines, -1)
    table = lexical.neighbors(shop(titles), k=4)
    np.testing.assert_allclose(table.scores, -np.sort(-cosines, axis=1)[:, :4], atol=1e-6)
    at = np.take_along_axis(cosines, table.positions, 1)
    np.testing.assert_allclose(at, table.scores, atol=1e-6)


def test_equal_texts_are_nearest_in_order_of_position():
    data = shop(["red mug", "lamp", "RED MUG", "red mugs", "red mug"])
    table = lexical.neighbors(data, k=3)
    assert table.positions[[0, 2, 4]].tolist() == [[2, 4, 3], [0, 4, 3], [0, 2, 3]]
    assert table.scores[0, :2].tolist() == [1, 1]
    assert table.scores[0, 2] < 1


def test_more_equal_texts_than_k():
    data = shop(["box"] * 5 + ["boxes"])
    table = lexical.neighbors(data, k=2)
    assert table.positions.tolist() == [[1, 2], [0, 2], [0, 1], [0, 1], [0, 1], [0, 1]]


def test_among_some_candidates_ties_still_go_by_position():
    # The group "box" begins at 0, but among the candidates "tub" comes first.
    data = shop(["box", "tub box", "tub", "box"])
    table = lexical.neighbors(data, np.array([1], np.int32), np.array([2, 3], np.int32), k=2)
    assert table.scores[0, 0] == table.scores[0, 1]
    assert table.positions.tolist() == [[2, 3]]


def test_texts_without_a_letter_have_no_neighbours():
    data = shop([None, "", " -- ", "🙂", "mug", "mug"])
    table = lexical.neighbors(data, k=2)
    assert (table.positions[:4] == -1).all()
    assert table.positions[4:].tolist() == [[5, -1], [4, -1]]


def test_a_model_number_with_and_without_its_hyphen():
    data = shop(["Sony turntable PSLX-350H", "pslx350h", "Sony radio", "350"])
    table = lexical.neighbors(data, k=1)
    assert table.positions[1].tolist() == [0]
    assert folded("PSLX-350H") == "pslx-350h"


def test_chinese_signs_count_alone_and_in_pairs():
    data = shop(["红色茶壶", "蓝色茶壶", "茶杯", "手机", "红"])
    table = lexical.neighbors(data, k=3)
    assert table.positions[0, 0] == 1
    assert table.positions[3].tolist() == [-1, -1, -1]
    assert table.positions[4].tolist() == [0, -1, -1]
    assert tfidf(["红色茶壶"]).nnz == 7


def test_chinese_beside_latin_letters():
    assert tfidf(["小米pro手机"]).nnz == 2 + 1 + 3 + 2 + 1
    data = shop(["小米 pro", "小米pro", "米"])
    assert lexical.neighbors(data, k=1).positions[0].tolist() == [1]


def test_width_case_and_accents_are_folded():
    assert folded("CAFÉ Ｍüller ΣΆΣ") == "cafe muller σασ"
    assert folded("ガラス") == "ガラス"
    assert folded("Straße") == "strasse"


@pytest.mark.parametrize("text", ["", "  ", "...", "a", "ab", "1/2", "x-", "-x", "안녕"])
def test_short_texts_have_vectors_of_unit_length_or_none(text):
    vectors = tfidf([folded(text), "other"])
    length = np.sqrt(vectors[0].multiply(vectors[0]).sum())
    expected = 1 if any(sign.isalnum() for sign in text) else 0
    assert length == pytest.approx(expected, abs=1e-6)


def test_only_the_beginning_of_a_long_text_is_read():
    data = shop(["mug " + "a" * 20, "mug " + "b" * 20, "b" * 20])
    table = lexical.neighbors(data, k=2, characters=4)
    assert table.positions.tolist() == [[1, -1], [0, -1], [-1, -1]]
    assert lexical.neighbors(data, k=1).positions.tolist() == [[1], [2], [1]]


def fields(**columns):
    data = shop([None] * len(next(iter(columns.values()))))
    return replace(data, columns=columns)


def weighed(data, **weights):
    table = lexical.neighbors(data, k=len(data), weights=weights)
    check(table)
    return neighbor_matrix(table, len(data)).T.toarray()


TITLED = ["red mug", "red mugs", "blue lamp", "lamp", "red lamp", "mug"]
BRANDS = ["acme", "Acme", "bolt", "bolts", "acme", "bolt"]


def test_fields_with_weights_give_the_weighted_mean_of_their_cosines():
    data = fields(title=TITLED, brand=BRANDS)
    title, brand = weighed(data, title=1.0), weighed(data, brand=1.0)
    both = weighed(data, title=1.0, brand=0.3)
    np.testing.assert_allclose(both, (title + 0.3 * brand) / 1.3, atol=1e-6)
    np.testing.assert_allclose(weighed(data, title=10.0, brand=3.0), both, atol=1e-6)


def test_one_field_alone_is_the_shop_with_that_field():
    data = fields(title=TITLED, brand=BRANDS)
    alone = lexical.neighbors(replace(data, fields=("brand",)), k=5)
    table = lexical.neighbors(data, k=5, weights={"brand": 0.7, "title": 0.0})
    assert (alone.positions == table.positions).all()
    np.testing.assert_allclose(alone.scores, table.scores, atol=1e-6)


def test_a_field_that_only_one_has_takes_off_less_than_another_value():
    data = fields(title=["red mug"] * 4, brand=["acme", None, "bolt", "acme"])
    found = weighed(data, title=1.0, brand=0.3)
    assert found[0, 3] == 1
    assert found[0, 1] == pytest.approx(1 / np.sqrt(1.3))
    assert found[0, 2] == pytest.approx(1 / 1.3)


def test_products_that_have_no_field_in_common_are_strangers():
    data = fields(title=["red mug", None, "--", None], brand=[None, "red mug", None, "red"])
    found = weighed(data, title=1.0, brand=0.3)
    assert (found[0] == 0).all()
    assert found[1, 3] > 0
    assert (found[2] == 0).all()


def test_each_field_is_read_to_its_own_length():
    data = fields(title=["mug a", "mug b"], description=["tin a", "tin b"])
    weights = {"title": 1.0, "description": 1.0}
    assert lexical.neighbors(data, k=1, weights=weights, characters=3).scores[0, 0] == 1
    assert lexical.neighbors(data, k=1, weights=weights).scores[0, 0] < 1


def test_weights_of_fields_that_are_not_there():
    data = fields(title=["red mug", "mug"], brand=["x", "y"])
    assert (weighed(data, title=1.0, tags=0.5) == weighed(data, title=1.0)).all()
    for weights in ({}, {"tags": 1.0}, {"title": 0.0}):
        assert (lexical.neighbors(data, k=1, weights=weights).positions == -1).all()
    for weights in ({"colour": 1.0}, {"title": -1.0}, {"title": float("nan")}):
        with pytest.raises(ValueError, match="weights by text field"):
            lexical.neighbors(data, weights=weights)


def test_some_queries_and_candidates_get_the_scores_of_all():
    data = fields(title=TITLED, brand=BRANDS)
    weights = {"title": 1.0, "brand": 0.3}
    whole = weighed(data, **weights)
    queries, candidates = np.array([4, 0], np.int32), np.array([1, 3, 5], np.int32)
    table = lexical.neighbors(data, queries, candidates, k=3, weights=weights)
    for row, query in enumerate(queries):
        for item, score in zip(table.positions[row], table.scores[row], strict=True):
            assert item < 0 or (item in candidates and score == whole[query, item])
    assert table.positions[0, 0] == 3
