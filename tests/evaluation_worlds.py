"""Toy shops with an obvious answer, and methods that say what they are told, for the evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import NO_TIME, TYPE_CODE, EventLog
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.data.vocabulary import Vocabulary
from prodsim_cli.evaluation.report import ReportOptions
from prodsim_cli.evaluation.tasks import recommend
from prodsim_cli.evaluation.trained_tables import EvalRequest
from prodsim_cli.protocol.splitting import SplitRequest
from prodsim_cli.records.figures import Scorecard
from prodsim_cli.records.values import DEFAULT_WEIGHTS

Event = tuple[Any, ...]
DAY = 86_400


def log_of(events: Sequence[Event], items: Vocabulary, users: Vocabulary) -> EventLog:
    """(user or None, item, type, at or None[, position]) tuples as a log, in the order given."""
    m = len(events)
    full = [(*event, 0)[:5] for event in events]
    return EventLog(
        user=np.array([-1 if e[0] is None else users.position(e[0]) for e in full], np.int32),
        item=np.array([items.position(event[1]) for event in full], np.int32),
        type=np.array([TYPE_CODE[event[2]] for event in full], np.int8),
        quantity=np.ones(m, np.float32),
        value=np.full(m, np.nan, np.float32),
        weight=np.full(m, np.nan, np.float32),
        order=np.full(m, -1, np.int32),
        at=np.array([NO_TIME if event[3] is None else event[3] for event in full], np.int64),
        position=np.array([event[4] for event in full], np.int64),
    )


def shop(
    events: Sequence[Event], items: Sequence[str] | None = None, titles: Sequence[str] | None = None
) -> Dataset:
    """A shop of these events; items are those named, or those of the events."""
    skus = sorted(items or {event[1] for event in events})
    people = Vocabulary(sorted({event[0] for event in events if event[0] is not None}))
    vocabulary = Vocabulary(skus)
    sources = [sku.split(":")[0] if ":" in sku else "" for sku in skus]
    return Dataset(
        items=vocabulary,
        columns={"source": sources, "title": list(titles or [None] * len(skus))},
        users=people,
        events=log_of(events, vocabulary, people),
        weights=DEFAULT_WEIGHTS,
    )


def two_aisles() -> list[Event]:
    """Two aisles of six products, twelve people each, who shop in one aisle only.

    Before day 100 a person buys four products of the aisle, afterwards the other two: whoever knows
    the aisles can foretell everything.
    """
    events: list[Event] = []
    for aisle in "ab":
        for person in range(12):
            user = f"{aisle}{person:02d}"
            for step in range(6):
                item = f"{aisle}{(person + step) % 6}"
                at = DAY * (10 + step) if step < 4 else DAY * (100 + step)
                events.append((user, item, "purchase", at + person))
    return events


def method(
    neighbors: Callable[..., NeighborTable], needs: str = "events", name: str = "told"
) -> ModuleType:
    """A plug-in made of one function."""
    module = ModuleType(name)
    module.NEEDS = needs  # type: ignore[attr-defined]
    module.neighbors = neighbors  # type: ignore[attr-defined]
    return module


def telling(scores: NDArray[np.float64], needs: str = "text") -> ModuleType:
    """A plug-in that reads its scores off an (n, n) matrix; 0 is no neighbour."""

    def neighbors(
        data: Dataset,
        queries: NDArray[np.int32] | None = None,
        candidates: NDArray[np.int32] | None = None,
        *,
        k: int = 50,
    ) -> NeighborTable:
        n = len(data)
        rows = np.arange(n, dtype=np.int32) if queries is None else queries
        columns = np.arange(n, dtype=np.int32) if candidates is None else candidates
        positions = np.full((len(rows), k), -1, np.int32)
        values = np.zeros((len(rows), k), np.float32)
        for r, row in enumerate(rows):
            told = [(-scores[row, c], int(c)) for c in columns if c != row and scores[row, c] > 0]
            for place, (score, column) in enumerate(sorted(told)[:k]):
                positions[r, place], values[r, place] = column, -score
        return NeighborTable(positions, values, rows)

    return method(neighbors, needs)


def evaluate(
    data: Dataset,
    *,
    split: str | None = None,
    at: str | None = None,
    target: str | None = None,
    windows: int | None = None,
    again: bool = False,
    methods: Iterable[str] | None = None,
    k: int | tuple[int, ...] = 10,
    seed: int = 42,
    settings: Mapping[str, Any] | None = None,
    progress: Any = None,
) -> Scorecard:
    """The scorecard of ``recommend`` for these choices."""
    ks = (k,) if isinstance(k, int) else tuple(k)
    request = EvalRequest(tuple(methods or ("all",)), settings or {})
    where = SplitRequest(split, at, target, windows, again)
    return recommend.judged(data, where, request, ReportOptions(ks, seed), progress).card
