"""What is scored when it is asked for: the whole ranking of each method, and of hybrid."""

from __future__ import annotations

import inspect
import sqlite3

import numpy as np
import pytest

from prodsim_cli import registry
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.queries.ranking.live import Live
from prodsim_cli.queries.ranking.pipeline import answer
from prodsim_cli.queries.ranking.request import Rules
from prodsim_cli.queries.similar import SimilarItems
from prodsim_cli.store import artifacts
from prodsim_cli.store.artifacts import Built
from prodsim_cli.store.loading import Shop, load_neighbors, load_shop

QUESTIONS = 5
EVERY = Rules(all_stock=True, variants=True)


@pytest.fixture(scope="module")
def shop(enriched: sqlite3.Connection) -> Shop:
    return load_shop(enriched)


def with_tables(enriched: sqlite3.Connection, shop: Shop, names: list[str]) -> Dataset:
    data = shop.dataset
    for name in names:
        table = load_neighbors(enriched, name, shop.item_ids)
        data = data.with_neighbors(name, table, learned=False)
    return data


@pytest.mark.parametrize(
    "method", sorted(set(registry.names("similarity")) - {"hybrid", "gat", "gcn", "lightgcn"})
)
def test_a_method_is_asked_on_where_its_row_ends(
    enriched: sqlite3.Connection, shop: Shop, method: str
) -> None:
    """Stored row and live scores are the whole ranking by the method, score by score."""
    found = artifacts.recorded(enriched, method, "neighbors")
    if found is None:
        pytest.skip(f"{method} is not built for this shop")
    module, settings = registry.load("similarity", method), found[0]
    known = inspect.signature(module.neighbors).parameters
    given = {**settings["learned"], **{k: v for k, v in settings.items() if k in known}}
    queries = np.random.default_rng(3).choice(len(shop.dataset), QUESTIONS, replace=False)
    data = with_tables(enriched, shop, ["lexical", "text"])
    n = len(data)
    whole = module.neighbors(data, queries.astype(np.int32), None, **{**given, "k": n - 1})
    live = Live(enriched, Built(enriched))
    for row, query in enumerate(queries):
        seed = int(shop.item_ids[query])
        rows = answer(
            enriched,
            SimilarItems(enriched, Built(enriched), method, [seed], live),
            EVERY,
            n,
            [seed],
        ).rows
        tied = [one for one in rows if one.score > 0]
        good = whole.positions[row] >= 0
        assert [one.item_id for one in tied] == shop.item_ids[whole.positions[row][good]].tolist()
        np.testing.assert_allclose([one.score for one in tied], whole.scores[row][good], rtol=1e-6)
        assert len(rows) == n - 1
        assert all(one.live for one in rows[50:])


def test_hybrid_goes_on_by_its_own_formula(enriched: sqlite3.Connection, shop: Shop) -> None:
    """The tiers are hybrid over the stored tables with a row as long as it gets."""
    found = artifacts.recorded(enriched, "hybrid", "neighbors")
    assert found is not None
    data = with_tables(enriched, shop, found[0]["parts"])
    queries = np.arange(0, len(data), 40, dtype=np.int32)
    whole = registry.load("similarity", "hybrid").neighbors(data, queries, None, k=len(data) - 1)
    longest = 0
    for row, query in enumerate(queries):
        alike = SimilarItems(
            enriched,
            Built(enriched),
            "hybrid",
            [int(shop.item_ids[query])],
            Live(enriched, Built(enriched)),
        )
        tiers = [pair for tier in alike.tiers() for pair in tier]
        good = whole.positions[row] >= 0
        ids = shop.item_ids[whole.positions[row][good]].tolist()
        expected = dict(zip(ids, whole.scores[row][good].tolist(), strict=True))
        assert dict(tiers) == pytest.approx(expected, rel=1e-5)
        scores = [score for _, score in tiers]
        assert scores == sorted(scores, reverse=True)
        longest = max(longest, len(tiers))
    assert longest > 60


def test_behind_hybrid_stand_words_and_meaning_below_its_last_score(
    enriched: sqlite3.Connection, shop: Shop
) -> None:
    seed = int(shop.item_ids[0])
    alike = SimilarItems(
        enriched, Built(enriched), "hybrid", [seed], Live(enriched, Built(enriched))
    )
    tiers = [pair for tier in alike.tiers() for pair in tier]
    known = {one for one, _ in tiers}
    rest = alike.rest([one for one in shop.item_ids.tolist() if one != seed and one not in known])
    tied = [(one, score) for one, score in rest if score > 0]
    assert len(tied) > 100
    assert tied[0][1] <= tiers[-1][1]
    for one, score in tied:
        parts = alike.parts[one]
        assert set(parts) <= {"text", "lexical"}
        assert sum(parts.values()) == pytest.approx(score, abs=1e-9)


def test_a_row_that_is_not_full_needs_nothing_live(
    enriched: sqlite3.Connection, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds all there is, so numpy stays out of the way."""
    method, short = enriched.execute(
        """select method, item_id from neighbors where method not in ('hybrid', 'text')
           group by method, item_id having count(*) < 50 limit 1"""
    ).fetchone()
    monkeypatch.setattr(Live, "_computed", lambda *_: pytest.fail("computed"))
    stored = enriched.execute(
        "select neighbor_id, score from neighbors where method = ? and item_id = ?", (method, short)
    ).fetchall()
    assert stored
    every = shop.item_ids.tolist()
    assert Live(enriched, Built(enriched)).scores(method, short, every) == dict(map(tuple, stored))
