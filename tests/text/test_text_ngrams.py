"""The n-grams of one text in plain Python are those of the arrays over all texts."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from prodsim_cli.queries.explain.texts import _lines_with
from prodsim_cli.text.normalize import IDEOGRAPH, folded, kind, spaced
from prodsim_cli.text.tfidf import _grams, _named, tfidf, tfidf_of

TEXTS = st.lists(
    st.text(
        alphabet=st.sampled_from("ab1é-./ _红色、ー杯ｱß\n\x00?") | st.characters(), max_size=20
    ),
    max_size=6,
)


def ngrams(plain: str) -> list[str]:
    """The n-grams of a ``spaced`` text one after the other, as often as they stand in it."""
    found: list[str] = []
    for word in plain.split():
        if kind(word[0]) == IDEOGRAPH:
            found += word
            found += [word[at : at + 2] for at in range(len(word) - 1)]
        else:
            edged = f" {word} "
            found += [edged[at : at + 3] for at in range(len(word))]
    return found


@settings(max_examples=300)
@given(TEXTS)
def test_the_ngrams_are_those_of_the_arrays(texts: list[str]) -> None:
    read = [folded(text) for text in texts]
    rows, codes = _grams(read)
    for place, text in enumerate(read):
        mine = Counter(ngrams(spaced(text)))
        assert mine == Counter(_named(code) for code in codes[rows == place].tolist())


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
def test_lines_that_hold_a_part_are_counted_once_each(texts: list[str]) -> None:
    plain = [spaced(folded(text)) for text in texts]
    joined = "\n".join(plain)
    parts = {gram for text in plain for gram in ngrams(text)}
    parts |= {f" {word} " for text in plain for word in text.split()}
    for part in parts:
        assert _lines_with(joined, part) == sum(part in text for text in plain)
    assert _lines_with(joined, "not there") == 0


@settings(max_examples=100)
@given(TEXTS.filter(bool), st.data())
def test_some_rows_are_those_of_all_texts(texts: list[str], data: st.DataObject) -> None:
    read = [folded(text) for text in texts]
    rows = data.draw(st.lists(st.integers(0, len(read) - 1), max_size=3))
    vectors, names, held = tfidf_of(read, rows)
    grams = [set(ngrams(spaced(text))) for text in read]
    assert held.tolist() == [sum(name in found for found in grams) for name in names]
    assert sorted(names) == sorted({name for row in rows for name in grams[row]})
    whole = tfidf(read)[rows]
    np.testing.assert_array_equal(vectors.getnnz(axis=1), whole.getnnz(axis=1))
    product = (vectors @ vectors.T).toarray()
    np.testing.assert_allclose(product, (whole @ whole.T).toarray(), atol=1e-6)
