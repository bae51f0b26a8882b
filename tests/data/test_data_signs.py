"""The n-grams of one text in plain Python are those of the arrays over all texts."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from prodsim_cli.text.normalize import folded, lines, lines_with, ngrams, spaced
from prodsim_cli.text.tfidf import _grams

TEXTS = st.lists(
    st.text(
        alphabet=st.sampled_from("ab1é-./ _红色、ー杯ｱß\n\x00?") | st.characters(), max_size=20
    ),
    max_size=6,
)


def decoded(code: int) -> str:
    """An n-gram of the arrays as a string: code points of 21 bits."""
    points = [code >> 42, code >> 21 & 0x1FFFFF, code & 0x1FFFFF]
    middle = points[1] > 0
    return "".join(chr(p) if p else " " * middle for p in points)


@settings(max_examples=300)
@given(TEXTS)
def test_the_ngrams_are_those_of_the_arrays(texts: list[str]) -> None:
    read = [folded(text) for text in texts]
    rows, codes = _grams(read)
    for place, text in enumerate(read):
        mine = Counter(ngrams(spaced(text)))
        assert mine == Counter(decoded(code) for code in codes[rows == place].tolist())


@settings(max_examples=300)
@given(st.text(max_size=12), st.text(max_size=12))
def test_an_ngram_lies_in_a_text_where_it_is_a_part_of_it(one: str, other: str) -> None:
    plain, its = spaced(folded(other)), set(ngrams(spaced(folded(other))))
    for gram in ngrams(spaced(folded(one))):
        assert (gram in plain) == (gram in its)


def test_words_stand_between_single_borders() -> None:
    assert spaced(folded("  PSLX-350H -- Turntable/红色杯 ")) == " pslx350h turntable 红色杯 "
    assert spaced(folded("A-红")) == " a 红 "
    assert spaced("") == spaced("?!") == "  "
    assert ngrams(" ab 红色 ") == [" ab", "ab ", "红", "色", "红色"]
    assert not np.array(ngrams("  ")).size


@settings(max_examples=300)
@given(TEXTS.filter(bool))
def test_many_texts_at_once_hold_what_each_holds(texts: list[str]) -> None:
    read = [folded(text) for text in texts]
    plain, joined = [spaced(text) for text in read], lines(read)
    parts = {gram for text in plain for gram in ngrams(text)}
    parts |= {f" {word} " for text in plain for word in text.split()}
    for part in parts:
        assert lines_with(joined, part) == sum(part in text for text in plain)
    assert lines_with(joined, "not there") == 0
