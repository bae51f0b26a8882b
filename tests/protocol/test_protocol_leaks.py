"""Planted leaks: whoever has seen the future is named, and the exit code is 1."""

from __future__ import annotations

import json
import os
import sqlite3
from dataclasses import replace

import numpy as np
import pytest
from evaluation_shop import AT, SKUS, install, put_space, put_table, run_eval, write_aisles
from evaluation_worlds import evaluate, method, shop, two_aisles

from prodsim_cli import registry
from prodsim_cli.data.embeddings import EmbeddingMatrix
from prodsim_cli.errors import Leak
from prodsim_cli.protocol import leaks
from prodsim_cli.protocol.splits import time


def plug(monkeypatch, family="similarity", **modules):
    """Plug-ins for one test, found before those of the house."""
    real = registry.load

    def load(asked, name):
        return modules[name] if asked == family and name in modules else real(asked, name)

    monkeypatch.setattr(registry, "load", load)


NEXT = [(sku, SKUS[(n + 1) % 12]) for n, sku in enumerate(SKUS)]


@pytest.fixture
def database(tmp_path, monkeypatch):
    """Two aisles in a folder of their own, which is where one stands."""
    (tmp_path / "shops").mkdir()
    monkeypatch.chdir(tmp_path)
    return write_aisles(tmp_path / "shops" / "two aisles.db")


def judged(database, *words):
    return run_eval(database, "--at", AT, "-k", "2", "-f", "json", "-q", *words)


def caught(result) -> str:
    """The one sentence of a leak."""
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    answer = json.loads(result.stderr[result.stderr.index("{") :])["error"]
    assert answer["kind"] == "Leak"
    assert answer["message"].startswith("Leak: ")
    assert answer["hint"]
    return answer["message"]


class TestStoredTables:
    @pytest.mark.parametrize("version", ["catalog:0 events:0", "events:0", "", "somebody's"])
    def test_one_that_may_have_learned_from_events_is_refused_by_name(self, database, version):
        put_table(database, "mymodel", version, NEXT)
        assert caught(judged(database, "--methods", "all,mymodel")) == (
            "Leak: the stored table mymodel has learned from events that are held out here (48 of"
            " them), so it would be judged by what it has already seen."
        )

    @pytest.mark.parametrize("task", ["recommend", "similar"])
    def test_every_task_with_a_holdout_refuses_it(self, database, task):
        put_table(database, "mymodel", "events:0", NEXT)
        assert "mymodel" in caught(judged(database, "--methods", "mymodel", "--task", task))

    def test_the_honest_twin_is_judged(self, database):
        put_table(database, "mymodel", "catalog:0", NEXT)
        result = judged(database, "--methods", "mymodel")
        assert result.exit_code == 0, result.output
        assert 0 < json.loads(result.stdout)["methods"]["mymodel"]["ndcg@2"]["mean"] < 1

    def test_nobody_asks_for_it_nobody_is_refused(self, database):
        put_table(database, "mymodel", "events:0", NEXT)
        result = judged(database)
        assert result.exit_code == 0, result.output
        assert "mymodel" not in json.loads(result.stdout)["methods"]

    def test_a_file_of_answers_without_a_moment_holds_nothing_out(self, database, tmp_path):
        (tmp_path / "related.csv").write_text("sku,related_sku\na0,a1\na1,a2\n")
        put_table(database, "mymodel", "events:0", NEXT)
        words = ("--methods", "mymodel", "--related", "related.csv")
        result = run_eval(database, *words, "-k", "2", "-f", "json", "-q")
        assert result.exit_code == 0, result.output
        # the row of a0 holds a1, that of a1 holds a2
        assert json.loads(result.stdout)["methods"]["mymodel"]["ndcg@2"]["mean"] == 1
        assert "mymodel" in caught(judged(database, *words))

    def test_one_of_the_house_is_built_anew(self, database):
        honest = judged(database, "--methods", "cosine")
        put_table(database, "cosine", "catalog:0", NEXT)
        assert judged(database, "--methods", "cosine").stdout == honest.stdout


SPY = """
    import os, sqlite3
    from pathlib import Path
    import numpy as np
    from prodsim_cli.data.neighbors import NeighborTable

    NEEDS = "text"

    def neighbors(data, queries=None, candidates=None, *, k=50):
        n = len(data)
        {deed}
        return NeighborTable(np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32))
"""

