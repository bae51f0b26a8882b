"""Shared values by hand: rarity, paths, tags, prices, and what is too common to say anything."""

from __future__ import annotations

from dataclasses import replace
from math import log1p

import numpy as np
import pytest
from similarity_worlds import check, shop

from prodsim_cli.similarity import attributes


def shelf(**columns):
    n = len(next(iter(columns.values())))
    return replace(shop([None] * n), columns=columns)


def row(data, item, **more):
    table = attributes.neighbors(data, k=len(data), **more)
    check(table)
    found = table.positions[item] >= 0
    positions, scores = table.positions[item][found], table.scores[item][found]
    return dict(zip(positions.tolist(), scores.tolist(), strict=True))


def test_the_formula_by_hand():
    data = shelf(brand=["acme", "acme", "bolt", None], tags=["red", "red, xl", "xl", ""])

    def w(n_v):
        return log1p((4 - n_v + 0.5) / (n_v + 0.5))

    # acme, red and xl stand at two products each, bolt at one, and each product is one of a kind.
    two, one = w(2) ** 2, w(1) ** 2
    length = np.sqrt([one + 2 * two, one + 3 * two, one + one + two])
    found = row(data, 0)
    assert found == pytest.approx({1: 2 * two / (length[0] * length[1])})
    assert row(data, 1)[2] == pytest.approx(two / (length[1] * length[2]))
    assert row(data, 3) == {}


def test_a_rare_value_says_more_than_a_frequent_one():
    data = shelf(brand=["rare", "rare", "big", "big", "big", "big"], tags=["new"] * 2 + ["old"] * 4)
    tagged = shelf(brand=["rare", "rare", *["big"] * 4], tags=["x", "y", "x", "y", "x", "y"])
    assert row(data, 0)[1] > row(data, 2)[3]
    assert list(row(tagged, 0)) == [1, 2, 4]


def test_who_shares_all_is_nearer_the_more_that_is():
    data = shelf(
        brand=["a", "a", "b", "b"], category=[None, None, "tea", "tea"], tags=[None] * 2 + ["x"] * 2
    )
    assert row(data, 0)[1] < row(data, 2)[3] < 1


def test_a_path_shares_its_beginnings():
    data = shelf(
        category=["Home > Tea > Pots", "home > tea > cups", "Home > Rugs", "Garden > Tea > Pots"]
    )
    found = row(data, 0)
    assert list(found) == [1, 2]
    assert found[1] > found[2]


@pytest.mark.parametrize("path", ["Home>Tea", "Home » Tea", "Home / Tea", "Home | Tea", "Home,Tea"])
def test_paths_in_other_shapes(path):
    assert 1 in row(shelf(category=["Home > Tea", path, "Home", "Tea"]), 0)
    assert row(shelf(category=["Home > Tea", path]), 0) == row(shelf(category=["A > B"] * 2), 0)


def test_a_slash_inside_a_name_parts_nothing():
    assert row(shelf(category=["TV/Audio", "TV/Video"]), 0) == {}


def test_tags_are_taken_apart_and_counted_once():
    data = shelf(tags=["red, xl", "XL;Red", "red|red", "blue"])
    assert list(row(data, 0)) == [1, 2]
    assert row(data, 0)[1] == row(data, 1)[0] > row(data, 0)[2]


def test_a_tag_is_no_brand():
    assert row(shelf(brand=["red", None], tags=[None, "red"]), 0) == {}


def test_near_prices_share_a_band_and_far_ones_none():
    brands = [f"brand {item}" for item in range(6)]
    data = shelf(brand=brands, price=[10.0, 10.0, 11.9, 30.0, None, -1.0])
    found = row(data, 0)
    assert list(found) == [1, 2]
    assert found[1] >= found[2]
    assert row(data, 4) == row(data, 5) == {}


def test_prices_within_half_a_band_always_share_a_band():
    prices = np.geomspace(0.5, 900, 160)
    near = prices * attributes.BAND**0.499
    brands = [f"brand {item}" for item in range(2)]
    for one, other in zip(prices.tolist(), near.tolist(), strict=True):
        assert row(shelf(brand=brands, price=[one, other]), 0), (one, other)
        assert not row(shelf(brand=brands, price=[one, one * attributes.BAND**1.001]), 0)


def test_a_price_alone_is_no_attribute():
    data = shelf(title=["a", "b"], price=[1.0, 1.0])
    assert row(data, 0) == {}
    assert "lexical" in attributes.unable(data)
    assert "lexical" in attributes.unable(shelf(brand=[None, ""], tags=[None, None]))
    assert attributes.unable(shelf(brand=[None, "acme"])) == ""


def test_what_most_products_have_says_nothing(monkeypatch):
    monkeypatch.setattr(attributes, "FEW", 3)
    data = shelf(brand=["big"] * 8 + ["small"] * 2, tags=["t"] * 2 + [None] * 8)
    assert list(row(data, 0, common=0.5)) == [1]
    assert row(data, 2, common=0.5) == {}
    assert list(row(data, 2, common=0.9)) == [3, 4, 5, 6, 7, 0, 1]
    # What few have always counts, whatever their share is.
    assert list(row(data, 8, common=0.01)) == [9]


def test_equal_products_are_computed_once_and_stand_by_position():
    data = shelf(brand=["x", "y", "x", "y", "X "], category=["a > b"] * 5)
    table = attributes.neighbors(data, k=3)
    assert table.positions.tolist() == [[2, 4, 1], [3, 0, 2], [0, 4, 1], [1, 0, 2], [0, 2, 1]]


def test_missing_columns_are_empty_ones():
    assert list(row(shelf(brand=["a", "a"]), 0)) == [1]
    assert row(shelf(title=["a", "a"]), 0) == {}


def test_the_matrices_say_what_sets_say():
    draw = np.random.default_rng(3)
    n = 60
    words = list("abcdefgh")
    tags = [", ".join(draw.choice(words, draw.integers(0, 4))) for _ in range(n)]
    brands = [str(draw.choice(words)) if draw.random() < 0.7 else None for _ in range(n)]
    data = shelf(brand=brands, tags=tags)
    sets = [
        {("tag", tag) for tag in tags[item].split(", ") if tag}
        | ({("brand", brands[item])} if brands[item] else set())
        for item in range(n)
    ]
    df = {value: sum(value in have for have in sets) for have in sets for value in have}
    w = {value: log1p((n - found + 0.5) / (found + 0.5)) ** 2 for value, found in df.items()}
    own = log1p((n - 0.5) / 1.5) ** 2
    for item in range(n):
        found = row(data, item)
        for other in set(range(n)) - {item}:
            shared = sum(w[value] for value in sets[item] & sets[other])
            lengths = [own + sum(w[value] for value in sets[one]) for one in (item, other)]
            assert found.get(other, 0) == pytest.approx(
                shared / np.sqrt(np.prod(lengths)), abs=1e-6
            )
