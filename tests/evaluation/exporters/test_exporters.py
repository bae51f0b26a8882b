"""Exporters: what the files hold, and that other programs read the same figures out of them."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
import scipy.sparse as sp
from evaluation_worlds import DAY, shop
from hypothesis import given
from hypothesis import strategies as st

from prodsim_cli import registry
from prodsim_cli.errors import InputError
from prodsim_cli.evaluation.exporters import recbole, trec
from prodsim_cli.evaluation.exporters._escaping import escaped, file_word
from prodsim_cli.evaluation.outcome import FoldEvents, Outcome
from prodsim_cli.records.figures import Scorecard

CARD = Scorecard(task="recommend", split={}, k=3, methods={}, main="ndcg@3")
NASTY = "Q 1\u00a0%\t\u3000\x85é"


def outcome(**other: object) -> Outcome:
    """Two people, three products, two methods: b has one right product, a has two."""
    given = {
        "queries": ("a", "b"),
        "window": np.zeros(2, np.int64),
        "methods": ("good", "bad"),
        "lists": {
            "good": np.array([[1, 0, 2], [2, -1, -1]], np.int32),
            "bad": np.array([[0, -1, -1], [-1, -1, -1]], np.int32),
        },
        "answers": sp.csr_matrix(np.array([[1, 1, 0], [0, 0, 1]], np.float32)),
        "items": ("x", "y", "z"),
    }
    return replace(Outcome(CARD), **{**given, **other})


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


class TestTrec:
    def test_the_lines(self, tmp_path):
        paths = trec.write(outcome(), tmp_path / "new")
        assert [path.name for path in paths] == ["qrels.trec", "run.good.trec", "run.bad.trec"]
        assert lines(paths[0]) == ["a 0 x 1", "a 0 y 1", "b 0 z 1"]
        assert lines(paths[1]) == [
            "a Q0 y 1 3 good",
            "a Q0 x 2 2 good",
            "a Q0 z 3 1 good",
            "b Q0 z 1 3 good",
        ]
        assert lines(paths[2]) == ["a Q0 x 1 3 bad"]
        assert sorted(tmp_path.glob("new/*")) == sorted(paths)

    def test_a_question_of_several_windows_names_its_window(self, tmp_path):
        twice = outcome(queries=("a@1", "a@1"), window=np.array([0, 1]))
        assert lines(trec.write(twice, tmp_path)[0])[1:] == ["a@1@0 0 y 1", "a@1@1 0 z 1"]

    def test_names_survive(self, tmp_path):
        paths = trec.write(
            outcome(
                queries=(NASTY, "b"),
                items=("x y", "源:1", "100%"),
                lists={"a/b c": np.array([[1, 0, 2], [2, -1, -1]], np.int32)},
            ),
            tmp_path,
        )
        assert paths[1].name == "run.a%2Fb%20c.trec"
        words = [line.split() for line in lines(paths[1])]
        assert [len(word) for word in words] == [6] * 4
        assert [unquote(word[0]) for word in words] == [NASTY] * 3 + ["b"]
        assert [unquote(word[2]) for word in words] == ["源:1", "x y", "100%", "100%"]
        assert words[0][2] == "源:1"  # what breaks nothing stays as it is
        assert {unquote(word[5]) for word in words} == {"a/b c"}

    def test_gains_are_whole_numbers_in_the_same_proportion(self, tmp_path):
        gains = np.array([[1, 0.1, 0.01], [0, 0, 2]], np.float32)
        path = trec.write(outcome(answers=sp.csr_matrix(gains)), tmp_path)[0]
        assert lines(path) == ["a 0 x 100", "a 0 y 10", "a 0 z 1", "b 0 z 200"]

    def test_a_gain_that_is_no_decimal_is_refused_and_nothing_is_written(self, tmp_path):
        gains = np.array([[1 / 3, 0, 0], [0, 0, 2]], np.float32)
        with pytest.raises(InputError, match=r"A gain of 0\.3333333"):
            trec.write(outcome(answers=sp.csr_matrix(gains)), tmp_path)
        assert not list(tmp_path.iterdir())

    def test_without_lists_or_answers_there_is_nothing_to_write(self, tmp_path):
        assert trec.write(outcome(answers=None), tmp_path) == []
        assert trec.write(outcome(lists={}), tmp_path) == []
        assert trec.write(outcome(answers=sp.csr_matrix((2, 3), dtype=np.float32)), tmp_path) == []

    def test_a_folder_without_a_folder_above_it_is_named(self, tmp_path):
        with pytest.raises(InputError, match="there is no folder") as caught:
            trec.write(outcome(), tmp_path / "not" / "there")
        assert "mkdir -p" in caught.value.hint

    @pytest.mark.filterwarnings("ignore::Warning")
    @pytest.mark.slow
    def test_ranx_reads_the_figures_of_our_own_metrics(self, tmp_path):
        ranx = pytest.importorskip("ranx")
        random = np.random.default_rng(7)
        queries, n, depth = 60, 40, 10
        lists = np.stack([random.permutation(n)[:depth] for _ in range(queries)]).astype(np.int32)
        lists[np.arange(depth) >= random.integers(0, depth + 1, queries)[:, None]] = -1
        grades = random.choice([0, 0, 0, 0, 1, 2, 3], (queries, n)).astype(np.float32)
        grades[:, 0] = 1  # somebody has to be right
        run = outcome(
            queries=tuple(f"q {row} %" for row in range(queries)),
            window=np.arange(queries) % 2,
            items=tuple(f"SKU {item}" for item in range(n)),
            lists={"m": lists},
            answers=sp.csr_matrix(grades / np.float32(10)),
        )
        qrels_path, run_path = trec.write(run, tmp_path)
        theirs = ranx.evaluate(
            ranx.Qrels.from_file(str(qrels_path), kind="trec"),
            ranx.Run.from_file(str(run_path), kind="trec"),
            ["ndcg@5", "recall@10", "precision@5", "map@10", "mrr@10", "hit_rate@5", "f1@10"],
            make_comparable=True,
        )
        ours = _figures(lists, grades.astype(np.float64))
        assert theirs == pytest.approx(ours, abs=1e-9)


def _figures(lists, grades):
    """The same figures by the metrics of the house, from arrays."""
    from prodsim_cli.protocol.metrics._seen import Ranks

    rows = np.arange(len(lists))[:, None]
    gains = np.where(lists >= 0, grades[rows, lists], 0.0)
    ideal = -np.sort(-grades, axis=1)
    ranks = Ranks(gains > 0, (grades > 0).sum(axis=1), gains, ideal)
    names = {"map": "average_precision", "hit_rate": "hit_rate"}
    asked = (("ndcg", 5), ("recall", 10), ("precision", 5), ("map", 10), ("mrr", 10))
    return {
        f"{label}@{k}": registry.load("metrics", names.get(label, label)).score(ranks, k).mean()
        for label, k in (*asked, ("hit_rate", 5), ("f1", 10))
    }


class TestEscaping:
    @given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
    def test_any_name_is_one_word_on_one_line_and_comes_back(self, name):
        word = escaped(name)
        assert word.split() == [word]
        assert word.splitlines() == [word]
        assert unquote(word) == name

    @pytest.mark.parametrize("name", ["NA", "nan", "null", "None", "n/a", "#N/A", "-NaN", "<NA>"])
    def test_a_name_that_pandas_takes_for_nothing_is_escaped(self, name):
        assert escaped(name) != name
        assert unquote(escaped(name)) == name

    def test_plain_names_stay(self):
        assert [escaped(name) for name in ("85123A", "abt:17", "Nana", "é", '"q"')] == [
            "85123A",
            "abt:17",
            "Nana",
            "é",
            '"q"',
        ]

    def test_a_file_word_holds_no_path(self):
        assert file_word("../a\\b:c") == "..%2Fa%5Cb%3Ac"


class TestRecbole:
    @pytest.fixture
    def part(self) -> FoldEvents:
        """a buys x (three units) and rates it, buys y and brings it back, z is asked about."""
        data = shop(
            [
                ("a b", "x", "purchase", DAY),
                ("a b", "x", "rating", 2 * DAY),
                ("a b", "y", "purchase", 3 * DAY),
                ("a b", "y", "return", 4 * DAY),
                (None, "x", "purchase", 5 * DAY),
                ("NA", "z", "view", 6 * DAY),
                ("a b", "z", "purchase", 7 * DAY),
                ("NA", "x", "purchase", 8 * DAY),
            ],
            titles=['12" "best"\tline\r\nnext', "  ", None],
        )
        data = replace(data, columns={**data.columns, "price": [1.5, None, 2.0]})
        data.events.quantity[0], data.events.value[:2] = 3, (9.99, 4)
        train = np.arange(8) < 6
        return FoldEvents(data, train, np.arange(8) == 6)

    def test_the_files(self, part, tmp_path):
        paths = recbole.write(Outcome(CARD, parts=(part,)), tmp_path / "out")
        home = tmp_path / "out" / "shop"
        assert paths == [home / f"shop.{end}" for end in ("train.inter", "test.inter", "item")]
        assert self.rows(paths[0]) == [
            ["user_id:token", "item_id:token", "rating:float", "timestamp:float", "type:token"],
            ["a%20b", "x", "3.0", str(DAY), "purchase"],
            ["a%20b", "x", "4.0", str(2 * DAY), "rating"],
            ["%4EA", "z", "1.0", str(6 * DAY), "view"],
        ]
        assert self.rows(paths[1])[1:] == [["a%20b", "z", "1.0", str(7 * DAY), "purchase"]]
        assert self.rows(paths[2]) == [
            ["item_id:token", "title:token_seq", "brand:token", "category:token", "price:float"],
            ["x", '12" "best" line next', "", "", "1.5"],
            ["y", "", "", "", ""],
            ["z", "", "", "", "2.0"],
        ]

    def test_a_return_after_the_split_takes_nothing_from_the_training_part(self, part, tmp_path):
        before = replace(part, train=np.arange(8) < 3)
        path = recbole.write(Outcome(CARD, parts=(before,)), tmp_path)[0]
        assert [row[1] for row in self.rows(path)[1:]] == ["x", "x", "y"]

    def test_a_rating_without_stars_is_empty(self, part, tmp_path):
        part.data.events.value[1] = np.nan
        path = recbole.write(Outcome(CARD, parts=(part,)), tmp_path)[0]
        assert [row[2] for row in self.rows(path)[1:]] == ["3.0", "", "1.0"]

    def test_an_event_with_only_an_order_has_its_position_for_a_time(self, tmp_path):
        data = shop([("a", "x", "view", None, 5), ("a", "y", "view", None, 6)])
        part = FoldEvents(data, np.array([True, False]), np.array([False, True]))
        train, test, _ = recbole.write(Outcome(CARD, parts=(part,)), tmp_path)
        assert [self.rows(path)[1][3] for path in (train, test)] == ["5", "6"]

    def test_windows_have_folders_of_their_own(self, part, tmp_path):
        paths = recbole.write(Outcome(CARD, parts=(part, part)), tmp_path)
        assert [path.relative_to(tmp_path).as_posix() for path in paths[::3]] == [
            "shop-0/shop-0.train.inter",
            "shop-1/shop-1.train.inter",
        ]

    def test_without_events_held_out_there_is_nothing_to_write(self, tmp_path):
        assert recbole.write(outcome(), tmp_path) == []
        assert not list(tmp_path.iterdir())

    @staticmethod
    def rows(path: Path) -> list[list[str]]:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file, delimiter="\t"))


@pytest.mark.parametrize("name", registry.names("exporters"))
def test_every_exporter_keeps_the_contract(name, tmp_path):
    module = registry.load("exporters", name)
    assert registry.help_line("exporters", name).endswith(".")
    (tmp_path / "mine.txt").write_text("mine")
    data = shop([("a", "x", "view", 1), ("a", "y", "view", 2), ("b", "z", "view", 3)])
    part = FoldEvents(data, np.arange(3) < 2, np.arange(3) == 2)
    first = module.write(outcome(parts=(part,)), tmp_path)
    written = {path: path.read_bytes() for path in first}
    assert written
    assert all(path.is_relative_to(tmp_path) for path in first)
    assert module.write(outcome(parts=(part,)), tmp_path) == first
    assert {path: path.read_bytes() for path in first} == written
    there = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert there == {*first, tmp_path / "mine.txt"}
