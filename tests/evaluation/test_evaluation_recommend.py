"""``evaluate``: obvious answers, no leaks, and figures that no shuffling or renaming changes."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from evaluation_worlds import DAY, evaluate, method, shop, telling, two_aisles

from prodsim_cli import registry
from prodsim_cli.data.embeddings import EmbeddingMatrix
from prodsim_cli.data.events import TYPE_CODE
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.protocol import topk as asking
from prodsim_cli.protocol.metrics._seen import hits
from prodsim_cli.protocol.splits import time
from prodsim_cli.protocol.testset import user_questions
from prodsim_cli.protocol.topk import best, from_history
from prodsim_cli.records.figures import Scorecard
from prodsim_cli.similarity import _user_knn as people

AT = "1970-03-01"


def by_time(events):
    return sorted(events, key=lambda one: (one[3], one[0] or "", one[1]))


@pytest.fixture
def aisles():
    return shop(by_time(two_aisles()))


@pytest.fixture
def plugged(monkeypatch):
    """Add similarity methods for one test: ``plugged(name=module)``."""
    real = registry.load

    def plug(**modules):
        def load(family, name):
            return (
                modules[name] if family == "similarity" and name in modules else real(family, name)
            )

        monkeypatch.setattr(registry, "load", load)

    return plug


def mean(card: Scorecard, name: str, metric: str) -> float:
    return card.methods[name][metric].mean


def test_two_aisles_are_foretold_by_those_who_know_the_aisles(aisles):
    card = evaluate(aisles, at=AT, methods=["cosine", "jaccard"], k=2)
    assert (card.split["users"], card.split["pairs"]) == (24, 48)
    for name in ("cosine", "jaccard"):
        figures = {metric: interval.mean for metric, interval in card.methods[name].items()}
        assert figures == {
            "ndcg@2": 1, "hit@2": 1, "recall@2": 1, "precision@2": 1, "f1@2": 1, "mrr@2": 1,
            "map@2": 1, "novelty@2": round(np.log2(3), 12), "head@2": 0.25, "coverage@2": 1,
            "gini@2": 0,
        }  # fmt: skip
        assert card.methods[name]["ndcg@2"].low == card.methods[name]["ndcg@2"].high == 1
    # popularity does not know the aisle: everybody's products are equally popular
    assert mean(card, "popularity", "recall@2") < 0.6
    assert next(iter(card.methods)) == "cosine"
    assert {"popularity", "recent", "random"} < set(card.methods)
    assert card.verdict.startswith("Use cosine: by ndcg@2 it beats the best baseline")
    assert "With only 24 users, take this as a hint." in card.verdict
    assert card.main == "ndcg@2"


def test_the_json_is_the_contract(aisles):
    card = evaluate(aisles, at=AT, methods=["cosine"], k=3).as_dict()
    assert {"task", "split", "k", "methods"} <= set(card)
    assert {"kind", "at", "users", "pairs", "left_out"} <= set(card["split"])
    assert set(card["methods"]["cosine"]["ndcg@3"]) == {"mean", "low", "high"}
    assert card["split"]["at"] == "1970-03-01T00:00:00"


def test_methods_see_only_the_training_part(aisles, plugged):
    seen = []

    def neighbors(data, queries=None, candidates=None, *, k=50):
        seen.append((data.events, dict(data.neighbors), k))
        n = len(data)
        return NeighborTable(np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32))

    plugged(spy=method(neighbors, "events"))
    n = len(aisles)
    cheat = NeighborTable(np.full((n, 1), -1, np.int32), np.zeros((n, 1), np.float32))
    poisoned = replace(
        aisles,
        neighbors={"spy": cheat, "cosine": cheat, "lexical": cheat},
        learned=frozenset({"spy", "cosine"}),
    )
    evaluate(poisoned, at=AT, methods=["spy"])
    ((log, tables, k),) = seen
    assert k == 50
    assert len(log) == 24 * 4
    assert log.at.max() < 59 * DAY <= aisles.events.at.max()
    assert set(tables) == {"lexical"}


def test_a_stored_table_that_has_seen_the_future_is_not_used(aisles):
    honest = evaluate(aisles, at=AT, methods=["cosine"])
    nothing = NeighborTable(
        np.full((len(aisles), 1), -1, np.int32), np.zeros((len(aisles), 1), np.float32)
    )
    poisoned = aisles.with_neighbors("cosine", nothing)
    assert evaluate(poisoned, at=AT, methods=["cosine"]).as_dict() == honest.as_dict()


def test_stored_tables_of_texts_alone_are_taken_as_they_are(aisles, plugged):
    def never(*_, **__):
        raise AssertionError("the stored table was there")

    plugged(lexical=method(never, "text"))
    titled = replace(aisles, columns={**aisles.columns, "title": ["x"] * len(aisles)})
    n = len(aisles)
    # every product is closest to the next one
    table = NeighborTable(
        ((np.arange(n) + 1) % n)[:, None].astype(np.int32), np.ones((n, 1), np.float32)
    )
    card = evaluate(replace(titled, neighbors={"lexical": table}), at=AT, methods=["lexical"])
    assert mean(card, "lexical", "ndcg@10") > 0


def test_a_joining_method_gets_the_tables_of_the_training_part(aisles, plugged):
    joined = []

    def join(data, queries=None, candidates=None, *, k=50):
        joined.append(sorted(data.neighbors))
        return data.neighbors["cosine"]

    plugged(blend=method(join, "neighbors"))
    card = evaluate(aisles, at=AT, methods=["blend"], k=2)
    (tables,) = joined
    assert {"cosine", "jaccard", "pearson", "bm25"} <= set(tables)
    assert mean(card, "blend", "ndcg@2") == 1
    assert not {"cosine", "jaccard"} & set(card.methods)


def test_settings_reach_the_methods_that_know_them(aisles, plugged):
    told = {}

    def neighbors(data, queries=None, candidates=None, *, k=50, shrinkage=0.0):
        told["shrinkage"] = shrinkage
        n = len(data)
        return NeighborTable(np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32))

    settings = {"shrinkage": 7.0, "space": "minilm"}
    plugged(spy=method(neighbors, "events"))
    evaluate(aisles, at=AT, methods=["spy"], settings=settings)
    assert told == {"shrinkage": 7.0}
    # a joining method's setting of the same name is its own affair
    plugged(spy=method(neighbors, "neighbors"))
    evaluate(aisles, at=AT, methods=["spy"], settings=settings)
    assert told == {"shrinkage": 0.0}


def everything(data, **options) -> str:
    card = evaluate(data, at=AT, **options)
    return json.dumps(card.as_dict(), sort_keys=True)


@pytest.fixture(scope="module")
def busy():
    """A shop without symmetry: 60 people, 25 products, seeded, some events without a person."""
    random = np.random.default_rng(11)
    people = [f"u{n:02d}" for n in range(60)] + [None]
    taste = random.dirichlet(np.full(25, 0.4), len(people))
    events = []
    for n, person in enumerate(people):
        for _ in range(25):
            item = f"p{random.choice(25, p=taste[n]):02d}"
            kind = "view" if random.random() < 0.3 else "purchase"
            events.append((person, item, kind, int(random.integers(0, 70 * DAY))))
    return events


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_intervals(busy):
    data = shop(by_time(busy))
    assert everything(data) == everything(data)
    first, second = (evaluate(data, at=AT, seed=seed).methods["cosine"] for seed in (1, 2))
    assert first["ndcg@10"].mean == second["ndcg@10"].mean
    assert first["ndcg@10"].low != second["ndcg@10"].low


def test_shuffling_the_events_changes_no_figure(busy):
    mixed = [busy[n] for n in np.random.default_rng(1).permutation(len(busy))]
    assert everything(shop(mixed)) == everything(shop(by_time(busy)))


def test_renaming_the_users_changes_no_figure(busy):
    order = np.random.default_rng(2).permutation(60)
    other = {f"u{n:02d}": f"someone{order[n]}" for n in range(60)}
    renamed = [(other.get(e[0]) if e[0] else None, *e[1:]) for e in busy]
    assert everything(shop(by_time(renamed))) == everything(shop(by_time(busy)))


def test_shuffling_who_bought_what_afterwards_takes_every_method_down(aisles):
    """The future of one aisle is given to the people of the other."""
    other = {"a": "b", "b": "a"}
    events = [
        (user, other[item[0]] + item[1:] if at > 59 * DAY else item, kind, at)
        for user, item, kind, at in two_aisles()
    ]
    card = evaluate(shop(by_time(events)), at=AT, methods=["cosine"], k=2)
    assert mean(card, "cosine", "recall@2") == 0
    assert card.verdict.startswith("No method beats")


def test_blocks_change_no_figure(busy, monkeypatch):
    whole = everything(shop(by_time(busy)))
    monkeypatch.setattr(asking, "_CELLS", 60)
    assert everything(shop(by_time(busy))) == whole


def test_lists_are_those_of_a_plain_loop(busy):
    """Each candidate's own row, summed over the history, had and unknown products left out."""
    data = shop([*by_time(busy), ("u00", "p99", "purchase", 69 * DAY)])
    (split,) = time.split(data, at=AT)
    asked = user_questions(data, split)
    random = np.random.default_rng(4)
    n = len(data)
    scores = np.triu(random.integers(0, 5, (n, n)), 1) / 4.0
    table = telling(scores + scores.T).neighbors(data, k=6)
    train = data.events.take(split.train)
    known = set(train.item[train.user >= 0].tolist())
    expected = []
    for user in split.users:
        mine = train.user == user
        history = set(train.item[mine].tolist())
        had = set(train.item[mine & (train.type == TYPE_CODE["purchase"])].tolist())
        totals = []
        for item in sorted(known - had):
            row = zip(table.positions[item], table.scores[item], strict=True)
            total = sum(score for other, score in row if other in history)
            if total > 0:
                totals.append((-total, item))
        ranked = [item for _, item in sorted(totals)][:5]
        expected.append(ranked + [-1] * (5 - len(ranked)))
    assert best(from_history(table, asked), asked, 5).tolist() == expected


