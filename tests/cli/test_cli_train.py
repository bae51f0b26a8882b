"""`prodsim train`: what it stores, what it says, how it goes on."""

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
from prodsim_cli.commands.train import command
from prodsim_cli.errors import NotReady, UsageProblem

Train = Callable[..., Result]


@pytest.fixture(scope="module")
def _aisles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixture two_aisles, ingested and built without a language model."""
    path = tmp_path_factory.mktemp("aisles") / "shop.db"
    folder = Path(__file__).parents[2] / "fixtures" / "two_aisles"
    words = ["--db", str(path), "ingest", str(folder), "--no-build", "-q"]
    assert CliRunner().invoke(cli, words).exit_code == 0
    return path


@pytest.fixture
def database(_aisles: Path, tmp_path: Path) -> Path:
    """A copy of one's own."""
    import shutil

    return Path(shutil.copy(_aisles, tmp_path / "shop.db"))


@pytest.fixture
def train(database: Path) -> Train:
    def call(*words: str) -> Result:
        words = (*words, "--epochs", "2", "-f", "json")
        return CliRunner().invoke(command, words, obj=str(database), catch_exceptions=True)

    return call


def rows(database: Path, sql: str) -> list[tuple]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


def test_it_stores_products_people_and_weights(train: Train, database: Path) -> None:
    result = train("--networks", "lightgcn,gcn")
    assert result.exit_code == 0, result.output
    told = {row["artifact"]: row for row in json.loads(result.stdout)["rows"]}
    assert set(told) == {"lightgcn", "gcn"}
    assert {row["action"] for row in told.values()} == {"built"}
    items = {row[0] for row in rows(database, "select id from items")}
    users = {row[0] for row in rows(database, "select id from users")}
    for name in told:
        stored = rows(database, f"select entity_id, vector from vectors where space = '{name}'")
        assert {row[0] for row in stored} <= items
        lengths = [np.linalg.norm(np.frombuffer(row[1], "<f4")) for row in stored]
        np.testing.assert_allclose(lengths, 1, rtol=1e-5)
        people = rows(database, f"select entity_id from vectors where space = '{name}.users'")
        assert {row[0] for row in people} == users
    found = rows(database, "select name, settings, data_version, weights from artifacts")
    assert {row[0] for row in found} == {"lightgcn", "gcn"}
    for _, settings, version, weights in found:
        assert "events:" in version
        assert "catalog:" in version
        assert json.loads(settings)["epochs"] == 2
        assert weights[:2] == b"PK"  # npz, no pickle
    assert not list(database.parent.glob("*.part.npz"))


def test_a_space_of_a_network_counts_as_learned_from_events(train: Train, database: Path) -> None:
    from prodsim_cli.store.connection import open_for_reading
    from prodsim_cli.store.loading import load_dataset

    train("--networks", "lightgcn")
    with closing(open_for_reading(str(database))) as connection:
        data = load_dataset(connection)
    assert "lightgcn" in data.learned
    assert "lightgcn.users" not in data.embeddings


def test_again_is_fresh_and_other_settings_are_not(train: Train) -> None:
    train("--networks", "lightgcn")
    assert actions(train("--networks", "lightgcn")) == ["fresh"]
    assert actions(train("--networks", "lightgcn", "--seed", "7")) == ["built"]
    assert actions(train("--networks", "lightgcn", "--half-life", "0")) == ["built"]


def actions(result: Result) -> list[str]:
    return [row["action"] for row in json.loads(result.stdout)["rows"]]


def test_a_new_product_has_neighbours_at_once(train: Train, database: Path) -> None:
    from prodsim_cli.builds.networks import embed_new_items
    from prodsim_cli.similarity import gcn
    from prodsim_cli.store.connection import open_for_writing
    from prodsim_cli.store.loading import load_shop

    train("--networks", "gcn")
    before = dict(rows(database, "select entity_id, vector from vectors where space = 'gcn'"))
    title = rows(database, "select title from items order by sku limit 1")[0][0]
    with closing(open_for_writing(str(database))) as connection:
        insert = "insert into items (sku, sku_key, title) values ('ZZZ', 'zzz', ?)"
        connection.execute(insert, (title,))
        shop = load_shop(connection)
        new = embed_new_items(connection, shop, "gcn")
        assert [shop.dataset.items.ids[at] for at in new] == ["ZZZ"]
        shop = load_shop(connection)
        assert len(embed_new_items(connection, shop, "gcn")) == 0
        table = gcn.neighbors(shop.dataset, queries=new, k=3)
    assert (table.positions >= 0).all()
    after = dict(rows(database, "select entity_id, vector from vectors where space = 'gcn'"))
    assert {key: after[key] for key in before} == before
    assert len(after) == len(before) + 1


def test_what_cannot_be_is_said(database: Path, tmp_path: Path) -> None:
    def fails(*words: str, obj: Path = database) -> BaseException | None:
        return CliRunner().invoke(command, words, obj=str(obj)).exception

    wrong = fails("--networks", "gpt", "-q")
    assert isinstance(wrong, UsageProblem)
    assert "gpt" in wrong.message
    assert isinstance(fails("-q", obj=tmp_path / "none.db"), NotReady)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("delete from events")
    nothing = fails("-q")
    assert isinstance(nothing, NotReady)
    assert "no two people" in nothing.message


def test_an_old_network_is_trained_anew_by_train_and_not_by_build(database: Path) -> None:
    from prodsim_cli import gnn, registry
    from prodsim_cli.store.artifacts import Built

    with closing(sqlite3.connect(database)) as connection:
        remedy = Built(connection).remedy
        by_train = [name for name in registry.names("similarity") if "train" in remedy(name)]
    assert by_train == list(gnn.KINDS)
    assert remedy("cosine") == "prodsim build"
