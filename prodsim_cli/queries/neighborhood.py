"""``neighborhood``: the graph around a product or a person, walked hop by hop.

The edges are those of the stored neighbour tables, of what people bought, and of what lies in the
same order. Each node nearer than ``hops`` is asked for its ``k`` best by each relation.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from prodsim_cli.queries import lookup as finding
from prodsim_cli.queries.relations import BOUGHT, SAME_ORDER, TOUCHED, Relations, choose
from prodsim_cli.records.graphs import Edge, Neighborhood, Node
from prodsim_cli.records.values import Json
from prodsim_cli.store import catalog, events, neighbors
from prodsim_cli.store.catalog import in_order

K = 3
MOST = 200

ORDERS = 100
"""``same_order`` counts over so many orders of a product, the latest."""

Key = tuple[str, int]
"""A node inside: its kind and its row id."""


@dataclass(frozen=True)
class _Found:
    """A node seen from another, at a rank of a relation."""

    source: Key
    target: Key
    relation: str
    rank: int
    score: float | None = None
    count: int | None = None
    latest: str | None = None


@dataclass
class _Walk:
    """What has been reached: node -> (hop, over which node), and the edges in order."""

    connection: sqlite3.Connection
    relations: Relations
    k: int
    most: int
    reached: dict[Key, tuple[int, Key | None]]
    edges: dict[tuple[Key, Key, str], _Found] = field(default_factory=dict)
    left: set[Key] = field(default_factory=set)

    def step(self, hop: int) -> None:
        """Ask the nodes of the last hop; where room is short, the best of each come first."""
        asked = [key for key, (at, _) in self.reached.items() if at == hop - 1]
        found = sorted(self._found(asked), key=lambda one: one.rank)  # stable: then as asked
        for one in found:
            if one.target not in self.reached:
                if len(self.reached) >= self.most:
                    self.left.add(one.target)
                    continue
                self.reached[one.target] = (hop, one.source)
            self.edges.setdefault(_ends(one), one)

    def _found(self, asked: Sequence[Key]) -> Iterator[_Found]:
        products = [row_id for kind, row_id in asked if kind == "product"]
        counted = SAME_ORDER in self.relations.products and products
        together = _same_order(self.connection, products, self.k) if counted else {}
        for kind, row_id in asked:
            if kind == "product":
                yield from self._of_product(row_id, together.get(row_id, ()))
            else:
                yield from self._of_person(row_id)

    def _of_product(self, item_id: int, together: Sequence[tuple[int, int]]) -> Iterator[_Found]:
        source = ("product", item_id)
        for name in self.relations.products:
            if name == SAME_ORDER:
                for rank, (other, count) in enumerate(together, start=1):
                    yield _Found(source, ("product", other), name, rank, count=count)
            elif name == BOUGHT:
                yield from self._bonds(source, "user")
            else:
                rows = neighbors.nearest(self.connection, name, item_id, self.k)
                for rank, (other, score) in enumerate(rows, start=1):
                    yield _Found(source, ("product", other), name, rank, score)

    def _of_person(self, user_id: int) -> Iterator[_Found]:
        source = ("user", user_id)
        for name in self.relations.people:
            if name == BOUGHT:
                yield from self._bonds(source, "product")
            else:
                rows = neighbors.alike(self.connection, name, user_id)[: self.k]
                for rank, (other, score) in enumerate(rows, start=1):
                    yield _Found(source, ("user", other), name, rank, score)

    def _bonds(self, source: Key, kind: str) -> Iterator[_Found]:
        """What was bought; of who bought nothing, what they touched."""
        owner = "user_id" if source[0] == "user" else "item_id"
        rows = events.bonds(self.connection, owner, [source[1]])[: self.k]
        name = BOUGHT if any(row["bought"] for row in rows) else TOUCHED
        for rank, row in enumerate((row for row in rows if row[name]), start=1):
            count, latest = row[name], row[f"{name}_at"]
            yield _Found(source, (kind, row["id"]), name, rank, count=count, latest=latest)


def neighborhood(
    connection: sqlite3.Connection,
    texts: Sequence[str],
    *,
    user: bool | None = None,
    hops: int = 2,
    k: int = K,
    most: int = MOST,
    methods: Sequence[str] = (),
) -> Neighborhood:
    """The graph around products and people; several of them make one graph.

    A text is a SKU if there is one, else a user; ``user`` True looks among people only, False among
    products only. ``methods`` names the relations, see :mod:`.relations` for those without.

    Raises
    ------
    NotFound, AmbiguousSku
        Where a text means none or several.
    NotReady
        Where nothing (or not what was asked for) is built.
    UsageProblem
        For a relation that there is not.
    """
    relations, notes = choose(connection, methods)
    asked = [_meant(connection, text, user, notes) for text in texts]
    people = BOUGHT in relations.products or any(kind == "user" for kind, _ in asked)
    walk = _Walk(connection, relations, k, most, dict.fromkeys(asked, (0, None)))
    for hop in range(1, hops + 1):
        walk.step(hop)
    nodes = _nodes(connection, walk)
    if walk.left:
        notes.append(
            f"{len(walk.left):,} more were found than the {most:,} shown; `--most` shows more."
        )
    notes += _without_edges(connection, walk, nodes)
    return Neighborhood(
        query=_query([nodes[key] for key in walk.reached if not walk.reached[key][0]]),
        hops=hops,
        k=k,
        relations=relations.names if people else relations.products,
        nodes=tuple(nodes.values()),
        edges=tuple(
            Edge(nodes[a].id, nodes[b].id, name, one.rank, one.score, one.count, one.latest)
            for (a, b, name), one in walk.edges.items()
        ),
        left_out=len(walk.left),
        notes=tuple(notes),
    )


def _meant(connection: sqlite3.Connection, text: str, user: bool | None, notes: list[str]) -> Key:
    """The product or person that a text means, as in ``show``."""
    items = [] if user else finding.meant(connection, text)
    person = None if user is False else catalog.user(connection, text)
    if items or user is False:
        item = finding.resolve_sku(connection, text)
        if person:
            notes.append(f"{text} is a person, too: `prodsim neighborhood {text} --user`.")
        return ("product", item["id"])
    if person is None:
        raise finding.nobody(connection, text, bool(user))
    return ("user", person["id"])


def _same_order(
    connection: sqlite3.Connection, item_ids: Sequence[int], k: int
) -> dict[int, list[tuple[int, int]]]:
    """Item -> its k best (other item, orders that hold both), of its latest :data:`ORDERS`."""
    orders = {one: events.latest_orders(connection, one, ORDERS) for one in item_ids}
    held: dict[events.ORDER, set[int]] = {order: set() for row in orders.values() for order in row}
    if held:
        for source, number, item in events.lines_of(connection, held):
            if (source, number) in held:
                held[source, number].add(item)
    best = {}
    for one, row in orders.items():
        counts = Counter(other for order in row for other in held[order] if other != one)
        last = min((count for _, count in counts.most_common(k)), default=0)
        able = [other for other, count in counts.items() if count >= last]
        ranked = sorted(in_order(connection, able), key=lambda other: -counts[other])
        best[one] = [(other, counts[other]) for other in ranked[:k]]
    return best


def _ends(one: _Found) -> tuple[Key, Key, str]:
    """Source, target and relation of the edge; a bond goes from the person."""
    turned = one.relation in (BOUGHT, TOUCHED) and one.source[0] == "product"
    ends = (one.target, one.source) if turned else (one.source, one.target)
    return (*ends, one.relation)


def _nodes(connection: sqlite3.Connection, walk: _Walk) -> dict[Key, Node]:
    """The nodes with what is known of them, in the order in which they were reached."""
    products = catalog.products(connection, (i for kind, i in walk.reached if kind == "product"))
    people = catalog.keys(connection, (i for kind, i in walk.reached if kind == "user"))

    def name(key: Key) -> str:
        word = products[key[1]]["sku"] if key[0] == "product" else people[key[1]]
        return f"{key[0]}:{word}"

    made = {}
    for key, (hop, over) in walk.reached.items():
        origin = None if over is None else name(over)
        if key[0] == "user":
            made[key] = Node(name(key), "user", people[key[1]], hop, origin)
        else:
            row = products[key[1]]
            facts = {fact: row[fact] for fact in ("title", "price", "currency", "category")}
            made[key] = Node(name(key), "product", row["sku"], hop, origin, **facts)
    return made


def _query(asked: Sequence[Node]) -> Json:
    if len(asked) == 1:
        return {"user" if asked[0].kind == "user" else "sku": asked[0].label}
    lists: dict[str, list[str]] = {}
    for node in sorted(asked, key=lambda node: node.kind):  # product before user
        lists.setdefault("skus" if node.kind == "product" else "users", []).append(node.label)
    return lists


def _without_edges(
    connection: sqlite3.Connection, walk: _Walk, nodes: dict[Key, Node]
) -> Iterator[str]:
    """A sentence for each node that was asked about and has no edge."""
    tied = {end for source, target, _ in walk.edges for end in (source, target)}
    for key, (hop, _) in walk.reached.items():
        if hop or key in tied or walk.left:
            continue
        names = walk.relations.products if key[0] == "product" else walk.relations.people
        if names:
            why = f"nothing by {', '.join(names)}{_why(connection, key)}"
        else:
            what = "products" if key[0] == "product" else "people"
            said = ", ".join(walk.relations.names)
            why = f"{said} says nothing of {what}; `--method {said.replace(' ', '')},bought` does"
        yield f"{nodes[key].label} has no edge: {why}."


def _why(connection: sqlite3.Connection, key: Key) -> str:
    if key[0] == "user":
        return ""
    text = catalog.has_text(connection, key[1])
    touched = events.has_events(connection, key[1])
    missing = [what for what, there in (("text", text), ("event", touched)) if not there]
    return f", and the database holds no {' and no '.join(missing)} of it" if missing else ""