def test_hits_are_found_at_their_places():
    answers = sp.csr_matrix(np.array([[0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0]], bool))
    lists = np.array([[3, 2, 1], [1, -1, -1], [0, 1, 2]], np.int32)
    assert hits(lists, answers).tolist() == [[True, False, True], [False] * 3, [False] * 3]


@pytest.mark.slow
def test_a_method_without_what_it_needs_is_left_out_with_a_note(aisles):
    card = evaluate(aisles, at=AT, methods=["cosine", "text"])
    assert "text" not in card.methods
    assert "text is left out: no product has a text." in card.notes
    titled = replace(aisles, columns={**aisles.columns, "title": ["x"] * len(aisles)})
    notes = evaluate(titled, at=AT, methods=["cosine", "text"]).notes
    assert "text is left out: there are no vectors (run `prodsim embed`)." in notes
    other = EmbeddingMatrix(np.ones((len(aisles), 2), np.float32), "other")
    spaced = replace(titled, embeddings={"other": other})
    notes = evaluate(spaced, at=AT, methods=["cosine", "text"], settings={"space": "minilm"}).notes
    assert "text is left out: there are no vectors of minilm (run `prodsim embed`)." in notes
    assert "text" in evaluate(spaced, at=AT, methods=["cosine", "text"]).methods