DEEDS = {
    "sqlite3": "sqlite3.connect({whole!r})",
    "a path": "sqlite3.connect(Path({whole!r}))",
    "bytes": "sqlite3.connect({whole!r}.encode())",
    "a relative path": "sqlite3.connect('shops/../shops/two aisles.db')",
    "a URI": "sqlite3.connect('file:{quoted}?mode=ro', uri=True)",
    "a URI with a host": "sqlite3.connect('file://localhost{quoted}?mode=ro', uri=True)",
    "a relative URI": "sqlite3.connect('file:shops/two%20aisles.db?mode=ro', uri=True)",
    "a symlink": "os.symlink({whole!r}, 'soft.db'); sqlite3.connect('soft.db')",
    "a hard link": "os.link({whole!r}, 'hard.db'); sqlite3.connect('hard.db')",
    "the bytes of the file": "Path({whole!r}).read_bytes()",
    "os.open": "os.open({whole!r}, os.O_RDONLY)",
    "a copy": "__import__('shutil').copy({whole!r}, 'copy.db')",
}


def spied(tmp_path, monkeypatch, deed: str, name: str = "spy") -> None:
    monkeypatch.syspath_prepend(install(tmp_path, name, SPY.replace("{deed}", deed)))
    monkeypatch.delitem(__import__("sys").modules, f"{name}_plug_in", raising=False)


def deed_of(word: str, database: str) -> str:
    return DEEDS[word].format(whole=database, quoted=database.replace(" ", "%20"))


@pytest.mark.linux
class TestTheDatabase:
    """A method of another package that opens the database while it is judged."""

    @pytest.mark.parametrize("word", DEEDS)
    def test_by_whatever_name_it_is_opened(self, database, tmp_path, monkeypatch, word):
        spied(tmp_path, monkeypatch, deed_of(word, database))
        assert caught(judged(database, "--methods", "spy")) == (
            "Leak: the method spy opens the database while it is judged, and the held-out events"
            " stand in there."
        )

    @pytest.mark.parametrize("word", ["sqlite3", "a relative URI", "the bytes of the file"])
    def test_one_that_swallows_the_error_is_found_out(self, database, tmp_path, monkeypatch, word):
        hidden = f"try: {deed_of(word, database)}\nexcept BaseException: pass"
        spied(tmp_path, monkeypatch, f"exec({hidden!r})")
        assert "method spy opens" in caught(judged(database, "--methods", "spy"))

    def test_one_that_fails_without_it_is_found_out(self, database, tmp_path, monkeypatch):
        broken = f"try: open({database!r})\nexcept Exception: raise KeyError(1)"
        spied(tmp_path, monkeypatch, f"exec({broken!r})")
        assert "method spy opens" in caught(judged(database, "--methods", "spy"))

    def test_one_that_reads_it_while_it_is_imported(self, database, tmp_path, monkeypatch):
        code = SPY.replace("{deed}", "pass") + f"\n    HELD_OUT = sqlite3.connect({database!r})\n"
        monkeypatch.syspath_prepend(install(tmp_path, "early", code))
        assert "method early opens" in caught(judged(database, "--methods", "cosine,early"))

    def test_the_database_may_be_named_by_a_link_too(self, database, tmp_path, monkeypatch):
        os.symlink(database, "linked.db")
        spied(tmp_path, monkeypatch, deed_of("sqlite3", database))
        assert "method spy opens" in caught(judged("linked.db", "--methods", "spy"))

    def test_other_files_are_nobody_s_business(self, database, tmp_path, monkeypatch):
        deed = "Path('cache.txt').write_text('x'); sqlite3.connect('other.db'); open(os.devnull)"
        spied(tmp_path, monkeypatch, deed)
        result = judged(database, "--methods", "spy,cosine")
        assert result.exit_code == 0, result.output
        assert "spy" in json.loads(result.stdout)["methods"]

    def test_its_own_error_stays_its_own(self, database):
        with pytest.raises(ZeroDivisionError), leaks.locked(database, "spy"):
            raise ZeroDivisionError

    def test_the_inner_one_is_named_and_afterwards_it_is_open_to_all(self, database):
        def nested():
            with leaks.locked(database, "outer"):
                with pytest.raises(Leak, match="method inner"), leaks.locked(database, "inner"):
                    sqlite3.connect(database)
                sqlite3.connect(database)

        for _ in range(2):
            with pytest.raises(Leak, match="method outer opens"):
                nested()
        sqlite3.connect(database).close()


