"""The evidence is what the score rests on: without it the score falls, else it does not."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.queries.explain.texts import Texts
from prodsim_cli.queries.explain.without import Shop
from prodsim_cli.store.connection import open_for_reading

Ask = Callable[..., Result]


@pytest.fixture(scope="module")
def memory(shop_of_demo: sqlite3.Connection) -> Shop:
    return Shop(shop_of_demo)


def best_pairs(connection: sqlite3.Connection, n: int) -> list[tuple[int, int, float]]:
    """Some of the first ten of a row each, drawn by chance."""
    rows = connection.execute(
        """select item_id, neighbor_id, score from neighbors
           where method = 'hybrid' and rank <= 10 order by item_id, rank"""
    ).fetchall()
    chosen = np.random.default_rng(26).choice(len(rows), n, replace=False)
    return [tuple(rows[place]) for place in chosen.tolist()]


def test_made_anew_with_everything_the_score_is_the_stored_one(
    shop_of_demo: sqlite3.Connection, memory: Shop
) -> None:
    for item, other, score in best_pairs(shop_of_demo, 6):
        again = memory.score(memory.place(item), memory.place(other))
        assert again == pytest.approx(score, abs=1e-6)


@pytest.mark.parametrize("what", ["people", "orders"])
def test_without_those_who_have_both_every_score_falls(
    shop_of_demo: sqlite3.Connection, memory: Shop, what: str
) -> None:
    draw = np.random.default_rng(5)
    falls, others = [], []
    for item, other, score in best_pairs(shop_of_demo, 10):
        one, two = memory.place(item), memory.place(other)
        cited = memory.cited(one, two, what)
        assert cited.any()
        left = memory.score(one, two, memory.without(one, two, what))
        assert left < score
        falls.append((score - left) / score)
        random = np.zeros_like(cited)
        random[draw.choice(np.flatnonzero(~cited), cited.sum(), replace=False)] = True
        left = memory.score(one, two, memory.data.without(random))
        others.append((score - left) / score)
    assert np.mean(falls) > 0.5
    assert np.mean(others) < 0.1 * np.mean(falls)


def test_without_the_common_words_every_score_falls(
    shop_of_demo: sqlite3.Connection, memory: Shop
) -> None:
    pairs = [pair[:2] for pair in best_pairs(shop_of_demo, 60)]
    common = Texts(shop_of_demo).words(pairs)
    cited = [pair for pair in pairs if common[pair] and _speaks(shop_of_demo, "lexical", pair)]
    falls, others = [], []
    for pair in cited[:10]:
        one, two = map(memory.place, pair)
        score = memory.score(one, two)
        falls.append(score - memory.score(one, two, memory.without(one, two, "words")))
        assert falls[-1] > 0
        # as many words, of the title of a product that has nothing to do with them
        elsewhere = _cut_elsewhere(memory, (one, two), len(common[pair]))
        others.append(score - memory.score(one, two, elsewhere))
    assert len(falls) == 10
    assert abs(np.mean(others)) < 0.1 * np.mean(falls)


def _cut_elsewhere(memory: Shop, pair: tuple[int, int], words: int) -> Dataset:
    titles = list(memory.data.columns["title"])
    far = next(
        place
        for place, title in enumerate(titles)
        if place not in pair
        and len(title.split()) > words
        and not {*title.split()} & {*titles[pair[0]].split(), *titles[pair[1]].split()}
    )
    titles[far] = " ".join(titles[far].split()[words:])
    return replace(memory.data, columns={**memory.data.columns, "title": titles}, _memo={})


def _speaks(connection: sqlite3.Connection, method: str, pair: tuple[int, int]) -> bool:
    return bool(
        connection.execute(
            "select 1 from neighbors where method = ? and item_id = ? and neighbor_id = ?",
            (method, *pair),
        ).fetchone()
    )


def test_without_what_was_cited_a_recommendation_falls(ask: Ask) -> None:
    """What is taken out of a past takes its share along; what was silent does not."""
    past = ["SKU123", "SKU200", "SKU300", "SKU124", "SKU266"]

    def asked(history: list[str]) -> dict[str, Any]:
        words = ["--by", "items", "--method", "cosine", "--history", ",".join(history)]
        made = ask("recommend", *words, "-k", "500", "--why", "-f", "json")
        return {row["sku"]: row for row in json.loads(made.stdout)["results"]}

    whole = asked(past)
    for row in list(whole.values())[:4]:
        led = [one["sku"] for one in row["why"]["purchases"]]
        left = {sku: asked([one for one in past if one != sku])[row["sku"]] for sku in past}
        assert left[led[0]]["score"] < row["score"]
        for sku in set(past) - set(led):
            # what lies before it counts a step more than with it, nothing counts less
            assert left[sku]["score"] >= row["score"] - 2e-6
        if past[0] in led:  # nothing lies before it
            gives = next(one["gives"] for one in row["why"]["purchases"] if one["sku"] == past[0])
            assert row["score"] - left[past[0]]["score"] == pytest.approx(gives, abs=2e-6)


def test_explain_tells_the_score_without(ask: Ask, memory: Shop, demo: Path) -> None:
    words = ["SKU123", "SKU112", "--without", "people", "--without", "words"]
    found = json.loads(ask("explain", *words, "-f", "json").stdout)
    with closing(open_for_reading(demo)) as connection:
        ids = [
            connection.execute("select id from items where sku = ?", (sku,)).fetchone()[0]
            for sku in words[:2]
        ]
    one, two = map(memory.place, ids)
    assert found["without"] == {
        what: pytest.approx(memory.score(one, two, memory.without(one, two, what)), abs=1e-6)
        for what in ("people", "words")
    }
    assert found["without"]["people"] < 0.2 * found["score"]
    assert "what those did who have both: 0." in ask("explain", *words).stdout
    plain = json.loads(ask("explain", *words[:2], "-f", "json").stdout)
    assert "without" not in plain
