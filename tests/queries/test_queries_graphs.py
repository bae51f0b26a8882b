"""The walk over the graph: who is reached, over which edges, in which order, and what is said."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shop_rows import write_shop

from prodsim_cli.errors import AmbiguousSku, NotFound, NotReady, UsageProblem
from prodsim_cli.queries import relations
from prodsim_cli.queries.neighborhood import ORDERS, neighborhood
from prodsim_cli.records.graphs import Edge, Neighborhood
from prodsim_cli.store.connection import open_for_reading

Open = Callable[..., sqlite3.Connection]

CHAIN = {"text": {"A": [("B", 0.9), ("C", 0.5)], "B": [("D", 0.8)], "C": [("B", 0.7)],
                  "D": [("A", 0.6), ("E", 0.3)]}}  # fmt: skip
"""A -> B -> D -> E, and C -> B beside it."""


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Open a shop with these rows and nothing else."""
    numbers = count()
    with ExitStack() as stack:

        def opener(skus: str = "", **rows: Any) -> sqlite3.Connection:
            empty = {"neighbors": {}, "users": (), "events": (), "spellings": (), "rejects": ()}
            items = rows.pop("items", [{"sku": sku} for sku in skus])
            path = write_shop(
                tmp_path / f"shop{next(numbers)}.db", items=items, **{**empty, **rows}
            )
            return stack.enter_context(closing(open_for_reading(path)))

        yield opener


def hops(graph: Neighborhood) -> dict[str, int]:
    return {node.label: node.hop for node in graph.nodes}


def ends(graph: Neighborhood) -> list[tuple[str, str, str, int]]:
    """Source, target, relation, rank, without the kinds."""

    def word(name: str) -> str:
        return name.partition(":")[2]

    return [(word(e.source), word(e.target), e.relation, e.rank) for e in graph.edges]


@pytest.mark.parametrize(
    ("far", "reached"),
    [
        (1, {"A": 0, "B": 1, "C": 1}),
        (2, {"A": 0, "B": 1, "C": 1, "D": 2}),
        (3, {"A": 0, "B": 1, "C": 1, "D": 2, "E": 3}),
    ],
)
def test_a_chain_is_walked_hop_by_hop(opened: Open, far: int, reached: dict[str, int]) -> None:
    graph = neighborhood(opened("ABCDE", neighbors=CHAIN), ["A"], hops=far)
    assert hops(graph) == reached
    assert (graph.query, graph.hops, graph.relations) == ({"sku": "A"}, far, ("text",))


def test_edges_run_from_the_node_whose_row_it_is(opened: Open) -> None:
    graph = neighborhood(opened("ABCDE", neighbors=CHAIN), ["A"], hops=2)
    assert ends(graph) == [
        ("A", "B", "text", 1),
        ("A", "C", "text", 2),
        ("B", "D", "text", 1),
        ("C", "B", "text", 1),
    ]
    assert graph.edges[0] == Edge("product:A", "product:B", "text", 1, score=pytest.approx(0.9))
    assert [node.reached_from for node in graph.nodes] == [
        None, "product:A", "product:A", "product:B"]  # fmt: skip


def test_each_node_has_its_best_k_by_each_relation(opened: Open) -> None:
    tables = {
        "cosine": {"A": [("B", 0.9), ("C", 0.8), ("D", 0.7)]},
        "text": {"A": [("D", 0.9), ("C", 0.8), ("B", 0.7)]},
    }
    shop = opened("ABCD", neighbors=tables)
    one = neighborhood(shop, ["A"], k=1)
    assert ends(one) == [("A", "B", "cosine", 1), ("A", "D", "text", 1)]
    two = neighborhood(shop, ["A"], k=2, hops=1)
    assert [end[:3] for end in ends(two)] == [
        ("A", "B", "cosine"), ("A", "D", "text"), ("A", "C", "cosine"), ("A", "C", "text")
    ]  # fmt: skip


def test_products_that_left_the_feed_give_way(opened: Open) -> None:
    items = [{"sku": "A"}, {"sku": "B", "listed": 0}, {"sku": "C"}, {"sku": "D"}]
    table = {"text": {"A": [("B", 0.9), ("C", 0.8), ("D", 0.7)]}}
    basket = [{"user": "u", "sku": sku, "order_id": "1"} for sku in "ABC"]
    shop = opened(items=items, neighbors=table, users=["u"], events=basket)
    graph = neighborhood(shop, ["A"], k=2, methods=["text", "same_order"])
    assert ends(graph)[:3] == [
        ("A", "C", "text", 1),
        ("A", "C", "same_order", 1),
        ("A", "D", "text", 2),
    ]
    assert hops(neighborhood(shop, ["u"], methods=["bought"], hops=1)) == {"u": 0, "A": 1, "C": 1}
    with pytest.raises(NotFound, match="has left the feed"):
        neighborhood(shop, ["B"])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.sampled_from("ABCDEFGH"), max_size=4), min_size=8, max_size=8),
       st.integers(1, 3), st.integers(1, 3))  # fmt: skip
