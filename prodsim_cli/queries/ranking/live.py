"""Scores that no table holds, computed when they are asked for; a call loads numpy and scipy,
never torch.

A stored row that is shorter than its table is deep holds every product to which the method ties the
item: nothing is left to compute then.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from prodsim_cli.registry import SUBSTITUTE
from prodsim_cli.similarity import method as plug_in
from prodsim_cli.store import neighbors
from prodsim_cli.store.artifacts import Built

if TYPE_CHECKING:
    from prodsim_cli.data.dataset import Dataset
    from prodsim_cli.data.events import EventLog
    from prodsim_cli.store.loading import Shop

LARGE = 50_000
"""Products above which words are left out where there is meaning: to weigh the n-grams of so many
texts takes a person's patience."""


class Live:
    """Methods asked about single items, each with the settings of its stored table.

    What was loaded is kept for the next question of the same process.
    """

    def __init__(self, connection: sqlite3.Connection, built: Built) -> None:
        self.connection, self.built = connection, built
        self._shops: dict[bool, Shop] = {}
        self._depths: dict[str, int] = {}

    def scores(self, method: str, item_id: int, ids: Sequence[int]) -> dict[int, float]:
        """Row id -> score above 0 of those ``ids`` (in order of position) that a method ties to an
        item; best first, equal scores in order of position."""
        stored = neighbors.scored(self.connection, method, [item_id])
        if len(stored) < self._depth(method):
            wanted = set(ids)
            return {one: score for one, score in stored if one in wanted and score > 0}
        settings = self.built.settings_of(method)
        if self.built.traits(method).needs in ("vectors", "network"):
            return self._near(method, item_id, ids, settings)
        return self._computed(method, item_id, ids, settings)

    def words(self) -> list[str]:
        """What speaks for products that hybrid does not hold: the tables of meaning and of words;
        meaning alone where the shop is large."""
        built = self.built
        names = [name for name in built.finding(SUBSTITUTE) if built.traits(name).tells_kind]
        many = (
            len(names) > 1
            and self.connection.execute("select 1 from items limit 1 offset ?", (LARGE,)).fetchone()
        )
        return names[:1] if many else names

    def _depth(self, method: str) -> int:
        if method not in self._depths:
            self._depths[method] = self.built.depth(self.connection, method)
        return self._depths[method]

    def _near(
        self, method: str, item_id: int, ids: Sequence[int], settings: Mapping[str, Any]
    ) -> dict[int, float]:
        """By vectors: only those of the products at hand are read."""
        import numpy as np

        from prodsim_cli.store.loading import load_events, load_space

        several = np.array([item_id, *(one for one in ids if one != item_id)], np.int64)
        space = settings.get("space", method)
        matrix = load_space(self.connection, space, several, few=True)
        nothing = load_events(self.connection, several[:0], several[:0], every=False)
        data = _without_columns(len(several), nothing, space, matrix)
        return _asked(method, data, settings, 0, np.arange(1, len(several)), several)

    def _computed(
        self, method: str, item_id: int, ids: Sequence[int], settings: Mapping[str, Any]
    ) -> dict[int, float]:
        """By words, columns or events of the whole shop."""
        from prodsim_cli.store.loading import load_neighbors, load_shop, lookup

        events = plug_in(method).needs == "events"
        if events not in self._shops:
            self._shops[events] = load_shop(self.connection, events=events)
        shop = self._shops[events]
        data, place = shop.dataset, lookup(shop.item_ids)
        if plug_in(method).reaches_new:
            texts = settings.get("learned", {}).get("texts", "lexical")
            table = load_neighbors(self.connection, texts, shop.item_ids)
            data = data.with_neighbors(texts, table, learned=False)
        return _asked(method, data, settings, int(place[item_id]), place[list(ids)], shop.item_ids)


def _without_columns(n: int, nothing: EventLog, space: str, matrix: Any) -> Dataset:
    """n products of which nothing is known but their vectors."""
    from prodsim_cli.data.dataset import Dataset
    from prodsim_cli.data.vocabulary import Vocabulary

    items, users = Vocabulary(map(str, range(n))), Vocabulary([])
    return Dataset(
        items=items, columns={}, users=users, events=nothing, weights={}, embeddings={space: matrix}
    )


def _asked(
    method: str,
    data: Dataset,
    settings: Mapping[str, Any],
    query: int,
    candidates: Any,
    item_ids: Any,
) -> dict[int, float]:
    """One row of a method, as long as it is."""
    import numpy as np

    queries = np.array([query], np.int32)
    given = {**settings, "k": max(len(candidates), 1)}
    table = plug_in(method).live(data, given, queries, np.asarray(candidates, np.int32))
    positions, scores = table.positions[0], table.scores[0]
    good = positions >= 0
    return dict(zip(item_ids[positions[good]].tolist(), scores[good].tolist(), strict=True))
