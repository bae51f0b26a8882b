"""A graph as text for other programs: DOT for Graphviz, GraphML for networkx and Gephi.

Both are directed and may have several edges between two nodes, one a relation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from prodsim_cli.render.plain import one_line

if TYPE_CHECKING:
    from prodsim_cli.records.graphs import Edge, Neighborhood, Node

Value = str | float | int | None

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may hold, escaped or not (section 2.2)."""

_TYPES = {
    "node": {
        **dict.fromkeys(("kind", "label", "title", "category"), "string"),
        "price": "double",
        "hop": "int",
    },
    "edge": {
        "relation": "string",
        "rank": "int",
        "score": "double",
        "count": "int",
        "latest": "string",
    },
}
"""The attributes of nodes and edges with their GraphML types, in order."""


def text(graph: Neighborhood, form: str) -> Iterator[str]:
    """The lines of a graph in a form: ``dot`` or ``graphml``."""
    return _FORMS[form](graph)


def _dot(graph: Neighborhood) -> Iterator[str]:
    names = _names(graph)
    yield "digraph neighborhood {\n"
    yield '  node [style=filled, fillcolor="#e8f1fa", shape=box];\n'
    for node in graph.nodes:
        facts = _known(node, "node")
        if node.kind == "user":
            facts |= {"shape": "ellipse", "fillcolor": "#f6e7f3"}
        yield f"  {_quoted(names[node.id])} [{_pairs(facts)}];\n"
    for edge in graph.edges:
        ends = f"{_quoted(names[edge.source])} -> {_quoted(names[edge.target])}"
        yield f"  {ends} [{_pairs(_known(edge, 'edge'))}];\n"
    yield "}\n"


def _pairs(facts: dict[str, Value]) -> str:
    return ", ".join(
        f"{name}={_quoted(value) if isinstance(value, str) else value}"
        for name, value in facts.items()
    )


def _quoted(value: str) -> str:
    """A quoted string of DOT. In labels a backslash begins an escape, so it is doubled."""
    return '"' + one_line(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _graphml(graph: Neighborhood) -> Iterator[str]:
    names = _names(graph)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for owner, types in _TYPES.items():
        for name, kind in types.items():
            yield f'  <key id="{owner}_{name}" for="{owner}"'
            yield f' attr.name="{name}" attr.type="{kind}"/>\n'
    yield '  <graph id="neighborhood" edgedefault="directed">\n'
    for node in graph.nodes:
        yield f"    <node id={quoteattr(_writable(names[node.id]))}>\n"
        yield from _data("node", _known(node, "node"))
        yield "    </node>\n"
    for place, edge in enumerate(graph.edges):
        source, target = (quoteattr(_writable(names[end])) for end in (edge.source, edge.target))
        ends = f"source={source} target={target}"
        yield f'    <edge id="e{place}" {ends}>\n'
        yield from _data("edge", _known(edge, "edge"))
        yield "    </edge>\n"
    yield "  </graph>\n</graphml>\n"


def _data(owner: str, facts: dict[str, Value]) -> Iterator[str]:
    for name, value in facts.items():
        content = escape(_writable(value)) if isinstance(value, str) else value
        yield f'      <data key="{owner}_{name}">{content}</data>\n'


def _writable(value: str) -> str:
    return _NOT_XML.sub("\ufffd", one_line(value))


def _known(one: Node | Edge, owner: str) -> dict[str, Value]:
    """The attributes that have a value."""
    values = {name: getattr(one, name) for name in _TYPES[owner]}
    return {
        name: round(value, 6) if isinstance(value, float) else value
        for name, value in values.items()
        if value is not None
    }


def _names(graph: Neighborhood) -> dict[str, str]:
    """Ids as they are written; what differs by invisible characters only is told apart."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for node in graph.nodes:
        name, place = _writable(node.id), 1
        while name in taken:
            place += 1
            name = f"{_writable(node.id)} ({place})"
        taken.add(name)
        names[node.id] = name
    return names


_FORMS: dict[str, Callable[[Neighborhood], Iterator[str]]] = {"dot": _dot, "graphml": _graphml}