def test_whoever_is_near_enough_is_reached_as_networkx_says(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], far: int, k: int
) -> None:
    names = "ABCDEFGH"
    table = {
        one: [(other, 1 / place) for place, other in enumerate(dict.fromkeys(row), 2)
              if other != one]
        for one, row in zip(names, rows, strict=True)
    }  # fmt: skip
    path = tmp_path_factory.mktemp("walk") / "shop.db"
    write_shop(path, items=[{"sku": sku} for sku in names], neighbors={"text": table}, users=(),
               events=(), spellings=())  # fmt: skip
    plain = nx.DiGraph((one, other) for one, row in table.items() for other, _ in row[:k])
    plain.add_nodes_from(names)
    with closing(open_for_reading(path)) as shop:
        graph = neighborhood(shop, ["A"], hops=far, k=k)
    near = nx.single_source_shortest_path_length(plain, "A", cutoff=far)
    assert hops(graph) == near
    asked = {name for name, hop in near.items() if hop < far}
    assert {end[:2] for end in ends(graph)} == set(plain.out_edges(asked))


# People


def buys(user: str | None, sku: str, day: int, **more: Any) -> dict[str, Any]:
    return {"user": user, "sku": sku, "at": f"2024-01-{day:02}T00:00:00", **more}


BASKETS = [
    buys("ann", "A", 1),
    buys("ann", "B", 2),
    buys("ann", "A", 3),
    buys("ann", "C", 4),
    buys("ann", "D", 5, type="view"),
    buys("bob", "C", 6),
    buys("bob", "B", 7, type="return"),
    buys("eve", "D", 1, type="view"),
    buys("eve", "D", 8, type="rating"),
    buys("eve", "B", 9, type="return"),
]
ALIKE = {"ann": [("bob", 0.5)], "bob": [("ann", 0.5), ("eve", 0.1)]}


def people(opened: Open) -> sqlite3.Connection:
    return opened("ABCD", neighbors={"text": {"A": [("D", 0.4)]}}, users=["ann", "bob", "eve"],
                  events=BASKETS, people=ALIKE)  # fmt: skip


def test_a_person_leads_to_what_they_bought_and_to_people_alike(opened: Open) -> None:
    graph = neighborhood(people(opened), ["ann"], k=2)
    assert ends(graph) == [
        ("ann", "A", "bought", 1),
        ("ann", "bob", "cosine", 1),
        ("ann", "C", "bought", 2),
        ("A", "D", "text", 1),
        ("bob", "C", "bought", 1),
        ("bob", "ann", "cosine", 1),
        ("bob", "eve", "cosine", 2),
    ]
    assert graph.edges[0] == Edge(
        "user:ann", "product:A", "bought", 1, count=2, latest="2024-01-03T00:00:00"
    )
    assert hops(graph) == {"ann": 0, "A": 1, "bob": 1, "C": 1, "D": 2, "eve": 2}
    assert graph.query == {"user": "ann"}


def test_who_bought_nothing_leads_to_what_they_touched(opened: Open) -> None:
    graph = neighborhood(people(opened), ["eve"], hops=1, methods=["bought"])
    assert graph.edges == (
        Edge("user:eve", "product:D", "touched", 1, count=2, latest="2024-01-08T00:00:00"),
    )


def test_products_lead_to_people_only_where_bought_is_named(opened: Open) -> None:
    shop = people(opened)
    assert {node.kind for node in neighborhood(shop, ["A"], hops=3).nodes} == {"product"}
    graph = neighborhood(shop, ["C"], hops=2, methods=["bought"], k=2)
    # Edges run from the person, whoever was asked; the latest buyer comes first.
    assert ends(graph) == [
        ("bob", "C", "bought", 1),
        ("ann", "C", "bought", 2),
        ("ann", "A", "bought", 1),
    ]
    assert [(node.label, node.reached_from) for node in graph.nodes] == [
        ("C", None),
        ("bob", "product:C"),
        ("ann", "product:C"),
        ("A", "user:ann"),
    ]
    assert graph.relations == ("bought",)


def test_events_without_a_customer_lead_to_nobody(opened: Open) -> None:
    shop = opened("AB", events=[buys(None, "A", 1)], users=["ann"])
    graph = neighborhood(shop, ["A"], methods=["bought"])
    assert (len(graph.nodes), graph.edges) == (1, ())


# Orders


