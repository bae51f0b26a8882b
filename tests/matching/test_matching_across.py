"""Partners in another catalogue: the formula by plain loops, hubs, prices, and real catalogues."""

from __future__ import annotations

import csv
import math
import random
from dataclasses import replace

import numpy as np
import pytest
from similarity_worlds import check, letters, shop

from prodsim_cli.data.embeddings import EmbeddingMatrix, normalized
from prodsim_cli.errors import NotReady
from prodsim_cli.matching import across as _across
from prodsim_cli.matching.across import Weights, across, apart
from prodsim_cli.similarity import lexical, numbers, text

ONLY_TEXT = Weights(lexical=0, numbers=0, text=1, price=0)


def catalogues(ours, theirs, *, prices=None, currency=None, vectors=True):
    """A shop of two sources: titles of a, then titles of b."""
    titles = [*ours, *theirs]
    columns = {"title": titles, "source": ["a"] * len(ours) + ["b"] * len(theirs)}
    if prices is not None:
        columns["price"] = prices
    if currency is not None:
        columns["currency"] = currency
    given = letters(titles) if vectors else None
    return replace(shop(titles, vectors=given), columns=columns)


def sides(data):
    home = np.array(data.columns["source"])
    return tuple(np.flatnonzero(home == side).astype(np.int32) for side in ("a", "b"))


def dense(table, n):
    out = np.full((len(table), n), np.nan)
    rows, columns = np.nonzero(table.positions >= 0)
    out[rows, table.positions[rows, columns]] = table.scores[rows, columns]
    return out


def drawn(seed, n=14, m=23):
    draw = np.random.default_rng(seed)
    words = ["mug", "red", "blue", "lamp", "DVD-R16", "KX4711BK", "kx4711", "500ml", "tin", "茶壶"]
    titles = [" ".join(draw.choice(words, draw.integers(0, 5))) for _ in range(n + m)]
    prices = [None if draw.random() < 0.3 else float(draw.integers(1, 40)) for _ in titles]
    currency = [str(draw.choice(["EUR", "USD"])) if draw.random() < 0.8 else None for _ in titles]
    return catalogues(titles[:n], titles[n:], prices=prices, currency=currency)


def plain(data, queries, candidates, weights, nearest=10):
    """(n, n) scores by loops over pairs, NaN where there is nothing to say."""
    n = len(data)
    tables = {"lexical": lexical, "numbers": numbers, "text": text}
    parts = {name: np.nan_to_num(dense(m.neighbors(data, k=n), n)) for name, m in tables.items()}
    s, known = np.zeros((n, n)), np.zeros((n, n), bool)
    prices, currency = data.columns["price"], data.columns["currency"]
    for x in queries:
        for y in candidates:
            said = sum(getattr(weights, name) * part[x, y] for name, part in parts.items())
            known[x, y] = said > 0
            if prices[x] and prices[y] and currency[x] == currency[y]:
                near = 2 * math.exp(-abs(math.log(prices[x] / prices[y]))) - 1
                said += weights.price * near
            s[x, y] = said
    out = np.full((n, n), np.nan)
    for x in queries:
        for y in candidates:
            rx = np.mean(sorted(s[x, candidates])[-nearest:])
            ry = np.mean(sorted(s[queries, y])[-nearest:])
            spread = weights.lexical + weights.numbers + weights.text + 2 * weights.price
            if known[x, y]:
                out[x, y] = 0.5 + (2 * s[x, y] - rx - ry) / (4 * spread)
    return out


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_score_is_its_formula(seed):
    data = drawn(seed)
    ours, theirs = sides(data)
    weights = Weights(lexical=1, numbers=0.5, text=0.25, price=0.3)
    for queries, candidates, nearest in ((ours, theirs, 10), (theirs, ours, 4), (ours, theirs, 99)):
        found = across(data, queries, candidates, k=len(data), weights=weights, nearest=nearest)
        check(found)
        assert found.positions.dtype == np.int32
        assert found.scores.dtype == np.float32
        expected = plain(data, queries, candidates, weights, nearest)
        np.testing.assert_allclose(dense(found, len(data)), expected[queries], atol=1e-6)


