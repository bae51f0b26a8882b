"""``users`` among the methods of eval, and as a part of hybrid."""

from __future__ import annotations

import json
import os
import sqlite3

import numpy as np
import pytest
from evaluation_shop import AT, run_eval, write_aisles
from evaluation_worlds import DAY, evaluate, method, shop, two_aisles

from prodsim_cli import registry
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.errors import UsageProblem
from prodsim_cli.evaluation import trained_tables
from prodsim_cli.evaluation.run import run
from prodsim_cli.protocol.splits import time
from prodsim_cli.protocol.testset import user_questions
from prodsim_cli.scoring.over_arrays import parts
from prodsim_cli.scoring.weighting import USERS
from prodsim_cli.similarity import _user_knn as people
from prodsim_cli.tuning.learn import learn
from prodsim_cli.tuning.settings import Methods

MOMENT = "1970-03-01"


def by_time(events):
    return sorted(events, key=lambda one: (one[3], one[0] or "", one[1]))


@pytest.fixture(scope="module")
def aisles():
    return shop(by_time(two_aisles()))


@pytest.fixture(scope="module")
def crowd():
    """Ten aisles of eight products; 90 people stay in two of them."""
    random = np.random.default_rng(1)
    events = []
    for person in range(90):
        home = random.choice(10, 2, replace=False)
        for step in range(12):
            item = f"{random.choice(home)}{random.integers(8)}"
            events.append((f"u{person:03d}", item, "purchase", int(step * 10 * DAY + person)))
    return shop(by_time(events))


def silent(data, queries=None, candidates=None, *, k=50):
    """A method over products that has nothing to say."""
    n = len(data)
    return NeighborTable(np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32))


@pytest.fixture
def only_people(monkeypatch):
    """Every method over products but hybrid is silent."""
    real = registry.load
    # people alike are compared by the measure of cosine, which stays
    quiet = {name: method(silent, "events") for name in registry.names("similarity")}
    quiet["cosine"].MEASURE = real("similarity", "cosine").MEASURE
    del quiet["hybrid"]

    def load(family, name):
        return quiet[name] if family == "similarity" and name in quiet else real(family, name)

    monkeypatch.setattr(registry, "load", load)
    monkeypatch.setattr(trained_tables, "_in_sweep", lambda name: False)


def test_people_of_an_aisle_know_the_aisle(aisles):
    card = evaluate(aisles, at=MOMENT, methods=["users"], k=2)
    assert set(card.methods) == {"users", "popularity", "recent", "random"}
    assert card.methods["users"]["ndcg@2"].mean == 1
    assert card.verdict.startswith("Use users: by ndcg@2 it beats the best baseline")


def test_all_holds_users_and_a_choice_does_not(aisles):
    assert "users" in evaluate(aisles, at=MOMENT, k=2).methods
    assert "users" not in evaluate(aisles, at=MOMENT, methods=["cosine", "hybrid"], k=2).methods


def test_lists_are_those_of_the_formula(crowd):
    (split,) = time.split(crowd, at="1970-04-01")
    asked = user_questions(crowd, split)
    lists = run(asked, trained_tables.EvalRequest(("users",)), depth=5, seed=1).lists["users"]
    train = crowd.without(~split.train)
    table = people.people_alike(train)
    scores = people.answering(table, train, split.users)(slice(0, len(split.users)))
    had = asked.barred.toarray() | ~asked.candidates
    for row, given in enumerate(lists.tolist()):
        ranked = sorted(
            (-scores[row, item], item)
            for item in range(len(crowd))
            if not had[row, item] and scores[row, item] > 0
        )
        assert [item for item in given if item >= 0] == [item for _, item in ranked[:5]]


def test_too_many_people_are_said(aisles, monkeypatch):
    monkeypatch.setattr(people, "MOST_PAIRS", 10)
    card = evaluate(aisles, at=MOMENT, methods=["users", "cosine"], k=2)
    assert "users" not in card.methods
    (why,) = [note for note in card.notes if note.startswith("users is left out")]
    assert why == (
        "users is left out: people share products 768 times over, and up to 10 are compared."
    )
    with pytest.raises(UsageProblem, match="None of the methods can be tried here"):
        evaluate(aisles, at=MOMENT, methods=["users"], k=2)


