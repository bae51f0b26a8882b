"""What an evaluation takes from the database, and the runs that it leaves there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from evaluation_shop import put_space, put_table, write_aisles

from prodsim_cli.errors import NotFound
from prodsim_cli.records.figures import Interval, Scorecard
from prodsim_cli.store import evaluations, meta
from prodsim_cli.store.connection import open_for_reading, open_for_writing, transaction
from prodsim_cli.store.evaluations import PerQuery

CARD = Scorecard("recommend", {"kind": "time"}, 10, {"cosine": {"ndcg@10": Interval(0.5)}})


@pytest.fixture
def database(tmp_path: Path) -> str:
    return write_aisles(tmp_path / "shop.db")


@pytest.fixture
def connection(database: str) -> Iterator[sqlite3.Connection]:
    with closing(open_for_writing(database)) as opened:
        yield opened


def some_figures() -> PerQuery:
    keys = np.array([3, 2**64 - 1, 7], np.uint64)
    return PerQuery(("cosine", "红"), keys, np.array([[0.1, 1 / 3], [0, 1], [0.25, np.nan]]))


class TestRuns:
    def test_a_run_comes_back_as_it_was_kept(self, connection: sqlite3.Connection) -> None:
        number = evaluations.keep(connection, CARD, {"k": (10,)}, "events:3", some_figures())
        found = evaluations.earlier(connection, number)
        assert found.id == number == 1
        assert found.figures == json.loads(json.dumps(CARD.as_dict()))
        assert found.per_query is not None
        assert found.per_query.methods == ("cosine", "红")
        assert found.per_query.keys.tolist() == [3, 2**64 - 1, 7]
        np.testing.assert_array_equal(found.per_query.values, some_figures().values)
        row = connection.execute("select settings, data_version from evaluations").fetchone()
        assert (json.loads(row[0]), row[1]) == ({"k": [10]}, "events:3")

    def test_numbers_rise_and_nothing_to_compare_is_null(
        self, connection: sqlite3.Connection
    ) -> None:
        assert [
            evaluations.keep(connection, CARD, {}, "", kept) for kept in (None, PerQuery())
        ] == [1, 2]
        assert evaluations.earlier(connection, 2).per_query is None

    def test_the_same_figures_are_the_same_bytes(self) -> None:
        assert some_figures().packed() == some_figures().packed()

    def test_no_pickle_is_read(self) -> None:
        import io

        buffer = io.BytesIO()
        evil = np.array([object()], object)
        np.savez_compressed(buffer, methods=evil, keys=evil, values=evil)
        with pytest.raises(ValueError, match="allow_pickle"):
            PerQuery.unpacked(buffer.getvalue())

    def test_a_run_that_is_not_there_names_those_that_are(
        self, connection: sqlite3.Connection
    ) -> None:
        with pytest.raises(NotFound, match=r"no evaluation 5 \(there are: none yet\)"):
            evaluations.earlier(connection, 5)
        for _ in range(3):
            evaluations.keep(connection, CARD, {}, "")
        with pytest.raises(NotFound, match=r"no evaluation 5 \(there are: 1 to 3\)"):
            evaluations.earlier(connection, 5)


class TestShopToJudge:
    def tables(self, database: str, *asked: str) -> dict[str, bool]:
        """Stored tables that come along, and whether each has learned from events."""
        with closing(open_for_reading(database)) as connection:
            data, _ = evaluations.shop_to_judge(connection, asked)
        return {name: name in data.learned for name in data.neighbors}

    def test_tables_of_texts_come_along_those_of_events_do_not(self, database: str) -> None:
        for name, version in (
            ("lexical", "catalog:0"), ("numbers", "catalog:0"), ("cosine", "events:0"),
            ("hybrid", "catalog:0 events:0"), ("ease", "catalog:0"),
        ):  # fmt: skip
            put_table(database, name, version, [("a0", "a1")])
        assert self.tables(database) == {"lexical": False, "numbers": False}

    def test_a_table_of_ones_own_comes_where_it_is_asked_for(self, database: str) -> None:
        for name, version in (("mine", "catalog:0"), ("theirs", "events:0"), ("odd", "")):
            put_table(database, name, version, [("a0", "a1")])
        assert self.tables(database) == {}
        assert self.tables(database, "mine", "odd") == {"mine": False, "odd": True}
        assert self.tables(database, "theirs", "cosine") == {"theirs": True}

    def test_the_version_belongs_to_what_was_read(self, database: str) -> None:
        with closing(open_for_writing(database)) as connection, transaction(connection):
            connection.execute("insert into meta values ('events_version', '7')")
        with closing(open_for_reading(database)) as connection:
            data, version = evaluations.shop_to_judge(connection)
            assert version == "catalog:0 events:7"
            assert not connection.in_transaction
        assert len(data.events) == 144

    def test_vectors_say_whether_they_have_learned(self, database: str) -> None:
        put_space(database, "texts", "catalog:0", np.eye(12, 3))
        put_space(database, "net", "catalog:0 events:0", np.eye(12, 3))
        with closing(open_for_reading(database)) as connection:
            data, _ = evaluations.shop_to_judge(connection)
            assert set(data.embeddings) == {"texts", "net"}
            assert data.learned == {"net"}
            assert evaluations.method_settings(connection) == {"space": "net"}


def test_thresholds_stand_beside_those_of_other_methods(connection: sqlite3.Connection) -> None:
    assert evaluations.thresholds(connection) == {}
    with transaction(connection):
        meta.put_settings(connection, {"model": "minilm", "graph": {"shrinkage": 3}})
    evaluations.put_thresholds(connection, {"cosine": 0.5, "text": 0.7})
    evaluations.put_thresholds(connection, {"text": 0.8})
    assert evaluations.thresholds(connection) == {"cosine": 0.5, "text": 0.8}
    assert evaluations.method_settings(connection) == {"space": "minilm", "shrinkage": 3}
