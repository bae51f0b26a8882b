"""``--as substitute|complement``: what stands in for a product, what goes with it.

McAuley, Pandey & Leskovec (2015, "Inferring networks of substitutable and complementary products")
tell the two apart by behaviour: substitutes are wanted by the same people and not bought together,
complements are. Here two numbers of a pair are set against each other:

*kind*, 0 to 1, how alike in kind the two are: w, the share of common words of the titles (Dice
1945; without colours and sizes) or, where that is larger, 2/3 of the mean score of the tables
``lexical`` and ``text`` (0 where a table does not hold the pair); raised to w^(1 - i/2) where the
categories are the same and lowered to w (1 - i/2) where they are not, i being the share of the shop
that stands in another category. Paths of categories are the same as far as they begin alike.

*bond*, -1 to 1, how much more often than by chance the two are bought together. c baskets hold
both; by chance it were e = a^kind m_j m_i / M, m the companions that each has met, M the sum of
all, a how many times more often than by chance products of the same words meet in this shop, at
least 1 (``builds.companions``). With the limits of a Poisson count (Wilson & Hilferty 1931, z = 3,
since one in a thousand of so many pairs lies outside)

    bond = max(0, 1 - e / least(c)) - max(0, 1 - most(c) / e)

the share of the common purchases that chance does not explain, less the share of those predicted by
chance that did not happen; 0 where the data doesn't say, so that what met once by chance is none.

    substitute = kind * (1 - bond) / 2      where bond <= 0 and the kind is alike
    complement = (1 - kind) * bond          where bond > 0

Alike: a kind of at least .3 and of half the largest that the product has with any other.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from prodsim_cli.matching.title_parts import dice, words_of
from prodsim_cli.queries.lookup import resolve_skus
from prodsim_cli.queries.ranking.pipeline import answer, to_results
from prodsim_cli.queries.ranking.request import Rules, Scored
from prodsim_cli.queries.similar import query_of
from prodsim_cli.records.answers import Ranking
from prodsim_cli.registry import COMPLEMENT, SUBSTITUTE
from prodsim_cli.store import catalog, events, item_scores, neighbors
from prodsim_cli.store.artifacts import Built

OF_TABLES = 2 / 3
"""What their scores count beside common words: they weigh rare words of a design the most."""

Z = 3.0
DEPTH = 100
"""Products that a table names in whose rows the one asked about stands."""

_PARTS = re.compile(r"\s*[>/|;]\s*")

ALIKE = 0.3
OF_BEST = 0.5

LIVE = 2_000
"""Products beyond those of the tables that are looked at where a filter leaves no more."""


def of_kind(
    connection: sqlite3.Connection,
    texts: Sequence[str],
    role: str,
    *,
    k: int = 10,
    together: bool = False,
    rules: Rules | None = None,
    why: int | None = None,
) -> list[Ranking]:
    """Substitutes or complements: one ranking per SKU, or one for all of them if ``together``.

    Never filled up: an answer that is shorter than k, or empty, says why in its notes. ``why``:
    each row says why it is there; of groups of fewer people nothing is told.

    Raises NotFound and AmbiguousSku as :func:`~prodsim_cli.queries.similar.similar` does.
    """
    obeyed = rules or Rules()
    items = resolve_skus(connection, texts)
    built = Built(connection)
    singles, old = built.singles, _stale(built, role)
    made = []
    for asked in [items] if together else [[item] for item in items]:
        ids, names = [item["id"] for item in asked], [item["label"] for item in asked]
        filtered = bool(obeyed.where or obeyed.same or obeyed.price_within or obeyed.max_per)
        candidates = RoleCandidates(connection, built, ids, role, obeyed.variants, filtered)
        given = answer(connection, candidates, obeyed, k, ids)
        rows = to_results(connection, given.rows, neighbors.agreeing(connection, singles, ids))
        about = " + ".join(item["title"] or item["label"] for item in asked)
        notes = list(dict.fromkeys((*old, *candidates.notes, *given.notes)))
        if not rows and not notes:
            notes = [f"Nothing in the data is a {role} of {', '.join(names)}."]
        sources = len(neighbors.holding(connection, singles))
        ranking = Ranking(query_of(asked), role, rows, tuple(notes), about=about, sources=sources)
        if why is not None:
            from prodsim_cli.queries.explain.rows import reasoned

            ranking = reasoned(connection, ranking, ids, given.rows, why)
        made.append(ranking)
    return made


def _stale(built: Built, role: str) -> list[str]:
    """What of the evidence is older than the data."""
    read = {"companions": "item_scores"}
    read |= dict.fromkeys(built.finding(role), "neighbors")
    why = {name: built.why_stale(name, kind) for name, kind in read.items()}
    old = [name for name, reason in why.items() if reason]
    if not old:
        return []
    return [f"Out of date: {', '.join(old)} ({why[old[0]]}); run `prodsim build`."]


@dataclass
class RoleCandidates:
    """Candidates of ``--as``, for one product or several (whose scores are added up).

    ``role``: one of the two above. ``apart`` True: colours and sizes of a product asked about are
    products of their own; else they are no answers. ``filtered``: a rule lets some products through
    only, so those that no table names may be needed. ``notes`` grow while products are asked for.
    """

    connection: sqlite3.Connection
    built: Built
    seeds: Sequence[int]
    role: str
    apart: bool = False
    filtered: bool = False
    notes: list[str] = field(default_factory=list)
    _least: dict[int, float] = field(default_factory=dict)
    _last: float = 1.0

    def tiers(self) -> Iterator[Sequence[Scored]]:
        """One tier: all products that the stored tables name and that are what is asked for."""
        found = _falling(self._scores(None))
        self._last = found[-1][1] if found else 1.0
        yield found

    def rest(self, ids: Sequence[int]) -> Sequence[Scored]:
        """Where a filter leaves few, those among them that are what is asked for though no table
        names them; none higher than the last of the tables."""
        if not self.filtered or len(ids) > LIVE:
            return []
        return [(one, min(score, self._last)) for one, score in _falling(self._scores(ids))]

    def _scores(self, ids: Sequence[int] | None) -> dict[int, float]:
        """Product -> score over all products asked about; ``ids`` None: those of the tables."""
        found: dict[int, float] = {}
        for seed in self.seeds:
            for other, score in self._of(
                SeedProduct(self.connection, self.built, seed), ids
            ).items():
                if other not in self.seeds:
                    found[other] = found.get(other, 0.0) + score
        return found

    def _of(self, product: SeedProduct, ids: Iterable[int] | None) -> dict[int, float]:
        """The same for one product asked about."""
        silent = self._silent(product)
        if ids is None:
            self.notes += silent
        if silent and self.role == COMPLEMENT:
            return {}
        tables = product.built.finding(self.role)
        pairs = product.pairs(product.named(tables) if ids is None else set(ids), self.apart)
        if self.role == COMPLEMENT:
            return {o: (1 - tie.kind) * tie.bond for o, tie in pairs.items() if tie.bond > 0}
        if ids is None:
            best = max((tie.kind for tie in pairs.values()), default=0.0)
            self._least[product.id] = max(ALIKE, OF_BEST * best)
        alike = {o: t for o, t in pairs.items() if t.kind >= self._least.get(product.id, ALIKE)}
        bound = sum(tie.bond > 0 for tie in alike.values())
        if bound and ids is None:
            which = "product" if bound == 1 else "products"
            self.notes.append(
                f"{bound} {which} alike in kind left out: bought together with {product.label} more"
                " often than by chance."
            )
        return {o: tie.kind * (1 - tie.bond) / 2 for o, tie in alike.items() if tie.bond <= 0}

    def _silent(self, product: SeedProduct) -> list[str]:
        """What the data does not say of a product, and what follows from that."""
        if self.role == SUBSTITUTE and not catalog.has_text(self.connection, product.id):
            return [f"There is no text of {product.label}, so nothing tells of what kind it is."]
        without = "" if self.role == COMPLEMENT else "; these are alike in kind only"
        if product.by is None:
            return [
                "No order holds two products and nobody bought two on one day, so nothing tells"
                f" what is bought together{without}."
            ]
        if not product.companions:
            return [f"{product.label} was never bought together with another product{without}."]
        return []


def _falling(found: dict[int, float]) -> list[Scored]:
    """In falling order, equal ones by row id."""
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


class PairFigures(NamedTuple):
    """What a pair is: see the module."""

    kind: float
    bond: float


class SeedProduct:
    """A product asked about, with what is read of it once."""

    def __init__(self, connection: sqlite3.Connection, built: Built, item_id: int) -> None:
        self.connection, self.id = connection, item_id
        self.label = catalog.item(connection, item_id)["label"]
        counted = built.settings_of("companions", item_scores.KIND)
        self.by: str | None = counted.get("by")
        self.sum, self.alike = float(counted.get("sum", 0.0)), float(counted.get("alike", 1.0))
        self.companions = item_scores.of(connection, ("companions",), [item_id])[item_id][0]
        self.baskets = events.baskets(connection, self.by, item_id) if self.by else []
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

    def pairs(self, item_ids: Iterable[int], apart: bool) -> dict[int, PairFigures]:
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
        figures = {}
        for other, (title, category, _) in facts.items():
            kind = self._kind(other, title, category)
            chance = self.companions * met[other][0] / self.sum if self.sum else 0.0
            expected = chance * self.alike**kind
            figures[other] = PairFigures(kind, bond(shared.get(other, 0), expected))
        return figures

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
    """The least and the most that a count of events predicts of the next, at z deviations.

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
