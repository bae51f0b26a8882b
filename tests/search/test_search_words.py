"""Questions read with a catalogue: words, corrections, numbers, and the order they give."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prodsim_cli.search import index, ranking
from prodsim_cli.search.words import BEGINNING, PARTS, SPELLING, Reading, largest, read

TITLES = (
    "Red enamel mug",
    "Blue enamel mug",
    "Set of six mugs in a red box with a spoon",
    "Cushion cover, velvet",
    "Cast iron tea pot",
    "Wireless headphones",
    "White t-shirt",
    "Sony DSC-W55 digital camera",
    "Battery for Sony DSC-W55B",
    "Sony DSC-T100 digital camera",
    "Bottle 500ml",
    "Drinking glass",
    "Reading glasses",
    "红色保温杯",
    "蓝色水杯",
    "Crème brûlée dishes",
    "浇水壶 1.5升",
    "空气炸锅 5升",
    "Running shoes",
    *(f"Article number {n}" for n in range(20)),
)
ROWS = [
    (n, title, None, None, None, None, "", f"SKU-{n}") for n, title in enumerate(TITLES, start=1)
]


@pytest.fixture(scope="module")
def made() -> Iterator[sqlite3.Connection]:
    with closing(index.in_memory(ROWS)) as connection:
        yield connection


def found(connection: sqlite3.Connection, text: str) -> list[str]:
    reading = read(connection, text)
    order = ranking.ordered(connection, reading, *ranking.by_words(connection, reading)).order
    return [TITLES[item - 1] for item, _ in order]


def corrections(reading: Reading) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(word.text, word.kind, word.instead) for word in reading.corrections()]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("red mug", "Red enamel mug"),
        ("mug blue", "Blue enamel mug"),
        ("velvet", "Cushion cover, velvet"),
        ("creme brulee dish", "Crème brûlée dishes"),
        ("红色", "红色保温杯"),
        ("杯", "蓝色水杯"),
        ("保温", "红色保温杯"),
        ("蓝色的水杯", "蓝色水杯"),
        ("glasses", "Reading glasses"),
        ("glass", "Drinking glass"),
    ],
)
def test_what_comes_first(made: sqlite3.Connection, text: str, first: str) -> None:
    assert found(made, text)[0] == first


@pytest.mark.parametrize(
    ("text", "word", "kind", "instead"),
    [
        ("cusion cover", "cusion", SPELLING, ("cushion",)),
        ("wirelss", "wirelss", SPELLING, ("wireless",)),
        ("headpohnes", "headpohnes", SPELLING, ("headphones",)),
        ("teapot", "teapot", PARTS, ("tea pot",)),
        ("tshirt", "tshirt", PARTS, ("t shirt",)),
        ("headph", "headph", BEGINNING, ("headphones",)),
    ],
)
def test_an_unknown_word_is_corrected(
    made: sqlite3.Connection, text: str, word: str, kind: str, instead: tuple[str, ...]
) -> None:
    assert corrections(read(made, text)) == [(word, kind, instead)]


@pytest.mark.parametrize(
    "text",
    ["red mug", "mugs", "glas", "dscw56", "500m", "红的", "xyzzyplugh", "zug", "the", "avec"],
)
def test_what_is_known_short_or_a_number_is_not(made: sqlite3.Connection, text: str) -> None:
    """``glas`` begins two words, which is said as such; the others are left as they are."""
    assert [kind for _, kind, _ in corrections(read(made, text))] in ([], [BEGINNING])


def test_words_in_one_are_found_as_two_and_back(made: sqlite3.Connection) -> None:
    assert found(made, "head phones")[0] == "Wireless headphones"
    assert found(made, "t shirt")[0] == "White t-shirt"
    assert read(made, "head phones").corrections() == ()


def test_the_corrected_text_keeps_the_rest(made: sqlite3.Connection) -> None:
    reading = read(made, "A Cusion, for  the TEAPOT!")
    assert reading.understood() == "a cushion, for  the tea pot!"
    assert read(made, "Red mug").understood() == "Red mug"


@pytest.mark.parametrize("text", ["DSC-W55", "dscw55", "dsc w55", "sony dsc w55"])
def test_a_number_comes_first_however_it_is_written(made: sqlite3.Connection, text: str) -> None:
    """W55B is the W55 in black; T100 shares everything but the number."""
    assert {*found(made, text)[:2]} == {TITLES[7], TITLES[8]}


def test_a_number_that_is_begun_finds_those_that_go_on(made: sqlite3.Connection) -> None:
    assert found(made, "DSC-T10")[0] == "Sony DSC-T100 digital camera"


def test_a_measure_is_a_word_among_others(made: sqlite3.Connection) -> None:
    assert read(made, "mug 500ml").coded == frozenset()
    assert found(made, "500ml") == ["Bottle 500ml"]


def test_a_number_is_not_in_another_one(made: sqlite3.Connection) -> None:
    assert found(made, "5升")[0] == "空气炸锅 5升"
    assert found(made, "1,5升")[0] == "浇水壶 1.5升"
    by_number = {word.text: [*word.scores] for word in read(made, "5升").words}["5"]
    assert TITLES.index("浇水壶 1.5升") + 1 not in by_number


@pytest.mark.parametrize("text", ["size 10 shoes", "shoes 10", "3,5mm", "shoes 10 mugs"])
def test_words_beside_a_number_are_no_model_number(made: sqlite3.Connection, text: str) -> None:
    reading = read(made, text)
    assert reading.asks_meaning()
    assert not reading.coded


@pytest.mark.parametrize("text", ["!!!", "%_%", "😀", '- "*"'])
def test_signs_alone_ask_nothing(made: sqlite3.Connection, text: str) -> None:
    reading = read(made, text)
    assert not reading.words
    assert not reading.asks_meaning()
    assert found(made, text) == []


def test_the_beginning_of_a_key_is_nothing_but_a_number() -> None:
    """Though it looks like a measure, as half of all such keys do."""
    rows = [(1, "Saw", None, None, None, None, "", "6c5a41f0-b2c3-4d5e-8f60-718293a4b5c6")]
    with closing(index.in_memory(rows)) as connection:
        reading = read(connection, "6c5a41f0")
        assert reading.coded == {1}
        assert not reading.asks_meaning()


def test_a_sku_is_exact(made: sqlite3.Connection) -> None:
    reading = read(made, "sku 4")
    assert reading.coded == {4}
    assert not reading.asks_meaning()
    assert found(made, "SKU-4")[0] == TITLES[3]


def test_a_whole_title_is_first_and_above_one(made: sqlite3.Connection) -> None:
    reading = read(made, "reading glasses")
    scores, first = ranking.by_words(made, reading)
    assert first == {13}
    order = ranking.ordered(made, reading, scores, first).order
    assert order[0][0] == 13
    assert order[0][1] > 1 > order[1][1]


def test_more_words_more_score(made: sqlite3.Connection) -> None:
    scores = read(made, "red enamel mug").scores()
    assert scores[1] > scores[2] > scores[3] > 0
    assert max(scores.values()) <= 1


def test_an_unknown_word_takes_from_the_score(made: sqlite3.Connection) -> None:
    assert read(made, "velvet").scores()[4] > read(made, "velvet xyzzyplugh").scores()[4]


def test_a_word_is_worth_what_fts5_says() -> None:
    """The largest BM25 is idf times K1 + 1; FTS5 has no negative idf."""
    assert largest(100, 5) == pytest.approx(2.2 * math.log(95.5 / 5.5))
    assert largest(100, 90) == 2.2e-6


def test_equal_scores_stand_in_order_of_position(made: sqlite3.Connection) -> None:
    articles = found(made, "article number")
    skus = [ROWS[TITLES.index(title)][-1] for title in articles]
    assert skus == sorted(skus)
    assert len(articles) == 20


TEXT = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.sampled_from(
            ['"', "*", "NOT", "NEAR(", "AND", "codes:", "'; drop table items; --", "红", "色", "ß",
             "\x00", "mug", "cusion", "DSC", "W55", "^", "{", ")", "-", "İ", "ﬁ"]
        ),
        max_size=8,
    ).map(" ".join),
)  # fmt: skip


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(TEXT)
def test_any_text_is_read(made: sqlite3.Connection, text: str) -> None:
    """No error, no product twice, scores fall and lie in (0, 2]."""
    reading = read(made, text)
    found = ranking.ordered(made, reading, *ranking.by_words(made, reading))
    items = [item for item, _ in found.order]
    scores = [score for _, score in found.order]
    assert len(items) == len(set(items))
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 2 for score in scores)
    assert index.size(made) == len(ROWS)
    reading.understood()