class TestPartOfHybrid:
    def test_it_is_a_part_of_unit_spread(self, crowd):
        table = people.people_alike(crowd)
        subjects = np.arange(6, dtype=np.int32)
        scores = people.answering(table, crowd, subjects)
        n = len(crowd)
        among = np.ones(n, bool)
        made = parts({}, {}, {}, among, {USERS: scores})
        assert made.names == [USERS]
        given = made.scores(USERS, slice(0, 6))
        assert np.allclose(given.std(axis=1), 1)
        assert np.allclose(
            given * scores(slice(0, 6)).std(axis=1, keepdims=True), scores(slice(0, 6))
        )

    def test_it_gets_the_weight_where_nothing_else_speaks(self, crowd):
        def build(name, data, settings):
            return silent(data)

        with_people = Methods(("cosine",), build, {}, people=True)
        blend = learn(crowd, with_people, tasks=("recommend",))
        assert blend.recommend["many"][USERS] > 0.5
        assert USERS not in blend.recommend["none"]
        assert USERS in blend.scales
        without = learn(crowd, Methods(("cosine",), build, {}), tasks=("recommend",))
        assert USERS not in without.recommend["many"]

    def test_hybrid_answers_by_it(self, crowd, only_people):
        card = evaluate(crowd, at="1970-04-01", methods=["users", "hybrid"])
        assert card.learned["recommend"]["many"][USERS] > 0.5
        figures = {name: row["ndcg@10"].mean for name, row in card.methods.items()}
        assert figures["hybrid"] > 2 * figures["popularity"]
        assert figures["hybrid"] == pytest.approx(figures["users"], abs=0.05)

    def test_weights_for_products_leave_it_out(self, crowd):
        """Without times ``similar`` takes the weights of ``recommend``, and products have no
        people alike."""
        pairs = zip(crowd.events.user, crowd.events.item, strict=True)
        data = shop([(f"u{u}", f"p{i}", "purchase", None, n) for n, (u, i) in enumerate(pairs)])

        def build(name, data, settings):
            return silent(data)

        blend = learn(data, Methods(("cosine",), build, {}, people=True), again=True)
        assert blend.recommend["many"][USERS] > 0
        assert all(USERS not in table for table in blend.similar.values())


@pytest.fixture
def database(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return write_aisles(tmp_path / "aisles.db")


def judged(database, *words):
    return run_eval(database, "--at", AT, "-k", "2", "-q", *words)


@pytest.mark.slow
def test_the_command_shows_what_it_costs(database):
    card = json.loads(judged(database, "--methods", "users", "--cost", "-f", "json").stdout)
    assert card["methods"]["users"]["ndcg@2"]["mean"] == 1
    assert set(card["cost"]["users"]) == {"build_seconds", "answer_seconds", "peak_mb"}
    assert card["cost"]["users"]["build_seconds"] > 0


@pytest.mark.parametrize(
    "words",
    [
        ("--task", "similar"),
        ("--related", "r.csv"),
        ("--pairs", "r.csv"),
        ("--queries", "r.csv", "--judgements", "r.csv"),
    ],
)
def test_a_task_that_asks_about_nobody_refuses_it(database, words):
    with open("r.csv", "w") as file:
        file.write("sku_a,sku_b,similarity,query_id,text,sku,related_sku\na1,a2,1,q,tea,a1,a2\n")
    result = run_eval(database, "-q", "--methods", "users,cosine", *words)
    assert result.exit_code == 2
    assert "users scores products by what people alike have" in result.stderr
    assert "--task recommend" in result.stderr


def test_the_database_is_locked_while_people_are_compared(database, monkeypatch):
    def peeking(*_):
        with sqlite3.connect(os.fspath(database)) as connection:
            connection.execute("select 1")

    monkeypatch.setattr(people, "people_alike", peeking)
    result = judged(database, "--methods", "users")
    assert result.exit_code == 1
    assert "Leak: the method users opens the database" in result.stderr
