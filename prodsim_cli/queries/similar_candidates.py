"""What speaks for products beside one or several others: stored rows, then what lies behind them.
Ground floor."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence

from prodsim_cli.queries.explain.shares import shares, totals
from prodsim_cli.queries.ranking.filling import by_popularity
from prodsim_cli.queries.ranking.live import Live
from prodsim_cli.queries.ranking.request import Scored
from prodsim_cli.store import artifacts, neighbors


class Alike:
    """Candidates of ``similar``: one falling order over the whole shop.

    1. The stored rows of the items asked about, added up.
    2. For ``hybrid``: what the rows of its parts hold beyond it, by the same formula.
    3. Live: the method itself; for ``hybrid`` the mean of meaning and words, times the last score
       above, so that the order goes on falling.
    4. ``fill``: products that nothing ties to the items, with a score of 0, the popular ones first.
       Who narrows an answer down asks for what passes; who does not asks for what is alike.

    Nothing here depends on the rules, so a filtered answer is the whole order, filtered.
    ``parts``: row id -> method -> what it gives to the score, of products that were scored live.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        method: str,
        item_ids: Sequence[int],
        live: Live,
        fill: bool = True,
    ) -> None:
        self.connection, self.method, self.item_ids, self.live = connection, method, item_ids, live
        self.fill = fill
        self.parts: dict[int, dict[str, float]] = {}
        self._last: float | None = None

    def tiers(self) -> Iterator[Sequence[Scored]]:
        """Stored rows; for ``hybrid`` the rows of its parts behind them."""
        rows = neighbors.scored(self.connection, self.method, self.item_ids)
        yield rows
        last = rows[-1][1] if rows else None
        if self.method == artifacts.BLEND:
            behind = self._behind({one for one, _ in rows}, last)
            yield behind
            last = behind[-1][1] if behind else last
        self._last = last

    def rest(self, ids: Sequence[int]) -> Sequence[Scored]:
        """All of ``ids``: scored live, then those without any score."""
        if self._last is None:
            for _ in self.tiers():
                pass
        found = self._words(ids) if self.method == artifacts.BLEND else self._own(ids)
        last = self._last
        scored = [(i, s if last is None else min(s, last)) for i, s in falling(found, ids)]
        if not self.fill:
            return scored
        known = {one for one, _ in scored}
        return [*scored, *by_popularity(self.connection, [i for i in ids if i not in known])]

    def _behind(self, known: set[int], last: float | None) -> list[Scored]:
        """What the parts of ``hybrid`` hold beyond its rows, no higher than these."""
        found: dict[int, float] = {}
        for item_id in self.item_ids:
            for other, score in totals(shares(self.connection, item_id)).items():
                if other not in known and other not in self.item_ids and score > 0:
                    found[other] = found.get(other, 0.0) + score
        ordered = self.connection.execute(
            """select i.id from items i where i.id in (select value from json_each(?))
               order by i.source, i.sku""",
            (json.dumps(list(found)),),
        )
        rows = falling(found, [row[0] for row in ordered])
        return [(one, score if last is None else min(score, last)) for one, score in rows]

    def _own(self, ids: Sequence[int]) -> dict[int, float]:
        """The method's own scores, added up over the items, no higher than the rows above."""
        found: dict[int, float] = {}
        for item_id in self.item_ids:
            for one, score in self.live.scores(self.method, item_id, ids).items():
                found[one] = found.get(one, 0.0) + score
        return found

    def _words(self, ids: Sequence[int]) -> dict[int, float]:
        """The mean of meaning and words over the items, times the last score above."""
        names = self.live.words()
        ceiling = 1.0 if self._last is None else self._last
        for name in names:
            for item_id in self.item_ids:
                share = ceiling / len(names) / len(self.item_ids)
                for one, score in self.live.scores(name, item_id, ids).items():
                    mine = self.parts.setdefault(one, {})
                    mine[name] = mine.get(name, 0.0) + share * min(score, 1.0)
        return {one: sum(self.parts[one].values()) for one in ids if one in self.parts}


def falling(found: Mapping[int, float], ids: Sequence[int]) -> list[Scored]:
    """The found products, best first, equal ones in the order of ``ids``."""
    scored = [(one, found[one]) for one in ids if found.get(one, 0.0) > 0]
    return sorted(scored, key=lambda pair: -pair[1])
