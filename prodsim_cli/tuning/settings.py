"""Each method by itself: its settings, and how a person's past counts when it scores.

A method says in ``SPACE`` which values its settings may take, the default first; they are tried one
setting after the other. A value other than the default is taken where it raises NDCG@10 on the
validation window by more than one standard error.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.protocol.histories import UserHistories
from prodsim_cli.protocol.metrics import ndcg
from prodsim_cli.protocol.relevance import Relevance
from prodsim_cli.protocol.testset import TestSet
from prodsim_cli.protocol.topk import best, from_history, rows_of
from prodsim_cli.scoring.weighting import FLAT, HistoryWeighting
from prodsim_cli.similarity import method

K = 10
SURE = 1.0
"""Standard errors that another value must gain over the one that stands."""

Build = Callable[[Mapping[str, Any]], NeighborTable]
Judge = Callable[[NeighborTable], NDArray[np.float64]]


BuildMethod = Callable[[str, Dataset, Mapping[str, Any]], NeighborTable]
"""Method, training part, settings -> its table."""


@dataclass(frozen=True)
class Methods:
    """The single methods that can work here, and how they are built.

    ``fixed``: settings that are not tuned. ``prepare``: what a training part needs first (its own
    networks). ``memo``: tables that learn nothing from events, by name and :func:`spelled`
    settings. ``quick``: two values of each setting, none of slow methods. ``people``: people alike
    are a part, too.
    """

    names: tuple[str, ...]
    build: BuildMethod
    fixed: Mapping[str, Any]
    prepare: Callable[[Dataset], Dataset] = lambda data: data
    memo: dict[tuple[str, str], NeighborTable] = field(default_factory=dict)
    quick: bool = False
    people: bool = False

    def space(self, name: str, data: Dataset) -> dict[str, tuple[Any, ...]]:
        """Settings to be tuned and their values; half-lives where the events have times."""
        space = method(name).space(data)
        if not data.events.timed:
            space.pop("half_life", None)
        if self.quick:
            space = {} if method(name).slow else {k: v[:2] for k, v in space.items()}
        return {key: values for key, values in space.items() if key not in self.fixed}


def built(methods: Methods, name: str, data: Dataset, settings: Mapping[str, Any]) -> NeighborTable:
    """The table of a method; one that learns nothing from events is made once."""
    if not settings and name in data.neighbors:
        return data.neighbors[name]
    if not method(name).content_based:
        return methods.build(name, data, settings)
    key = (name, spelled(settings))
    if key not in methods.memo:
        methods.memo[key] = methods.build(name, data, settings)
    return methods.memo[key]


def spelled(settings: Mapping[str, Any]) -> str:
    """Settings as a text, the same for equal ones."""
    return json.dumps(settings, sort_keys=True)


@dataclass
class Tuned:
    """A method as it answers best: its settings, its table with them, its memory."""

    table: NeighborTable
    values: NDArray[np.float64]
    settings: dict[str, Any] = field(default_factory=dict)
    memory: HistoryWeighting = FLAT


def tune(build: Build, space: Mapping[str, tuple[Any, ...]], judge: Judge) -> Tuned:
    """The settings of a method, one after the other, by NDCG@10 on a validation window."""
    table = build({})
    tuned = Tuned(table, judge(table))
    for name, choices in space.items():
        for value in choices[1:]:
            settings = {**tuned.settings, name: value}
            table = build(settings)
            values = judge(table)
            if significantly_better(values, tuned.values):
                tuned = Tuned(table, values, settings)
    return tuned


def with_history_weighting(tuned: Tuned, histories: UserHistories, right: Relevance) -> Tuned:
    """How the past counts, for a table that stands."""
    for memory in histories.choices()[1:]:
        values = ndcg_of_users(tuned.table, histories, memory, right)
        if significantly_better(values, tuned.values):
            tuned.values, tuned.memory = values, memory
    return tuned


def significantly_better(new: NDArray[np.float64], old: NDArray[np.float64]) -> bool:
    """Is the mean of the new values above that of the old by more than one standard error?"""
    gain = new - old
    return bool(gain.mean() > SURE * gain.std() / np.sqrt(max(len(gain), 1)))


def ndcg_of_users(
    table: NeighborTable, histories: UserHistories, memory: HistoryWeighting, right: Relevance
) -> NDArray[np.float64]:
    """NDCG@10 of what each person does next."""
    lists = best(from_history(table, histories.testset, histories(memory)), histories.testset, K)
    return ndcg.score(right.ranks(lists), K)


def ndcg_of_rows(table: NeighborTable, testset: TestSet, right: Relevance) -> NDArray[np.float64]:
    """NDCG@10 of the row of each product asked about."""
    return ndcg.score(right.ranks(rows_of(table, testset, K)), K)
