"""A piece of the graph of products and people."""

from __future__ import annotations

from dataclasses import dataclass

from prodsim_cli.records.values import Json, Record, to_json


@dataclass(frozen=True)
class Node(Record):
    """A product or a person; ``hop`` counts the edges from what was asked about (0: itself).

    ``id`` is ``product:SKU`` or ``user:KEY``, since a SKU and a key may be the same word; ``label``
    is the word alone. ``reached_from`` is the id of the node over which it was found first.
    """

    id: str
    kind: str
    label: str
    hop: int
    reached_from: str | None = None
    title: str | None = None
    price: float | None = None
    currency: str | None = None
    category: str | None = None

    def as_dict(self) -> Json:
        if self.kind == "user":
            facts: Json = {"user": self.label}
        else:
            facts = {"sku": self.label, "title": self.title, "price": self.price}
            facts["category"] = self.category
        ends = {"hop": self.hop, "reached_from": self.reached_from}
        return {"id": self.id, "kind": self.kind, **facts, **ends}


@dataclass(frozen=True)
class Edge(Record):
    """``target`` stands at ``rank`` in the row that ``relation`` has for ``source``.

    ``score`` is what the method says of it; relations that are counted (``bought``, ``touched``,
    ``same_order``) have a ``count`` instead, and ``latest``, its last moment, where that is known.
    A bond goes from the person to the product even where the product was asked who bought it;
    ``rank`` is then the person's among those people.
    """

    _digits = (("score", 6),)

    source: str
    target: str
    relation: str
    rank: int
    score: float | None = None
    count: int | None = None
    latest: str | None = None


@dataclass(frozen=True)
class Neighborhood(Record):
    """The nodes within some hops of one or several, and the edges over which they were found.

    ``query`` is ``{"sku": ...}`` or ``{"user": ...}`` for one, lists ``skus`` and ``users`` for
    several; ``left_out`` counts nodes that were found but had no place. The JSON form is what
    networkx calls node-link data. ``notes`` are sentences for the person.
    """

    _json = ("query", "hops", "k", "relations", "left_out")

    query: Json
    hops: int
    k: int
    relations: tuple[str, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    left_out: int = 0
    notes: tuple[str, ...] = ()

    def as_dict(self) -> Json:
        kind: Json = {"directed": True, "multigraph": True, "graph": {}}
        parts = {"nodes": to_json(self.nodes), "edges": to_json(self.edges)}
        return {**super().as_dict(), **kind, **parts}
