"""Random expressions against plain Python: which products pass, how many, and in which order."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rule_worlds import expressions, holds, products

from prodsim_cli.queries.ranking.live import Live
from prodsim_cli.queries.ranking.pipeline import admitted, answer
from prodsim_cli.queries.ranking.request import Rules
from prodsim_cli.queries.similar import SimilarItems
from prodsim_cli.store.artifacts import Built

SEEDS = (("SKU123",), ("SKU100",), ("SKU470",), ("SKU123", "SKU300"))
METHODS = ("hybrid", "lexical", "cosine")


class World:
    """A shop, its products as dictionaries, and the whole order of every question."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.rows = products(connection)
        self.expressions = expressions(self.rows)
        self.ids = {row["sku"]: row["id"] for row in self.rows}
        self.live = Live(connection, Built(connection))
        self.groups = dict(connection.execute("select item_id, group_id from variants"))
        everything = Rules(all_stock=True, variants=True)
        self.whole = {
            (method, skus): self.ask(method, skus, everything, len(self.rows))
            for method in METHODS
            for skus in SEEDS
        }

    def seeds(self, skus: tuple[str, ...]) -> list[int]:
        return [self.ids[sku] for sku in skus]

    def rolled(self, rows: list[tuple[int, float]]) -> list[tuple[int, float]]:
        """The first row of each group of variants."""
        best: dict[Any, tuple[int, float]] = {}
        for one, score in rows:
            best.setdefault(self.groups.get(one, f"alone {one}"), (one, score))
        return list(best.values())

    def ask(
        self, method: str, skus: tuple[str, ...], rules: Rules, k: int
    ) -> list[tuple[int, float]]:
        seeds = self.seeds(skus)
        alike = SimilarItems(self.connection, Built(self.connection), method, seeds, self.live)
        given = answer(self.connection, alike, rules, k, seeds)
        return [(row.item_id, row.score) for row in given.rows]


@pytest.fixture(scope="module")
def world(enriched: sqlite3.Connection) -> World:
    return World(enriched)


@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_filtered_answer_is_the_whole_order_filtered(world: World, data: st.DataObject) -> None:
    """Filter first, then take k: min(k, matching) rows in the order of the whole ranking."""
    tree, text = data.draw(world.expressions, label="expression")
    method = data.draw(st.sampled_from(METHODS), label="method")
    skus = data.draw(st.sampled_from(SEEDS), label="skus")
    k = data.draw(st.sampled_from([1, 10, 60, 1000]), label="k")
    all_stock = data.draw(st.booleans(), label="all_stock")
    variants = data.draw(st.booleans(), label="variants")
    good = {
        row["id"]
        for row in world.rows
        if holds(tree, row) and (all_stock or row["in_stock"] in (1, None))
    }
    rules = Rules(where=(text,), all_stock=all_stock, variants=variants)
    assert admitted(world.connection, rules) == good
    passing = [pair for pair in world.whole[method, skus] if pair[0] in good]
    assert len(passing) == len(good - set(world.seeds(skus)))
    expected = passing if variants else world.rolled(passing)
    assert world.ask(method, skus, rules, k) == expected[:k]


def test_the_whole_order_falls_and_holds_every_product_once(world: World) -> None:
    for (_, skus), rows in world.whole.items():
        ids = [one for one, _ in rows]
        scores = [score for _, score in rows]
        assert sorted(ids) == sorted(set(world.ids.values()) - set(world.seeds(skus)))
        assert scores == sorted(scores, reverse=True)


def test_products_that_nothing_ties_stand_by_popularity(world: World) -> None:
    rows = [one for one, score in world.whole["lexical", ("SKU123",)] if score == 0]
    counts: dict[int, Any] = dict(
        world.connection.execute("select item_id, score from item_scores where name = 'popularity'")
    )
    place = {row["id"]: at for at, row in enumerate(world.rows)}
    assert len(rows) > 10
    assert rows == sorted(rows, key=lambda one: (-counts.get(one, 0), place[one]))
