"""One method of similarity, made once from its plug-in and handed along instead of its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from prodsim_cli import registry
from prodsim_cli.registry import Traits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from prodsim_cli.data.dataset import Dataset
    from prodsim_cli.data.neighbors import NeighborTable

    Positions = NDArray[np.int32]

FAMILY = "similarity"

K = 50
"""Neighbours kept per product."""


@dataclass(frozen=True)
class Method:
    """What the rest of the program knows of a plug-in: ``module`` is its file.

    ``stored``: its table is kept in a large shop, too, whatever its weight in ``hybrid`` is.
    ``slow``: its table takes long, so that few settings are tried on a large shop.
    """

    name: str
    traits: Traits
    module: ModuleType

    @property
    def needs(self) -> str:
        return self.traits.needs

    @property
    def content_based(self) -> bool:
        return self.traits.content_based

    @property
    def reaches_new(self) -> bool:
        return self.traits.reaches_new

    @property
    def joins(self) -> bool:
        """Does it read the tables of other methods?"""
        return self.needs == "neighbors"

    @property
    def stored(self) -> bool:
        return self.needs == "network" or bool(getattr(self.module, "STORED", False))

    @property
    def slow(self) -> bool:
        return bool(getattr(self.module, "SLOW", False))

    @property
    def measure(self) -> Any:
        """Its :class:`~prodsim_cli.similarity._graph.Measure`, None if it has none.

        Methods that have one and the same settings share the sweep over the pairs of the graph.
        """
        return getattr(self.module, "MEASURE", None)

    @property
    def settings(self) -> frozenset[str]:
        """Names of the settings that it knows; a joining method has its own and takes no others."""
        known = frozenset(inspect.signature(self.module.neighbors).parameters)
        return known & {"k", "blend"} if self.joins else known

    def space(self, data: Dataset) -> dict[str, tuple[Any, ...]]:
        """Settings to be learned and the values to try, the default first."""
        module = self.module
        return dict(
            module.space(data) if hasattr(module, "space") else getattr(module, "SPACE", {})
        )

    def unable(self, data: Dataset, settings: Mapping[str, Any]) -> str:
        """Why it can't work on this dataset with these settings, '' if it can."""
        if self.needs in ("text", "vectors") and not any(data.texts()):
            return "no product has a text"
        if self.needs == "vectors":
            space = settings.get("space")
            if (space or next(iter(data.embeddings), None)) not in data.embeddings:
                return (
                    f"there are no vectors{f' of {space}' if space else ''} (run `prodsim embed`)"
                )
        if self.needs == "events" and not hasattr(self.module, "BY"):
            from prodsim_cli.similarity._graph import unlinked

            if why := unlinked(data, settings.get("by", "users")):
                return why
        own = getattr(self.module, "unable", None)
        return "" if own is None else str(own(data)).rstrip(".")

    def build(
        self,
        data: Dataset,
        settings: Mapping[str, Any],
        queries: Positions | None = None,
        candidates: Positions | None = None,
    ) -> NeighborTable:
        """Its table with those of the settings that it knows.

        ``settings``: chosen ones, which overrule those under ``learned``.
        """
        return self._run(self.module.neighbors, data, settings, queries, candidates)

    def live(
        self, data: Dataset, settings: Mapping[str, Any], queries: Positions, candidates: Positions
    ) -> NeighborTable:
        """The same for a few products, by the plug-in's ``live`` where it has one."""
        function = getattr(self.module, "live", self.module.neighbors)
        return self._run(function, data, settings, queries, candidates)

    def _run(
        self,
        function: Callable[..., NeighborTable],
        data: Dataset,
        settings: Mapping[str, Any],
        queries: Positions | None,
        candidates: Positions | None,
    ) -> NeighborTable:
        asked = {**settings.get("learned", {}), **settings}
        given = {name: value for name, value in asked.items() if name in self.settings}
        return function(data, queries, candidates, **given)


def method(name: str) -> Method:
    """A method by its name; :class:`~prodsim_cli.errors.UsageProblem` for one there is not."""
    return _made(name, registry.load(FAMILY, name))


@cache
def _made(name: str, module: ModuleType) -> Method:
    return Method(name, Traits.of(vars(module)), module)


def methods() -> tuple[Method, ...]:
    """Every method, by name."""
    return tuple(method(name) for name in registry.names(FAMILY))


def content_first(names: Iterable[str]) -> list[str]:
    """Names in an order to build by: some methods read the tables of those that read texts.

    A name of no method, whose table is ready made, may be among them.
    """
    known = registry.names(FAMILY)
    return sorted(names, key=lambda name: name not in known or not method(name).content_based)


def together(wanted: Mapping[str, Any]) -> list[list[str]]:
    """Names in groups that are built at once: measures of one graph, then the rest one by one.

    ``wanted``: name -> what must be the same of methods that share a sweep.
    """
    groups: dict[str, list[str]] = {}
    for name, settings in wanted.items():
        if method(name).measure is not None:
            groups.setdefault(repr(settings), []).append(name)
    shared = [names for names in groups.values() if len(names) > 1]
    swept = {name for names in shared for name in names}
    return [*shared, *([name] for name in wanted if name not in swept)]


def sweep(
    names: Sequence[str], data: Dataset, settings: Mapping[str, Any]
) -> dict[str, NeighborTable]:
    """The tables of several measures: the pairs of the graph are found once for all of them."""
    from prodsim_cli.similarity._graph import Settings, several

    asked = {**settings.get("learned", {}), **settings}
    known = {"k", *inspect.signature(Settings).parameters}
    return several(data, names, **{name: v for name, v in asked.items() if name in known})
