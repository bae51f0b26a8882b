"""What two products are to each other: how alike in kind, how often bought together. Ground floor.

The formulas stand in :mod:`prodsim_cli.queries.substitutes`.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prodsim_cli.matching.titles import dice, words_of
from prodsim_cli.store import artifacts, catalog, events, item_scores, neighbors

OF_TABLES = 2 / 3
"""What their scores count beside common words: they weigh rare words of a design the most."""

Z = 3.0
DEPTH = 100
"""Products that a table names in whose rows the one asked about stands."""

_PARTS = re.compile(r"\s*[>/|;]\s*")


@dataclass(frozen=True)
class Tie:
    """What a pair is: its kind, its bond, the baskets with both, and those foretold by chance."""

    kind: float
    bond: float
    baskets: int
    expected: float


class Asked:
    """A product asked about, with what is read of it once."""

    def __init__(self, connection: sqlite3.Connection, item_id: int) -> None:
        self.connection, self.id = connection, item_id
        self.label = catalog.item(connection, item_id)["label"]
        found = artifacts.recorded(connection, "companions", item_scores.KIND)
        self.by: str | None = found[0]["by"] if found else None
        self.sum = float(found[0]["sum"]) if found else 0.0
        self.alike = float(found[0]["alike"]) if found else 1.0
        self.companions = item_scores.of(connection, ("companions",), [item_id])[item_id][0]
        self.baskets = events.baskets(connection, self.by, item_id) if self.by else []
        built = artifacts.Built(connection)
        self.words = {
            name: neighbors.tied(connection, name, item_id, DEPTH)
            for name in built.singles
            if built.traits(name).tells_kind
        }
        self.built = built
        self.title, self.category, self.group = catalog.kinds(connection, [item_id])[item_id]
        share = catalog.share_of_category(connection, self.category) if self.category else 1.0
        self.informative = 1 - share

    def named(self, methods: Sequence[str]) -> set[int]:
        """The products that these tables name."""
        found: set[int] = set()
        for name in methods:
            if name in self.words:
                found |= self.words[name].keys()
            elif self.built.has(name):
                found |= neighbors.tied(self.connection, name, self.id, DEPTH).keys()
        return found

    def ties(self, item_ids: Iterable[int], apart: bool) -> dict[int, Tie]:
        """Product -> what it is to this one; itself and (unless ``apart``) its variants not."""
        facts = catalog.kinds(self.connection, item_ids)
        facts = {
            other: fact
            for other, fact in facts.items()
            if other != self.id and (apart or fact[2] != self.group)
        }
        met = item_scores.of(self.connection, ("companions",), list(facts))
        shared = (
            events.shared_baskets(self.connection, self.by, self.baskets, facts)
            if self.by and self.companions
            else {}
        )
        ties = {}
        for other, (title, category, _) in facts.items():
            kind = self._kind(other, title, category)
            chance = self.companions * met[other][0] / self.sum if self.sum else 0.0
            expected, count = chance * self.alike**kind, shared.get(other, 0)
            ties[other] = Tie(kind, bond(count, expected), count, expected)
        return ties

    def _kind(self, other: int, title: str, category: str) -> float:
        tables = [rows.get(other, 0.0) for rows in self.words.values()]
        mean = min(1.0, sum(tables) / len(tables)) if tables else 0.0
        words = max(OF_TABLES * mean, dice(words_of(self.title), words_of(title)))
        if not self.category or not category:
            return words
        same = common_path(self.category, category)
        half = self.informative / 2
        return float(same * words ** (1 - half) + (1 - same) * words * (1 - half))


def bond(count: int, expected: float) -> float:
    """-1 to 1: the share of ``count`` common baskets beyond chance, or of ``expected`` ones missing
    from it; 0 where the data does not say."""
    if expected <= 0:
        return 0.0
    low, high = poisson_limits(count)
    together = max(0.0, 1 - expected / low) if low > 0 else 0.0
    return together - max(0.0, 1 - high / expected)


def poisson_limits(count: int, z: float = Z) -> tuple[float, float]:
    """The least and the most that a count of events foretells of the next, at z deviations.

    Wilson and Hilferty's (1931) cube of a normal deviate for the exact limits of Garwood (1936).
    """
    low = 0.0
    if count:
        low = count * max(0.0, 1 - 1 / (9 * count) - z / (3 * count**0.5)) ** 3
    more = count + 1
    high = more * (1 - 1 / (9 * more) + z / (3 * more**0.5)) ** 3
    return float(low), float(high)


def common_path(one: str, other: str) -> float:
    """How much of two paths of categories is the same from the beginning, 0 to 1."""
    mine, yours = (_PARTS.split(path.casefold().strip()) for path in (one, other))
    pairs = enumerate(zip(mine, yours, strict=False))
    same = next((at for at, (a, b) in pairs if a != b), min(len(mine), len(yours)))
    return same / max(len(mine), len(yours))
