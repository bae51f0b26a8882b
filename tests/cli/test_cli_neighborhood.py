"""``prodsim neighborhood``: the graph around a product or person, in every format."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import pydot
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from shop_rows import write_shop
from test_floors import HEAVY, after

from prodsim_cli import render
from prodsim_cli.cli import cli
from prodsim_cli.commands.neighborhood import FORMATS
from prodsim_cli.records.graphs import Edge, Neighborhood, Node
from prodsim_cli.render.plain import one_line

Run = Callable[..., Result]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pydot")
ROOT = Path(__file__).parents[2]
Graph = tuple[set[tuple[str, str]], list[tuple[str, str, str]]]
"""Nodes with their kinds; edges with their relations, sorted."""


def _built(folder: Path, *words: str) -> Callable[..., Result]:
    line = ["--db", str(folder / "shop.db"), "ingest", *words, "--no-lm", "--no-learn", "-q"]
    made = CliRunner().invoke(cli, line)
    assert made.exit_code == 0, made.stderr
    return lambda *asked: CliRunner().invoke(cli, ["--db", str(folder / "shop.db"), *asked])


@pytest.fixture(scope="module")
def aisles(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Result]:
    return _built(tmp_path_factory.mktemp("aisles"), str(ROOT / "fixtures" / "two_aisles"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Result]:
    return _built(tmp_path_factory.mktemp("demo"), str(ROOT / "fixtures" / "demo"))


# Two aisles: the right answer is obvious


def test_by_what_is_bought_tea_leads_to_tea_and_tools_to_tools(aisles: Run) -> None:
    for aisle in ("TEA", "TOOL"):
        words = ["--method", "cosine,bought", "--hops", "3", "-k", "20", "--most", "500"]
        graph = json.loads(aisles("neighborhood", f"{aisle}1", *words, "-f", "json").stdout)
        person = {"TEA": "ann", "TOOL": "bob"}[aisle]
        found = {node.get("sku") or node["user"] for node in graph["nodes"]}
        # The eighth has no events; everything else of the aisle is there and nothing of the other.
        everybody = {f"{aisle}{n}" for n in range(1, 8)} | {f"{person}{n}" for n in range(1, 13)}
        assert found == everybody


def test_a_product_without_events_has_its_words_only(aisles: Run) -> None:
    shown = aisles("neighborhood", "TEA8", "--hops", "1", "-k", "1", "--method", "lexical,cosine",
                   "-f", "csv")  # fmt: skip
    header, row = csv.reader(io.StringIO(shown.stdout))
    assert header == ["source", "target", "relation", "rank", "score", "count", "latest"]
    assert [*row[:4], *row[5:]] == ["product:TEA8", "product:TEA1", "lexical", "1", "", ""]
    alone = aisles("neighborhood", "TEA8", "--method", "cosine")
    assert (alone.exit_code, alone.stdout.splitlines()) == (
        0,
        ["TEA8  Jasmine green tea leaves", "  no neighbours"],
    )
    assert alone.stderr == (
        "note: TEA8 has no edge: nothing by cosine, and the database holds no event of it.\n"
    )


def test_a_person_their_purchases_and_people_of_the_same_aisle(aisles: Run) -> None:
    shown = aisles("neighborhood", "ann1", "--hops", "1", "-k", "5", "-f", "json")
    graph = json.loads(shown.stdout)
    assert graph["query"] == {"user": "ann1"}
    bought = [edge for edge in graph["edges"] if edge["relation"] == "bought"]
    assert [edge["target"] for edge in bought] == [
        "product:TEA7", "product:TEA6", "product:TEA5", "product:TEA3", "product:TEA2"]  # fmt: skip
    assert {edge["count"] for edge in bought} == {1}
    assert [edge["latest"][:7] for edge in bought] == [
        "2024-05", "2024-04", "2024-03", "2024-02", "2024-01"]  # fmt: skip
    alike = [node for node in graph["nodes"] if node["kind"] == "user" and node["hop"]]
    assert len(alike) == 5
    for node in alike:
        # Of a person the key and nothing else.
        assert set(node) == {"id", "kind", "user", "hop", "reached_from"}
        assert node["user"].startswith("ann")
    names = aisles("neighborhood", "ann1", "-f", "ids").stdout.split()
    assert names
    assert not [name for name in names if not name.startswith(("TEA", "TOOL"))]


def test_the_table(aisles: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    words = ["--method", "cosine,lexical", "--hops", "2", "-k", "1"]
    shown = aisles("neighborhood", "TEA1", *words).stdout.splitlines()
    assert shown[0] == "TEA1  Green tea leaves"
    assert shown[1].split() == ["Hop", "Node", "Title", "Via", "Reached", "from"]
    first, second = (re.split(r"\s{2,}", line.strip()) for line in shown[3:5])
    assert first == ["1", "TEA4", "Porcelain teapot", "cosine .75", "TEA1"]
    assert second == ["1", "TEA8", "Jasmine green tea leaves", "lexical .78", "TEA1"]
    assert shown[-1].endswith("edges; 1 each by cosine, lexical")
    person = aisles("neighborhood", "ann1", "--hops", "1", "-k", "1").stdout
    assert re.search(r"1  TEA7 +bought 1× +ann1\n", person)
    assert re.search(r"1  ann\d+ +person +cosine [\d.]+ +ann1\n", person)


# The demo shop: what was written is read by others


def printed(graph: dict[str, Any]) -> Graph:
    nodes = {(node["id"], node["kind"]) for node in graph["nodes"]}
    return nodes, sorted((e["source"], e["target"], e["relation"]) for e in graph["edges"])


def by_networkx(graph: nx.Graph) -> Graph:
    nodes = {(name, kind) for name, kind in graph.nodes(data="kind")}
    return nodes, sorted(graph.edges(data="relation"))


def _bare(text: str) -> str:
    """A string of DOT without its quotes."""
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def by_pydot(text: str) -> Graph:
    (graph,) = pydot.graph_from_dot_data(text)
    assert graph.get_type() == "digraph"
    # "node" is where the defaults stand.
    nodes = {
        (_bare(node.get_name()), _bare(node.get("kind")))
        for node in graph.get_nodes()
        if node.get_name() != "node"
    }
    edges = [
        (_bare(edge.get_source()), _bare(edge.get_destination()), _bare(edge.get("relation")))
        for edge in graph.get_edges()
    ]
    return nodes, sorted(edges)


@pytest.mark.parametrize("words", [["SKU123"], ["U0099", "--hops", "1", "-k", "8"]], ids=str)
def test_networkx_and_pydot_read_the_same_graph(demo: Run, words: list[str]) -> None:
    graph = json.loads(demo("neighborhood", *words, "-f", "json").stdout)
    wanted = printed(graph)
    assert len(wanted[0]) > 8
    linked = nx.node_link_graph(graph, edges="edges")
    assert isinstance(linked, nx.MultiDiGraph)
    assert by_networkx(linked) == wanted
    xml = demo("neighborhood", *words, "-f", "graphml").stdout
    assert by_networkx(nx.parse_graphml(xml, force_multigraph=True)) == wanted
    assert by_pydot(demo("neighborhood", *words, "-f", "dot").stdout) == wanted


def test_graphml_keeps_the_figures(demo: Run) -> None:
    words = ["neighborhood", "SKU123", "--hops", "1", "--method", "lexical,bought", "-f"]
    graph = json.loads(demo(*words, "json").stdout)
    read = nx.parse_graphml(demo(*words, "graphml").stdout, force_multigraph=True)
    for node in graph["nodes"]:
        facts = {"kind": node["kind"], "label": node.get("sku") or node["user"]}
        facts |= {name: node.get(name) for name in ("title", "category", "price", "hop")}
        assert read.nodes[node["id"]] == {n: v for n, v in facts.items() if v is not None}
    ends = {(edge["source"], edge["target"], edge["relation"]): edge for edge in graph["edges"]}
    assert {edge["relation"] for edge in graph["edges"]} == {"lexical", "bought"}
    for source, target, facts in read.edges(data=True):
        edge = ends[source, target, facts["relation"]]
        names = ("relation", "rank", "score", "count", "latest")
        assert facts == {name: edge[name] for name in names if edge[name] is not None}


def test_no_more_nodes_than_asked_for_and_a_sentence(demo: Run) -> None:
    shown = demo("neighborhood", "SKU123", "--hops", "3", "-k", "9", "--most", "20", "-f", "json")
    graph = json.loads(shown.stdout)
    assert (len(graph["nodes"]), graph["left_out"] > 0) == (20, True)
    assert shown.stderr == (
        f"note: {graph['left_out']:,} more were found than the 20 shown; `--most` shows more.\n"
    )
    names = {node["id"] for node in graph["nodes"]}
    assert {edge[end] for edge in graph["edges"] for end in ("source", "target")} <= names


@pytest.mark.parametrize("form", FORMATS)
def test_twice_the_same_bytes(demo: Run, form: str) -> None:
    words = ["neighborhood", "U0099", "--method", "cosine,bought,same_order", "-f", form]
    first = demo(*words)
    assert first.exit_code == 0
    assert first.stdout_bytes == demo(*words).stdout_bytes


def test_several_names_make_one_graph(demo: Run) -> None:
    like = demo("similar", "SKU123", "-k", "3", "-f", "ids").stdout.split()
    shown = demo("neighborhood", *like, "SKU123", "--hops", "1", "-f", "jsonl").stdout
    graph = json.loads(shown)
    assert graph["query"] == {"skus": [*like, "SKU123"]}
    assert [node["hop"] for node in graph["nodes"]].count(0) == 4


# Names as a shop may write them

EVIL = [
    'quote " and \\ backslash\\',
    "a & b < c > d ]]> </data>",
    "line\nbreak\ttab\r end",
    "\x00\x1b[31mred\x1b[0m \x85 \x7f",
    "红色 保温杯 🧸",
    "<b>bold</b>",
    "\\N \\G \\l",
    "\ufffe\uffff\ud800",
    "‮turned",
    "-> {} [];#//",
]


def graph_of(labels: list[str], titles: list[str]) -> Neighborhood:
    first = f"product:{labels[0]}"
    nodes = [
        Node(f"product:{label}", "product", label, min(place, 1), first if place else None, title)
        for place, (label, title) in enumerate(zip(labels, titles, strict=True))
    ]
    edges = [
        Edge(nodes[0].id, node.id, "text", rank, 0.5) for rank, node in enumerate(nodes[1:], 1)
    ]
    return Neighborhood({"sku": labels[0]}, 1, 9, ("text",), tuple(nodes), tuple(edges))


def written(graph: Neighborhood, form: str) -> str:
    out = io.StringIO()
    render.show(graph, form, stream=out)
    return out.getvalue()


def visible(text: str) -> str:
    """A text as another program gets it: on one line, with marks for what XML cannot hold."""
    return re.sub("[\ud800-\udfff\ufffe\uffff]", "\ufffd", one_line(text))


def test_hostile_names_arrive_whole() -> None:
    graph = graph_of(EVIL, EVIL[::-1])
    xml = written(graph, "graphml")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", xml)
    read = nx.parse_graphml(xml.encode(), force_multigraph=True)
    assert [
        (name[8:], facts["label"], facts["title"]) for name, facts in read.nodes(data=True)
    ] == [
        (visible(label), visible(label), visible(title))
        for label, title in zip(EVIL, EVIL[::-1], strict=True)
    ]
    nodes, edges = by_pydot(written(graph, "dot"))
    assert {name for name, _ in nodes} == {"product:" + visible(label) for label in EVIL}
    assert len(edges) == len(EVIL) - 1


def test_names_that_look_the_same_stay_two_nodes() -> None:
    graph = graph_of(["A\tB", "A B", "A\nB"], ["x", "y", "z"])
    read = nx.parse_graphml(written(graph, "graphml"))
    assert dict(read.nodes(data="title")) == {
        "product:A B": "x",
        "product:A B (2)": "y",
        "product:A B (3)": "z",
    }
    assert sorted(read.edges()) == [
        ("product:A B", "product:A B (2)"),
        ("product:A B", "product:A B (3)"),
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=2, max_size=4, unique=True))
def test_any_text_makes_a_graph_that_is_read(labels: list[str]) -> None:
    graph = graph_of(labels, labels)
    tree = ElementTree.fromstring(written(graph, "graphml").encode())
    space = {"g": "http://graphml.graphdrawing.org/xmlns"}
    titles = tree.findall(".//g:node/g:data[@key='node_title']", space)
    assert [title.text or "" for title in titles] == [visible(label) for label in labels]
    nodes, edges = by_pydot(written(graph, "dot"))
    assert (len(nodes), len(edges)) == (len(labels), len(labels) - 1)


@pytest.mark.parametrize("width", [40, 60, 80, 140])
def test_the_table_fits(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    graph = graph_of([*EVIL, "L" * 60], [*("红色 保温杯 🧸 " * 9 for _ in EVIL), "T" * 90])
    lines = written(graph, "table").splitlines()
    assert max(map(cell_len, lines)) <= width
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", "".join(lines))


# What a person can do wrong, and what it costs


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("", 2),
        ("SKU12", 3),
        ("SKU123 --user", 3),
        ("17850 --product", 3),
        ("SKU123 --method friends", 2),
        ("SKU123 --method text", 4),
        ("SKU123 --hops 4", 2),
        ("SKU123 --hops 0", 2),
        ("SKU123 -k 0", 2),
        ("SKU123 -f svg", 2),
        ("GONE1", 3),
    ],
)
def test_mistakes_have_their_exit_code_and_no_traceback(run: Run, words: str, code: int) -> None:
    result = run("neighborhood", *words.split())
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert "\nhint: " in result.stderr


def test_nothing_built_says_what_to_run(tmp_path: Path) -> None:
    shop = write_shop(tmp_path / "new.db", neighbors={})
    result = CliRunner().invoke(cli, ["--db", str(shop), "neighborhood", "SKU123", "-f", "json"])
    assert result.exit_code == 4
    assert json.loads(result.stderr)["error"]["hint"] == "Run `prodsim build`."


def test_methods_are_named_together_or_one_by_one(run: Run) -> None:
    together = run("neighborhood", "SKU123", "--method", "cosine, lexical", "-f", "json").stdout
    apart = run("neighborhood", "SKU123", "--method", "cosine", "--method", "lexical", "-f", "json")
    assert together == apart.stdout
    assert json.loads(together)["relations"] == ["cosine", "lexical"]


def test_names_come_from_standard_input(run: Run) -> None:
    piped = run("neighborhood", "-", "-f", "json", input="SKU123\n17850\n").stdout
    assert json.loads(piped)["query"] == {"skus": ["SKU123"], "users": ["17850"]}


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "table"])
def test_asking_stays_on_the_ground_floor(shop: Path, form: str) -> None:
    modules = after("--db", str(shop), "neighborhood", "SKU123", "17850", "-f", form)
    assert not (HEAVY | {"networkx", "importlib.metadata"}) & modules


def test_a_table_needs_rich_and_nothing_else(shop: Path) -> None:
    assert HEAVY & after("--db", str(shop), "neighborhood", "SKU123") == {"rich"}