def test_same_order_counts_the_orders_that_hold_both(opened: Open) -> None:
    orders = {"1": "ABC", "2": "AB", "3": "AD", "4": "BC", "5": "AA"}
    lines = [buys(None, sku, 1, order_id=name) for name, row in orders.items() for sku in row]
    lines += [
        # another source's order 1 is another order; returns and views are not bought
        buys(None, "D", 1, order_id="1", source="other"),
        buys(None, "D", 1, order_id="2", type="return"),
        buys(None, "D", 1, order_id="2", type="view"),
        buys(None, "D", 1),
    ]
    graph = neighborhood(opened("ABCD", events=lines), ["A"], hops=1, methods=["same_order"], k=9)
    assert [(edge.target, edge.count, edge.rank, edge.score) for edge in graph.edges] == [
        ("product:B", 2, 1, None),
        ("product:C", 1, 2, None),
        ("product:D", 1, 3, None),
    ]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sets(st.sampled_from("ABCDEF"), min_size=1), max_size=12), st.integers(1, 4))
def test_same_order_is_what_a_plain_loop_counts(
    tmp_path_factory: pytest.TempPathFactory, orders: list[set[str]], k: int
) -> None:
    lines = [buys(None, sku, 1, order_id=str(n)) for n, row in enumerate(orders) for sku in row]
    path = tmp_path_factory.mktemp("orders") / "shop.db"
    # Positions go against the alphabet, so that ties can't be right by chance.
    write_shop(path, items=[{"sku": sku} for sku in "FEDCBA"], events=lines, neighbors={},
               users=(), spellings=())  # fmt: skip
    with closing(open_for_reading(path)) as shop:
        graph = neighborhood(shop, ["A", "B"], hops=1, methods=["same_order"], k=k)
    for one in "AB":
        counts = Counter(other for row in orders if one in row for other in row - {one})
        plain = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:k]
        own = [edge for edge in graph.edges if edge.source == f"product:{one}"]
        assert [(edge.target[-1], edge.count) for edge in own] == plain


def test_only_the_latest_orders_are_counted(opened: Open) -> None:
    lines = [buys(None, sku, 1, order_id="old") for sku in "AB"]
    lines += [buys(None, sku, 2, order_id=f"new{n}") for n in range(ORDERS) for sku in "AC"]
    graph = neighborhood(opened("ABC", events=lines), ["A"], hops=1, methods=["same_order"])
    assert [(edge.target, edge.count) for edge in graph.edges] == [("product:C", ORDERS)]


# Which relations


def test_of_each_kind_one_relation_is_followed(opened: Open) -> None:
    row = {"A": [("B", 0.5)]}
    order = [buys("ann", sku, 1, order_id="1") for sku in "AB"]
    names = ["hybrid", "jaccard", "bm25", "lexical", "attributes"]
    shop = opened("AB", neighbors=dict.fromkeys(names, row), events=order, users=["ann"])
    assert neighborhood(shop, ["A"]).relations == ("bm25", "same_order", "lexical", "attributes")


def test_a_stored_table_of_orders_saves_counting_them(opened: Open) -> None:
    row = {"A": [("B", 0.5)]}
    order = [buys("ann", sku, 1, order_id="1") for sku in "AB"]
    tables = {"orders": row, "text": row, "lexical": row}
    shop = opened("AB", neighbors=tables, events=order, users=["ann"])
    assert neighborhood(shop, ["A"]).relations == ("orders", "text")


def test_any_table_is_better_than_none(opened: Open) -> None:
    shop = opened("AB", neighbors={"hybrid": {"A": [("B", 0.5)]}})
    assert ends(neighborhood(shop, ["A"])) == [("A", "B", "hybrid", 1)]


