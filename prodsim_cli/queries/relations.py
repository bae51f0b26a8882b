"""Which relations a graph is made of: named ones, else one of each kind."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from prodsim_cli import registry
from prodsim_cli.errors import NotReady, ProdsimError, UsageProblem
from prodsim_cli.registry import FACTS, LAST, ORDERS, PEOPLE, WORDS, declared
from prodsim_cli.store import events
from prodsim_cli.store.artifacts import Built

BOUGHT = "bought"
TOUCHED = "touched"
SAME_ORDER = "same_order"

EVENTS = 1_000_000
"""With more of them ``same_order`` is counted only where it is asked for: it reads them all."""


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
                raise _no_relation(built, name, [*products, *people, *counted])
        chosen = Relations(
            tuple(name for name in methods if name in (*products, *counted)),
            tuple(name for name in methods if name in (*people, BOUGHT)),
        )
    elif not products:
        raise NotReady("No neighbour table is built yet.", hint="Run `prodsim build`.")
    else:
        chosen = Relations(
            tuple(_usual(connection, built, notes)),
            (BOUGHT, *sorted(people, key=lambda name: declared(name).users_rank or LAST)[:1]),
        )
    for kind, names in (("neighbors", chosen.products), ("user_neighbors", chosen.people)):
        for name in names:
            notes += built.stale_notes(name, kind)
    return chosen, notes


def _usual(connection: sqlite3.Connection, built: Built, notes: list[str]) -> Iterator[str]:
    """Of each kind of evidence the first relation that is there; the first table if none is.

    Kinds: bought by the same people, in the same order, alike in words, alike in attributes.
    """
    small = events.events_at_most(connection) <= EVENTS
    all_of_them = {name: built.traits(name) for name in built.singles}
    kinds = {
        PEOPLE: [name for name, one in all_of_them.items() if one.users_rank],
        ORDERS: [name for name, one in all_of_them.items() if one.rests_on == ORDERS],
        WORDS: [name for name, one in all_of_them.items() if one.tells_kind],
        FACTS: [name for name, one in all_of_them.items() if one.rests_on == FACTS],
    }
    orders = not kinds[ORDERS] and events.has_orders(connection)
    kinds[ORDERS] += [SAME_ORDER] if orders and small else []
    places = {name: (one.users_rank != 1, one.rank, name) for name, one in all_of_them.items()}
    found = [min(names, key=lambda name: places.get(name, ())) for names in kinds.values() if names]
    yield from found or built.methods()[:1]
    if orders and not small:
        notes.append(
            f"{SAME_ORDER} is left out: it reads every event, and there are many;"
            f" `--method {SAME_ORDER}` counts it, `prodsim build` makes the table orders for good."
        )


def _no_relation(built: Built, name: str, choices: Iterable[str]) -> ProdsimError:
    if registry.has("similarity", name):
        from prodsim_cli.queries.similar import not_built

        return not_built(built, name)
    return UsageProblem(
        f"There is no relation {name!r}.", hint=f"Choose from: {', '.join(dict.fromkeys(choices))}."
    )
