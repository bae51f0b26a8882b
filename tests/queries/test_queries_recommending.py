"""One person's scores by hand, and pasts as the learning side remembers them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from math import log, sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shop_rows import put_pairs

from prodsim_cli.data.events import NO_TIME, EventLog
from prodsim_cli.queries.recommend_config import Facts, FactsAsOf, Part, ScoringConfig
from prodsim_cli.queries.recommend_scores import History, Personal, Popular, history_of, with_more
from prodsim_cli.scoring.over_rows import spread
from prodsim_cli.scoring.weighted_history import remembered
from prodsim_cli.scoring.weighting import FLAT, HistoryWeighting
from prodsim_cli.store.connection import open_for_writing, transaction

DAY = "2011-01-{:02d}T00:00:00".format


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Five products (1 to 5) and three people; a has 1 and 2, b has 1 and 3, c has 3."""
    with closing(open_for_writing(tmp_path / "shop.db")) as connection:
        with transaction(connection):
            connection.executemany(
                "insert into items (id, sku, sku_key) values (?, ?, ?)",
                [(n, f"P{9 - n}", f"p{9 - n}") for n in range(1, 6)],
            )
            connection.executemany(
                "insert into users (id, key) values (?, ?)", [(1, "a"), (2, "b"), (3, "c")]
            )
            connection.executemany(
                "insert into events (user_id, item_id, type, at) values (?, ?, ?, ?)",
                [
                    (1, 1, "purchase", DAY(1)), (1, 2, "view", DAY(3)), (1, 2, "view", DAY(2)),
                    (1, 4, "return", DAY(4)), (2, 1, "purchase", DAY(1)),
                    (2, 3, "purchase", DAY(5)), (3, 3, "purchase", DAY(9)),
                ],
            )  # fmt: skip
            one = [(3, 1, 0.5), (3, 2, 0.25), (4, 2, 1.0), (5, 3, 9.0)]
            put_pairs(connection, "neighbors", "one", one)
            put_pairs(connection, "neighbors", "two", [(5, 1, 2.0)])
            put_pairs(connection, "user_neighbors", "cosine", [(1, 2, 0.5), (1, 3, 0.25)])
            scores = {
                "people": {1: 30, 2: 1, 3: 2, 4: 1},
                "known": {1: 2, 2: 1, 3: 2},
                "prior": {1: 0.5, 3: 0.75},
            }
            connection.executemany(
                "insert into item_scores values (?, ?, ?)",
                [(name, item, n) for name, rows in scores.items() for item, n in rows.items()],
            )
        yield connection


def test_a_past_is_the_latest_event_of_each_product_without_returns(
    shop: sqlite3.Connection,
) -> None:
    past = history_of(shop, 1, "purchase")
    assert past.moments == {1: (0, DAY(1)), 2: (2, DAY(3))}
    assert (past.had, past.last) == ({1, 4}, DAY(3))  # 4 was sent back, and nothing else
    assert FLAT.weights(past.moments, None) == {1: 1.0, 2: 1.0}
    assert HistoryWeighting("steps", 0.5).weights(past.moments, None) == {1: 0.25, 2: 1.0}
    assert HistoryWeighting("days", 2.0).weights(past.moments, None) == {1: 0.5, 2: 1.0}
    assert history_of(shop, 1, "view").had == {1, 2, 4}
    assert history_of(shop, 1, "purchase", DAY(1)).had == frozenset()
    assert history_of(shop, 1, "purchase", DAY(2)).moments == {1: (0, DAY(1))}


def test_what_is_added_comes_after_it(shop: sqlite3.Connection) -> None:
    past = with_more(history_of(shop, 1, "purchase"), [3, 1])
    assert HistoryWeighting("steps", 0.5).weights(past.moments, None) == {2: 0.25, 3: 0.5, 1: 1.0}
    assert past.had == {1, 3, 4}
    visitor = with_more(History({}), [3])
    assert HistoryWeighting("days", 2.0).weights(visitor.moments, 1e9) == {3: 1.0}


def test_one_table_is_summed_as_it_is(shop: sqlite3.Connection) -> None:
    part = Part("one", "one", weighting=HistoryWeighting("steps", 0.5))
    config = ScoringConfig("one", (part,), None)
    past = history_of(shop, 1, "purchase")
    found = Personal(shop, config, past, Facts(shop), frozenset({1}))
    assert found.scores([1, 3, 4, 5]) == {1: 0.0, 3: 0.5 * 0.25 + 0.25, 4: 1.0, 5: 0.0}
    assert list(found.tiers()) == [[(4, 1.0), (3, 0.375)]]