def test_the_weights_that_are_documented():
    assert Weights() == Weights(lexical=1.0, numbers=0.5, text=0.25, price=0.1)
    data = drawn(4)
    ours, theirs = sides(data)
    expected = plain(data, ours, theirs, Weights())
    found = dense(across(data, ours, theirs, k=len(data)), len(data))
    np.testing.assert_allclose(found, expected[ours], atol=1e-6)


def test_both_directions_give_a_pair_the_same_score():
    data = drawn(5)
    ours, theirs = sides(data)
    there = dense(across(data, ours, theirs, k=99), len(data))[:, theirs]
    back = dense(across(data, theirs, ours, k=99), len(data))[:, ours]
    assert np.array_equal(there, back.T, equal_nan=True)


def test_neither_blocks_nor_the_rest_of_the_question_change_a_score(monkeypatch):
    data = drawn(6)
    ours, theirs = sides(data)
    whole = dense(across(data, ours, theirs, k=99), len(data))
    some, few = np.array([7, 2, 11], np.int32), theirs[[20, 3, 5, 11]]
    part = dense(across(drawn(6), some, few, k=99), len(data))
    assert np.array_equal(part[:, few], whole[np.ix_(some, few)], equal_nan=True)
    assert np.isnan(np.delete(part, few, axis=1)).all()
    monkeypatch.setattr(_across, "BLOCK_BYTES", 1)
    single = dense(across(drawn(6), ours, theirs, k=99), len(data))
    assert np.array_equal(single, whole, equal_nan=True)


def test_long_vectors_in_other_blocks_give_the_same_to_the_last_bit(monkeypatch):
    vectors = np.random.default_rng(9).normal(size=(130, 384)).astype(np.float32)
    titles = [f"t{row}" for row in range(130)]
    columns = {"title": titles, "source": ["a"] * 60 + ["b"] * 70}

    def asked(queries):
        data = replace(shop(titles, vectors=vectors), columns=columns)
        return across(data, queries, sides(data)[1], k=70, weights=ONLY_TEXT)

    ours = np.arange(60, dtype=np.int32)
    whole, part = asked(ours), asked(ours[7:8])
    assert (whole.scores[7] == part.scores[0]).all()
    monkeypatch.setattr(_across, "BLOCK_BYTES", 13 * 70 * 40)
    assert (asked(ours).scores == whole.scores).all()
    # what makes that certain: steps so coarse that sums of their products are exact in float64
    data = shop(titles, vectors=vectors)
    steps = _across._gathered(data, "letters").vectors.astype(np.float64) * 2**24
    assert (steps == np.rint(steps)).all()
    np.testing.assert_allclose(steps / 2**24, data.embedding("letters").vectors, atol=2**-25)


def test_the_opposite_meaning_says_nothing():
    titles = ["red mug", "red mug", "red mug", "red mug"]
    columns = {"title": titles, "source": ["a", "b", "b", "b"]}
    vectors = np.array([[1, 0], [-1, 0], [0, 0], [1, 1]], np.float32)
    data = replace(shop(titles, vectors=vectors), columns=columns)
    found = across(data, *sides(data), k=3, nearest=1)
    assert found.positions[0, 0] == 3
    rest = across(data, *sides(data), k=3, nearest=1, weights=Weights(text=0))
    assert rest.positions.tolist() == [[1, 2, 3]]
    # without a word in common the opposite is not even a candidate
    alone = across(data, *sides(data), k=3, nearest=1, weights=ONLY_TEXT)
    assert alone.positions.tolist() == [[3, -1, -1]]
    assert found.scores[0, 1] == found.scores[0, 2]


def test_fewer_are_the_head_of_more():
    data = drawn(7)
    ours, theirs = sides(data)
    few, many = (across(data, ours, theirs, k=k) for k in (3, 99))
    assert (few.positions == many.positions[:, :3]).all()
    assert (few.scores == many.scores[:, :3]).all()
    assert few.rows.tolist() == ours.tolist()
    assert (few.positions[few.positions >= 0] >= len(ours)).all()


