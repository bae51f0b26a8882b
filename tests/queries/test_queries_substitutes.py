"""Substitutes and complements: the formula, what is said where evidence is absent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from scipy import stats

from prodsim_cli.builds.companions import baskets, incidence, meetings, ratio_of_alike
from prodsim_cli.cli import cli
from prodsim_cli.data.events import NO_TIME, TYPE_CODE, EventLog
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.matching.title_parts import dice
from prodsim_cli.queries.substitutes import bond, common_path, poisson_limits

Run = Callable[..., Result]


@pytest.mark.parametrize("count", [1, 2, 5, 20, 300])
def test_the_limits_of_a_count_are_those_of_garwood(count: int) -> None:
    tail = stats.norm.sf(3)
    low, high = poisson_limits(count)
    assert low == pytest.approx(stats.chi2.ppf(tail, 2 * count) / 2, abs=0.05 + 0.001 * count)
    assert high == pytest.approx(stats.chi2.isf(tail, 2 * count + 2) / 2, rel=0.02)


def test_a_bond_needs_more_than_one_meeting_by_chance() -> None:
    assert bond(1, 0.05) == 0
    assert bond(3, 3.0) == 0
    assert bond(20, 2.0) == pytest.approx(1 - 2 / poisson_limits(20)[0])
    assert bond(0, 30.0) == pytest.approx(-(1 - poisson_limits(0)[1] / 30))
    assert bond(5, 0.0) == 0


def test_words_and_paths() -> None:
    assert dice(frozenset({"a", "b"}), frozenset({"b"})) == pytest.approx(2 / 3)
    assert dice(frozenset(), frozenset()) == 0
    assert common_path("Home > Kitchen > Mugs", "home > kitchen > Pans") == pytest.approx(2 / 3)
    assert common_path("Mugs", "Pans") == 0


def log(*rows: tuple[int, int, int, int]) -> EventLog:
    """Purchases: (user, item, order, day)."""
    user, item, order, day = (np.array(column) for column in zip(*rows, strict=True))
    n = len(rows)
    return EventLog(
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        type=np.full(n, TYPE_CODE["purchase"], np.int8),
        quantity=np.ones(n, np.float32),
        value=np.full(n, np.nan, np.float32),
        weight=np.full(n, np.nan, np.float32),
        order=order.astype(np.int32),
        at=np.where(day < 0, NO_TIME, day * 86_400 + 60),
        position=np.zeros(n, np.int64),
    )


def test_companions_are_counted_over_orders_else_over_days() -> None:
    by, basket, item = baskets(log((0, 0, 0, 1), (0, 1, 0, 1), (0, 1, 0, 1), (1, 2, 1, 1)))
    assert by == "orders"
    holds = incidence(basket, item, 4)
    assert meetings(holds).tolist() == [1, 1, 0, 0]
    by, basket, item = baskets(log((0, 0, -1, 1), (0, 1, -1, 1), (0, 2, -1, 2), (1, 2, -1, 1)))
    assert by == "days"
    assert meetings(incidence(basket, item, 4)).tolist() == [1, 1, 0, 0]
    by, basket, _ = baskets(log((0, 0, -1, -1), (0, 1, -1, -1)))
    assert len(basket) == 0


def test_alike_products_meet_as_often_as_they_do() -> None:
    """Two of one name are in every order, two of another in none."""
    rows = [(0, item, order, 1) for order in range(8) for item in (0, 1)]
    rows += [(0, 2 + order % 2, order, 1) for order in range(8)]
    _, basket, item = baskets(log(*rows))
    holds = incidence(basket, item, 4)
    met = meetings(holds)
    titles = ["tea cup", "tea cup", "jug", "jug"]

    def of(*pairs: tuple[int, int]) -> float:
        positions = np.full((4, 1), -1, np.int32)
        for row, other in pairs:
            positions[row] = other
        table = NeighborTable(positions, np.ones((4, 1), np.float32))
        return ratio_of_alike(holds, met, table, list(titles))

    chance = met[0] * met[1] / met.sum()
    assert of((0, 1), (1, 0)) == pytest.approx(8 / chance)
    assert of((2, 3), (3, 2)) == 1.0  # never less than chance
    assert of((0, 2)) == 1.0  # no word in common
    assert ratio_of_alike(holds, met, None, list(titles)) == 1.0


def build(folder: Path, catalog: str, events: str) -> Run:
    """A shop of two files, without a language model."""
    (folder / "catalog.csv").write_text(catalog, encoding="utf-8")
    if events:
        (folder / "events.csv").write_text(events, encoding="utf-8")
    database = str(folder / "shop.db")
    done = CliRunner().invoke(cli, ["--db", database, "ingest", str(folder), "--no-lm", "-q"])
    assert done.exit_code == 0, done.output
    return lambda *words: CliRunner().invoke(cli, ["--db", database, *words])


CATALOG = "sku,title\nA1,Copper kettle\nA2,Iron kettle\nB1,Loose leaf\nC1,\n"


def test_absent_evidence_is_said(tmp_path: Path) -> None:
    run = build(tmp_path, CATALOG, "")
    like = run("similar", "A1", "--as", "substitute", "-f", "json")
    assert [row["sku"] for row in json.loads(like.stdout)["results"]] == ["A2"]
    assert "No order holds two products" in like.stderr
    assert "alike in kind only" in like.stderr
    gone = run("similar", "A1", "--as", "complement", "-f", "json")
    assert (gone.exit_code, json.loads(gone.stdout)["results"]) == (0, [])
    assert "No order holds two products" in gone.stderr


def test_a_product_without_text_or_events_says_so(tmp_path: Path) -> None:
    rows = ["user_id,sku,event_type,timestamp,order_id"]
    rows += [
        f"u{n},{sku},purchase,2024-01-{n + 1:02d},O{n}" for n in range(20) for sku in ("A1", "C1")
    ]
    rows += [f"u{n},B1,purchase,2024-02-{n + 1:02d},P{n}" for n in range(20)]
    run = build(tmp_path, CATALOG, "\n".join(rows))
    silent = run("similar", "C1", "--as", "substitute", "-f", "json")
    assert json.loads(silent.stdout)["results"] == []
    assert "There is no text of C1" in silent.stderr
    fresh = run("similar", "A2", "--as", "substitute", "-f", "json")
    assert [row["sku"] for row in json.loads(fresh.stdout)["results"]] == ["A1"]
    assert "A2 was never bought together with another product" in fresh.stderr
    alone = run("similar", "B1", "--as", "complement", "-f", "json")
    assert json.loads(alone.stdout)["results"] == []
    assert "B1 was never bought together" in alone.stderr


def test_as_goes_with_no_method(run: Run) -> None:
    done = run("similar", "SKU123", "--as", "substitute", "--method", "cosine")
    assert done.exit_code == 2
    assert "goes with no --method" in done.stderr
