"""Figures that can be quoted: what must not change them does not, what must take them down does.

Through the command line, on every fourth customer of the demo shop (real purchases, re-keyed).
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from prodsim_cli.cli import cli

DEMO = Path(__file__).parents[2] / "fixtures" / "demo"
AT = "2011-11-01"
METHODS = "cosine,bm25,lexical,users,hybrid"
FEW = "cosine,lexical"
BASELINES = {"popularity", "recent", "random"}

QUESTIONS = {
    "time": ("--at", AT, "--methods", METHODS),
    "windows": ("--windows", "2", "--methods", FEW),
    "cold": ("--split", "cold", "--at", AT, "--methods", FEW),
    "similar": ("--task", "similar", "--at", AT, "--methods", FEW),
    "similar cold": ("--task", "similar", "--split", "cold", "--at", AT, "--methods", FEW),
}


def rows_of(path):
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Shops:
    """Databases made of the demo's files, each made once; answers of ``eval -f json``."""

    def __init__(self, folder):
        self.folder = folder
        self.catalog = rows_of(DEMO / "catalog.csv")
        events = rows_of(DEMO / "events.csv.gz")
        self.events = [row for row in events if int(row["user_id"][1:] or 1) % 4 == 0]
        self.random = np.random.default_rng(5)
        self.made: dict[str, Path] = {}

    def database(self, name):
        if name not in self.made:
            catalog, events = getattr(self, f"_{name}")()
            folder = self.folder / name
            folder.mkdir()
            for file, rows in (("catalog.csv", catalog), ("events.csv", events)):
                with open(folder / file, "w", encoding="utf-8", newline="") as out:
                    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
                    writer.writeheader()
                    writer.writerows(rows)
            self.made[name] = self.folder / f"{name}.db"
            words = ["--db", str(self.made[name]), "ingest", str(folder), "--no-build", "-q"]
            result = CliRunner().invoke(cli, words)
            assert result.exit_code == 0, result.output
        return self.made[name]

    def answer(self, name, *words):
        words = ["--db", str(self.database(name)), "eval", *words, "-q", "-f", "json"]
        result = CliRunner().invoke(cli, words)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    def _as_it_is(self):
        return self.catalog, self.events

    def _shuffled(self):
        return self.shuffled(self.catalog), self.shuffled(self.events)

    def _renamed(self):
        """Other names, in another order, and of other lengths."""
        names = sorted({row["user_id"] for row in self.events})
        places = self.random.permutation(len(names))
        other = {
            name: f"client {10**6 // (place + 1)}-{place}"
            for name, place in zip(names, places, strict=True)
        }
        return self.catalog, [{**row, "user_id": other[row["user_id"]]} for row in self.events]

    def _future_of_others(self):
        """What is bought from the split on is dealt out anew: same times, people and products."""
        later = [n for n, row in enumerate(self.events) if row["timestamp"] >= AT]
        events = list(self.events)
        for here, there in zip(later, self.shuffled(later), strict=True):
            events[here] = {**self.events[here], "sku": self.events[there]["sku"]}
        return self.catalog, events

    def shuffled(self, rows):
        return [rows[place] for place in self.random.permutation(len(rows))]


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    return Shops(tmp_path_factory.mktemp("honesty"))


@pytest.fixture(scope="module")
def first(shops):
    """The answers for the files as they are, each asked for once."""
    known: dict[str, str] = {}

    def answer(question):
        if question not in known:
            known[question] = shops.answer("as_it_is", *QUESTIONS[question])
        return known[question]

    return answer


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.slow
class TestNothingChanges:
    def test_where_the_lines_of_the_files_stand_in_another_order(self, shops, first, question):
        assert shops.answer("shuffled", *QUESTIONS[question]) == first(question)

    def test_where_people_are_called_something_else(self, shops, first, question):
        assert shops.answer("renamed", *QUESTIONS[question]) == first(question)


def test_the_files_do_differ(shops):
    """Else the tests above would show nothing."""
    lines = {
        name: (shops.folder / name / "events.csv").read_text("utf-8").splitlines()
        for name in ("as_it_is", "shuffled", "renamed")
        if shops.database(name)
    }
    assert lines["shuffled"] != lines["as_it_is"]
    assert sorted(lines["shuffled"]) == sorted(lines["as_it_is"])
    assert not set(lines["renamed"][1:]) & set(lines["as_it_is"][1:])


@pytest.mark.slow
def test_another_process_gives_the_same_bytes(shops, first):
    """Hashes of strings have another seed there, so that no set may decide an order."""
    words = [
        "--db",
        str(shops.database("as_it_is")),
        "eval",
        *QUESTIONS["time"],
        "-q",
        "-f",
        "json",
    ]
    ran = subprocess.run(
        [sys.executable, "-m", "prodsim_cli", *words],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    assert ran.stdout.decode() == first("time")


def test_the_methods_know_something_of_the_future_as_it_is(first):
    card = json.loads(first("time"))
    means = {name: figures["ndcg@10"]["mean"] for name, figures in card["methods"].items()}
    assert card["split"]["users"] > 50
    assert min(means[name] for name in ("bm25", "lexical")) > 1.5 * means["popularity"]
    similar = json.loads(first("similar"))
    assert similar["against_baseline"]["cosine"]["verdict"] == "better"


@pytest.mark.parametrize("question", ["time", "similar"])
@pytest.mark.slow
def test_who_is_dealt_anothers_future_cannot_be_foretold(shops, question):
    card = json.loads(shops.answer("future_of_others", *QUESTIONS[question]))
    methods = set(card["methods"]) - BASELINES
    assert methods == set(QUESTIONS[question][-1].split(","))
    words = {name: card["against_baseline"][name]["verdict"] for name in methods}
    assert "better" not in words.values(), words
    best = max(card["methods"][name]["ndcg@10"]["mean"] for name in BASELINES)
    for name in methods:
        assert card["methods"][name]["ndcg@10"]["mean"] <= best * 1.1
