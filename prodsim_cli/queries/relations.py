"""Which relations a graph is made of: named ones, else one of each kind. Ground floor."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from prodsim_cli import registry
from prodsim_cli.errors import NotReady, ProdsimError, UsageProblem
from prodsim_cli.store import graphs, meta
from prodsim_cli.store.artifacts import Built

BOUGHT = "bought"
TOUCHED = "touched"
SAME_ORDER = "same_order"

EVENTS = 1_000_000
"""With more of them ``same_order`` is counted only where it is asked for: it reads them all."""

_KINDS = (
    ("cosine", "bm25", "jaccard", "pearson"),
    ("orders", SAME_ORDER),
    ("text", "lexical"),
    ("attributes",),
)
"""What the product graph is made of unless ``--method`` says otherwise: of each kind (bought by the
same people, in the same order, alike in words, alike in attributes) the first that is there."""

_PEOPLE = ("cosine", "jaccard", "pearson", "bm25")


@dataclass(frozen=True)
class Relations:
    """By which relations products and people are left; products lead to people by ``bought``."""

    products: tuple[str, ...]
    people: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.products, *self.people)))


def choose(connection: sqlite3.Connection, methods: Sequence[str]) -> tuple[Relations, list[str]]:
    """The relations to follow, with sentences on their age and on what is left out."""
    built = Built(connection)
    products, people = built.methods(), built.methods("user_neighbors")
    notes: list[str] = []
    if methods:
        counted = (BOUGHT, SAME_ORDER)
        for name in methods:
            if name not in (*products, *people, *counted):
                raise _no_relation(connection, name, [*products, *people, *counted])
        chosen = Relations(
            tuple(name for name in methods if name in (*products, *counted)),
            tuple(name for name in methods if name in (*people, BOUGHT)),
        )
    elif not products:
        raise NotReady("No neighbour table is built yet.", hint="Run `prodsim build`.")
    else:
        chosen = Relations(
            tuple(_usual(connection, products, notes)),
            (BOUGHT, *[*(name for name in _PEOPLE if name in people), *people][:1]),
        )
    for kind, names in (("neighbors", chosen.products), ("user_neighbors", chosen.people)):
        for name in names:
            notes += built.stale_notes(name, kind)
    return chosen, notes


def _usual(connection: sqlite3.Connection, built: Sequence[str], notes: list[str]) -> Iterator[str]:
    """Of each kind of evidence the first relation that is there; the first table if none is."""
    small = graphs.events_at_most(connection) <= EVENTS
    orders = "orders" not in built and graphs.has_orders(connection)
    here = {*built, *([SAME_ORDER] if orders and small else [])}
    found = [next((name for name in kind if name in here), None) for kind in _KINDS]
    yield from (name for name in found if name)
    if not any(found):
        yield built[0]
    if orders and not small:
        notes.append(
            f"{SAME_ORDER} is left out: it reads every event, and there are many;"
            f" `--method {SAME_ORDER}` counts it, `prodsim build` makes the table orders for good."
        )


def _no_relation(connection: sqlite3.Connection, name: str, choices: Iterable[str]) -> ProdsimError:
    if name in registry.names("similarity"):
        without_model = name == "text" and meta.settings(connection).get("lm") is False
        command = "prodsim build --model auto" if without_model else "prodsim build"
        return NotReady(
            f"The neighbour table {name} is not built.",
            hint=f"Run `{command}`; `prodsim status` says what is built.",
        )
    return UsageProblem(
        f"There is no relation {name!r}.",
        hint=f"Choose from: {', '.join(dict.fromkeys(choices))}.",
    )
