"""What a recommendation is made of here: the parts, the tables they read, their weights; and what
is the same for everybody, as ``build`` has counted it or counted anew as of a moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from math import log1p
from typing import Any, NamedTuple

from prodsim_cli import registry
from prodsim_cli.errors import InputError, NotReady, UsageProblem
from prodsim_cli.records.values import FOR_PEOPLE
from prodsim_cli.scoring.coefficients import Weights, weighted
from prodsim_cli.scoring.over_rows import spread
from prodsim_cli.scoring.weighting import CONSTANTS, FLAT, USERS
from prodsim_cli.scoring.weighting import HistoryWeighting as Weighting
from prodsim_cli.store import artifacts, item_scores
from prodsim_cli.store.artifacts import BLEND, Built

BY = ("items", "users", "hybrid")
_PEOPLE_ALIKE = "cosine"
"""The table of people alike that ``users`` reads."""


class Part(NamedTuple):
    """One table: ``kind`` is that of its artifact, ``neighbors`` or ``user_neighbors``."""

    name: str
    table: str
    kind: str = "neighbors"
    weighting: Weighting = FLAT


class ScoringConfig(NamedTuple):
    """How people are scored.

    Attributes
    ----------
    method : the name in the answer.
    parts : the tables whose sums over a person's history are added up.
    weights : evidence class -> part -> weight of its sums, each of unit spread among the
        candidates; constants are parts, too. None: the sums of the one part as they are.
    target : event type that is predicted; ``now``: seconds since 1970 that days are counted from.
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
        names = weighted(self.weights or {})
        return tuple(name for name in CONSTANTS if name in names)


def scoring_config(
    connection: sqlite3.Connection, by: str | None = None, method: str | None = None
) -> ScoringConfig:
    """What ``--by`` and ``--method`` ask for.

    Raises UsageProblem for an unknown method or two words that ask for two different things,
    NotReady where a table is not built, with the command that builds it.
    """
    built = Built(connection)
    by = by or ("items" if method not in (None, BLEND) else "hybrid")
    blend = built.settings_of(BLEND, "blend").get("blend") or {}
    if by == "users":
        made = _by_users(connection, built, method or _PEOPLE_ALIKE)
    elif by == "hybrid":
        if method not in (None, BLEND):
            raise UsageProblem(
                f"--by hybrid joins all methods, and --method {method} asks for one.",
                hint=f"Leave one of them out, or write --by items --method {method}.",
            )
        made = _blended(built, blend)
    elif method == BLEND:
        raise UsageProblem(
            "--by items asks one table, and --method hybrid joins them all.",
            hint="Leave --by items out, or name one method (--by items alone takes the one that"
            " counts most).",
        )
    else:
        made = _by_items(built, blend, method)
    told = built.settings_of("known", item_scores.KIND)
    notes = (*made.notes, *_stale(built, made))
    return made._replace(target=told.get("target", "purchase"), now=told.get("now"), notes=notes)


def _blended(built: Built, blend: Mapping[str, Any]) -> ScoringConfig:
    """All parts with a weight; where nothing was learned, the table of ``hybrid``."""
    weights: Weights = blend.get("recommend") or {}
    names = weighted(weights)
    counted = built.has("known", item_scores.KIND)
    if not names:
        if counted and not built.methods():  # no table could be built here
            return ScoringConfig(BLEND, (), {})
        return _plain(built, blend, BLEND)
    if not counted:
        raise NotReady("Nobody has counted who knows which product.", hint="Run `prodsim build`.")
    parts = {name: _part(built, blend, name) for name in names if name not in CONSTANTS}
    there = tuple(part for part in parts.values() if part is not None)
    missing = [name for name, part in parts.items() if part is None]
    if missing and not there:
        raise NotReady("No table that hybrid is made of is built.", hint="Run `prodsim build`.")
    notes = [f"hybrid lacks {', '.join(missing)}: not built; run `prodsim build`."] * bool(missing)
    return ScoringConfig(BLEND, there, weights, notes=tuple(notes))


def _part(built: Built, blend: Mapping[str, Any], name: str) -> Part | None:
    """A part as it is built; None where it is not."""
    if name == USERS:
        there = built.has(_PEOPLE_ALIKE, "user_neighbors")
        return Part(USERS, _PEOPLE_ALIKE, "user_neighbors") if there else None
    table = next((one for one in (name + FOR_PEOPLE, name) if built.has(one)), None)
    weighting = blend.get("memory", {}).get(name) or {}
    return Part(name, table, weighting=Weighting(**weighting)) if table else None


def _by_items(built: Built, blend: Mapping[str, Any], method: str | None) -> ScoringConfig:
    """One table of products: the one asked for, else the one that counts most in hybrid."""
    if method is not None:
        return _plain(built, blend, method)
    many = (blend.get("recommend") or {}).get("many", {})
    ranked = sorted(many, key=lambda name: (-many[name], name))
    there = built.methods()
    if not there:
        raise NotReady("No neighbour table is built yet.", hint="Run `prodsim build`.")
    singles = [name for name in ranked if name in there and name != BLEND]
    return _plain(built, blend, (singles or there)[0])


def _plain(built: Built, blend: Mapping[str, Any], method: str) -> ScoringConfig:
    """The sums of one table as they are."""
    part = _part(built, blend, method) if method != USERS else None
    if part is None:
        raise _not_built(built, method)
    notes = []
    learned = blend.get("settings", {}).get("recommend", {}).get(method, {})
    if method != BLEND and built.settings_of(part.table).get("learned", {}) != learned:
        notes.append(
            f"{method} has no weight here, so its table is the one of `similar`; `eval` judges it"
            " with settings learned for people."
        )
    return ScoringConfig(method, (part,), None, notes=tuple(notes))