class TestSpaces:
    """Vectors that somebody's network made of events."""

    def vectors(self):
        return np.random.default_rng(1).random((12, 3)).astype(np.float32)

    def test_one_that_has_learned_is_refused(self, database):
        put_space(database, "mine", "catalog:0 events:0", self.vectors())
        said = (
            "Leak: text reads the stored vectors mine, which have learned from events that are"
            " held out here (48 of them)."
        )
        assert caught(judged(database, "--methods", "text")) == said
        assert caught(judged(database)) == said
        assert caught(judged(database, "--methods", "hybrid")) == said
        assert judged(database, "--methods", "cosine").exit_code == 0

    def test_a_table_of_texts_made_of_them_is_no_way_round(self, database):
        """`prodsim graph` makes `text` of whatever vectors there are, and calls it catalog:N."""
        put_space(database, "mine", "catalog:0 events:0", self.vectors())
        put_table(database, "text", "catalog:0", NEXT)
        assert "reads the stored vectors mine" in caught(judged(database, "--methods", "text"))

    def test_one_of_texts_is_taken(self, database):
        put_space(database, "mine", "catalog:0", self.vectors())
        result = judged(database, "--methods", "text")
        assert result.exit_code == 0, result.output
        assert "text" in json.loads(result.stdout)["methods"]

    def test_a_method_that_does_not_say_what_it_reads_is_shown_none(self, monkeypatch):
        shown = []

        def neighbors(data, queries=None, candidates=None, *, k=50):
            shown.append(sorted(data.embeddings))
            return registry.load("similarity", "cosine").neighbors(data, k=k)

        plug(monkeypatch, spy=method(neighbors, "events"))
        spaces = {name: EmbeddingMatrix(self.vectors(), name) for name in ("gat", "minilm")}
        data = replace(shop(two_aisles()), embeddings=spaces, learned=frozenset({"gat"}))
        evaluate(data, at=AT, methods=["spy"])
        assert shown == [["minilm"]]


class TestSplits:
    """A split of somebody's that leaves what is asked about in the training part."""

    def cut_badly(self, monkeypatch, spoil):
        honest = time.split

        def split(data, *, target, again=False, at=None):
            return tuple(spoil(one) for one in honest(data, target=target, again=again, at=at))

        monkeypatch.setattr(time, "split", split)

    def test_events_on_both_sides(self, database, monkeypatch):
        def spoil(split):
            train = split.train.copy()
            train[np.flatnonzero(split.test)[:5]] = True
            return replace(split, train=train)

        self.cut_badly(monkeypatch, spoil)
        assert caught(judged(database, "--methods", "cosine")) == (
            "Leak: the split time puts 5 events into the training part and into the test part."
        )

    def test_answers_that_stand_in_the_past(self, database, monkeypatch):
        def spoil(split):
            return replace(split, train=split.train | split.test, test=np.zeros_like(split.test))

        self.cut_badly(monkeypatch, spoil)
        said = "Leak: the training part of the split time holds 48 events from its moment on."
        assert caught(judged(database, "--methods", "cosine", "--task", "recommend")) == said
        assert caught(judged(database, "--methods", "cosine", "--again")) == said

    def test_answers_that_stand_in_the_past_of_a_split_without_a_moment(
        self, database, monkeypatch
    ):
        def spoil(split):
            train = split.train | split.test
            return replace(split, train=train, test=np.zeros_like(train), at=None)

        self.cut_badly(monkeypatch, spoil)
        assert caught(judged(database, "--methods", "cosine", "--task", "recommend")) == (
            "Leak: 48 of 48 right answers of the split time stand in its training part."
        )

    def test_more_events_than_the_split_allows(self):
        data = shop(two_aisles())
        (split,) = time.split(data, at=AT)
        with pytest.raises(Leak, match="given 144 events, the training part of the split time has"):
            leaks.same_events(data, split)


class TestWhatIsGiven:
    """Whatever a method says that it needs, what it is given holds the training part only."""

    def given(self, monkeypatch, database, *words, needs="text"):
        """The datasets that a method is shown, one a fold."""
        seen = []

        def neighbors(data, queries=None, candidates=None, *, k=50):
            seen.append(data)
            return registry.load("similarity", "cosine").neighbors(data, k=k)

        plug(monkeypatch, spy=method(neighbors, needs))
        words = words or ("--at", AT)
        result = run_eval(database, "--methods", "spy", "-k", "2", "-f", "json", *words)
        assert result.exit_code == 0, result.output
        return seen

    @pytest.mark.parametrize("needs", ["text", "columns", "events"])
    def test_one_that_claims_to_read_texts_sees_no_later_event(self, database, monkeypatch, needs):
        for data in self.given(monkeypatch, database, needs=needs):
            assert len(data.events) == 96
            assert (data.events.at < np.datetime64(AT, "s").astype(int)).all()

    def test_no_array_is_a_view_of_all_events(self, database, monkeypatch):
        """`array.base` leads nowhere, and no memo of the whole shop comes along."""
        (data,) = self.given(monkeypatch, database)
        for field in vars(data.events).values():
            base = field
            while base is not None:
                assert base.size <= 96
                base = base.base
        assert all(key.startswith("texts of ") for key in data._memo)

    def test_it_gets_no_table_of_another_run(self, database, monkeypatch):
        put_table(database, "lexical", "catalog:0", NEXT)
        put_table(database, "cosine", "catalog:0", NEXT)
        (data,) = self.given(monkeypatch, database)
        assert sorted(data.neighbors) == ["lexical"]

    def test_in_every_window_it_sees_what_lies_before(self, database, monkeypatch):
        first, second = self.given(monkeypatch, database, "--windows", "2")
        assert 0 < len(first.events) < len(second.events) < 144
        assert first.events.at.max() < second.events.at.max()