def test_methods_that_cannot_be_tried_at_all_are_a_usage_problem(aisles):
    with pytest.raises(UsageProblem, match="None of the methods can be tried here"):
        evaluate(aisles, at=AT, methods=["text"])
    with pytest.raises(UsageProblem, match="no similarity named 'cosin'"):
        evaluate(aisles, at=AT, methods=["cosin"])


class TestChoiceOfSplit:
    def test_times_are_split_by_time(self, aisles):
        card = evaluate(aisles, methods=["cosine"])
        assert card.split["kind"] == "time"
        assert "Split by time: every event has one." in card.notes

    def test_orders_are_split_by_the_last_event_and_recent_is_left_out(self):
        events = [(user, item, kind, None, at) for user, item, kind, at in by_time(two_aisles())]
        card = evaluate(shop(events), methods=["cosine"], k=1)
        assert card.split["kind"] == "last"
        assert card.split["users"] == 24
        assert mean(card, "cosine", "hit@1") == 1
        (why,) = [note for note in card.notes if note.startswith("Split by each user's last event")]
        assert "have an order but no time" in why
        assert "recent is left out: the events have no times." in card.notes
        assert "recent" not in card.methods

    def test_one_date_for_all_is_split_by_the_last_event(self):
        events = [(user, item, kind, 0, at) for user, item, kind, at in by_time(two_aisles())]
        card = evaluate(shop(events), methods=["cosine"])
        assert card.split["kind"] == "last"
        assert any("leaves nothing on one side" in note for note in card.notes)

    def test_a_moment_belongs_to_the_time_split(self, aisles):
        assert evaluate(aisles, at=AT, methods=["cosine"]).split["kind"] == "time"
        with pytest.raises(UsageProblem, match="--at has no meaning with `--split last`"):
            evaluate(aisles, split="last", at=AT)

    def test_last_is_taken_where_it_is_asked_for(self, aisles):
        card = evaluate(aisles, split="last", methods=["cosine"], k=1)
        assert (card.split["kind"], card.split["users"]) == ("last", 24)
        assert "recent" in card.methods

    def test_a_target_that_is_not_there_is_said(self, aisles):
        with pytest.raises(InputError, match="There is no cart of a known user"):
            evaluate(aisles, target="cart")
        with pytest.raises(UsageProblem, match="no event type 'buy'"):
            evaluate(aisles, target="buy")

    def test_nobody_to_ask_is_said_with_the_reasons(self):
        events = [("ann", "tea", "purchase", 0), ("bob", "tea", "purchase", DAY)]
        with pytest.raises(
            InputError, match=r"nobody to ask about \(users without a past: 1 event"
        ):
            evaluate(shop(events), at="1970-01-02")