def test_the_sum_of_standardized_parts_by_hand(shop: sqlite3.Connection) -> None:
    """Three candidates are known (1, 2, 3): of `one` they have 0, 0 and .75, of `two` nothing."""
    weights = {"many": {"one": 1.0}, "few": {"one": 2.0, "recent": 1.0}, "none": {"two": 3.0}}
    config = ScoringConfig("hybrid", (Part("one", "one"), Part("two", "two")), weights)
    past = history_of(shop, 1, "purchase")
    found = Personal(shop, config, past, Facts(shop), frozenset({1}))
    deviation = sqrt(0.75**2 / 3 - (0.75 / 3) ** 2)
    scores = found._summed
    assert scores[3] == pytest.approx(2 * 0.75 / deviation + 0.75)
    assert scores[4] == pytest.approx(2 * 1.0 / deviation)
    assert scores[5] == 0.0  # the one candidate that `two` speaks for is none of the known ones
    tiers = [item for tier in found.tiers() for item, _ in tier]
    assert tiers == [4, 3]
    assert found.rest([2, 5]) == [(5, 0.0), (2, 0.0)]  # in order of SKU: P4 before P7


def test_people_alike_count_by_their_likeness_once_a_product(shop: sqlite3.Connection) -> None:
    config = ScoringConfig("users", (Part("users", "cosine", "user_neighbors"),), None)
    found = Personal(shop, config, history_of(shop, 1, "purchase"), Facts(shop))
    assert found.scores([1, 2, 3]) == {1: 0.5, 2: 0.0, 3: 0.75}
    earlier = Personal(shop, config, history_of(shop, 1, "purchase"), Facts(shop), before=DAY(9))
    assert earlier.scores([3]) == {3: 0.5}


def test_a_visitor_is_like_those_who_have_the_same(shop: sqlite3.Connection) -> None:
    config = ScoringConfig("users", (Part("users", "cosine", "user_neighbors"),), None)
    found = Personal(shop, config, with_more(History({}), [3]), Facts(shop))
    # c has 3 alone: 1 / sqrt(1 * 1); b has 1 and 3: 1 / sqrt(1 * 2)
    assert found.scores([1]) == pytest.approx({1: 1 / sqrt(2)})
    assert found.scores([3]) == pytest.approx({3: 1 + 1 / sqrt(2)})


def test_counts_as_of_a_moment(shop: sqlite3.Connection) -> None:
    weights = {"few": {"popularity": 1.0}}
    facts = FactsAsOf(shop, DAY(8), ScoringConfig("hybrid", (), weights))
    assert facts.candidates() == 3
    assert dict(facts.falling("popularity")) == {1: 2.0, 3: 1.0}
    recent = dict(facts.falling("recent"))
    assert recent == {1: pytest.approx(2 * 0.5 ** (7 / 14)), 3: pytest.approx(0.5 ** (3 / 14))}
    deviation = spread([log(3), log(2)], 3)
    assert facts.of([1, 2, 3, 4])[1] == (2, 2, pytest.approx(log(3) / deviation))
    assert facts.of([4])[4] == (1, 0, 0.0)


def test_popular_products_in_order_of_sku_where_they_are_equal(shop: sqlite3.Connection) -> None:
    with transaction(shop):
        shop.executemany(
            "insert into item_scores values ('recent', ?, ?)", [(1, 2.0), (2, 3.0), (3, 2.0)]
        )
    found = Popular(shop, "recent", Facts(shop), frozenset())
    assert list(found.tiers()) == [[(2, 3.0), (3, 2.0), (1, 2.0)]]


@given(
    events=st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 2), st.booleans()),
        min_size=1,
        max_size=12,
    ),
    memory=st.sampled_from([FLAT, HistoryWeighting("steps", 0.8), HistoryWeighting("days", 1.5)]),
    timed=st.booleans(),
)
def test_a_past_is_remembered_as_the_learning_side_remembers_it(
    events: list[tuple[int, int, int, bool]], memory: HistoryWeighting, timed: bool
) -> None:
    """(item, day, position, return or not) of one person, with times or with an order only."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("create table items (id integer primary key, listed)")
        connection.executemany("insert into items values (?, 1)", [(n,) for n in range(5)])
        connection.execute("create table events (user_id, item_id, type, at, position)")
        connection.executemany(
            "insert into events values (1, ?, ?, ?, ?)",
            [
                (item, "return" if back else "view", DAY(day + 1) if timed else None, position)
                for item, day, position, back in events
            ],
        )
        past = history_of(connection, 1, "purchase")
    origin = int(np.datetime64(DAY(1), "s").astype(np.int64))
    now = origin + 4 * 86_400
    weights = memory.weights(past.moments, now if timed else None)
    m = len(events)
    log_ = EventLog(
        user=np.zeros(m, np.int32),
        item=np.array([item for item, *_ in events], np.int32),
        type=np.array([6 if back else 0 for *_, back in events], np.int8),
        quantity=np.ones(m, np.float32),
        value=np.full(m, np.nan, np.float32),
        weight=np.full(m, np.nan, np.float32),
        order=np.full(m, -1, np.int32),
        at=np.array(
            [origin + day * 86_400 if timed else NO_TIME for _, day, _, _ in events], np.int64
        ),
        position=np.array([position for _, _, position, _ in events], np.int64),
    )
    log_ = log_.take(np.lexsort((log_.position, log_.at)))
    matrix = remembered(log_, np.zeros(1, np.int32), (1, 5), memory, now if timed else None)
    expected = dict(zip(matrix.indices.tolist(), matrix.data.tolist(), strict=True))
    assert weights == pytest.approx(expected)
