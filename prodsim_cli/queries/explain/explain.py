"""``explain``: why two products are alike, read off the stored tables.

The score is that of `similar`, its shares those of ``queries.explain.shares``; beside them
stands what they rest on: people and orders, words and n-grams, equal facts, the path in the graph.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from prodsim_cli.errors import NotReady, UsageProblem
from prodsim_cli.queries.explain.evidence import (
    facts,
    orders,
    people,
    rough,
    rounded,
    told,
    told_path,
)
from prodsim_cli.queries.explain.sentences import Evidence, sentences
from prodsim_cli.queries.explain.shares import shares
from prodsim_cli.queries.explain.texts import Texts
from prodsim_cli.queries.lookup import resolve_skus
from prodsim_cli.records.answers import Product
from prodsim_cli.records.reasons import Explanation, Gram, Share, Speaking, Step, Word
from prodsim_cli.store import artifacts, catalog, neighbors
from prodsim_cli.store.vectors import vectors_of

LONGEST = 4  # steps; what is farther away has little to do with where it began
WIDEST = 5000  # products that are asked in one step, those with the strongest edges

Path = list[tuple[int, float | None]]
"""Item ids in order, with the score of the edge that leads to each (None for the first)."""


def explain(
    connection: sqlite3.Connection, texts: Sequence[str], *, least: int, without: Sequence[str] = ()
) -> list[Explanation]:
    """The first product with each of the others.

    ``least``: people in a group that is counted (:mod:`.evidence`). ``without``: kinds of
    evidence without which the score is told, too (:mod:`.without`).

    Raises NotFound or AmbiguousSku, before anything is answered, for a text that is unknown,
    NotReady where no table is built, UsageProblem for fewer than two products.
    """
    one, *others = resolve_skus(connection, texts)
    if not others:
        raise UsageProblem(
            f"Two products are needed, and only {one['label']} is named.",
            hint=f"Name another one, as in `prodsim explain {one['label']} SKU`; `prodsim similar"
            f" {one['label']}` shows which there are.",
        )
    built = artifacts.Built(connection)
    if not built.methods():
        raise NotReady("No neighbour table is built yet.", hint="Run `prodsim build`.")
    main = built.preferred
    read = Texts(connection)
    pairs = [(one["id"], other["id"]) for other in others]
    words, grams = read.words(pairs), read.grams(pairs)
    notes = _notes(built, main)
    found = [
        _explained(connection, pair, main, built, words[pair], grams[pair], least, notes)
        for pair in pairs
    ]
    if without:
        from prodsim_cli.queries.explain.without import without as scores_without

        scores = scores_without(connection, pairs, without)
        found = [
            replace(
                one,
                without={what: rounded(score, one.rough) for what, score in scores[pair].items()},
            )
            for one, pair in zip(found, pairs, strict=True)
        ]
    return found


def speaking(
    connection: sqlite3.Connection,
    main: str,
    built: Sequence[str],
    item_id: int,
    other_id: int,
    live: Mapping[str, float] | None = None,
) -> Speaking:
    """What one product says for another: the score in ``main``, and what each method gives.

    ``live``: values of methods whose row does not hold it, computed for the pair.
    """
    standing = neighbors.standing(connection, built, item_id, other_id)
    gives = shares(connection, item_id).get(other_id, {}) if main == artifacts.BLEND else {}
    rank, score = standing.pop(main, (None, None))
    if main != artifacts.BLEND and score is not None:
        gives, standing = {main: score}, {main: (rank or 0, score), **standing}
    values = {**(live or {}), **{name: value for name, (_, value) in standing.items()}}
    rows = [
        Share(name, gives.get(name, 0.0), values.get(name), standing.get(name, (None,))[0])
        for name in dict.fromkeys([*gives, *standing, *values])
    ]
    rows.sort(key=lambda row: (-row.share, row.rank or 10**9, row.method))
    total = sum(gives.values())
    return Speaking(score if score is not None else total if gives else None, rank, tuple(rows))


def _explained(
    connection: sqlite3.Connection,
    pair: tuple[int, int],
    main: str,
    read: artifacts.Built,
    words: tuple[Word, ...],
    grams: tuple[Gram, ...],
    least: int,
    notes: tuple[str, ...],
) -> Explanation:
    one, other = (catalog.item(connection, item) for item in pair)
    cosine = sum(gram.gives for gram in grams)
    built = read.methods()
    live = _live(connection, read, pair, cosine)
    there = speaking(connection, main, built, *pair, live)
    back = speaking(connection, main, built, *pair[::-1], live)
    evidence = Evidence(
        shares={row.method: row.share for row in (*back.shares, *there.shares) if row.share},
        people=people(connection, *pair, least),
        orders=orders(connection, *pair, least),
        words=words,
        facts=tuple(facts(connection, one, other)),
        products=catalog.listed(connection),
        traits=read.traits,
    )
    roughly = rough(read, main, evidence.shares, least)
    steps, by = _path(connection, [main, *(name for name in built if name != main)], *pair)
    named = catalog.products(connection, [item for item, _ in steps])
    return Explanation(
        product=_product(one),
        other=_product(other),
        method=main,
        there=told(read, there, roughly, least),
        back=told(read, back, roughly, least),
        people=evidence.people,
        orders=evidence.orders,
        words=words,
        ngrams=grams,
        cosine=cosine,
        facts=tuple(evidence.facts),
        path=told_path(
            read,
            [Step(named[item]["sku"], named[item]["title"], score) for item, score in steps],
            by,
            roughly,
            least,
        ),
        path_by=by,
        sentences=sentences(evidence),
        rough=roughly,
        notes=notes,
    )


def _product(item: sqlite3.Row) -> Product:
    return Product(item["label"], item["title"], item["price"], item["currency"])


def _live(
    connection: sqlite3.Connection, built: artifacts.Built, pair: tuple[int, int], cosine: float
) -> dict[str, float]:
    """Values of a pair that cost little to compute, whatever rows are stored."""
    values = {}
    if built.has("lexical") and cosine > 0:
        values["lexical"] = cosine
    if built.has("text"):
        vectors = vectors_of(connection, built.settings_of("text").get("space", ""), pair)
        if len(vectors) == len(pair):
            one, other = (array("f", vector) for vector in vectors)
            values["text"] = sum(a * b for a, b in zip(one, other, strict=True))
    return {name: value for name, value in values.items() if value > 0}


def _notes(built: artifacts.Built, main: str) -> tuple[str, ...]:
    notes = []
    if main != artifacts.BLEND:
        notes.append(f"hybrid is not built, so this is {main}; run `prodsim build`.")
    return (*notes, *built.stale_notes(main))


@dataclass
class _Side:
    """What has been reached from one end: item -> (weakest edge so far, over whom, last edge)."""

    reached: dict[int, tuple[float, int | None, float | None]]
    rim: list[int] = field(default_factory=list)

    def step(self, connection: sqlite3.Connection, method: str) -> None:
        found: dict[int, tuple[float, int | None, float | None]] = {}
        for one, other, score in neighbors.edges(connection, method, self.rim):
            if other in self.reached:
                continue
            weakest = min(self.reached[one][0], score)
            if other not in found or (weakest, score) > (found[other][0], found[other][2]):
                found[other] = (weakest, one, score)
        self.reached |= found
        self.rim = sorted(found, key=lambda item: (-found[item][0], item))[:WIDEST]

    def way(self, item: int) -> Path:
        """From the end to an item."""
        steps: Path = []
        at: int | None = item
        while at is not None:
            _, before, score = self.reached[at]
            steps.append((at, score))
            at = before
        return steps[::-1]


def _path(
    connection: sqlite3.Connection, methods: Sequence[str], one: int, other: int
) -> tuple[Path, str | None]:
    """How one product leads to another by the stored tables, and the method whose table it is.

    The first of the methods that has a path; empty where none has. An edge lies between two
    products where one stands in the other's row; its score is the better of the two directions. Of
    the shortest paths the one is taken whose weakest edge is the strongest.
    """
    for method in methods:
        found = _by(connection, method, one, other)
        if found:
            return found, method
    return [], None


def _by(connection: sqlite3.Connection, method: str, one: int, other: int) -> Path:
    sides = [_Side({end: (float("inf"), None, None)}, [end]) for end in (one, other)]
    for _ in range(LONGEST):
        side = min(sides, key=lambda side: len(side.rim))
        side.step(connection, method)
        if not side.rim:
            return []
        meeting = sides[0].reached.keys() & sides[1].reached.keys()
        if meeting:
            best = max(
                meeting, key=lambda item: (min(side.reached[item][0] for side in sides), -item)
            )
            return _joined(sides[0].way(best), sides[1].way(best))
    return []


def _joined(there: Path, back: Path) -> Path:
    """Both ways to the meeting point as one way: the second turned round, its edges moved on."""
    items, scores = zip(*back[::-1], strict=True)
    return there + list(zip(items[1:], scores[:-1], strict=True))
