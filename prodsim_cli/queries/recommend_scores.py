"""The score of every product for one person, from stored tables. Ground floor.

score(j) = sum over the parts of w_part(class of j) * s_part(j) / spread of s_part, where s_part(j)
is the sum over those neighbours of j that lie in the person's past, each as that part remembers it,
and the spread is that of all candidates, silent ones too: ``scoring.over_arrays`` for one
person, in SQL. Held together with ``eval`` by tests/scoring/test_recommend_alike.py.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from heapq import merge
from typing import NamedTuple

from prodsim_cli.queries.ranking.request import Scored
from prodsim_cli.queries.recommend_facts import Facts
from prodsim_cli.queries.recommend_past import Past
from prodsim_cli.queries.recommend_recipe import Part, Recipe
from prodsim_cli.scoring.coefficients import Factors, class_of, for_people
from prodsim_cli.scoring.over_rows import spread, weighted_sums
from prodsim_cli.store import item_scores, neighbors, pasts
from prodsim_cli.store.item_scores import by_popularity

_FIRST_TIER = 120
"""Products of the first tier; each one after it is four times as long."""

PEOPLE = 50
"""People alike who speak for a visitor without an account."""


class Reasons(NamedTuple):
    """What a score is made of.

    ``shares``: part -> what it gives; the sum is the score. ``pasts``: part -> row id of a past
    product -> what that one gives (of parts that read a table of products; the sum is the share).
    """

    shares: dict[str, float]
    pasts: dict[str, dict[int, float]]


class Personal:
    """The candidates of one person, for :func:`prodsim_cli.queries.ranking.pipeline.answer`.

    ``barred``: row ids that are no answers. ``before``: nothing later is looked at (ISO).
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        recipe: Recipe,
        past: Past,
        facts: Facts,
        barred: frozenset[int] = frozenset(),
        before: str | None = None,
    ) -> None:
        self.connection, self.recipe, self.past, self.facts = connection, recipe, past, facts
        self.barred, self.before = barred, before

    def tiers(self) -> Iterator[Sequence[Scored]]:
        size = _FIRST_TIER
        tier: list[Scored] = []
        for one in self._falling():
            if len(tier) >= size and one[1] != tier[-1][1]:
                yield self._ordered(tier)
                size, tier = 4 * size, []
            tier.append(one)
        if tier:
            yield self._ordered(tier)

    def rest(self, ids: Sequence[int]) -> Sequence[Scored]:
        left = [one for one in ids if one not in self.barred]
        return by_popularity(self.connection, left, self.facts.popular())

    def scores(self, item_ids: Iterable[int]) -> dict[int, float]:
        """The scores of some products, 0 where nothing speaks for them."""
        if self.recipe.weights is None:
            return {item: self._plain.get(item, 0.0) for item in item_ids}
        return {item: sum(shares.values()) for item, shares in self._shares(item_ids).items()}

    def speakers(self, item_ids: Sequence[int]) -> dict[int, list[str]]:
        """Which parts speak for each of these products."""
        return {
            item: [name for name, share in shares.items() if share > 0]
            for item, shares in self._shares(item_ids).items()
        }

    def reasons(self, item_ids: Sequence[int]) -> dict[int, Reasons]:
        """What the scores of these products are made of."""
        out = {item: Reasons(shares, {}) for item, shares in self._shares(item_ids).items()}
        for part in self.recipe.parts:
            if part.kind != "neighbors":
                continue
            weights = self._weights(part)
            rows = neighbors.among(self.connection, part.table, item_ids, weights)
            for item, other, score in rows:
                given = score * weights[other] * self._factor(part.name, item)
                if given > 0:
                    out[item].pasts.setdefault(part.name, {})[other] = given
        return out

    def _falling(self) -> Iterator[Scored]:
        """Every product with a score above 0, the largest first, without those barred."""
        touched = sorted(
            ((item, score) for item, score in self._single_precision().items() if score > 0),
            key=lambda pair: -pair[1],
        )
        found = merge(touched, self._untouched(), key=lambda pair: -pair[1])
        return (one for one in found if one[0] not in self.barred)

    def _single_precision(self) -> dict[int, float]:
        """The scores of what a table speaks for, rounded to float32 as in ``eval``: sums that
        differ by the order of adding up only are equal."""
        scores = self._plain if self.recipe.weights is None else self._summed
        return dict(zip(scores, array("f", scores.values()), strict=True))

    def _untouched(self) -> Iterator[Scored]:
        """Products that only the constants speak for."""
        if not self.recipe.constants:
            return
        touched = self._touched
        for item, prior in self.facts.falling("prior"):
            if item not in touched:
                yield item, array("f", (prior,))[0]

    def _ordered(self, tier: list[Scored]) -> list[Scored]:
        """Equal scores in order of position."""
        if len({score for _, score in tier}) == len(tier):
            return tier
        place = item_scores.in_order(self.connection, [item for item, _ in tier])
        number = {item: at for at, item in enumerate(place)}
        return sorted(tier, key=lambda pair: (-pair[1], number[pair[0]]))

    def _weights(self, part: Part) -> dict[int, float]:
        return self.past.weights(part.memory, self.recipe.now)

    @cached_property
    def _raw(self) -> dict[str, dict[int, float]]:
        """Part -> product -> the sum of its own row over the past."""
        return {part.name: dict(self._sums(part)) for part in self.recipe.parts}

    def _sums(self, part: Part) -> Sequence[tuple[int, float]]:
        if part.kind == "neighbors":
            return neighbors.spoken_for(self.connection, part.table, self._weights(part))
        return pasts.held_by(self.connection, self._alike(part.table), self.before)

    def _alike(self, measure: str) -> dict[int, float]:
        """People alike -> how much."""
        if self.past.user_id is None:
            return pasts.sharing(self.connection, list(self.past.moments), PEOPLE, self.before)
        return dict(neighbors.alike(self.connection, measure, self.past.user_id))

    @cached_property
    def _plain(self) -> dict[int, float]:
        return self._raw[self.recipe.parts[0].name]

    @cached_property
    def _touched(self) -> set[int]:
        return {item for sums in self._raw.values() for item in sums}

    @cached_property
    def _facts(self) -> Mapping[int, tuple[float, float, float]]:
        return self.facts.of(list(self._touched))

    @cached_property
    def _scales(self) -> dict[str, float]:
        """Part -> 1 over the spread of its sums among the candidates."""
        n, facts = self.facts.candidates(), self._facts
        out = {}
        for name, sums in self._raw.items():
            deviation = spread([sum_ for item, sum_ in sums.items() if facts[item][1] > 0], n)
            out[name] = 1.0 / deviation if deviation > 0 else 0.0
        return out

    @cached_property
    def _summed(self) -> dict[int, float]:
        """Product -> score, of all that a table speaks for."""
        people = {item: fact[0] for item, fact in self._facts.items()}
        start = {item: fact[2] for item, fact in self._facts.items()}
        return weighted_sums(self._raw, self._factors, people, start)

    @cached_property
    def _factors(self) -> Factors:
        """What one unit of a part gives: of its sums, of the constants as they are."""
        names = (*self._raw, *self.recipe.constants)
        return for_people(names, self.recipe.weights or {}, self._scales)

    def _factor(self, name: str, item: int) -> float:
        """What one unit of a part gives to the score of a product."""
        if self.recipe.weights is None:
            return 1.0
        return self._factors[class_of(self._facts_of(item)[0])][name].factor

    def _facts_of(self, item: int) -> tuple[float, float, float]:
        return self._facts[item] if item in self._facts else self.facts.of([item])[item]

    def _shares(self, item_ids: Iterable[int]) -> dict[int, dict[str, float]]:
        """Product -> part -> what it gives; parts in the order of the recipe, then constants."""
        items = list(item_ids)
        out: dict[int, dict[str, float]] = {item: {} for item in items}
        for name, sums in self._raw.items():
            for item in items:
                out[item][name] = sums[item] * self._factor(name, item) if item in sums else 0.0
        for name in self.recipe.constants:
            given = self.facts.constant(name, items)
            for item in items:
                out[item][name] = self._factor(name, item) * given[item]
        return {
            item: {name: share for name, share in shares.items() if share > 0}
            for item, shares in out.items()
        }