def test_where_no_method_can_be_tried_the_baselines_are(plugged, monkeypatch):
    events = [
        ("ann", "tea", "purchase", 0),
        ("ann", "pan", "purchase", 9),
        ("bob", "pan", "view", 0),
    ]
    plugged(**{name: method(None, "text") for name in registry.names("similarity")})
    monkeypatch.setattr(people, "MOST_PAIRS", 0)
    card = evaluate(shop(events), methods=["all"], at="1970-01-01T00:00:05")
    assert set(card.methods) == {"popularity", "random", "recent"}
    assert card.verdict == "Only baselines could be tried; random is the best of them."


def test_progress_is_told_of_every_method(aisles):
    stages = {}

    class Listener:
        def stage(self, name, total=None, unit=""):
            stages[name] = [total, 0]

            def done(units):
                stages[name][1] += units

            return done

        def say(self, sentence):
            raise AssertionError(sentence)

    evaluate(aisles, at=AT, methods=["cosine", "bm25"], progress=Listener())
    assert stages == {"methods on the training part": [2, 2], "lists": [5, 5]}


def test_the_protocol_of_online_retail(shared_data):
    """1,753 people and 47,683 pairs, and the figures that others measured (docs/evaluation.md)."""
    import polars as pl

    path = shared_data / "online_retail" / "events.csv.gz"
    frame = pl.read_csv(path, infer_schema_length=0, encoding="utf8-lossy").filter(
        pl.col("StockCode").str.contains(r"^\d{5}")
        & (pl.col("Quantity").cast(pl.Int64) > 0)
        & (pl.col("UnitPrice").cast(pl.Float64) > 0)
        & pl.col("CustomerID").is_not_null()
    )
    moments = frame["InvoiceDate"].str.to_datetime("%Y-%m-%d %H:%M:%S").dt.epoch("s")
    codes = frame["StockCode"].str.to_uppercase()
    events = zip(
        frame["CustomerID"], codes, ["purchase"] * len(frame), moments.to_list(), strict=True
    )
    card = evaluate(shop(list(events)), at="2011-10-01", methods=["cosine", "bm25"])
    assert (card.split["users"], card.split["pairs"]) == (1753, 47683)
    assert mean(card, "popularity", "ndcg@10") == pytest.approx(0.044, abs=0.0005)
    assert mean(card, "recent", "ndcg@10") == pytest.approx(0.078, abs=0.0006)
    assert mean(card, "cosine", "ndcg@10") >= 0.098
    assert mean(card, "bm25", "ndcg@10") >= 0.095
