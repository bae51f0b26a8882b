"""What a recommendation is made of here: parts, the tables they read, and their weights. Ground
floor."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, NamedTuple

from prodsim_cli import registry
from prodsim_cli.errors import InputError, NotReady, UsageProblem
from prodsim_cli.scoring.weighting import CONSTANTS, FLAT, Memory
from prodsim_cli.store import artifacts, item_scores
from prodsim_cli.store.artifacts import FOR_PEOPLE

USERS = "users"
"""The part that asks what people alike have."""

BY = ("items", "users", "hybrid")
_ALIKE = "cosine"

Weights = Mapping[str, Mapping[str, float]]


class Part(NamedTuple):
    """One table: ``kind`` is that of its artifact, ``neighbors`` or ``user_neighbors``."""

    name: str
    table: str
    kind: str = "neighbors"
    memory: Memory = FLAT


class Recipe(NamedTuple):
    """How people are scored.

    Attributes
    ----------
    method : the name in the answer.
    parts : the tables whose sums over a person's past are added up.
    weights : evidence class -> part -> weight of its sums, each of unit spread among the
        candidates; constants are parts, too. None: the sums of the one part as they are.
    target : event type that is foretold; ``now``: seconds since 1970 that days are counted from.
    notes : sentences for the person.
    """

    method: str
    parts: tuple[Part, ...]
    weights: Weights | None
    target: str = "purchase"
    now: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def constants(self) -> tuple[str, ...]:
        """Names of the constants that have a weight."""
        tables = (self.weights or {}).values()
        return tuple(name for name in CONSTANTS if any(table.get(name) for table in tables))


def recipe(
    connection: sqlite3.Connection, by: str | None = None, method: str | None = None
) -> Recipe:
    """What ``--by`` and ``--method`` ask for.

    Raises
    ------
    UsageProblem
        For an unknown method, or two words that ask for two different things.
    NotReady
        Where a table is not built, with the command that builds it.
    """
    counted = artifacts.recorded(connection, "known", item_scores.KIND)
    told = counted[0] if counted else {}
    by = by or ("items" if method not in (None, artifacts.BLEND) else "hybrid")
    blend = _blend(connection)
    if by == "users":
        made = _by_users(connection, method or _ALIKE)
    elif by == "hybrid":
        if method not in (None, artifacts.BLEND):
            raise UsageProblem(
                f"--by hybrid joins all methods, and --method {method} asks for one.",
                hint=f"Leave one of them out, or write --by items --method {method}.",
            )
        made = _blended(connection, blend)
    elif by == "items" and method == artifacts.BLEND:
        raise UsageProblem(
            "--by items asks one table, and --method hybrid joins them all.",
            hint="Leave --by items out, or name one method (--by items alone takes the one that"
            " counts most).",
        )
    else:
        made = _by_items(connection, blend, method)
    made = made._replace(target=told.get("target", "purchase"), now=told.get("now"))
    return made._replace(notes=(*made.notes, *_stale(connection, made)))


def _blend(connection: sqlite3.Connection) -> Mapping[str, Any]:
    found = artifacts.recorded(connection, artifacts.BLEND, "blend")
    return (found[0].get("blend") if found else None) or {}


def _blended(connection: sqlite3.Connection, blend: Mapping[str, Any]) -> Recipe:
    """All parts with a weight; where nothing was learned, the table of ``hybrid``."""
    weights: Weights = blend.get("recommend") or {}
    names = sorted({name for table in weights.values() for name, w in table.items() if w > 0})
    if not names:
        counted = artifacts.recorded(connection, "known", item_scores.KIND)
        if counted and not artifacts.Built(connection).methods():  # no table could be built here
            return Recipe(artifacts.BLEND, (), {})
        return _plain(connection, blend, artifacts.BLEND)
    if artifacts.recorded(connection, "known", item_scores.KIND) is None:
        raise NotReady("Nobody has counted who knows which product.", hint="Run `prodsim build`.")
    parts = [_part(connection, blend, name) for name in names if name not in CONSTANTS]
    there = tuple(part for part in parts if part is not None)
    missing = [name for name in names if name not in CONSTANTS]
    missing = [name for name in missing if name not in {part.name for part in there}]
    if missing and not there:
        raise NotReady("No table that hybrid is made of is built.", hint="Run `prodsim build`.")
    notes = [f"hybrid lacks {', '.join(missing)}: not built; run `prodsim build`."] * bool(missing)
    return Recipe(artifacts.BLEND, there, weights, notes=tuple(notes))


def _part(connection: sqlite3.Connection, blend: Mapping[str, Any], name: str) -> Part | None:
    """A part as it is built; None where it is not."""
    if name == USERS:
        there = artifacts.recorded(connection, _ALIKE, "user_neighbors") is not None
        return Part(USERS, _ALIKE, "user_neighbors") if there else None
    table = name + FOR_PEOPLE
    if artifacts.recorded(connection, table, "neighbors") is None:
        table = name
        if artifacts.recorded(connection, table, "neighbors") is None:
            return None
    memory = blend.get("memory", {}).get(name)
    return Part(name, table, memory=Memory(**memory) if memory else FLAT)


def _by_items(
    connection: sqlite3.Connection, blend: Mapping[str, Any], method: str | None
) -> Recipe:
    """One table of products: the one asked for, else the one that counts most in hybrid."""
    if method is not None:
        return _plain(connection, blend, method)
    many = (blend.get("recommend") or {}).get("many", {})
    ranked = sorted(many, key=lambda name: (-many[name], name))
    built = artifacts.Built(connection).methods()
    singles = [name for name in ranked if name in built and name != artifacts.BLEND]
    if not singles and not built:
        raise NotReady("No neighbour table is built yet.", hint="Run `prodsim build`.")
    return _plain(connection, blend, (singles or built)[0])


def _plain(connection: sqlite3.Connection, blend: Mapping[str, Any], method: str) -> Recipe:
    """The sums of one table as they are."""
    part = _part(connection, blend, method) if method != USERS else None
    if part is None:
        raise _not_built(connection, method)
    notes = []
    learned = blend.get("settings", {}).get("recommend", {}).get(method, {})
    found = artifacts.recorded(connection, part.table, "neighbors")
    if found and method != artifacts.BLEND and found[0].get("learned", {}) != learned:
        notes.append(
            f"{method} has no weight here, so its table is the one of `similar`; `eval` judges it"
            " with settings learned for people."
        )
    return Recipe(method, (part,), None, notes=tuple(notes))


def _by_users(connection: sqlite3.Connection, measure: str) -> Recipe:
    """What people alike have."""
    built = artifacts.Built(connection).methods("user_neighbors")
    if measure not in built:
        if not built:
            if not connection.execute("select exists (select 1 from users)").fetchone()[0]:
                raise InputError(
                    "There are no people in this shop, so there are none alike.",
                    hint="Leave --by users out, or ingest events that name their user.",
                )
            raise NotReady("No table of people alike is built.", hint="Run `prodsim build`.")
        raise UsageProblem(
            f"There is no table of people alike by {measure}.",
            hint=f"Choose one of: {', '.join(built)}.",
        )
    return Recipe(USERS, (Part(USERS, measure, "user_neighbors"),), None)


def _not_built(connection: sqlite3.Connection, method: str) -> NotReady | UsageProblem:
    if method in registry.names("similarity"):
        return NotReady(
            f"The neighbour table {method} is not built.",
            hint=f"Run `{artifacts.Built(connection).remedy(method)}`; `prodsim status` says what"
            " is built.",
        )
    choices = sorted({*artifacts.Built(connection).methods(), *registry.names("similarity")})
    return UsageProblem(
        f"There is no method {method!r}.", hint=f"Choose one of: {', '.join(choices)}."
    )


def _stale(connection: sqlite3.Connection, made: Recipe) -> list[str]:
    """Sentences about tables that are older than the data, the same reason once."""
    reasons: dict[str, list[str]] = {}
    for part in made.parts:
        why = artifacts.Built(connection).why_stale(part.table, part.kind)
        if why:
            reasons.setdefault(why, []).append(part.name)
    return [
        f"What {', '.join(names)} {'says' if len(names) == 1 else 'say'} is out of date ({why});"
        " run `prodsim build`."
        for why, names in reasons.items()
    ]
