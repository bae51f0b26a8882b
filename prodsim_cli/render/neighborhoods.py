"""A graph as a table: one line a node, hop by hop, with how it was reached. Imports rich."""

from __future__ import annotations

from collections import defaultdict

from rich.console import Group, RenderableType
from rich.text import Text

from prodsim_cli.records.graphs import Edge, Neighborhood, Node
from prodsim_cli.render.layout import Column, as_text, fitted, number
from prodsim_cli.render.plain import one_line

_STYLES = {"product": "cyan", "user": "magenta"}


def neighborhood(graph: Neighborhood, width: int) -> RenderableType:
    """What was asked about as headings, a table of what was reached, and how much that is."""
    asked = [node for node in graph.nodes if not node.hop]
    places = {node.id: place for place, node in enumerate(graph.nodes)}
    reached = sorted(
        (node for node in graph.nodes if node.hop),
        key=lambda node: (node.hop, places[node.reached_from or node.id]),
    )
    by = f"{graph.k} each by {', '.join(graph.relations)}"
    parts: list[RenderableType] = [as_text(_heading(node)) for node in asked]
    if not reached:
        return Group(*parts, Text("  no neighbours", style="dim"))
    counts = [
        f"{number(n)} {word if n != 1 else one}"
        for n, word, one in (
            (sum(node.kind == "product" for node in graph.nodes), "products", "product"),
            (sum(node.kind == "user" for node in graph.nodes), "people", "person"),
            (len(graph.edges), "edges", "edge"),
        )
        if n
    ]
    table = fitted(_columns(graph, reached), width)
    return Group(*parts, table, Text(f"{', '.join(counts)}; {by}", style="dim"))


def _heading(node: Node) -> Text:
    heading = Text.assemble((one_line(node.label), f"bold {_STYLES[node.kind]}"))
    if node.kind == "user":
        heading.append("  person", "dim")
    return heading.append(f"  {one_line(node.title)}" if node.title else "", "bold")


def _columns(graph: Neighborhood, reached: list[Node]) -> list[Column]:
    nodes = {node.id: node for node in graph.nodes}
    between: dict[tuple[str, str], list[Edge]] = defaultdict(list)
    for edge in graph.edges:
        between[edge.source, edge.target].append(edge)

    def via(node: Node) -> str:
        over = node.reached_from or ""
        # A bond found from the product points the other way.
        edges = between[over, node.id] or between[node.id, over]
        return ", ".join(map(_said, edges))

    origins = [nodes[node.reached_from or ""] for node in reached]
    return [
        Column("Hop", [str(node.hop) for node in reached], right=True, style="dim"),
        Column("Node", [_named(node) for node in reached], least=10, most=40),
        Column("Title", [_titled(node) for node in reached], least=12),
        Column("Via", [via(node) for node in reached], least=12),
        Column("Reached from", [_named(node) for node in origins], least=12, most=40, drop=1),
    ]


def _named(node: Node) -> Text:
    return Text(one_line(node.label), _STYLES[node.kind])


def _titled(node: Node) -> Text:
    return Text("person", "dim") if node.kind == "user" else Text(one_line(node.title or ""))


def _said(edge: Edge) -> str:
    """A relation with what it says: ``cosine .52``, ``bought 3×``."""
    if edge.count is not None:
        return f"{edge.relation} {number(edge.count)}×"
    return f"{edge.relation} {number(edge.score, 2).removeprefix('0')}"