def test_a_product_that_is_near_to_everything_loses_that():
    # Each of ours points at a partner that leans to a fourth axis; the hub lies between them all.
    axes = np.eye(4, dtype=np.float32)
    partners = axes[:3] + 0.7 * axes[3]
    hub = axes[0] + axes[1] + axes[2]
    titles = ["p", "q", "r", "hub", "s", "t", "u"]
    vectors = np.stack([*(2 * axes[:3] + hub), hub, *partners])
    data = shop(titles, vectors=vectors)
    data = replace(data, columns={"title": titles, "source": ["a"] * 3 + ["b"] * 4})
    ours, theirs = sides(data)
    assert text.neighbors(data, ours, theirs, k=1).positions.ravel().tolist() == [3, 3, 3]
    found = across(data, ours, theirs, k=4, weights=ONLY_TEXT, nearest=3)
    assert found.positions[:, 0].tolist() == [4, 5, 6]
    assert (found.scores[:, 0] > 0.5).all()


def priced(prices, currency=None):
    data = catalogues(["red mug"], ["red mug"] * len(prices), vectors=False)
    columns = {**data.columns, "price": [10.0, *prices]}
    if currency is not None:
        columns["currency"] = ["EUR", *currency]
    data = replace(data, columns=columns)
    ours, theirs = sides(data)
    found = across(data, ours, theirs, k=len(prices))
    assert (found.positions >= 0).all()  # evidence, never a filter
    return dict(zip((found.positions[0] - 1).tolist(), found.scores[0].tolist(), strict=True))


def test_the_nearer_price_wins_and_a_missing_one_says_nothing():
    # the same, a little more, a little less, double, half, a thousandfold, none, none, none
    score = priced([10, 11, 10 / 1.1, 20, 5, 10_000, None, 0, -3])
    assert score[0] > score[1] > score[3] > score[5]
    assert score[1] == pytest.approx(score[2], abs=1e-7)
    assert score[3] == score[4] == score[6] == score[7] == score[8]


def test_prices_in_another_currency_say_nothing():
    score = priced([10, 10, 10, None], ["EUR", "USD", None, "EUR"])
    assert score[0] > score[1] == score[2] == score[3]


def test_a_price_alone_makes_no_partner():
    data = catalogues(["mug", None], ["lamp", None, "mugs"], prices=[5.0] * 5, vectors=False)
    ours, theirs = sides(data)
    assert across(data, ours, theirs, k=3).positions.tolist() == [[4, -1, -1], [-1, -1, -1]]


def test_equal_products_stand_in_order_of_position():
    data = catalogues(["red mug"], ["blue tin", "red mug", "mug", "red mug", "red mug"])
    ours, theirs = sides(data)
    found = across(data, ours, theirs, k=4)
    assert found.positions[0].tolist() == [2, 4, 5, 3]
    assert len(set(found.scores[0, :3].tolist())) == 1


def test_a_model_number_beats_the_words_around_it():
    ours = ["Sony turntable, belt drive, PSLX350H"]
    theirs = ["Sony turntable, belt drive, PSLX300H", "Sony record player, belt drive, PS-LX350H"]
    data = catalogues(ours, theirs, vectors=False)
    assert lexical.neighbors(data, *sides(data), k=1).positions.tolist() == [[1]]
    assert across(data, *sides(data), k=1).positions.tolist() == [[2]]


def test_which_questions_go_across():
    data = catalogues(["a", "b"], ["c"])
    ours, theirs = sides(data)
    assert apart(data, ours, theirs)
    assert apart(data, theirs, ours[:1])
    assert not apart(data, ours, np.array([1, 2]))
    assert not apart(data, None, theirs)
    assert not apart(data, ours, None)
    assert not apart(data, ours[:0], theirs)
    assert not apart(shop(["a", "b"]), np.array([0]), np.array([1]))
    with pytest.raises(ValueError, match="different sources"):
        across(data, ours, np.array([1, 2]))


def test_nothing_asked_and_nothing_to_find():
    data = catalogues(["mug"], ["mugs"])
    none = np.zeros(0, np.int32)
    ours, theirs = sides(data)
    assert across(data, none, theirs, k=2).positions.shape == (0, 2)
    assert across(data, ours, none, k=2).positions.tolist() == [[-1, -1]]


def test_among_three_sources_all_others_count_as_one():
    titles = ["red mug", "red mugs", "blue mug", "red mug"]
    data = replace(shop(titles), columns={"title": titles, "source": ["a", "b", "b", "c"]})
    found = across(data, np.array([0], np.int32), np.array([1, 2, 3], np.int32), k=3)
    assert found.positions.tolist() == [[3, 1, 2]]


