"""The single methods of a shop, and their tables while settings and weights are sought."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.similarity import method

Build = Callable[[str, Dataset, Mapping[str, Any]], NeighborTable]
"""Method, training part, settings -> its table."""


@dataclass(frozen=True)
class Methods:
    """The single methods that can work here, and how they are built.

    ``fixed``: settings that a person has chosen; they are not tuned. ``prepare``: what a training
    part needs first (networks that have learned from it alone). ``memo``: tables of methods that
    learn nothing from events, by name and :func:`spelled` settings: every window has the same.
    ``quick``: two values of each setting, and none of what a table takes long for. ``people``: what
    people alike have is a part that may help, too.
    """

    names: tuple[str, ...]
    build: Build
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
