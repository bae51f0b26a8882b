"""A shop as arrays: all that a similarity method may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.embeddings import EmbeddingMatrix
from prodsim_cli.data.events import EventLog
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.data.vocabulary import Vocabulary

if TYPE_CHECKING:
    import scipy.sparse as sp

TEXT_FIELDS = ("title", "brand", "category", "tags", "description")
"""The fields that ``lexical`` and ``text`` read, in this order."""


@dataclass(frozen=True)
class Dataset:
    """Immutable; item position i means the same item everywhere.

    Attributes
    ----------
    items : vocabulary of ``source:sku`` (``sku`` where source is ''), sorted by (source, sku).
    columns : per item, lists of length n: title, brand, category, tags, description (str or None),
        source (str), price (float or None), ...
    users : vocabulary of user keys, sorted.
    events : the log; ``weights``: weight by event type.
    fields : the text fields that make an item's text, in order.
    embeddings : space name -> EmbeddingMatrix, or a function that loads it (called once).
    neighbors : method name -> NeighborTable of the methods built so far.
    learned : names of the tables and spaces here that have learned from events: :meth:`with_events`
        drops these tables, and an evaluation refuses these spaces.
    """

    items: Vocabulary
    columns: Mapping[str, list[Any]]
    users: Vocabulary
    events: EventLog
    weights: Mapping[str, float]
    fields: tuple[str, ...] = TEXT_FIELDS
    embeddings: Mapping[str, EmbeddingMatrix | Callable[[], EmbeddingMatrix]] = field(
        default_factory=dict
    )
    neighbors: Mapping[str, NeighborTable] = field(default_factory=dict)
    learned: frozenset[str] = frozenset()
    _memo: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.items)

    def texts(self) -> list[str]:
        """One text per item: the chosen fields joined by ' . ', '' where all are empty."""
        key = "texts of " + ",".join(self.fields)
        if key not in self._memo:
            chosen = [self.columns[name] for name in self.fields if name in self.columns]
            self._memo[key] = [
                " . ".join(part for part in parts if part) for parts in zip(*chosen, strict=True)
            ] or [""] * len(self)
        texts: list[str] = self._memo[key]
        return texts

    def embedding(self, space: str) -> EmbeddingMatrix:
        """The vectors of one space; ``KeyError`` if the space does not exist."""
        found = self.embeddings[space]
        if not callable(found):
            return found
        if space not in self._memo:
            self._memo[space] = found()
        loaded: EmbeddingMatrix = self._memo[space]
        return loaded

    def interactions(self, **settings: Any) -> sp.csr_matrix:
        """(users or orders, items) CSR float32, as :func:`interactions.interactions` makes it."""
        from prodsim_cli.data.interactions import interactions

        return interactions(self.events, len(self.users), len(self), self.weights, **settings)

    def with_events(self, events: EventLog) -> Dataset:
        """The same shop with other events; tables learned from events are dropped."""
        keep = {n: table for n, table in self.neighbors.items() if n not in self.learned}
        memo = {key: value for key, value in self._memo.items() if key.startswith("texts of ")}
        return replace(self, events=events, neighbors=keep, _memo=memo)

    def without(self, holdout: NDArray[np.bool_]) -> Dataset:
        """The shop without the events under the mask (m,) bool."""
        return self.with_events(self.events.take(~holdout))

    def with_neighbors(self, name: str, table: NeighborTable, *, learned: bool = True) -> Dataset:
        """The same shop, with one more neighbour table; ``learned``: it has seen the events."""
        known = self.learned | {name} if learned else self.learned - {name}
        return replace(self, neighbors={**self.neighbors, name: table}, learned=known)
