"""The score of every product for one person, from stored tables.

score(j) = sum over the parts of w_part(class of j) * s_part(j) / spread of s_part, where s_part(j)
is the sum over those neighbours of j that lie in the person's history, each as that part weighs it,
and the spread is that of all candidates, silent ones too: ``scoring.over_arrays`` for one person.
Held together with ``eval`` by tests/scoring/test_recommend_alike.py.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from heapq import merge
from typing import NamedTuple

from prodsim_cli.queries.ranking.request import Scored
from prodsim_cli.queries.recommend_config import Fact, Facts, Part, ScoringConfig
from prodsim_cli.scoring.coefficients import Factors, class_of, for_people
from prodsim_cli.scoring.over_rows import history_sums, spread, weighted_sums
from prodsim_cli.store import catalog, histories, item_scores, neighbors

_FIRST_TIER = 120
"""Products of the first tier; each one after it is four times as long."""

PEOPLE = 50
"""People alike who speak for a visitor without an account."""


class History(NamedTuple):
    """The products that a person has had to do with. (A dataclass costs a cold start 1 ms.)

    Attributes
    ----------
    moments : item id -> (number of the moment of its latest event, 0 the first; its ISO time, None
        without one), oldest first.
    had : row ids of everything bought (or had as what is predicted) or sent back: no answers.
    user_id : None for a visitor.
    last : ISO time of the latest event, '' without one.
    """

    moments: dict[int, tuple[int, str | None]]
    had: frozenset[int] = frozenset()
    user_id: int | None = None
    last: str = ""


NOTHING = History({})
"""Nothing is known."""


def history_of(
    connection: sqlite3.Connection, user_id: int, target: str, before: str | None = None
) -> History:
    """The history of a known person, up to a moment (ISO)."""
    moments: dict[int, tuple[int, str | None]] = {}
    had = histories.returned(connection, user_id, before)
    number, last = -1, None
    for item, at, position, kind in histories.of_user(connection, user_id, before):
        if (at, position) != last:
            number, last = number + 1, (at, position)
        moments.pop(item, None)  # the latest event of a product is its place
        moments[item] = (number, at)
        if kind in (target, "purchase"):
            had.add(item)
    return History(moments, frozenset(had), user_id, (last[0] or "") if last else "")


def with_more(history: History, item_ids: Sequence[int]) -> History:
    """The same history with products that come after it, each a moment of its own, the last the
    latest; they are no answers."""
    moments = dict(history.moments)
    number = max((number for number, _ in moments.values()), default=-1)
    for at, item in enumerate(item_ids, start=number + 1):
        moments.pop(item, None)
        moments[item] = (at, None)
    return history._replace(moments=moments, had=history.had | frozenset(item_ids))


class Reasons(NamedTuple):
    """What a score is made of.

    ``shares``: part -> what it gives; the sum is the score. ``pasts``: part -> row id of a past
    product -> what that one gives (of parts that read a table of products; the sum is the share).
    """

    shares: dict[str, float]
    pasts: dict[str, dict[int, float]]


class _Candidates:
    """What the candidates of known and unknown people have alike.

    ``barred``: row ids that are no answers.
    """

    connection: sqlite3.Connection
    facts: Facts
    barred: frozenset[int]

    def rest(self, ids: Sequence[int]) -> Sequence[Scored]:
        """Products that nothing speaks for, the popular ones first."""
        left = [one for one in ids if one not in self.barred]
        return item_scores.by_popularity(self.connection, left, self.facts.popular())

    def _ordered(self, tier: list[Scored]) -> list[Scored]:
        """Equal scores in order of position."""
        if len({score for _, score in tier}) == len(tier):
            return tier
        place = catalog.in_order(self.connection, [item for item, _ in tier])
        number = {item: at for at, item in enumerate(place)}
        return sorted(tier, key=lambda pair: (-pair[1], number[pair[0]]))


class Personal(_Candidates):
    """The candidates of one person, for :func:`prodsim_cli.queries.ranking.pipeline.answer`.

    ``before``: nothing later is looked at (ISO).
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        config: ScoringConfig,
        history: History,
        facts: Facts,
        barred: frozenset[int] = frozenset(),
        before: str | None = None,
    ) -> None:
        self.connection, self.config, self.history = connection, config, history
        self.facts, self.barred, self.before = facts, barred, before

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

    def scores(self, item_ids: Iterable[int]) -> dict[int, float]:
        """The scores of some products, 0 where nothing speaks for them."""
        if self.config.weights is None:
            return {item: self._summed.get(item, 0.0) for item in item_ids}
        return {item: sum(shares.values()) for item, shares in self._shares(item_ids).items()}

    def speakers(self, item_ids: Sequence[int]) -> dict[int, list[str]]:
        """Which parts speak for each of these products."""
        return {item: list(shares) for item, shares in self._shares(item_ids).items()}

    def reasons(self, item_ids: Sequence[int]) -> dict[int, Reasons]:
        """What the scores of these products are made of."""
        out = {item: Reasons(shares, {}) for item, shares in self._shares(item_ids).items()}
        for part in self.config.parts:
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
        """Every product with a score above 0, the largest first, without those barred.

        Scores are rounded to float32 as in ``eval``: sums that differ by the order of adding up
        only are equal.
        """
        single = zip(self._summed, array("f", self._summed.values()), strict=True)
        touched = sorted((one for one in single if one[1] > 0), key=lambda pair: -pair[1])
        found = merge(touched, self._untouched(), key=lambda pair: -pair[1])
        return (one for one in found if one[0] not in self.barred)

    def _untouched(self) -> Iterator[Scored]:
        """Products that only the constants speak for."""
        if not self.config.constants:
            return
        for item, prior in self.facts.falling("prior"):
            if item not in self._summed:
                yield item, array("f", (prior,))[0]

    def _weights(self, part: Part) -> dict[int, float]:
        return part.weighting.weights(self.history.moments, self.config.now)

    @cached_property
    def _raw(self) -> dict[str, dict[int, float]]:
        """Part -> product -> the sum of its own row over the history."""
        tables = {part.table for part in self.config.parts if part.kind == "neighbors"}
        rows = neighbors.speaking(self.connection, tables, self.history.moments) if tables else {}
        size = item_scores.largest_id(self.connection) + 1
        out = {}
        for part in self.config.parts:
            if part.kind == "neighbors":
                weights = self._weights(part)
                mine = ((weights[of[1]], *row) for of, row in rows.items() if of[0] == part.table)
                out[part.name] = history_sums(mine, size)
            else:
                alike = self._people_alike(part.table)
                out[part.name] = dict(histories.held_by(self.connection, alike, self.before))
        return out

    def _people_alike(self, measure: str) -> dict[int, float]:
        """People alike -> how much."""
        if self.history.user_id is None:
            return histories.sharing(
                self.connection, list(self.history.moments), PEOPLE, self.before
            )
        return dict(neighbors.alike(self.connection, measure, self.history.user_id))

    @cached_property
    def _facts(self) -> Mapping[int, Fact]:
        """Of all that a table speaks for."""
        return self.facts.of(list({item for sums in self._raw.values() for item in sums}))

    @cached_property
    def _factors(self) -> Factors:
        """What one unit of a part gives: of its sums, of the constants as they are."""
        n, scales = self.facts.candidates(), {}
        known = {item for item, fact in self._facts.items() if fact[1] > 0}
        for name, sums in self._raw.items():
            deviation = spread([sum_ for item, sum_ in sums.items() if item in known], n)
            scales[name] = 1.0 / deviation if deviation > 0 else 0.0
        return for_people((*self._raw, *self.config.constants), self.config.weights or {}, scales)

    @cached_property
    def _summed(self) -> dict[int, float]:
        """Product -> score, of all that a table speaks for."""
        if self.config.weights is None:
            return self._raw[self.config.parts[0].name]
        people = {item: fact[0] for item, fact in self._facts.items()}
        start = {item: fact[2] for item, fact in self._facts.items()}
        return weighted_sums(self._raw, self._factors, people, start)

    def _factor(self, name: str, item: int) -> float:
        """What one unit of a part gives to the score of a product."""
        if self.config.weights is None:
            return 1.0
        fact = self._facts[item] if item in self._facts else self.facts.of([item])[item]
        return self._factors[class_of(fact.people)][name].factor

    def _shares(self, item_ids: Iterable[int]) -> dict[int, dict[str, float]]:
        """Product -> part -> what it gives, if anything; parts in their order, then constants."""
        items = list(item_ids)
        given = {name: self.facts.constant(name, items) for name in self.config.constants}
        units: dict[str, Mapping[int, float]] = {**self._raw, **given}
        out: dict[int, dict[str, float]] = {}
        for item in items:
            there = {name: of[item] for name, of in units.items() if of.get(item)}
            shares = {name: unit * self._factor(name, item) for name, unit in there.items()}
            out[item] = {name: share for name, share in shares.items() if share > 0}
        return out


_TIER = 200
"""Products of one tier of what is popular, and those equal to the last of them."""


class Popular(_Candidates):
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

    def speakers(self, item_ids: Sequence[int]) -> dict[int, list[str]]:
        """The one count that speaks."""
        return {item: [self.name] for item in item_ids}

    def reasons(self, item_ids: Sequence[int]) -> dict[int, Reasons]:
        """The count itself."""
        wanted = set(item_ids)
        found = {item: number for item, number in self.facts.falling(self.name) if item in wanted}
        return {item: Reasons({self.name: found.get(item, 0.0)}, {}) for item in item_ids}
