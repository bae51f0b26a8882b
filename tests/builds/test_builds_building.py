"""Build on real files of small shops: what is stale is made, what is fresh is left alone."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prodsim_cli import builds, embedders, registry
from prodsim_cli.builds import BuildOptions
from prodsim_cli.errors import InputError, NotReady, UsageProblem
from prodsim_cli.store.connection import open_for_reading

HASHING = BuildOptions(model="hashing")
NOT_HERE = ["numbers", "orders"]
"""Methods that the two aisles give nothing to."""


@pytest.fixture
def shop(tmp_path: Path, fixtures: Path) -> str:
    """The two aisles, ingested and built without a language model of weight."""
    path = str(tmp_path / "shop.db")
    builds.ingest(path, [str(fixtures / "two_aisles")])
    builds.build(path, HASHING)
    return path


def ask(path: str, query: str, *args: Any) -> list[tuple[Any, ...]]:
    connection = open_for_reading(path)
    rows = [tuple(row) for row in connection.execute(query, args)]
    connection.close()
    return rows


def actions(report: builds.BuildReport) -> dict[tuple[str, str], str]:
    return {(stage.name, stage.kind): stage.action for stage in report.stages}


def neighbors(path: str, method: str, sku: str) -> list[str]:
    return [
        row[0]
        for row in ask(
            path,
            """select other.sku from neighbors n join items i on i.id = n.item_id
               join items other on other.id = n.neighbor_id
               where n.method = ? and i.sku = ? order by n.rank""",
            method,
            sku,
        )
    ]


def catalog(tmp_path: Path, rows: list[str], name: str = "catalog.csv") -> str:
    path = tmp_path / name
    path.write_text("\n".join(["sku,title", *rows]) + "\n")
    return str(path)


def test_the_two_aisles_stay_apart(shop: str) -> None:
    for method in ("cosine", "jaccard", "pearson", "bm25"):
        for sku in ("TEA1", "TEA7"):
            assert {other[:3] for other in neighbors(shop, method, sku)} == {"TEA"}
        assert {other[:4] for other in neighbors(shop, method, "TOOL7")} == {"TOOL"}


def test_words_find_what_nobody_bought_yet(shop: str) -> None:
    assert neighbors(shop, "lexical", "TEA8")[0] == "TEA1"
    assert neighbors(shop, "hybrid", "TOOL8")[0] == "TOOL5"
    assert neighbors(shop, "hybrid", "TEA7")[0].startswith("TEA")
    assert neighbors(shop, "text", "TEA7") == []


def test_a_second_build_is_fresh_throughout(shop: str) -> None:
    report = builds.build(shop)
    assert set(actions(report).values()) == {"fresh", "left out"}
    assert [name for (name, _), done in actions(report).items() if done == "left out"] == NOT_HERE
    assert not report.changed


def test_ranks_are_gapless_and_every_table_has_its_artifact(shop: str) -> None:
    for table, key in (("neighbors", "item_id"), ("user_neighbors", "user_id")):
        assert ask(
            shop,
            f"""select count(*) from (select method, {key} from {table} group by method, {key}
                having count(*) != max(rank) or min(rank) != 1)""",
        ) == [(0,)]
        assert ask(shop, f"select count(*) from {table} where {key} = neighbor_id") == [(0,)]
        methods = ask(shop, f"select distinct method from {table} order by 1")
        assert methods == ask(shop, "select name from artifacts where kind = ? order by 1", table)


def test_a_changed_title_encodes_one_text(tmp_path: Path, monkeypatch: Any) -> None:
    path = str(tmp_path / "shop.db")
    builds.ingest(path, [catalog(tmp_path, ["A,green tea", "B,black tea", "C,claw hammer"])])
    builds.build(path, HASHING)
    seen = spied(monkeypatch)
    changed = catalog(tmp_path, ["A,green tea", "B,red tea", "C,claw hammer"])
    builds.ingest(path, [changed])
    done = actions(builds.build(path))
    assert seen == [["red tea"]]
    assert done["hashing", "space"] == done["lexical", "neighbors"] == "built"


def test_a_new_price_makes_nothing_stale(tmp_path: Path) -> None:
    path = str(tmp_path / "shop.db")
    file = tmp_path / "catalog.csv"
    file.write_text("sku,title,price\nA,green tea,2\nB,black tea,3\n")
    builds.ingest(path, [str(file)])
    builds.build(path, HASHING)
    file.write_text("sku,title,price\nA,green tea,2.5\nB,black tea,3\n")
    assert builds.ingest(path, [str(file)]).changed
    assert not builds.build(path).changed


def test_a_new_price_makes_the_attributes_stale_and_nothing_else(tmp_path: Path) -> None:
    path = str(tmp_path / "shop.db")
    file = tmp_path / "catalog.csv"
    file.write_text("sku,title,brand,price\nA,green tea,Leaf,2\nB,black tea,Leaf,3\nC,cup,Clay,9\n")
    builds.ingest(path, [str(file)])
    assert actions(builds.build(path, HASHING))["attributes", "neighbors"] == "built"
    file.write_text("sku,title,brand,price\nA,green tea,Leaf,8\nB,black tea,Leaf,3\nC,cup,Clay,9\n")
    builds.ingest(path, [str(file)])
    assert artifacts_stale(path, "attributes") == "prices have changed since"
    assert artifacts_stale(path, "lexical") == ""
    done = actions(builds.build(path))
    assert done["attributes", "neighbors"] == "built"
    assert done["lexical", "neighbors"] == "fresh"


def test_equal_texts_are_two_vectors_and_one_encode(tmp_path: Path, monkeypatch: Any) -> None:
    path = str(tmp_path / "shop.db")
    builds.ingest(path, [catalog(tmp_path, ["A,red mug", "B,red mug", "C,claw hammer"])])
    seen = spied(monkeypatch)
    builds.build(path, HASHING)
    assert sorted(text for batch in seen for text in batch) == ["claw hammer", "red mug"]
    assert ask(path, "select count(*), count(distinct content_hash) from vectors") == [(3, 2)]
    builds.ingest(path, [catalog(tmp_path, ["D,red mug"], "more.csv")])
    seen.clear()
    builds.build(path)
    assert seen == []
    assert ask(path, "select count(*) from vectors") == [(4,)]


def test_a_stopped_encoding_goes_on_and_ends_the_same(tmp_path: Path, monkeypatch: Any) -> None:
    rows = [f"P{n},{'long ' * (n % 7)}product number {n}" for n in range(200)]
    whole, stopped = str(tmp_path / "whole.db"), str(tmp_path / "stopped.db")
    for path in (whole, stopped):
        builds.ingest(path, [catalog(tmp_path, rows)])
    monkeypatch.setattr(embedders, "CHARACTERS", 0)  # batches of 64, however short the texts
    builds.build(whole, HASHING)
    with pytest.MonkeyPatch.context() as patch:
        spied(patch, stop_after=2)
        with pytest.raises(KeyboardInterrupt):
            builds.build(stopped, HASHING)
    assert ask(stopped, "select count(*) from vectors") == [(128,)]
    assert ask(stopped, "select count(*) from neighbors") == [(0,)]
    seen = spied(monkeypatch)
    builds.build(stopped)
    assert sum(map(len, seen)) == 72
    everything = "select method, item_id, rank, neighbor_id, score from neighbors order by 1, 2, 3"
    assert ask(stopped, everything) == ask(whole, everything)
    vectors = "select entity_id, vector from vectors order by 1"
    assert ask(stopped, vectors) == ask(whole, vectors)


def spied(monkeypatch: Any, stop_after: int | None = None) -> list[list[str]]:
    """The batches of texts that are encoded from now on; Ctrl-C after some of them."""
    seen: list[list[str]] = []
    original = embedders.Embedder.encode

    def encode(self: embedders.Embedder, texts: list[str]) -> Any:
        if stop_after is not None and len(seen) == stop_after:
            raise KeyboardInterrupt
        seen.append(texts)
        return original(self, texts)

    monkeypatch.setattr(embedders.Embedder, "encode", encode)
    return seen


def test_another_model_replaces_the_space(shop: str) -> None:
    done = actions(builds.build(shop, BuildOptions(model="multilingual")))
    assert done["multilingual", "space"] == "built"
    assert done["hashing", "space"] == "removed"
    assert done["text", "neighbors"] == done["hybrid", "neighbors"] == "built"
    assert done["cosine", "neighbors"] == "fresh"
    assert ask(shop, "select distinct space from vectors") == [("multilingual",)]
    assert not builds.build(shop).changed, "the choice stays"


def test_no_lm_leaves_words_and_graph(shop: str) -> None:
    done = actions(builds.build(shop, BuildOptions(lm=False)))
    assert done["text", "neighbors"] == "removed"
    built = {name for (name,) in ask(shop, "select distinct method from neighbors")}
    assert {"bm25", "cosine", "ease", "hybrid", "lexical"} <= built
    assert not {"text", *NOT_HERE} & built
    assert actions(builds.build(shop, HASHING))["text", "neighbors"] == "built"


def test_fields_are_recorded_and_stay(shop: str) -> None:
    done = actions(builds.build(shop, BuildOptions(fields=("title",))))
    assert done["lexical", "neighbors"] == "built"
    (settings,) = ask(shop, "select settings from artifacts where name = 'lexical'")
    assert json.loads(settings[0])["fields"] == ["title"]
    assert not builds.build(shop).changed
    with pytest.raises(UsageProblem, match="no text field 'color'"):
        builds.build(shop, BuildOptions(fields=("color",)))


def test_graph_settings_reach_the_measures(shop: str) -> None:
    """Twelve people shop in an aisle: no pair can have thirteen common buyers."""
    done = actions(builds.graph(shop, BuildOptions(graph={"min_support": 5})))
    assert done["cosine", "neighbors"] == "built"
    assert done["lexical", "neighbors"] == "fresh"
    assert neighbors(shop, "cosine", "TEA1") != []
    builds.graph(shop, BuildOptions(graph={"min_support": 13}))
    assert neighbors(shop, "cosine", "TEA1") == []
    assert neighbors(shop, "lexical", "TEA1") != []


def test_weights_make_the_graph_stale(shop: str, fixtures: Path) -> None:
    options = builds.IngestOptions(weights={"view": 2.0})
    builds.ingest(shop, [str(fixtures / "two_aisles")], options)
    done = actions(builds.build(shop))
    assert done["cosine", "neighbors"] == done["cosine", "user_neighbors"] == "built"
    assert done["lexical", "neighbors"] == "fresh"


def test_pruned_products_leave_every_table(tmp_path: Path) -> None:
    path = str(tmp_path / "shop.db")
    builds.ingest(path, [catalog(tmp_path, ["A,green tea", "B,black tea", "C,red tea"])])
    builds.build(path, HASHING)
    feed = catalog(tmp_path, ["A,green tea", "C,red tea"], "new.csv")
    builds.ingest(path, [feed], builds.IngestOptions(prune=True))
    builds.build(path)
    assert neighbors(path, "lexical", "A") == ["C"]
    assert neighbors(path, "lexical", "B") == []


def test_a_shop_of_events_only_has_a_graph_only(tmp_path: Path) -> None:
    path = str(tmp_path / "shop.db")
    events = tmp_path / "events.csv"
    events.write_text("user_id,sku,timestamp\nu,A,2024-01-01\nu,B,2024-01-02\nv,A,2024-01-01\n")
    builds.ingest(path, [str(events)])
    done = actions(builds.build(path))
    assert done["lexical", "neighbors"] == "left out"
    assert neighbors(path, "hybrid", "A") == ["B"]


def test_nothing_to_compare_by_is_said(tmp_path: Path) -> None:
    path = str(tmp_path / "shop.db")
    events = tmp_path / "events.csv"
    events.write_text("user_id,sku,timestamp\nu,A,2024-01-01\n")
    builds.ingest(path, [str(events)])
    hybrid = next(stage for stage in builds.build(path).stages if stage.name == "hybrid")
    assert hybrid.action == "left out"
    assert hybrid.reason == "no texts, and no customer with two products"


def test_an_empty_database_is_not_ready(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="holds no products"):
        builds.build(str(tmp_path / "new.db"))


def test_a_reader_sees_the_old_table_until_the_new_one_is_whole(
    shop: str, monkeypatch: Any
) -> None:
    from prodsim_cli.store import writing

    before = ask(shop, "select count(*) from neighbors")

    def explode(*_: Any, **__: Any) -> None:
        assert ask(shop, "select count(*) from neighbors") == before
        raise RuntimeError("power cut")

    monkeypatch.setattr(writing, "put_artifact", explode)
    with pytest.raises(RuntimeError):
        builds.graph(shop, BuildOptions(graph={"shrinkage": 5.0}))
    assert ask(shop, "select count(*) from neighbors") == before


def test_the_statistics_of_the_planner_are_there(shop: str) -> None:
    assert ask(shop, "select count(*) > 0 from sqlite_stat1 where tbl = 'neighbor_rows'") == [(1,)]


def test_vectors_are_little_endian_float32(shop: str) -> None:
    connection = sqlite3.connect(shop)
    blob = connection.execute("select vector from vectors limit 1").fetchone()[0]
    connection.close()
    assert np.linalg.norm(np.frombuffer(blob, "<f4")) == pytest.approx(1, abs=1e-5)


def test_a_table_is_no_fresher_than_its_vectors(tmp_path: Path) -> None:
    """Tables built over old vectors stay stale, and the next build makes them new."""
    rows = ["A,red cotton shirt", "B,blue cotton shirt", "C,steel claw hammer", "D,steel sledge"]
    path, other = str(tmp_path / "shop.db"), str(tmp_path / "other.db")
    builds.ingest(path, [catalog(tmp_path, rows)])
    builds.build(path, HASHING)
    changed = catalog(tmp_path, ["A,steel big hammer", *rows[1:]])
    for database in (path, other):
        builds.ingest(database, [changed])
    builds.graph(path)
    assert artifacts_stale(path, "text")
    assert artifacts_stale(path, "hybrid")
    builds.build(path)
    builds.build(other, HASHING)
    assert not artifacts_stale(path, "text")
    assert neighbors(path, "text", "A") == neighbors(other, "text", "A")
    assert neighbors(path, "hybrid", "A") == neighbors(other, "hybrid", "A")


def artifacts_stale(path: str, name: str) -> str:
    from prodsim_cli.store.artifacts import Built

    connection = open_for_reading(path)
    why = Built(connection).why_stale(name)
    connection.close()
    return why


def test_what_changes_during_a_build_is_stale_after_it(shop: str, monkeypatch: Any) -> None:
    from prodsim_cli.builds import building
    from prodsim_cli.store import meta
    from prodsim_cli.store.connection import open_for_writing

    tables = building._tables

    def changed_then_tables(run: Any) -> None:
        other = open_for_writing(shop)
        meta.bump(other, "events_version")
        other.close()
        tables(run)

    monkeypatch.setattr(building, "_tables", changed_then_tables)
    builds.graph(shop, BuildOptions(graph={"shrinkage": 2.0}))
    assert artifacts_stale(shop, "hybrid") == artifacts_stale(shop, "cosine") != ""


def test_graph_settings_stay(shop: str) -> None:
    builds.graph(shop, BuildOptions(graph={"shrinkage": 3.0}))
    builds.graph(shop, BuildOptions(graph={"min_support": 2}))
    (settings,) = ask(
        shop, "select settings from artifacts where name = 'cosine' and kind = 'neighbors'"
    )
    found = json.loads(settings[0])
    assert (found["shrinkage"], found["min_support"]) == (3.0, 2)


def test_a_model_that_cannot_be_loaded_is_not_stored(shop: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        builds.build(shop, BuildOptions(model=str(tmp_path)))
    assert not builds.build(shop).changed


def test_other_fields_make_the_tables_stale_until_they_are_built(shop: str) -> None:
    builds.embed(shop, BuildOptions(fields=("title",)))
    assert artifacts_stale(shop, "text") == "the text fields have been changed since"
    assert artifacts_stale(shop, "hybrid") == "the text fields have been changed since"
    builds.build(shop)
    assert artifacts_stale(shop, "hybrid") == ""


def test_orders_are_asked_for_where_there_are_none(shop: str) -> None:
    report = builds.graph(shop, BuildOptions(graph={"by": "orders"}))
    cosine = next(stage for stage in report.stages if stage.name == "cosine")
    assert (cosine.action, cosine.reason) == ("removed", "no event has an order")


def test_after_no_lm_the_hint_brings_the_text_table_back(shop: str) -> None:
    from prodsim_cli.queries.similar import similar

    builds.build(shop, BuildOptions(lm=False))
    connection = open_for_reading(shop)
    with pytest.raises(NotReady) as caught:
        similar(connection, ["TEA1"], method="text")
    connection.close()
    assert "`prodsim build --model auto`" in caught.value.hint


def test_a_database_of_another_program_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("create table notes (text)")
    other.close()
    with pytest.raises(NotReady, match="a database of another program"):
        open_for_reading(path)


def test_other_fields_make_what_is_carried_over_words_stale(shop: str) -> None:
    builds.build(shop)
    report = builds.build(shop, BuildOptions(fields=("title",)))
    assert actions(report)["lexical", "neighbors"] == "built"
    assert actions(report)["smoothed", "neighbors"] == "built"
    assert actions(report)["cosine", "neighbors"] == "fresh"


def test_words_that_are_fresh_are_read_by_what_is_carried_over_them(
    shop: str, fixtures: Path, monkeypatch: Any
) -> None:
    module = registry.load("similarity", "smoothed")
    plain, seen = module.neighbors, []

    def spy(data: Any, *args: Any, **settings: Any) -> Any:
        seen.append(set(data.neighbors))
        return plain(data, *args, **settings)

    monkeypatch.setattr(module, "neighbors", spy)
    weights = builds.IngestOptions(weights={"purchase": 2.0})
    builds.ingest(shop, [str(fixtures / "two_aisles")], weights)
    report = builds.build(shop)
    assert actions(report)["lexical", "neighbors"] == "fresh"
    assert actions(report)["smoothed", "neighbors"] == "built"
    assert "lexical" in seen[-1]


def test_a_large_shop_stores_no_table_without_a_weight(shop: str, monkeypatch: Any) -> None:
    from prodsim_cli.builds import state as parts
    from prodsim_cli.scoring.blend import Blend

    weights = {kind: {"lexical": 1.0} for kind in ("many", "few", "none")}
    monkeypatch.setattr(parts, "LARGE", 10)
    monkeypatch.setattr(
        "prodsim_cli.builds.learning._learned",
        lambda run, asked: Blend(recommend=weights, similar=weights, evidence=("told",)),
    )
    builds.build(shop, BuildOptions(fields=("title", "category")))
    built = {name for (name,) in ask(shop, "select distinct method from neighbors")}
    assert built == {"bm25", "cosine", "jaccard", "pearson", "lexical", "text", "hybrid"}