def _by_users(connection: sqlite3.Connection, built: Built, measure: str) -> ScoringConfig:
    """What people alike have."""
    there = built.methods("user_neighbors")
    if not there:
        if not connection.execute("select exists (select 1 from users)").fetchone()[0]:
            raise InputError(
                "There are no people in this shop, so there are none alike.",
                hint="Leave --by users out, or ingest events that name their user.",
            )
        raise NotReady("No table of people alike is built.", hint="Run `prodsim build`.")
    if measure not in there:
        raise UsageProblem(
            f"There is no table of people alike by {measure}.",
            hint=f"Choose one of: {', '.join(there)}.",
        )
    return ScoringConfig(USERS, (Part(USERS, measure, "user_neighbors"),), None)


def _not_built(built: Built, method: str) -> NotReady | UsageProblem:
    if method in registry.names("similarity"):
        return NotReady(
            f"The neighbour table {method} is not built.",
            hint=f"Run `{built.remedy(method)}`; `prodsim status` says what is built.",
        )
    choices = sorted({*built.methods(), *registry.names("similarity")})
    return UsageProblem(
        f"There is no method {method!r}.", hint=f"Choose one of: {', '.join(choices)}."
    )


def _stale(built: Built, made: ScoringConfig) -> list[str]:
    """Sentences about tables that are older than the data, the same reason once."""
    reasons: dict[str, list[str]] = {}
    for part in made.parts:
        why = built.why_stale(part.table, part.kind)
        if why:
            reasons.setdefault(why, []).append(part.name)
    return [
        f"What {', '.join(names)} {'says' if len(names) == 1 else 'say'} is out of date ({why});"
        " run `prodsim build`."
        for why, names in reasons.items()
    ]


class Fact(NamedTuple):
    """What is known of one product: people with any event, people with one that is no return (0:
    no candidate of ``eval``), and what the constants give to its score."""

    people: float
    known: float
    prior: float


class Facts:
    """One number a product, by name, as ``build`` has counted."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def of(self, item_ids: Sequence[int]) -> Mapping[int, Fact]:
        """The facts of these products."""
        found = item_scores.of(self.connection, ("people", "known", "prior"), item_ids)
        return {item: Fact(*numbers) for item, numbers in found.items()}

    def candidates(self) -> int:
        """How many products somebody has an event with."""
        return item_scores.count(self.connection, "known")

    def falling(self, name: str) -> Iterator[tuple[int, float]]:
        """(item id, number) under ``prior``, ``popularity`` or ``recent``, the largest first."""
        return item_scores.falling(self.connection, name)

    def constant(self, name: str, item_ids: Sequence[int]) -> Mapping[int, float]:
        """ln(1 + count) over its spread, for ``popularity`` or ``recent``."""
        found = artifacts.recorded(self.connection, name, item_scores.KIND)
        spread = found[0].get("spread", 0.0) if found else 0.0
        counts = item_scores.of(self.connection, (name,), item_ids)
        return {item: log1p(count) / spread if spread else 0.0 for item, (count,) in counts.items()}

    def popular(self) -> Mapping[int, float] | None:
        """How many bought each product, of a moment in the past; None: as ``build`` has counted."""
        return None


class FactsAsOf(Facts):
    """The same, counted from the events before a moment (ISO); reads them with numpy."""

    def __init__(self, connection: sqlite3.Connection, before: str, config: ScoringConfig) -> None:
        super().__init__(connection)
        self._before, self._config = before, config

    @cached_property
    def _numbers(self) -> dict[str, dict[int, float]]:
        """Name -> row id -> number, the largest first, without zeros."""
        import numpy as np

        from prodsim_cli.protocol.counts import item_counts, prior
        from prodsim_cli.store.loading import load_events

        items, users = (
            np.array([row[0] for row in self.connection.execute(query)], np.int64)
            for query in ("select id from items where listed = 1", "select id from users")
        )
        now = int(np.datetime64(self._before, "s").astype(np.int64))
        log = load_events(self.connection, items, users)
        log = log.take(log.at < now)
        counts = item_counts(log, len(items), self._config.target, now)
        counts["prior"] = prior(counts, self._config.weights or {})
        out = {}
        for name, numbers in counts.items():
            order = np.argsort(-numbers, kind="stable")[: int((numbers > 0).sum())]
            out[name] = dict(zip(items[order].tolist(), numbers[order].tolist(), strict=True))
        return out

    def of(self, item_ids: Sequence[int]) -> Mapping[int, Fact]:
        names = ("people", "known", "prior")
        return {
            item: Fact(*(self._numbers[name].get(item, 0.0) for name in names)) for item in item_ids
        }

    def candidates(self) -> int:
        return len(self._numbers["known"])

    def falling(self, name: str) -> Iterator[tuple[int, float]]:
        return iter(self._numbers[name].items())

    def constant(self, name: str, item_ids: Sequence[int]) -> Mapping[int, float]:
        counts, known = self._numbers[name], self._numbers["known"]
        among = [log1p(count) for item, count in counts.items() if item in known]
        deviation = spread(among, len(known))
        return {
            item: log1p(counts.get(item, 0.0)) / deviation if deviation else 0.0
            for item in item_ids
        }

    def popular(self) -> Mapping[int, float]:
        return self._numbers["popularity"]
