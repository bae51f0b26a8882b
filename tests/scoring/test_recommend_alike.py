"""One score three ways: ``recommend`` for one person, for all of them, and what ``eval`` judges."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from recommend_shop import write_recommend_shop

from prodsim_cli import builds
from prodsim_cli.data.events import TYPE_CODE
from prodsim_cli.data.interactions import binary
from prodsim_cli.evaluation import run as running
from prodsim_cli.evaluation import trained_tables
from prodsim_cli.evaluation.run import PeopleAlike
from prodsim_cli.export.batch_scorer import BatchScorer, batch_scorer
from prodsim_cli.export.lists import lists
from prodsim_cli.protocol.histories import UserHistories
from prodsim_cli.protocol.testset import TestSet
from prodsim_cli.queries.ranking.request import Rules
from prodsim_cli.queries.recommend import (
    RecommendRequest,
    candidates_of,
    config_of,
    facts_of,
    recommend,
)
from prodsim_cli.queries.recommend_scores import history_of
from prodsim_cli.scoring.blend import Blend
from prodsim_cli.store.connection import open_for_reading, open_for_writing, transaction
from prodsim_cli.store.loading import load_dataset

EVERYTHING = {
    "recommend": {
        "many": {"ease": 0.5, "jaccard": 0.1, "lexical": 0.4, "recent": 0.7, "popularity": 0.1},
        "few": {"ease": 0.2, "follows": 0.6, "lexical": 0.9, "recent": 0.2, "users": 0.3},
        "none": {"lexical": 0.3},
    },
    "memory": {
        "ease": {"kind": "steps", "value": 0.8},
        "lexical": {"kind": "days", "value": 30.0},
        "follows": {"kind": "steps", "value": 0.6},
    },
    "settings": {
        "recommend": {"ease": {"half_life": 30.0, "l2": 50.0}, "follows": {"half_life": 15.0}},
        "similar": {"ease": {"l2": 200.0}},
    },
}
"""A blend in which every kind of part has a say, other ones by the class of the product."""


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A shop with the blend that it has learned."""
    return write_recommend_shop(tmp_path_factory.mktemp("learned"))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The shop with a blend of everything in its place, and tables to match."""
    path = write_recommend_shop(tmp_path_factory.mktemp("mixed"))
    with closing(open_for_writing(path)) as connection, transaction(connection):
        stored = connection.execute("select settings from artifacts where kind = 'blend'")
        settings = json.loads(stored.fetchone()[0])
        settings["blend"] = {**settings["blend"], **EVERYTHING}
        connection.execute(
            "update artifacts set settings = ? where kind = 'blend'", (json.dumps(settings),)
        )
    builds.graph(path)
    return path


@pytest.fixture(params=["learned", "mixed"])
def path(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def connection(path: str) -> Iterator[sqlite3.Connection]:
    with closing(open_for_reading(path)) as connection:
        yield connection


def asked_of(connection: sqlite3.Connection) -> TestSet:
    """Everybody with a past asked about now, as ``eval`` would ask."""
    data = load_dataset(connection)
    log = data.events
    past = (log.user >= 0) & (log.type != TYPE_CODE["return"])
    subjects = np.unique(log.user[past]).astype(np.int32)
    row = np.full(len(data.users) + 1, -1)
    row[subjects] = np.arange(len(subjects))
    shape = (len(subjects), len(data))
    had = past & (log.type == TYPE_CODE["purchase"])
    candidates = np.zeros(len(data), bool)
    candidates[log.item[past]] = True
    return TestSet(
        train=data,
        subjects=subjects,
        candidates=candidates,
        answers=sp.csr_matrix(shape, dtype=np.float32),
        barred=binary(row[log.user[had]], log.item[had], shape),
        history=binary(row[log.user[past]], log.item[past], shape).astype(np.float32),
        now=int(log.at.max()),
    )


class Judged:
    """The scores of ``eval`` for everybody, with a given blend; made once a shop."""

    def __init__(self, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
        stored = connection.execute("select settings from artifacts where kind = 'blend'")
        self.blend = Blend.from_dict(json.loads(stored.fetchone()[0])["blend"])
        self.asked = asked_of(connection)
        monkeypatch.setattr(trained_tables, "_learned", lambda *_: self.blend)
        wish = trained_tables.EvalRequest(("all",))
        self.made = trained_tables.tables(
            self.asked.train, wish, trained_tables.TuningTask("recommend")
        )
        self.people = PeopleAlike(self.asked, wish, None)
        self.pasts = UserHistories(self.asked)

    def hybrid(self) -> np.ndarray:
        score = running._blended(
            "hybrid", self.made, self.blend, self.asked, self.pasts, self.people
        )
        return np.asarray(score(slice(0, len(self.asked))))


@pytest.fixture
def judged(connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> Judged:
    return Judged(connection, monkeypatch)


def one_by_one(
    connection: sqlite3.Connection, people: BatchScorer, wish: RecommendRequest
) -> np.ndarray:
    """(q, n) scores of the ground floor."""
    made, before = config_of(connection, wish)
    facts = facts_of(connection, made, before)
    ids = people.item_ids.tolist()
    out = np.zeros((len(people.subjects), len(ids)))
    for at, user in enumerate(people.subjects.tolist()):
        row = connection.execute("select id from users where key = ?", (people.keys[user],))
        past = history_of(connection, row.fetchone()[0], made.target, before)
        found = candidates_of(connection, past, made, facts, before=before).scores(ids)
        out[at] = [found[item] for item in ids]
    return out


def together(people: BatchScorer) -> np.ndarray:
    """(q, n) scores of the vectorised pass."""
    shape = (len(people.subjects), len(people.item_ids))
    return np.broadcast_to(people.score(slice(0, shape[0])), shape)


@pytest.mark.slow
def test_hybrid_is_scored_as_eval_scores_it(
    connection: sqlite3.Connection, judged: Judged, path: str
) -> None:
    people = batch_scorer(connection, RecommendRequest())
    assert people.config.weights == judged.blend.recommend
    expected = judged.hybrid()
    assert (expected > 0).sum() > 5_000
    np.testing.assert_allclose(together(people), expected, rtol=2e-6, atol=2e-6)
    np.testing.assert_allclose(
        one_by_one(connection, people, RecommendRequest()), expected, rtol=2e-6, atol=2e-6
    )


@pytest.mark.slow
def test_one_method_is_scored_as_eval_scores_it(
    connection: sqlite3.Connection, judged: Judged
) -> None:
    compared = []
    for name in ("ease", "lexical", "follows", "cosine", "bm25", "attributes"):
        wish = RecommendRequest(method=name)
        people = batch_scorer(connection, wish)
        if people.config.notes:  # the table of `similar`, since it has no weight for people
            assert "has no weight here" in people.config.notes[0]
            continue
        compared.append(name)
        memory = judged.blend.memory.get(name)
        past = judged.pasts(memory) if memory else judged.asked.history
        score = running.from_history(judged.made.by_method[name], judged.asked, past)
        expected = score(slice(0, len(judged.asked)))
        np.testing.assert_allclose(together(people), expected, rtol=2e-6, atol=1e-6)
        found = one_by_one(connection, people, wish)
        np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-6)
    assert len(compared) >= 3


def test_people_alike_are_scored_as_eval_scores_them(
    connection: sqlite3.Connection, judged: Judged
) -> None:
    wish = RecommendRequest(by="users")
    people = batch_scorer(connection, wish)
    expected = judged.people.scores(slice(0, len(judged.asked)))
    assert (expected > 0).sum() > 5_000
    np.testing.assert_allclose(together(people), expected, rtol=2e-6)
    np.testing.assert_allclose(one_by_one(connection, people, wish), expected, rtol=2e-6)


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.slow
def test_the_lists_of_one_person_of_all_and_of_eval_are_the_same(
    connection: sqlite3.Connection, judged: Judged, again: bool
) -> None:
    wish, rules, k = RecommendRequest(again=again), Rules(all_stock=True, variants=True), 20
    people = batch_scorer(connection, wish)
    asked = judged.asked
    if again:
        asked = replace(asked, barred=sp.csr_matrix(asked.barred.shape, dtype=bool))
    right = running.best(lambda some: judged.hybrid()[some], asked, k)
    made = {
        user: positions
        for some in lists(connection, people, rules, k)
        for user, positions in zip(some.users.tolist(), some.positions, strict=True)
    }
    skus = [str(sku) for sku in asked.train.items.ids]
    for at, user in enumerate(people.subjects.tolist()):
        ranking = recommend(connection, [people.keys[user]], wish, rules, k)[0]
        assert [row.sku for row in ranking.results] == [skus[one] for one in made[user]]
        # eval asks for known products only, and leaves out what nothing speaks for
        known = [one for one in made[user].tolist() if asked.candidates[one]]
        wanted = [one for one in right[at].tolist() if one >= 0]
        assert known == wanted[: len(known)]


def test_reasons_add_up_to_the_score(connection: sqlite3.Connection) -> None:
    made, _ = config_of(connection, RecommendRequest())
    facts = facts_of(connection, made)
    for user in range(1, 30):
        found = candidates_of(connection, history_of(connection, user, made.target), made, facts)
        top = list(next(found.tiers()))[:20]
        reasons = found.reasons([item for item, _ in top])
        for item, score in top:
            assert sum(reasons[item].shares.values()) == pytest.approx(score, abs=1e-6)
            for part, pasts in reasons[item].pasts.items():
                given = sum(pasts.values())
                assert given == pytest.approx(reasons[item].shares[part], abs=1e-9)


@pytest.mark.slow
def test_as_of_a_moment_the_two_ways_agree(connection: sqlite3.Connection, path: str) -> None:
    wish = RecommendRequest(before="2011-07-01")
    people = batch_scorer(connection, wish)
    found, expected = one_by_one(connection, people, wish), together(people)
    np.testing.assert_allclose(found, expected, rtol=5e-6, atol=5e-6)
    assert len(people.subjects) < len(batch_scorer(connection, RecommendRequest()).subjects)


def test_the_blend_of_everything_reads_its_own_tables(mixed: str) -> None:
    with closing(open_for_reading(mixed)) as connection:
        parts = {
            part.name: part.table for part in config_of(connection, RecommendRequest())[0].parts
        }
    assert parts == {
        "ease": "ease@recommend",
        "follows": "follows@recommend",
        "lexical": "lexical",
        "jaccard": "jaccard",
        "users": "cosine",
    }


def test_nothing_is_built_twice(mixed: str) -> None:
    actions = {(stage.name, stage.kind): stage.action for stage in builds.build(mixed).stages}
    assert set(actions.values()) == {"fresh", "left out"}, actions


def test_a_shop_that_learned_nothing_sums_up_hybrid(tmp_path: Path) -> None:
    path = write_recommend_shop(tmp_path)
    builds.build(path, builds.BuildOptions(learn=False))
    with closing(open_for_reading(path)) as connection:
        made, _ = config_of(connection, RecommendRequest())
        assert [part.table for part in made.parts] == ["hybrid"]
        assert made.weights is None
        names = [name for (name,) in connection.execute("select name from artifacts")]
    assert not [name for name in names if name.endswith("@recommend")]
