"""``--as substitute|complement``: what stands in for a product, what goes with it. Ground floor.

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
all,
a how many times more often than by chance products of the same words meet in this shop, at least 1
(``builds.companions``). With the limits of a Poisson count (Wilson & Hilferty 1931, z
= 3, since one in a thousand of so many pairs lies outside)

    bond = max(0, 1 - e / least(c)) - max(0, 1 - most(c) / e)

the share of the common purchases that chance does not explain, less the share of those foretold by
chance that did not happen; 0 where the data doesn't say, so that what met once by chance is none.

    substitute = kind * (1 - bond) / 2      where bond <= 0 and the kind is alike
    complement = (1 - kind) * bond          where bond > 0

Alike: a kind of at least .3 and of half the largest that the product has with any other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from prodsim_cli.queries.lookup import resolve_skus
from prodsim_cli.queries.ranking.pipeline import answer, to_results
from prodsim_cli.queries.ranking.request import Rules, Scored
from prodsim_cli.queries.similar import query_of
from prodsim_cli.queries.substitute_pairs import Asked
from prodsim_cli.records.answers import Ranking
from prodsim_cli.records.traits import COMPLEMENT, SUBSTITUTE
from prodsim_cli.store import catalog, neighbors
from prodsim_cli.store.artifacts import Built

ROLES = (SUBSTITUTE, COMPLEMENT)

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
        candidates = Kinds(connection, ids, role, obeyed.variants, filtered)
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
class Kinds:
    """Candidates of ``--as``, for one product or several (whose scores are added up).

    ``role``: one of :data:`ROLES`. ``apart`` True: colours and sizes of a product asked about are
    products of their own; else they are no answers. ``filtered``: a rule lets some products through
    only, so those that no table names may be needed. ``notes`` grow while products are asked for.
    """

    connection: sqlite3.Connection
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
            for other, score in self._of(Asked(self.connection, seed), ids).items():
                if other not in self.seeds:
                    found[other] = found.get(other, 0.0) + score
        return found

    def _of(self, asked: Asked, ids: Iterable[int] | None) -> dict[int, float]:
        """The same for one product asked about."""
        silent = self._silent(asked)
        if ids is None:
            self.notes += silent
        if silent and self.role == COMPLEMENT:
            return {}
        tables = asked.built.finding(self.role)
        pairs = asked.ties(asked.named(tables) if ids is None else set(ids), self.apart)
        if self.role == COMPLEMENT:
            return {o: (1 - tie.kind) * tie.bond for o, tie in pairs.items() if tie.bond > 0}
        if ids is None:
            best = max((tie.kind for tie in pairs.values()), default=0.0)
            self._least[asked.id] = max(ALIKE, OF_BEST * best)
        alike = {o: t for o, t in pairs.items() if t.kind >= self._least.get(asked.id, ALIKE)}
        bound = sum(tie.bond > 0 for tie in alike.values())
        if bound and ids is None:
            which = "product" if bound == 1 else "products"
            self.notes.append(
                f"{bound} {which} alike in kind left out: bought together with {asked.label} more"
                " often than by chance."
            )
        return {o: tie.kind * (1 - tie.bond) / 2 for o, tie in alike.items() if tie.bond <= 0}

    def _silent(self, asked: Asked) -> list[str]:
        """What the data does not say of a product, and what follows from that."""
        if self.role == SUBSTITUTE and not catalog.has_text(self.connection, asked.id):
            return [f"There is no text of {asked.label}, so nothing tells of what kind it is."]
        without = "" if self.role == COMPLEMENT else "; these are alike in kind only"
        if asked.by is None:
            return [
                "No order holds two products and nobody bought two on one day, so nothing tells"
                f" what is bought together{without}."
            ]
        if not asked.companions:
            return [f"{asked.label} was never bought together with another product{without}."]
        return []


def _falling(found: dict[int, float]) -> list[Scored]:
    """In falling order, equal ones by row id."""
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
