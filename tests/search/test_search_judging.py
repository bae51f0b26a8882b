"""What ``search`` ranks is what ``eval --task search`` judges; and a Chinese catalogue, whole."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from prodsim_cli import embedders, registry
from prodsim_cli.cli import cli
from prodsim_cli.queries.ranking.request import Rules
from prodsim_cli.queries.search import Question, search
from prodsim_cli.store.connection import open_for_reading
from prodsim_cli.store.loading import load_shop

ROOT = Path(__file__).parents[2]
MATERIAL = ROOT / "fixtures" / "search"
TEXTS = (
    "red mug", "cusion", "christmas tree decoration", "SKU123", "sku 7", "vintage tin", "teapots",
    "gift for a gardener", "white hanging heart t-light holder", "红色", "xyzzy", "lunch bag",
    "bags",
)  # fmt: skip


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo shop's catalogue with vectors that need no model."""
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    words = ["--db", str(path), "ingest", str(ROOT / "fixtures" / "demo" / "catalog.csv")]
    assert CliRunner().invoke(cli, [*words, "--model", "hashing", "-q"]).exit_code == 0
    return path


@pytest.fixture(scope="module")
def chinese(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chinese") / "chinese.db"
    words = ["--db", str(path), "ingest", str(MATERIAL / "chinese_catalog.csv"), "--no-build"]
    assert CliRunner().invoke(cli, words).exit_code == 0
    return path


@pytest.mark.parametrize("by", ["hybrid", "words"])
def test_search_ranks_what_eval_judges(demo: Path, by: str) -> None:
    k = 40
    method = registry.load("similarity", "hybrid")
    with closing(open_for_reading(demo)) as connection:
        data = load_shop(connection).dataset
        encode = embedders.load_for_queries("hashing").encode if by == "hybrid" else None
        positions, scores = method.search(data, TEXTS, encode=encode, k=k)
        asked = search(
            connection,
            TEXTS,
            k=k,
            rules=Rules(all_stock=True, variants=True),
            question=Question(by),
        )
    assert data.embeddings
    for row, ranking in enumerate(asked):
        there = positions[row] >= 0
        judged = [str(data.items.ids[at]) for at in positions[row][there]]
        shown = [one for one in ranking.results if one.score > 0]
        assert [one.sku for one in shown] == judged, TEXTS[row]
        np.testing.assert_allclose(
            [one.score for one in shown], scores[row][there], rtol=0, atol=1e-6
        )


def test_no_question_changes_another(demo: Path) -> None:
    method = registry.load("similarity", "hybrid")
    with closing(open_for_reading(demo)) as connection:
        data = load_shop(connection).dataset
        encode = embedders.load_for_queries("hashing").encode
        together = method.search(data, TEXTS, encode=encode, k=10)
        for row, text in enumerate(TEXTS):
            alone = method.search(data, [text], encode=encode, k=10)
            assert together[0][row].tolist() == alone[0][0].tolist()
            assert together[1][row].tolist() == alone[1][0].tolist()


def test_without_an_encoder_there_are_words_alone(demo: Path) -> None:
    with closing(open_for_reading(demo)) as connection:
        data = load_shop(connection).dataset
    positions, _ = registry.load("similarity", "hybrid").search(data, ["xyzzyplugh"], k=5)
    assert (positions == -1).all()


def test_every_two_character_word_finds_its_products(chinese: Path) -> None:
    """All 183 words of the file: every product whose title or tags hold the two side by side."""
    wanted: dict[str, set[str]] = defaultdict(set)
    with (MATERIAL / "chinese_words.csv").open(encoding="utf-8") as lines:
        for line in csv.DictReader(lines):
            wanted[line["text"]].add(line["sku"])
    assert len(wanted) > 150
    with closing(open_for_reading(chinese)) as connection:
        everything = Rules(all_stock=True, variants=True)
        for ranking in search(connection, list(wanted), k=400, rules=everything):
            text = ranking.query["text"]
            assert len(text) == 2
            assert {row.sku for row in ranking.results} == wanted[text], text


def test_every_single_character_finds_its_products(chinese: Path) -> None:
    """From one character on, whatever stands beside it."""
    with closing(open_for_reading(chinese)) as connection:
        texts = {
            row["sku"]: " ".join(
                str(row[name] or "") for name in ("title", "brand", "category", "tags")
            )
            for row in connection.execute("select * from items")
        }
        signs = sorted({sign for text in texts.values() for sign in text if "一" <= sign <= "鿿"})
        assert len(signs) > 300
        everything = Rules(all_stock=True, variants=True)
        for ranking in search(connection, signs, k=400, rules=everything):
            sign = ranking.query["text"]
            held = {sku for sku, text in texts.items() if sign in text}
            assert {row.sku for row in ranking.results} == held, sign


def test_a_judgement_file_is_judged(chinese: Path) -> None:
    words = str(MATERIAL / "chinese_words.csv")
    line = ["--db", str(chinese), "eval", "-q", "-f", "json", "-k", "50", "--queries", words]
    result = CliRunner().invoke(cli, [*line, "--judgements", words, "--methods", "hybrid,lexical"])
    assert result.exit_code == 0, result.stderr
    card = json.loads(result.stdout)
    assert card["task"] == "search"
    assert card["methods"]["hybrid"]["recall@50"]["mean"] == 1
