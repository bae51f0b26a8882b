"""What is the same for everybody: who is a candidate, what is popular. Ground floor.

As ``build`` has counted it, or counted anew as of a moment in the past.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from math import log1p
from typing import NamedTuple, Protocol

from prodsim_cli.scoring.coefficients import class_of, for_people
from prodsim_cli.scoring.over_rows import spread
from prodsim_cli.scoring.weighting import CONSTANTS, RECENT_HALF_LIFE
from prodsim_cli.store import artifacts, item_scores, pasts

_DAY = 86_400.0


class Fact(NamedTuple):
    """What is known of one product: people with any event, people with one that is no return (0:
    no candidate of ``eval``), and what the constants give to its score."""

    people: float
    known: float
    prior: float


class Facts(Protocol):
    """One number a product, by name."""

    def of(self, item_ids: Sequence[int]) -> Mapping[int, Fact]:
        """The facts of these products."""

    def candidates(self) -> int:
        """How many products somebody has an event with."""

    def falling(self, name: str) -> Iterator[tuple[int, float]]:
        """(item id, number) under ``prior``, ``popularity`` or ``recent``, the largest first."""

    def constant(self, name: str, item_ids: Sequence[int]) -> Mapping[int, float]:
        """ln(1 + count) over its spread, for ``popularity`` or ``recent``."""

    def popular(self) -> Mapping[int, float] | None:
        """How many bought each product, of a moment in the past; None: as ``build`` has counted."""


class Stored:
    """As ``build`` has counted."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def of(self, item_ids: Sequence[int]) -> Mapping[int, Fact]:
        found = item_scores.of(self._connection, ("people", "known", "prior"), item_ids)
        return {item: Fact(*numbers) for item, numbers in found.items()}

    def candidates(self) -> int:
        return item_scores.count(self._connection, "known")

    def falling(self, name: str) -> Iterator[tuple[int, float]]:
        return item_scores.falling(self._connection, name)

    def constant(self, name: str, item_ids: Sequence[int]) -> Mapping[int, float]:
        found = artifacts.recorded(self._connection, name, item_scores.KIND)
        spread = found[0].get("spread", 0.0) if found else 0.0
        counts = item_scores.of(self._connection, (name,), item_ids)
        return {item: log1p(count) / spread if spread else 0.0 for item, (count,) in counts.items()}

    def popular(self) -> None:
        """What is stored says it."""


class AsOf:
    """Counted anew from the events before a moment (ISO)."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        before: str,
        target: str,
        weights: Mapping[str, Mapping[str, float]],
    ) -> None:
        self._connection, self._before = connection, before
        self._target, self._weights = target, weights

    @cached_property
    def _reached(self) -> dict[int, tuple[float, float]]:
        rows = pasts.reached(self._connection, self._before)
        return {row["item_id"]: (row["people"], row["known"]) for row in rows}

    @cached_property
    def _counts(self) -> dict[str, dict[int, float]]:
        """Distinct buyers, plain and recent, as the baselines of ``eval`` count them."""
        out: dict[str, dict[int, float]] = {name: {} for name in CONSTANTS}
        now = datetime.fromisoformat(self._before)
        for item, _, latest in pasts.pairs(self._connection, self._target, self._before):
            age = (now - datetime.fromisoformat(latest)).total_seconds() / _DAY
            out["popularity"][item] = out["popularity"].get(item, 0.0) + 1.0
            out["recent"][item] = out["recent"].get(item, 0.0) + 0.5 ** (age / RECENT_HALF_LIFE)
        return out

    @cached_property
    def _spreads(self) -> dict[str, float]:
        among = [item for item, (_, known) in self._reached.items() if known]
        return {
            name: spread([log1p(counts.get(item, 0.0)) for item in among], len(among))
            for name, counts in self._counts.items()
        }

    @cached_property
    def _prior(self) -> dict[int, float]:
        items = list({item for counts in self._counts.values() for item in counts})
        given = {name: self.constant(name, items) for name in CONSTANTS}
        classes = {item: self._class(item) for item in items}
        factors = for_people(CONSTANTS, self._weights)
        return {
            item: sum(factors[classes[item]][name].factor * given[name][item] for name in CONSTANTS)
            for item in items
        }

    def _class(self, item: int) -> str:
        return class_of(self._reached.get(item, (0.0, 0.0))[0])

    def of(self, item_ids: Sequence[int]) -> Mapping[int, Fact]:
        nothing = (0.0, 0.0)
        return {
            item: Fact(*self._reached.get(item, nothing), self._prior.get(item, 0.0))
            for item in item_ids
        }

    def candidates(self) -> int:
        return sum(known > 0 for _, known in self._reached.values())

    def falling(self, name: str) -> Iterator[tuple[int, float]]:
        numbers = self._prior if name == "prior" else self._counts[name]
        found = ((item, number) for item, number in numbers.items() if number > 0)
        return iter(sorted(found, key=lambda pair: -pair[1]))

    def popular(self) -> Mapping[int, float]:
        return self._counts["popularity"]

    def constant(self, name: str, item_ids: Sequence[int]) -> Mapping[int, float]:
        counts, spread_ = self._counts[name], self._spreads[name]
        return {
            item: log1p(counts.get(item, 0.0)) / spread_ if spread_ else 0.0 for item in item_ids
        }
