"""Shares of a score: they add up to it, and it is the one that `similar` shows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from prodsim_cli.cli import cli
from prodsim_cli.queries.explain.explain import speaking
from prodsim_cli.queries.explain.shares import shares
from prodsim_cli.scoring.over_rows import totals
from prodsim_cli.store import artifacts, neighbors
from prodsim_cli.store.connection import open_for_reading

Ask = Callable[..., Result]


def stored_pairs(connection: sqlite3.Connection, n: int) -> list[sqlite3.Row]:
    rows = connection.execute(
        """select item_id, neighbor_id, rank, score from neighbors where method = 'hybrid'
           order by item_id, rank"""
    ).fetchall()
    chosen = np.random.default_rng(6).choice(len(rows), n, replace=False)
    return [rows[place] for place in chosen.tolist()]


def test_the_shares_of_stored_pairs_add_up_to_their_scores(
    shop_of_demo: sqlite3.Connection,
) -> None:
    built = artifacts.Built(shop_of_demo).methods()
    several = 0
    for item, other, rank, score in stored_pairs(shop_of_demo, 300):
        found = speaking(shop_of_demo, "hybrid", built, item, other)
        assert (found.rank, found.score) == (rank, score)
        assert sum(share.share for share in found.shares) == pytest.approx(score, abs=1e-6)
        several += sum(share.share > 0 for share in found.shares) > 1
        for share in found.shares:
            row = dict(neighbors.scored(shop_of_demo, share.method, [item]))
            assert share.value == row[other]
            assert share.rank == list(row).index(other) + 1
    assert several > 200


def test_a_pair_below_the_stored_row_has_what_the_parts_say(
    shop_of_demo: sqlite3.Connection,
) -> None:
    built = artifacts.Built(shop_of_demo).methods()
    below = 0
    for (item,) in shop_of_demo.execute("select id from items limit 40").fetchall():
        stored = dict(neighbors.scored(shop_of_demo, "hybrid", [item]))
        behind = {o: parts for o, parts in shares(shop_of_demo, item).items() if o not in stored}
        for other, parts in list(behind.items())[:3]:
            found = speaking(shop_of_demo, "hybrid", built, item, other)
            assert found.rank is None
            assert found.score == pytest.approx(sum(parts.values()), abs=1e-12)
            assert found.score <= min(stored.values()) + 1e-6
            below += 1
    assert below > 100


@pytest.mark.parametrize("sku", ["SKU123", "SKU200", "SKU599"])
def test_explain_and_why_say_what_similar_shows(ask: Ask, sku: str) -> None:
    plain = json.loads(ask("similar", sku, "-k", "5", "-f", "json").stdout)["results"]
    reasoned = json.loads(ask("similar", sku, "-k", "5", "--why", "-f", "json").stdout)["results"]
    assert [{k: v for k, v in row.items() if k != "why"} for row in reasoned] == plain
    others = [row["sku"] for row in plain]
    reasons = json.loads(ask("explain", sku, *others, "-f", "json").stdout)
    for row, reason in zip(reasoned, reasons, strict=True):
        assert reason["query"] == {"sku": sku, "other": row["sku"]}
        assert reason["score"] == pytest.approx(row["score"], abs=1e-6)
        assert reason["rank"] == row["rank"]
        given = {s["method"]: s["share"] for s in reason["shares"] if s["share"]}
        assert given == pytest.approx(row["why"]["shares"], abs=1e-8)
        assert sum(given.values()) == pytest.approx(row["score"], abs=1e-6)


@pytest.mark.parametrize(
    "words",
    [
        ["SKU123", "SKU124", "--together"],
        ["SKU123", "--method", "cosine"],
        ["SKU123", "--method", "lexical", "--where", "title~christmas"],
        ["SKU123", "--where", "price<0.5", "-k", "60"],
        ["SKU123", "--diversity", "0.5"],
        ["SKU123", "SKU124", "--together", "--where", "price<0.5", "-k", "90"],
    ],
    ids=" ".join,
)
def test_whatever_is_asked_the_shares_add_up(ask: Ask, words: list[str]) -> None:
    made = ask("similar", *words, "--why", "-f", "json")
    rows = json.loads(made.stdout)["results"]
    assert rows
    for row in rows:
        assert sum(row["why"]["shares"].values()) == pytest.approx(row["score"], abs=1e-6)
        assert row["why"]["because"]
        assert ("of" in row["why"]) == ("--together" in words)


def test_what_leads_to_a_recommendation_adds_up(ask: Ask, shop_of_demo: sqlite3.Connection) -> None:
    users = shop_of_demo.execute("select id, key from users order by id limit 12").fetchall()
    led = 0
    for user, key in users:
        row_of = {
            row["sku"]: row["at"]
            for row in shop_of_demo.execute(
                """select i.sku, max(e.at) as at from events e join items i on i.id = e.item_id
                   where e.user_id = ? and e.type != 'return' group by i.sku""",
                (user,),
            )
        }
        answer = json.loads(ask("recommend", key, "-k", "4", "--why", "-f", "json").stdout)
        for row in answer["results"]:
            why = row["why"]
            assert sum(why["shares"].values()) == pytest.approx(row["score"], abs=1e-6)
            by: dict[str, float] = {}
            for one in why["purchases"]:
                assert one["at"] == row_of[one["sku"]]
                assert sum(one["by"].values()) == pytest.approx(one["gives"], abs=1e-6)
                for name, share in one["by"].items():
                    by[name] = by.get(name, 0.0) + share
            led += bool(by)
            kept = {n: s for n, s in why["shares"].items() if n not in ("recent", "popularity")}
            assert by == pytest.approx({n: s for n, s in kept.items() if n != "users"}, abs=1e-6)
            gives = [one["gives"] for one in why["purchases"]]
            assert gives == sorted(gives, reverse=True)
    assert led > 30


@pytest.mark.parametrize("files", [["catalog.csv", "events.csv"], ["catalog.csv"]])
def test_the_formula_of_a_shop_that_learned_nothing_gives_its_stored_scores(
    tmp_path: Path, files: list[str]
) -> None:
    world = Path(__file__).parents[3] / "fixtures" / "two_aisles"
    words = ["--db", tmp_path / "shop.db", "ingest", *(world / name for name in files)]
    words += ["--no-lm", "--no-learn", "-q"]
    assert CliRunner().invoke(cli, [str(word) for word in words]).exit_code == 0
    pairs = 0
    with closing(open_for_reading(tmp_path / "shop.db")) as db:
        for (item,) in db.execute("select id from items").fetchall():
            told = totals(shares(db, item))
            for other, score in neighbors.scored(db, "hybrid", [item]):
                assert told[other] == pytest.approx(score, rel=1e-6)
                pairs += 1
    assert pairs > 50