def test_many_events_are_not_read_unasked(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    order = [buys("ann", sku, 1, order_id="1") for sku in "AB"]
    table = {"text": {"A": [("B", 0.5)]}}
    shop = opened("AB", neighbors=table, events=order, users=["ann"])
    monkeypatch.setattr(relations, "EVENTS", 1)
    graph = neighborhood(shop, ["A"])
    assert graph.relations == ("text",)
    assert "`--method same_order` counts it" in graph.notes[0]
    asked = neighborhood(shop, ["A"], methods=["same_order"])
    assert (ends(asked)[0], asked.notes) == (("A", "B", "same_order", 1), ())


def test_what_is_not_built_and_what_there_is_not(opened: Open) -> None:
    shop = opened("AB", events=[buys("ann", "A", 1)], users=["ann"])
    with pytest.raises(NotReady, match="No neighbour table") as nothing:
        neighborhood(shop, ["A"])
    assert nothing.value.hint == "Run `prodsim build`."
    with pytest.raises(NotReady, match="cosine is not built"):
        neighborhood(shop, ["A"], methods=["cosine"])
    with pytest.raises(UsageProblem, match="no relation 'friends'") as strange:
        neighborhood(shop, ["A"], methods=["friends"])
    assert strange.value.hint == "Choose from: bought, same_order."
    # What was bought is known without any table.
    assert ends(neighborhood(shop, ["ann"], methods=["bought"])) == [("ann", "A", "bought", 1)]


def test_an_old_table_is_named(tmp_path: Path) -> None:
    path = write_shop(tmp_path / "shop.db")
    with closing(sqlite3.connect(path)) as writer, writer:
        writer.execute("update meta set value = '2' where key = 'events_version'")
    with closing(open_for_reading(path)) as shop:
        notes = neighborhood(shop, ["SKU123"], methods=["cosine", "same_order"]).notes
    assert notes == ("The table cosine is out of date (events have changed since); run"
                     " `prodsim build`.",)  # fmt: skip


# What is asked about


def test_a_name_of_both_is_the_product_unless_a_person_is_asked_for(shop: Path) -> None:
    with closing(open_for_reading(shop)) as db:
        both = neighborhood(db, ["SKU124"], hops=1)
        assert both.query == {"sku": "SKU124"}
        assert both.notes[0] == "SKU124 is a person, too: `prodsim neighborhood SKU124 --user`."
        person = neighborhood(db, ["SKU124"], hops=1, user=True)
        assert person.query == {"user": "SKU124"}
        assert neighborhood(db, ["SKU124"], hops=1, user=False).notes == ()
        assert neighborhood(db, ["17850"], hops=1).query == {"user": "17850"}


def test_unknown_names_and_the_nearest(shop: Path) -> None:
    with closing(open_for_reading(shop)) as db:
        with pytest.raises(NotFound, match="no product and no person 'SKU12'") as either:
            neighborhood(db, ["SKU12"])
        assert "The nearest products: SKU123" in either.value.hint
        with pytest.raises(NotFound, match="There is no person 'SKU123'"):
            neighborhood(db, ["SKU123"], user=True)
        with pytest.raises(NotFound, match="There is no product '17850'"):
            neighborhood(db, ["17850"], user=False)


def test_a_sku_of_several_sources(opened: Open) -> None:
    items = [{"sku": "1", "source": "abt"}, {"sku": "1", "source": "buy"}]
    table = {"text": {"abt:1": [("buy:1", 0.5)]}}
    shop = opened(items=items, neighbors=table)
    with pytest.raises(AmbiguousSku):
        neighborhood(shop, ["1"])
    assert [node.id for node in neighborhood(shop, ["abt:1"]).nodes] == [
        "product:abt:1",
        "product:buy:1",
    ]


def test_several_make_one_graph(opened: Open) -> None:
    graph = neighborhood(opened("ABCDE", neighbors=CHAIN), ["D", "C", "D"], hops=1)
    assert graph.query == {"skus": ["D", "C"]}
    assert hops(graph) == {"D": 0, "C": 0, "A": 1, "B": 1, "E": 1}
    mixed = neighborhood(people(opened), ["ann", "A"], hops=1, k=1)
    assert mixed.query == {"skus": ["A"], "users": ["ann"]}


# Room and silence


def test_where_room_is_short_the_best_of_each_come_first(opened: Open) -> None:
    table = {"text": {"A": [("B", 0.9), ("C", 0.8)], "B": [("D", 0.9), ("E", 0.8)],
                      "C": [("F", 0.2), ("G", 0.1)]}}  # fmt: skip
    shop = opened("ABCDEFG", neighbors=table)
    graph = neighborhood(shop, ["A"], most=5)
    assert hops(graph) == {"A": 0, "B": 1, "C": 1, "D": 2, "F": 2}
    assert [end[:2] for end in ends(graph)] == [("A", "B"), ("A", "C"), ("B", "D"), ("C", "F")]
    assert graph.left_out == 2
    assert graph.notes == ("2 more were found than the 5 shown; `--most` shows more.",)
    assert neighborhood(shop, ["A"], most=7).left_out == 0


def test_without_any_edge_it_is_said(opened: Open) -> None:
    items = [{"sku": "A", "title": "tea"}, {"sku": "B"}]
    shop = opened(items=items, neighbors={"text": {}}, users=["ann"])
    (note,) = neighborhood(shop, ["A"]).notes
    assert note == "A has no edge: nothing by text, and the database holds no event of it."
    (note,) = neighborhood(shop, ["B"]).notes
    assert note.endswith("and the database holds no text and no event of it.")
    (note,) = neighborhood(shop, ["ann"], methods=["text"]).notes
    assert note == ("ann has no edge: text says nothing of people; `--method text,bought` does.")
    assert neighborhood(shop, ["ann"]).notes == ("ann has no edge: nothing by bought.",)


def test_twice_the_same(shop: Path) -> None:
    with closing(open_for_reading(shop)) as db:
        first, second = (neighborhood(db, ["17850", "SKU123"], hops=3) for _ in "12")
    assert first == second
