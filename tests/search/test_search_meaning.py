"""Words and meaning in one order, in a space whose right answers are obvious."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from prodsim_cli.embedders import Embedder
from prodsim_cli.search import index, ranking
from prodsim_cli.search.meaning import MEANING, NEAR, Space, checked, fused
from prodsim_cli.search.words import SPELLING, Reading, Word, read

TITLES = ("red mug", "crimson cup", "blue plate", "navy dish", "poppy seeds", None)
AXES = {"red": 0, "crimson": 0, "rot": 0, "mug": 1, "cup": 1, "becher": 1, "blue": 2, "navy": 2,
        "plate": 3, "dish": 3, "poppy": 4, "seeds": 4, "puppy": 5}  # fmt: skip


def encode(texts: list[str]) -> np.ndarray:
    """One axis a notion: words of one notion are one direction."""
    out = np.zeros((len(texts), 6), np.float32)
    for row, text in zip(out, texts, strict=True):
        for word in text.split():
            row[AXES.get(word, 5)] += 1
        row /= max(float(np.linalg.norm(row)), 1)
    return out


@pytest.fixture
def made() -> Iterator[sqlite3.Connection]:
    rows = [(n, title, None, None, None, None, "", f"S{n}") for n, title in enumerate(TITLES, 1)]
    with closing(index.in_memory(rows)) as connection:
        yield connection


@pytest.fixture
def space() -> Space:
    vectors = encode([title or "" for title in TITLES])
    vectors[5] = 0
    return Space(np.arange(1, 7), vectors, encode)


def asked(connection: sqlite3.Connection, space: Space, text: str, **how):
    reading, cosines = checked(read(connection, text), space)
    return fused(connection, reading, space, cosines, **how)


def test_a_synonym_follows_the_word(made: sqlite3.Connection, space: Space) -> None:
    found = asked(made, space, "red mug")
    assert [item for item, _ in found.order] == [1, 2]
    assert found.order[0][1] > 1  # its very title
    assert found.words == {1}
    assert {1, 2} <= found.near


def test_another_language_is_left_to_meaning(made: sqlite3.Connection, space: Space) -> None:
    found = asked(made, space, "rot becher")
    assert [item for item, _ in found.order] == [1, 2]
    assert found.order[0][1] == found.order[1][1] == pytest.approx(MEANING)
    assert not found.words


def test_the_rest_is_there_in_order_of_meaning(made: sqlite3.Connection, space: Space) -> None:
    found = asked(made, space, "red")
    assert {item for item, _ in found.order} | set(found.rest) == set(range(1, 7))
    assert found.rest[-1] in (3, 4, 5, 6)


def test_meaning_alone_does_not_ask_words(made: sqlite3.Connection, space: Space) -> None:
    found = asked(made, space, "red mug", words=False)
    assert [score for _, score in found.order] == [1.0, 1.0]
    assert not found.words


def test_a_correction_that_leads_astray_is_dropped(made: sqlite3.Connection, space: Space) -> None:
    """``puppy`` is a slip of ``poppy`` to the eye, and none to the model."""
    assert read(made, "red puppy").corrections()
    near_puppy = Space(space.ids, space.vectors.copy(), encode)
    near_puppy.vectors[3] = encode(["red puppy"])[0]
    reading, _ = checked(read(made, "red puppy"), near_puppy)
    assert reading.corrections() == ()
    assert reading.understood() == "red puppy"


def test_one_that_leads_home_stays_and_is_what_is_meant(
    made: sqlite3.Connection, space: Space
) -> None:
    reading, cosines = checked(read(made, "blue plade"), space)
    assert [word.instead for word in reading.corrections()] == [("plate",)]
    assert np.array_equal(cosines, space.cosines(["blue plate"])[0])


def test_what_the_model_knows_is_no_slip(made: sqlite3.Connection, space: Space) -> None:
    """``plade`` is near ``plate`` to the eye; a model that has read it has another opinion."""

    def known(word: str) -> bool:
        return word == "plade"

    def forward(texts: list[str]) -> np.ndarray:
        return encode(texts) + np.float32(0.01)

    model = Embedder("toy", "1", 6, "", "float32", forward, known)
    assert [word.text for word in read(made, "plade").corrections()] == ["plade"]
    assert (
        checked(read(made, "plade"), Space(space.ids, space.vectors, model.encode))[0].corrections()
        == ()
    )
    other = Embedder("toy", "1", 6, "", "float32", forward)
    assert checked(read(made, "plade"), Space(space.ids, space.vectors, other.encode))[
        0
    ].corrections()


def test_a_long_word_is_likelier_a_slip(made: sqlite3.Connection, space: Space) -> None:
    """A fifth of the nearness is lost: too much for a short word, not for a long one."""

    def asked_of(slip: str, word: str) -> Reading:
        reading = Reading(slip, (Word(slip, instead=(word,), kind=SPELLING, scores={1: 1.0}),))
        vectors = np.array([[1.0]], np.float32)
        near = {slip: 1.0, word: 0.8}
        made_of = Space(
            np.arange(1, 2), vectors, lambda texts: np.array([[near[t]] for t in texts], np.float32)
        )
        return checked(reading, made_of)[0]

    assert not asked_of("plade", "plate").corrections()
    assert asked_of("suraprise", "surprise").corrections()


def test_what_it_is_to_be_like_counts_as_much(made: sqlite3.Connection, space: Space) -> None:
    liked = dict(zip(space.ids.tolist(), space.shares(space.like([3])), strict=True))
    found = asked(made, space, "crimson", liked=liked)
    best = [item for item, _ in found.order]
    assert best[:2] in ([2, 3], [3, 2]) or best[0] in (2, 3)
    assert found.order[0][1] > 0


def test_shares_go_from_the_ordinary_to_the_nearest(space: Space) -> None:
    shares = space.shares(np.array([0.9, 0.5, 0.3, 0.1, 0.1, 0.8]))
    assert shares.tolist() == pytest.approx([1.0, 1 / 3, 0, 0, 0, 5 / 6])  # the last has no vector
    assert not space.shares(np.full(6, 0.4)).any()


def test_a_shop_without_a_vector_has_no_meaning(made: sqlite3.Connection) -> None:
    empty = Space(np.arange(1, 7), np.zeros((6, 6), np.float32), encode)
    found = asked(made, empty, "plate")
    assert [item for item, _ in found.order] == [3]
    nothing = Space(np.arange(1, 7), np.zeros((6, 0), np.float32), encode)
    assert asked(made, nothing, "plate").order == found.order


def test_so_many_are_near(made: sqlite3.Connection) -> None:
    n = NEAR + 50
    ids = np.arange(1, n + 1)
    vectors = np.ones((n, 1), np.float32)
    vectors[: n // 3] = 0.5
    space = Space(ids, vectors, lambda texts: np.ones((len(texts), 1), np.float32))
    assert len(asked(made, space, "plate").near) == NEAR


def test_who_holds_the_whole_question_stands_before_the_nearest(
    made: sqlite3.Connection, space: Space
) -> None:
    """Whatever the model thinks of it: here the plate is what a mug is to it."""
    astray = Space(space.ids, space.vectors.copy(), encode)
    astray.vectors[2], astray.vectors[0] = encode(["mug"])[0], encode(["navy"])[0]
    found = asked(made, astray, "mug")
    assert [item for item, _ in found.order][:2] == [1, 3]
    assert ranking.whole(made, read(made, "mug")) == {1}
    assert ranking.whole(made, read(made, "mug red")) == {1}
    assert not ranking.whole(made, read(made, "mug plate"))
    assert not ranking.whole(made, read(made, "red plade"))


def test_a_description_names_no_product() -> None:
    rows = [(1, "Desk", None, None, None, "fits a mug", "", "S1")]
    with closing(index.in_memory(rows)) as connection:
        reading = read(connection, "mug")
        assert reading.words[0].scores
        assert not ranking.whole(connection, reading)