_TIER = 200
"""Products of one tier of what is popular, and those equal to the last of them."""


class Popular:
    """What everybody gets of whom nothing is known. ``name``: ``recent`` or ``popularity``."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        name: str,
        facts: Facts,
        barred: frozenset[int] = frozenset(),
    ) -> None:
        self.connection, self.name, self.facts, self.barred = connection, name, facts, barred

    def tiers(self) -> Iterator[Sequence[Scored]]:
        """The most popular first, some hundred at a time: few answers need more."""
        batch: list[Scored] = []
        for one in self.facts.falling(self.name):
            if one[0] in self.barred:
                continue
            if len(batch) >= _TIER and one[1] < batch[-1][1]:  # equal ones stay together
                yield self._ordered(batch)
                batch = []
            batch.append(one)
        yield self._ordered(batch)

    def _ordered(self, found: list[Scored]) -> list[Scored]:
        place = item_scores.in_order(self.connection, [item for item, _ in found])
        number = {item: at for at, item in enumerate(place)}
        return sorted(found, key=lambda pair: (-pair[1], number[pair[0]]))

    def rest(self, ids: Sequence[int]) -> Sequence[Scored]:
        left = [one for one in ids if one not in self.barred]
        return by_popularity(self.connection, left, self.facts.popular())

    def speakers(self, item_ids: Sequence[int]) -> dict[int, list[str]]:
        """The one count that speaks."""
        return {item: [self.name] for item in item_ids}

    def reasons(self, item_ids: Sequence[int]) -> dict[int, Reasons]:
        """The count itself."""
        wanted = set(item_ids)
        found = {item: number for item, number in self.facts.falling(self.name) if item in wanted}
        return {item: Reasons({self.name: found.get(item, 0.0)}, {}) for item in item_ids}
