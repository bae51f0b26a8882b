"""What every similarity method promises, whatever it computes."""

from __future__ import annotations

import inspect
from dataclasses import replace

import numpy as np
import pytest
from similarity_worlds import check, letters, random_shop, shop

from prodsim_cli import registry
from prodsim_cli.data.dataset import Dataset

NAMES = registry.names("similarity")
SINGLE = [name for name in NAMES if registry.load("similarity", name).NEEDS != "neighbors"]


def ask(name, data, queries=None, candidates=None, *, k):
    module = registry.load("similarity", name)
    if module.NEEDS == "network":  # what is trained elsewhere: here the letters of the titles
        data = replace(data, embeddings={name: data.embedding("letters")})
    if module.NEEDS == "columns":
        data = replace(data, columns={**data.columns, **facts(data.columns["title"])})
    return module.neighbors(data, queries, candidates, k=k)


def facts(titles):
    """Columns made of the titles' words: what a shop might say beside them."""
    words = [(title or "").split() for title in titles]
    return {
        "brand": [found[0] if found else None for found in words],
        "category": [" > ".join(found) for found in words],
        "tags": [", ".join(found) for found in words],
        "price": [float(len(title)) if title else None for title in titles],
    }


def prepared(data: Dataset, name: str, queries=None, candidates=None, k=None) -> Dataset:
    """With the tables that a joining method reads, made for the same question."""
    if name in SINGLE:
        return data
    for single in SINGLE:
        table = ask(single, data, queries, candidates, k=k or len(data))
        data = data.with_neighbors(single, table)
    return data


@pytest.fixture(params=NAMES)
def name(request) -> str:
    return request.param


def test_a_plug_in_says_what_it_is(name):
    module = registry.load("similarity", name)
    assert module.NEEDS in ("text", "vectors", "events", "neighbors", "network", "columns")
    assert registry.help_line("similarity", name).endswith(".")
    parameters = list(inspect.signature(module.neighbors).parameters.values())
    assert [p.name for p in parameters[:4]] == ["data", "queries", "candidates", "k"]
    settings = parameters[3:]
    assert all(p.kind is p.KEYWORD_ONLY and p.default is not p.empty for p in settings)
    assert parameters[3].default == 50


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("k", [1, 5, 60])
def test_the_table_keeps_its_promises(name, seed, k):
    data = random_shop(seed)
    table = ask(name, prepared(data, name), k=k)
    assert table.positions.shape == (len(data), k)
    assert table.positions.dtype == np.int32
    assert table.scores.dtype == np.float32
    assert table.queries is None
    check(table)
    assert (table.scores[table.positions >= 0] > 0).all()
    assert (table.positions >= 0).any()


def test_fewer_neighbours_are_the_head_of_more(name):
    data = prepared(random_shop(3), name)
    few, many = ask(name, data, k=4), ask(name, data, k=40)
    assert (few.positions == many.positions[:, :4]).all()
    assert (few.scores == many.scores[:, :4]).all()


def test_some_queries_get_the_rows_of_the_full_table(name):
    data = random_shop(4)
    full = ask(name, prepared(data, name), k=len(data))
    queries = np.array([7, 3, 38, 0], np.int32)
    some = ask(name, prepared(data, name, queries), queries, k=len(data))
    assert some.rows.tolist() == queries.tolist()
    check(some)
    assert (some.positions == full.positions[queries]).all()
    assert (some.scores == full.scores[queries]).all()


def test_some_candidates_are_the_full_rows_without_the_others(name):
    data = random_shop(5)
    full = ask(name, prepared(data, name), k=len(data))
    queries = np.arange(2, 30, dtype=np.int32)
    candidates = np.array([33, 1, 2, 8, 9, 20, 21, 22, 5, 39], np.int32)
    some = ask(name, prepared(data, name, queries, candidates), queries, candidates, k=6)
    check(some)
    for row, query in enumerate(queries):
        kept = np.isin(full.positions[query], candidates)
        expected = full.positions[query][kept][:6].tolist()
        assert [item for item in some.positions[row].tolist() if item >= 0] == expected
        assert (some.scores[row][: len(expected)] == full.scores[query][kept][:6]).all()


def test_no_candidates_and_no_queries(name):
    data = random_shop(5)
    none = np.zeros(0, np.int32)
    empty = ask(name, prepared(data, name, None, none), None, none, k=3)
    assert (empty.positions == -1).all()
    assert len(empty) == len(data)
    assert ask(name, prepared(data, name, none), none, k=3).positions.shape == (0, 3)


def test_the_order_of_the_events_does_not_matter(name):
    data = random_shop(6)
    order = np.random.default_rng(0).permutation(len(data.events))
    first = ask(name, prepared(data, name), k=8)
    shuffled = data.with_events(data.events.take(order))
    second = ask(name, prepared(shuffled, name), k=8)
    assert (first.positions == second.positions).all()
    assert (first.scores == second.scores).all()


def test_asking_twice_gives_the_same(name):
    first, second = (ask(name, prepared(random_shop(7), name), k=8) for _ in range(2))
    assert (first.positions == second.positions).all()
    assert (first.scores == second.scores).all()


def test_an_empty_shop_and_a_single_item(name):
    nothing = shop([], vectors=np.zeros((0, 26), np.float32))
    assert ask(name, prepared(nothing, name), k=3).positions.shape == (0, 3)
    titles = ["mug"]
    rows = [{"user": 0, "item": 0}, {"user": 1, "item": 0}]
    single = shop(titles, rows, letters(titles))
    table = ask(name, prepared(single, name), k=3)
    assert table.positions.tolist() == [[-1, -1, -1]]
    assert table.scores.tolist() == [[0, 0, 0]]


def test_items_without_events_or_texts(name):
    bare = shop([None, "", None], vectors=np.zeros((3, 26), np.float32))
    table = ask(name, prepared(bare, name), k=2)
    assert (table.positions == -1).all()
    # 0 and 1 have texts only, words and a model number; 2 and 3 events only.
    titles = ["red mug MK-100", "red mugs MK100", None, None]
    rows = [{"user": user, "item": item, "order": user} for user in (0, 1) for item in (2, 3)]
    half = shop(titles, rows, letters(titles), users=3)
    found = ask(name, prepared(half, name), k=3).positions[:, 0].tolist()
    needs = registry.load("similarity", name).NEEDS
    by_text, by_events = [1, 0, -1, -1], [-1, -1, 3, 2]
    expected = dict.fromkeys(("text", "vectors", "network", "columns"), by_text)
    expected["events"] = by_events
    assert found == expected.get(needs, [1, 0, 3, 2])
