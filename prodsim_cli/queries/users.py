"""``users``: people like one, from a stored table or a space, and what they share.

A stored table (cosine, jaccard, pearson, bm25 over what people had to do with) is one indexed
look-up. The spaces (``text``, networks) and lists longer than a stored row are scored live:
:mod:`prodsim_cli.queries.users_live`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from prodsim_cli.errors import NotReady, UsageProblem
from prodsim_cli.queries import lookup as finding
from prodsim_cli.records.people import PeopleAlike, Person, SharedProduct
from prodsim_cli.registry import LAST, comparing_users, declared, needing
from prodsim_cli.store import artifacts, catalog, histories, meta, neighbors

TABLE = "user_neighbors"
NAMED = 3  # shared products that are named

Alike = list[tuple[int, float]]
"""(user id, score), best first."""

Held = Mapping[int, str | None]
"""Item id -> time of the latest event with it."""


@dataclass(frozen=True)
class _Chosen:
    """How people are compared. ``kind``: of the artifact ``name`` that is read."""

    method: str
    name: str
    kind: str


def ways() -> tuple[str, ...]:
    """All ways to compare people: measures over who bought what, the texts, networks."""
    return (*comparing_users(), *needing("vectors"), *needing("network"))


def users(
    connection: sqlite3.Connection,
    keys: Sequence[str],
    *,
    k: int = 10,
    method: str | None = None,
    shared: int = NAMED,
) -> list[PeopleAlike]:
    """The k people most like each, and up to ``shared`` of the products that they have in common.

    ``method`` None: cosine, else the first table that is there. People with equal scores stand in
    order of their keys; of shared products the rarest come first, then the latest, then by SKU.

    Raises NotFound for an unknown key, before anything is answered, NotReady where the table or
    space is not built, UsageProblem for a method that there is not.
    """
    chosen, notes = _choose(connection, method)
    asked = [_person(connection, key) for key in keys]
    found = _alike(connection, chosen, [person["id"] for person in asked], k)
    return [
        _answer(connection, person, found[person["id"]], chosen, shared, notes) for person in asked
    ]


def _choose(connection: sqlite3.Connection, method: str | None) -> tuple[_Chosen, list[str]]:
    """What is read, with sentences about the choice and its freshness."""
    read = artifacts.Built(connection)
    built = read.methods(TABLE)
    notes: list[str] = []
    if method is None:
        found = min(built, key=lambda name: declared(name).users_rank or LAST, default=None)
        if found is None:
            raise NotReady("No table of people alike is built.", hint=_without_tables(connection))
        if declared(found).users_rank != 1:
            first = comparing_users()[0]
            notes.append(f"{first} is not built, so this is {found}; run `prodsim build`.")
        chosen = _Chosen(found, found, TABLE)
    elif method in built:
        chosen = _Chosen(method, method, TABLE)
    elif declared(method).needs == "vectors":
        chosen = _Chosen(method, _text_space(connection), "space")
    elif declared(method).needs == "network":
        if not read.has(method, "space"):
            raise NotReady(
                f"No network {method} was trained.",
                hint=f"Run `prodsim train --networks {method}`.",
            )
        chosen = _Chosen(method, method, "space")
    elif declared(method).users_rank:
        raise NotReady(
            f"The table of people alike by {method} is not built.", hint=_without_tables(connection)
        )
    else:
        raise UsageProblem(
            f"There is no way {method!r} to compare people.",
            hint=f"Choose one of: {', '.join(dict.fromkeys((*ways(), *built)))}.",
        )
    why = read.why_stale(chosen.name, chosen.kind)
    if why:
        what = "space" if chosen.kind == "space" else "table of people alike by"
        command = read.remedy(chosen.name)
        notes.append(f"The {what} {chosen.name} is out of date ({why}); run `{command}`.")
    return chosen, notes


def _without_tables(connection: sqlite3.Connection) -> str:
    row = connection.execute("select exists (select 1 from events where user_id is not null)")
    if row.fetchone()[0]:
        return "Run `prodsim build`."
    return "No event names a person: ingest events with a user, then run `prodsim build`."


def _text_space(connection: sqlite3.Connection) -> str:
    settings = meta.settings(connection)
    space = settings.get("model")
    if space is None or artifacts.recorded(connection, space, "space") is None:
        command = "prodsim build" if settings.get("lm", True) else "prodsim build --model auto"
        raise NotReady("There are no vectors of a language model.", hint=f"Run `{command}`.")
    return str(space)


def _person(connection: sqlite3.Connection, key: str) -> sqlite3.Row:
    found = catalog.user(connection, key)
    if found is None:
        raise finding.nobody(connection, key, user=True)
    return found


def _alike(
    connection: sqlite3.Connection, chosen: _Chosen, user_ids: Sequence[int], k: int
) -> dict[int, Alike]:
    """The people most like each, from the stored rows where these are long enough."""
    if chosen.kind == TABLE:
        found = {user: neighbors.alike(connection, chosen.name, user)[:k] for user in user_ids}
        depth = _depth(connection, chosen.name)
        # a row shorter than its table holds everybody to whom the measure ties the person
        cut = [user for user, row in found.items() if len(row) == depth < k]
        if not cut:
            return found
    from prodsim_cli.queries import users_live

    if chosen.kind == TABLE:
        return {**found, **users_live.by_measure(connection, chosen.name, cut, k)}
    if declared(chosen.method).needs == "vectors":
        return users_live.by_text(connection, chosen.name, user_ids, k)
    return users_live.by_network(connection, chosen.name, user_ids, k)


def _depth(connection: sqlite3.Connection, name: str) -> int:
    """How many people a stored row holds where there are so many."""
    found = artifacts.recorded(connection, name, TABLE)
    return int(found[0].get("k", 0)) if found else 0


def _answer(
    connection: sqlite3.Connection,
    person: sqlite3.Row,
    alike: Alike,
    chosen: _Chosen,
    shared: int,
    notes: Sequence[str],
) -> PeopleAlike:
    held = histories.held(connection, [person["id"], *(user for user, _ in alike)])
    mine = held.get(person["id"], {})
    common = _Common(connection, mine, [held.get(user, {}) for user, _ in alike], shared)
    keys = catalog.keys(connection, (user for user, _ in alike))
    results = tuple(
        Person(
            rank=rank,
            user=keys[user],
            score=score,
            products=len(held.get(user, {})),
            shared=len(mine.keys() & held.get(user, {}).keys()),
            best=common.best(held.get(user, {})),
        )
        for rank, (user, score) in enumerate(alike, start=1)
    )
    told = tuple(notes)
    if not alike:
        why = _why(mine, chosen)
        told = (*told, f"Nobody is like {person['key']} by {chosen.method}: {why}.")
    return PeopleAlike({"user": person["key"]}, chosen.method, len(mine), results, told)


class _Common:
    """What one person (``mine``) has in common with others, named where that is asked for."""

    def __init__(
        self, connection: sqlite3.Connection, mine: Held, others: Iterable[Held], most: int
    ) -> None:
        self._mine, self._most = mine, most
        items = {item for held in others for item in mine.keys() & held.keys()} if most else set()
        self._facts = catalog.products(connection, items)
        self._holders = histories.holders(connection, items)

    def best(self, theirs: Held) -> tuple[SharedProduct, ...]:
        """The rarest of what both have, of equals the latest, then in order of position."""
        both = [item for item in self._facts if item in theirs]
        latest = {item: max(self._mine[item] or "", theirs[item] or "") for item in both}
        both.sort(key=lambda item: latest[item], reverse=True)
        both.sort(key=lambda item: self._holders.get(item, 0))
        return tuple(
            SharedProduct(
                sku=self._facts[item]["sku"],
                title=self._facts[item]["title"],
                people=self._holders.get(item, 0),
                latest=latest[item] or None,
            )
            for item in both[: self._most]
        )


def _why(mine: Held, chosen: _Chosen) -> str:
    """Why nobody is like somebody."""
    if not mine and declared(chosen.method).needs != "network":
        return "there is no event of theirs with a product of the feed, returns aside"
    if chosen.kind == TABLE:
        return "nobody else has to do with a product of theirs, or these events count for nothing"
    if declared(chosen.method).needs == "vectors":
        return "no product of theirs has a text, or nobody else has a product with one"
    return "the network has no vector of theirs"
