"""Model numbers: which tokens are some, what rarity is worth, Chinese, colours, units and sizes."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from similarity_worlds import shop

from prodsim_cli.similarity import numbers
from prodsim_cli.similarity._texts import groups_of_sparse
from prodsim_cli.text.codes import codes
from prodsim_cli.text.normalize import folded
from prodsim_cli.text.tfidf import code_vectors


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sony Turntable - PSLX350H", {"pslx350h", "pslx350"}),
        ("sony turntable PSLX-350H.", {"pslx350h", "pslx350"}),
        ("ps.lx_350/h", {"pslx350h", "pslx350"}),
        ("PSLX350H/ Belt Drive System/ 33-1/3 and 45 RPM", {"pslx350h", "pslx350"}),
        ("MB111LL/A", {"mb111lla", "mb111"}),
        ("AM53BK", {"am53bk", "am53"}),
        ("KX-TG1234", {"kxtg1234"}),
        ("EAN 4006381333931", {"4006381333931"}),
        ("400-6381-333-931", {"4006381333931"}),
        ("30100", {"30100"}),
        ("500ml", {"500ml"}),
        ("10x15cm", {"10x15cm", "10x15"}),
        ("10 x 15 cm, 2.0, 22.5', 1/2, 5%", set()),
        ("the year 2008", set()),
        ("3M A4 V8 2kg", set()),
        ("i386SXlong", {"i386sxlong"}),
        ("mug", set()),
        ("", set()),
    ],
)
def test_what_looks_like_a_model_number(text, expected):
    assert codes(folded(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("小米手机MI8SE红色", {"mi8se"}),
        ("型号：ＰＳＬＸ－３５０Ｈ，黑色", {"pslx350h", "pslx350"}),
        ("ソニー レコードプレーヤーPS-LX350H", {"pslx350h", "pslx350"}),
        ("소니 턴테이블 PSLX350H입니다", {"pslx350h", "pslx350"}),
        ("сканер БК-0010", {"бк0010"}),
        ("مكنسة VC-4567", {"vc4567"}),
        ("Küchenwaage KÜ1234", {"ku1234"}),
    ],
)
def test_other_writings(text, expected):
    assert codes(folded(text)) == expected


def table(titles, k=3):
    return numbers.neighbors(shop(titles), k=k)


def test_punctuation_inside_makes_no_difference():
    found = table(["Sony turntable PSLX-350H", "pslx350h", "PS.LX/350H player", "radio QX-77K"])
    assert found.positions.tolist() == [[1, 2, -1], [0, 2, -1], [0, 1, -1], [-1, -1, -1]]
    assert found.scores[:3, :2].tolist() == [[1, 1]] * 3


def test_the_same_model_comes_before_its_other_colour_before_nothing():
    found = table(["AM530BK speaker", "AM530WH speaker", "speaker AM-530-BK", "AM999BK"])
    assert found.positions[0].tolist() == [2, 1, -1]
    assert found.scores[0, 0] == 1
    assert 0 < found.scores[0, 1] < 1
    bare = table(["AM530", "AM530BK", "AM530WH"])
    assert bare.positions[0].tolist() == [1, 2, -1]


def test_units_lose_by_rarity():
    titles = [f"shampoo {n} 500ml" for n in "abcdefghijklmnop"]
    found = table(["kettle KX4711 500ml", "KX4711", *titles], k=20)
    assert found.positions[0, 0] == 1
    # 18 texts, 2 of them with the model number, 17 with the size
    model, size = math.log(1 + 18 / 2), math.log(1 + 18 / 17)
    length = math.hypot(model, size)
    np.testing.assert_allclose(found.scores[0, :2], [model / length, size / length], rtol=1e-6)


def test_a_code_that_every_text_has_still_counts_a_little():
    found = table(["lamp E27WW", "bulb E27WW"])
    assert found.scores[:, 0].tolist() == [1, 1]


def test_naming_it_twice_says_nothing_more():
    found = table(["KX4711 KX-4711 kx4711 red", "KX4711"])
    assert found.scores[:, 0].tolist() == [1, 1]


def test_rarity_is_counted_over_different_texts():
    once = code_vectors(["AB12 500ml", "AB12", "500ml", "500ml x"])
    often = code_vectors(["AB12 500ml", "AB12", "500ml", "500ml x", *["500ml"] * 9])
    assert (once.toarray() == often[:4].toarray()).all()


def test_all_chosen_fields_are_read_to_their_end():
    titles = ["turntable", "record player", "radio"]
    long = "word " * 200
    described = {"title": titles, "description": [f"{long} PSLX350H", "PS-LX350H", None]}
    data = replace(shop(titles), columns=described, fields=("title", "description"))
    assert numbers.neighbors(data, k=1).positions.ravel().tolist() == [1, 0, -1]
    assert numbers.unable(data) == ""
    only_titles = replace(data, fields=("title",))
    assert (numbers.neighbors(only_titles, k=1).positions == -1).all()
    assert numbers.unable(only_titles).endswith("lexical compares the words")


TEXTS = st.lists(
    st.lists(
        st.sampled_from(["mug", "AB12", "ab-12", "AB12BK", "500ml", "12345", "2.0", "茶壶XJ900"]),
        max_size=4,
    ).map(" ".join),
    min_size=1,
    max_size=12,
)


@given(TEXTS)
def test_the_vectors_are_their_formula(texts):
    different = list(dict.fromkeys(texts))
    counted = [codes(folded(text)) for text in different]
    names = sorted(set().union(*counted))
    expected = np.zeros((len(texts), len(names)))
    for row, text in enumerate(texts):
        for code in codes(folded(text)):
            df = sum(code in found for found in counted)
            expected[row, names.index(code)] = math.log(1 + len(different) / df)
    lengths = np.linalg.norm(expected, axis=1, keepdims=True)
    expected /= np.where(lengths > 0, lengths, 1)
    np.testing.assert_allclose(code_vectors(texts).toarray(), expected, atol=1e-6)


@given(TEXTS)
def test_groups_hold_the_texts_with_the_same_codes(texts):
    group, rows = groups_of_sparse(code_vectors(texts))
    sets = [frozenset(codes(folded(text))) for text in texts]
    assert [number >= 0 for number in group] == [bool(found) for found in sets]
    for a, number in enumerate(group):
        for b, other in enumerate(group):
            if number >= 0:
                assert (number == other) == (sets[a] == sets[b])
    assert rows.shape[0] == group.max(initial=-1) + 1


def test_the_order_of_the_products_changes_no_score():
    titles = ["AB12BK 500ml", "ab-12 500ml", "AB12WH 1000ml", "500ml 1000ml", "12345 AB12"]
    turned = titles[::-1]
    first, second = table(titles, k=4), table(turned, k=4)
    for row in range(5):
        ours = dict(zip(first.positions[row], first.scores[row], strict=True))
        theirs = dict(zip(4 - second.positions[4 - row], second.scores[4 - row], strict=True))
        assert {i: s for i, s in ours.items() if s} == {i: s for i, s in theirs.items() if s}
