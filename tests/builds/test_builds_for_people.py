"""Tables for people: there while they are needed, gone when they are not, whole in between."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from recommend_shop import write_recommend_shop

from prodsim_cli import builds
from prodsim_cli.builds import for_recommend as for_people
from prodsim_cli.scoring.coefficients import EVIDENCE
from prodsim_cli.store import artifacts
from prodsim_cli.store.connection import open_for_reading, open_for_writing, transaction
from prodsim_cli.store.status import made


@pytest.fixture
def shop(tmp_path: Path) -> str:
    return write_recommend_shop(tmp_path)


def learn(path: str, weights: Mapping[str, float], people: Mapping[str, Any]) -> None:
    """Put another blend in the place of the learned one, as if it had been learned."""
    with closing(open_for_writing(path)) as connection, transaction(connection):
        query = "select settings from artifacts where kind = 'blend'"
        settings = json.loads(connection.execute(query).fetchone()[0])
        settings["blend"]["recommend"] = {kind: dict(weights) for kind in EVIDENCE}
        settings["blend"]["settings"] = {"recommend": dict(people), "similar": {}}
        connection.execute(
            "update artifacts set settings = ? where kind = 'blend'", (json.dumps(settings),)
        )


def stored(path: str) -> set[str]:
    with closing(open_for_reading(path)) as connection:
        found = set(artifacts.Built(connection).names("neighbors"))
        rows = {row[0] for row in connection.execute("select distinct method from neighbors")}
    assert rows <= found  # no row without its artifact
    return {name for name in found if name.endswith("@recommend")}


def test_a_table_is_stored_where_the_settings_differ_and_it_has_a_weight(shop: str) -> None:
    learn(shop, {"ease": 1.0, "cosine": 1.0}, {"ease": {"l2": 50.0}, "bm25": {"half_life": 15.0}})
    report = builds.graph(shop)
    assert stored(shop) == {"ease@recommend"}
    assert ("ease@recommend", "built") in {(one.name, one.action) for one in report.stages}
    assert not builds.graph(shop).changed


def test_it_goes_when_it_is_not_needed_any_more(shop: str) -> None:
    learn(shop, {"ease": 1.0}, {"ease": {"l2": 50.0}})
    builds.graph(shop)
    learn(shop, {"ease": 1.0}, {})
    report = builds.graph(shop)
    assert ("ease@recommend", "removed") in {(one.name, one.action) for one in report.stages}
    assert stored(shop) == set()


def test_methods_do_not_show_it_and_status_says_whom_it_is_for(shop: str) -> None:
    learn(shop, {"ease": 1.0}, {"ease": {"l2": 50.0}})
    builds.graph(shop)
    with closing(open_for_reading(shop)) as connection:
        assert "ease@recommend" not in artifacts.Built(connection).methods()
        rows = {one.name: one for one in made(connection, artifacts.Built(connection))}
    assert rows["ease@recommend"].stale == ""
    assert rows["ease@recommend"].rows > 0


def test_smoothed_reads_the_words_that_people_read(shop: str) -> None:
    learn(shop, {"smoothed": 1.0}, {"lexical": {"weights": {"title": 1.0, "category": 0.3}}})
    builds.graph(shop)
    assert stored(shop) == {"smoothed@recommend"}


def test_a_stop_leaves_whole_tables_and_the_next_build_goes_on(
    shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn(shop, {"ease": 1.0, "cosine": 1.0}, {"ease": {"l2": 50.0}, "cosine": {"half_life": 9.0}})
    store, calls = for_people.store, []

    def stops(*words: Any) -> None:
        calls.append(words[1])
        if len(calls) == 2:
            raise KeyboardInterrupt
        store(*words)

    monkeypatch.setattr(for_people, "store", stops)
    with pytest.raises(KeyboardInterrupt):
        builds.graph(shop)
    assert stored(shop) == {calls[0]}
    monkeypatch.undo()
    builds.graph(shop)
    assert stored(shop) == {"ease@recommend", "cosine@recommend"}
    assert not builds.graph(shop).changed
