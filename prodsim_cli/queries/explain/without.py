"""``explain --without``: what the score would be if the cited evidence were not there.

The tables of the parts of ``hybrid`` are made anew in memory, with the settings and the weights
that the product has; nothing is written. Trained networks stay as they are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from prodsim_cli.errors import NotReady
from prodsim_cli.registry import declared
from prodsim_cli.scoring.coefficients import EVIDENCE as CLASSES
from prodsim_cli.scoring.coefficients import class_of, for_pairs
from prodsim_cli.similarity import method
from prodsim_cli.store import artifacts
from prodsim_cli.store.catalog import TEXTS
from prodsim_cli.text.normalize import folded, spaced

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from prodsim_cli.data.dataset import Dataset
    from prodsim_cli.data.embeddings import EmbeddingMatrix
    from prodsim_cli.data.neighbors import NeighborTable
    from prodsim_cli.scoring.blend import Blend

EVIDENCE = ("people", "orders", "words", "facts")
_FACTS = ("brand", "category", "tags")


class Shop:
    """The shop in memory, and what ``hybrid`` was made with."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        from prodsim_cli.scoring.blend import Blend
        from prodsim_cli.store.loading import load_shop, lookup

        found = artifacts.recorded(connection, artifacts.BLEND, "neighbors")
        if found is None or "part_settings" not in found[0]:
            raise NotReady("hybrid is not built.", hint="Run `prodsim build`.")
        self.settings: dict[str, dict[str, Any]] = found[0]["part_settings"]
        learned = artifacts.recorded(connection, artifacts.BLEND, "blend")
        stored = learned[0].get("blend") if learned and found[0].get("weights") else None
        self.blend = Blend.from_dict(stored) if stored else None
        shop = load_shop(connection)
        self.data, self._place = shop.dataset, lookup(shop.item_ids)

    def place(self, item_id: int) -> int:
        """The position of an item."""
        return int(self._place[item_id])

    def score(self, one: int, other: int, data: Dataset | None = None) -> float:
        """What the item at one position gets from another by ``hybrid``, 0 where nothing ties them.

        ``data``: the shop without something; None: as it is.
        """
        import numpy as np

        shop = self.data if data is None else data
        asked = np.array([one], np.int32)
        for name in self._words():
            shop = shop.with_neighbors(name, self._made(name, shop, None), learned=False)
        tables = {name: self._made(name, shop, asked) for name in self._parts()}
        for name, table in tables.items():
            shop = shop.with_neighbors(name, table)
        given = {"k": len(shop), "blend": self._blend(one)}
        row = method(artifacts.BLEND).build(shop, given, asked)
        return float(row.scores[0][row.positions[0] == other].sum())

    def without(self, one: int, other: int, what: str) -> Dataset:
        """The shop without one kind of :data:`EVIDENCE` of a pair."""
        if what in ("people", "orders"):
            return self.data.without(self.cited(one, other, what))
        if what == "words":
            words = _common(self._texts(one), self._texts(other))
            changed = {name: _cut(text, words) for name, text in self._texts(other).items()}
        else:
            changed = {name: "" for name in _FACTS if self._equal(name, one, other)}
        columns = dict(self.data.columns)
        for name, text in changed.items():
            columns[name] = [*columns[name][:other], text or None, *columns[name][other + 1 :]]
        data = replace(self.data, columns=columns, _memo={})
        return replace(data, embeddings=self._encoded(data, other))

    def cited(self, one: int, other: int, what: str) -> NDArray[np.bool_]:
        """(m,) bool: the events at either product of the people (orders) that have both."""
        import numpy as np

        log = self.data.events
        owner = log.user if what == "people" else log.order
        first, second = (owner[(log.item == item) & (owner >= 0)] for item in (one, other))
        both = np.intersect1d(first, second)
        mask: NDArray[np.bool_] = np.isin(log.item, (one, other)) & np.isin(owner, both)
        return mask

    def _blend(self, one: int) -> Blend | None:
        """The weights of a product as it stands: without its people it would get others."""
        if self.blend is None:
            return None
        mine = self.blend.similar.get(class_of(self._people[one]), {})
        return replace(self.blend, similar=dict.fromkeys(CLASSES, mine))

    @cached_property
    def _people(self) -> NDArray[np.float64]:
        return self.data.events.people(len(self.data))

    def _parts(self) -> list[str]:
        """The tables that the score is made of."""
        weights = self.blend.similar if self.blend else None
        return sorted(for_pairs(self.settings, weights)[CLASSES[0]])

    def _words(self) -> list[str]:
        """Tables of texts that other parts read: whole, before the rest."""
        carried = any(declared(name).reaches_new for name in self._parts())
        return [name for name in self.settings if carried and declared(name).tells_kind]

    def _made(self, name: str, data: Dataset, queries: NDArray[np.int32] | None) -> NeighborTable:
        """A method with the settings of its stored table, for some products or all."""
        return method(name).build(data, self.settings[name], queries)

    def _texts(self, place: int) -> dict[str, str]:
        return {name: text for name in TEXTS if (text := self.data.columns[name][place])}

    def _equal(self, name: str, one: int, other: int) -> bool:
        mine, theirs = (self.data.columns[name][place] for place in (one, other))
        return bool(mine and theirs and folded(mine).strip() == folded(theirs).strip())

    def _encoded(self, data: Dataset, place: int) -> dict[str, Any]:
        """The spaces, with the changed text of one product encoded anew where a model is read."""
        from prodsim_cli import embedders

        spaces: dict[str, Any] = dict(data.embeddings)
        model = self.settings.get("text", {}).get("space")
        if model in spaces and "text" in {*self._parts(), *self._words()}:
            old: EmbeddingMatrix = self.data.embedding(model)
            vectors = old.vectors.copy()
            vectors[place] = embedders.load_for_queries(model).encode([data.texts()[place]])[0]
            spaces[model] = replace(old, vectors=vectors)
        return spaces


def without(
    connection: sqlite3.Connection, pairs: Sequence[tuple[int, int]], evidence: Sequence[str]
) -> dict[tuple[int, int], dict[str, float]]:
    """Pair of row ids -> kind of evidence -> the score without it."""
    shop = Shop(connection)
    made = {}
    for pair in pairs:
        one, other = (shop.place(item) for item in pair)
        made[pair] = {
            what: shop.score(one, other, shop.without(one, other, what)) for what in evidence
        }
    return made


def _common(mine: dict[str, str], theirs: dict[str, str]) -> set[str]:
    """Words that both have, as :func:`~prodsim_cli.text.normalize.spaced` writes them."""
    first, second = ({w for t in texts.values() for w in _said(t)} for texts in (mine, theirs))
    return first & second


def _cut(text: str, words: set[str]) -> str:
    """A text without some words; punctuation goes with them."""
    return " ".join(word for word in _said(text) if word not in words)


def _said(text: str) -> list[str]:
    return spaced(folded(text)).split()