def test_which_vectors_are_read():
    data = catalogues(["mug"], ["gum", "tin"])
    ours, theirs = sides(data)
    both = {**data.embeddings, "other": EmbeddingMatrix(normalized(np.eye(3, dtype="f4")), "other")}
    several = replace(data, embeddings=both, _memo={})
    with pytest.raises(NotReady, match="letters, other"):
        across(several, ours, theirs)
    named = across(several, ours, theirs, k=2, space="letters", weights=ONLY_TEXT)
    assert named.positions.tolist() == [[1, -1]]  # gum has the letters of mug
    learned = replace(several, learned=frozenset(["other"]), _memo={})
    assert across(learned, ours, theirs, k=2, weights=ONLY_TEXT).positions.tolist() == [[1, -1]]
    bare = catalogues(["mug"], ["gum", "mugs"], vectors=False)
    assert across(bare, *sides(bare), k=2).positions.tolist() == [[2, -1]]


def test_the_pass_over_all_pairs_is_made_once(monkeypatch):
    data = drawn(8)
    ours, theirs = sides(data)
    first = across(data, ours[:3], theirs, k=5)
    monkeypatch.setattr(_across, "_means", None)
    assert (across(data, ours[:3], theirs, k=5).scores == first.scores).all()
    other_fields = replace(data, fields=("description",))
    with pytest.raises(TypeError):
        across(other_fields, ours[:3], theirs, k=5)


def hits_at_1(table, partners):
    return float((table.positions[:, 0] == partners).mean())


def test_real_catalogues_of_electronics(shared_data):
    def rows(name):
        with open(shared_data / "abt_buy" / f"{name}.csv", encoding="utf-8") as file:
            return list(csv.DictReader(file, delimiter="|"))

    def price(row):
        return float(row["price"]) if row["price"] else None

    abt, buy, truth = rows("abt"), rows("buy"), rows("gt")
    data = catalogues(
        [row["name"] for row in abt],
        [row["name"] for row in buy],
        prices=[price(row) for row in [*abt, *buy]],
        vectors=False,
    )
    at = {row["id"]: place for place, row in enumerate(buy, start=len(abt))}
    partner = {pair["D1"]: at[pair["D2"]] for pair in truth}
    partners = np.array([partner[row["id"]] for row in abt])
    words = hits_at_1(lexical.neighbors(data, *sides(data), k=1), partners)
    joint = hits_at_1(across(data, *sides(data), k=1), partners)
    assert words == pytest.approx(0.88, abs=0.005)
    assert joint >= 0.93


def _copied(title, draw):
    """The title as another shop may write it: other order, words lost, no colour, typing errors."""
    colours = {"black", "white", "red", "blue", "green", "brown", "pink", "grey", "beige"}
    words = [word for word in title.split() if word.lower() not in colours]
    if len(words) > 2:
        words = [word for word in words if draw.random() > 0.2] or words
    for place, word in enumerate(words):
        if len(word) > 3 and draw.random() < 0.2:
            cut = draw.randrange(1, len(word) - 1)
            words[place] = word[:cut] + word[cut + 1 :]
    if draw.random() < 0.5:
        draw.shuffle(words)
    return " ".join(words)


def test_no_worse_than_words_on_a_copied_catalogue_without_model_numbers(shared_data):
    with open(shared_data / "retail_demo_store" / "products.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::3]
    draw = random.Random(3)
    order = list(range(len(rows)))
    draw.shuffle(order)
    titles = [row["name"] for row in rows]
    prices = [float(row["price"]) for row in rows]
    copies = [_copied(titles[place], draw) for place in order]
    asked = [round(prices[place] * draw.uniform(0.9, 1.1), 2) for place in order]
    partners = len(rows) + np.argsort(order)
    for given, gain in ((None, 0.01), ([*prices, *asked], 0.03)):
        data = catalogues(titles, copies, prices=given, vectors=False)
        words = hits_at_1(lexical.neighbors(data, *sides(data), k=1), partners)
        joint = hits_at_1(across(data, *sides(data), k=1), partners)
        assert words + gain < joint < 1
