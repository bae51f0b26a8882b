"""``similar``: products beside one or several others, from the row of a neighbour table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from prodsim_cli import registry
from prodsim_cli.errors import NotReady, UsageProblem
from prodsim_cli.queries.lookup import resolve_skus
from prodsim_cli.queries.ranking.pipeline import answer, to_results
from prodsim_cli.queries.ranking.request import Answer, Rules, Scored
from prodsim_cli.records.answers import Ranking
from prodsim_cli.records.values import Json
from prodsim_cli.registry import by_rank, declared
from prodsim_cli.store import artifacts, catalog, neighbors
from prodsim_cli.store.artifacts import Built

if TYPE_CHECKING:
    from prodsim_cli.queries.ranking.live import Live


def similar(
    connection: sqlite3.Connection,
    texts: Sequence[str],
    *,
    k: int = 10,
    method: str | None = None,
    together: bool = False,
    rules: Rules | None = None,
    why: int | None = None,
) -> list[Ranking]:
    """One ranking per SKU (one for all of them if ``together``), by one indexed look-up each.

    ``method`` None takes the blend, else the best table that is there, with a note. Notes also say
    that a table is older than the data, or silent about an item, and why. Where the rules let too
    little of the stored row through, the answer goes on behind it (:class:`SimilarItems`).
    ``why``: each row says why it is there (docs/reasons.md); of groups of fewer people nothing is
    told.

    Raises
    ------
    NotFound, AmbiguousSku
        Before anything is answered, if any of the texts is unknown.
    NotReady
        Where the table (or any table) is not built, with the command that builds it.
    """
    built = Built(connection)
    chosen, notes = choose(built, method)
    items = resolve_skus(connection, texts)
    sources = len(neighbors.holding(connection, built.singles))
    obeyed, live = rules or Rules(), None
    made = []
    for asked in [items] if together else [[item] for item in items]:
        ids = [item["id"] for item in asked]
        candidates = SimilarItems(connection, built, chosen, ids, live, fill=obeyed.narrows)
        given = answer(connection, candidates, obeyed, k, ids, method=chosen)
        live = candidates.live
        agreeing = neighbors.agreeing(connection, built.singles, ids)
        ranking = Ranking(
            query=query_of(asked),
            method=chosen,
            results=to_results(connection, given.rows, agreeing),
            notes=(*notes, *_silence(connection, asked, candidates, given), *given.notes),
            about=" + ".join(item["title"] or item["label"] for item in asked),
            sources=sources,
        )
        if why is not None:
            from prodsim_cli.queries.explain.rows import reasoned

            ranking = reasoned(connection, ranking, ids, given.rows, why, candidates.parts)
        made.append(ranking)
    return made


def query_of(asked: Sequence[sqlite3.Row]) -> Json:
    """The question as its answer repeats it."""
    names = [item["label"] for item in asked]
    return {"sku": names[0]} if len(names) == 1 else {"skus": names}


def choose(built: Built, method: str | None) -> tuple[str, list[str]]:
    """The table to read, with sentences about the choice and its freshness."""
    stored = built.methods()
    notes = []
    if method is None:
        if not stored:
            raise NotReady("No neighbour table is built yet.", hint="Run `prodsim build`.")
        method = built.preferred
        if method != artifacts.BLEND:
            notes.append(f"hybrid is not built, so this is {method}; run `prodsim build`.")
    elif method not in stored:
        raise not_built(built, method)
    return method, [*notes, *built.stale_notes(method)]


def not_built(built: Built, method: str) -> NotReady | UsageProblem:
    """The error for a method without a table: how to build it, or which methods there are."""
    if registry.has("similarity", method):
        needs = declared(method).needs
        without_model = needs == "vectors" and built.settings.get("lm") is False
        command = "prodsim build --model auto" if without_model else "prodsim build"
        if needs == "network":
            command = f"prodsim train --networks {method}` and then `prodsim build"
        return NotReady(
            f"The neighbour table {method} is not built.",
            hint=f"Run `{command}`; `prodsim status` says what is built.",
        )
    every = {*built.methods(), *registry.names("similarity")}
    choices = by_rank({name: declared(name) for name in every})
    return UsageProblem(
        f"There is no method {method!r}.", hint=f"Choose one of: {', '.join(choices)}."
    )


class SimilarItems:
    """Candidates of ``similar``: one falling order over the whole shop.

    1. The stored rows of the items asked about, added up.
    2. For ``hybrid``: what the rows of its parts hold beyond it, by the same formula.
    3. Live: the method itself; for ``hybrid`` the mean of meaning and words, times the last score
       above, so that the order goes on falling.
    4. ``fill``: products that nothing ties to the items, with a score of 0, the popular ones first.
       Who narrows an answer down asks for what passes; who does not asks for what is alike.

    Nothing here depends on the rules, so a filtered answer is the whole order, filtered.
    ``parts``: row id -> method -> what it gives to the score, of products that were scored live.
    ``live``: keeps what it loads for the next question, None until it is needed.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        built: Built,
        method: str,
        item_ids: Sequence[int],
        live: Live | None = None,
        fill: bool = True,
    ) -> None:
        self.connection, self.built = connection, built
        self.method, self.item_ids, self.live, self.fill = method, item_ids, live, fill
        self.stored: list[Scored] = []
        self.parts: dict[int, dict[str, float]] = {}
        self._last: float | None = None

    def tiers(self) -> Iterator[Sequence[Scored]]:
        """Stored rows; for ``hybrid`` the rows of its parts behind them."""
        self.stored = rows = neighbors.scored(self.connection, self.method, self.item_ids)
        yield rows
        last = rows[-1][1] if rows else None
        if self.method == artifacts.BLEND:
            behind = self._behind({one for one, _ in rows}, last)
            yield behind
            last = behind[-1][1] if behind else last
        self._last = last

    def rest(self, ids: Sequence[int]) -> Sequence[Scored]:
        """All of ``ids``: scored live, then those without any score."""
        from prodsim_cli.queries.ranking.live import Live
        from prodsim_cli.store.item_scores import by_popularity

        self.live = self.live or Live(self.connection, self.built)
        if self._last is None:
            for _ in self.tiers():
                pass
        by = self._words if self.method == artifacts.BLEND else self._own
        last = self._last
        scored = [
            (one, score if last is None else min(score, last))
            for one, score in falling(by(self.live, ids), ids)
        ]
        if not self.fill:
            return scored
        known = {one for one, _ in scored}
        return [*scored, *by_popularity(self.connection, [i for i in ids if i not in known])]

    def _behind(self, known: set[int], last: float | None) -> list[Scored]:
        """What the parts of ``hybrid`` hold beyond its rows, no higher than these."""
        from prodsim_cli.queries.explain.shares import shares
        from prodsim_cli.scoring.over_rows import totals

        found: dict[int, float] = {}
        for item_id in self.item_ids:
            for other, score in totals(shares(self.connection, item_id)).items():
                if other not in known and other not in self.item_ids and score > 0:
                    found[other] = found.get(other, 0.0) + score
        rows = falling(found, catalog.in_order(self.connection, found))
        return [(one, score if last is None else min(score, last)) for one, score in rows]

    def _own(self, live: Live, ids: Sequence[int]) -> dict[int, float]:
        """The method's own scores, added up over the items, no higher than the rows above."""
        found: dict[int, float] = {}
        for item_id in self.item_ids:
            for one, score in live.scores(self.method, item_id, ids).items():
                found[one] = found.get(one, 0.0) + score
        return found

    def _words(self, live: Live, ids: Sequence[int]) -> dict[int, float]:
        """The mean of meaning and words over the items, times the last score above."""
        names = live.words()
        ceiling = 1.0 if self._last is None else self._last
        for name in names:
            for item_id in self.item_ids:
                share = ceiling / len(names) / len(self.item_ids)
                for one, score in live.scores(name, item_id, ids).items():
                    mine = self.parts.setdefault(one, {})
                    mine[name] = mine.get(name, 0.0) + share * min(score, 1.0)
        return {one: sum(self.parts[one].values()) for one in ids if one in self.parts}


def falling(found: Mapping[int, float], ids: Sequence[int]) -> list[Scored]:
    """The found products, best first, equal ones in the order of ``ids``."""
    scored = [(one, found[one]) for one in ids if found.get(one, 0.0) > 0]
    return sorted(scored, key=lambda pair: -pair[1])


def _silence(
    connection: sqlite3.Connection,
    asked: list[sqlite3.Row],
    candidates: SimilarItems,
    given: Answer,
) -> list[str]:
    """Why nothing is tied to what was asked about, where that is so."""
    if candidates.stored or any(row.score > 0 for row in given.rows):
        return []
    names = ", ".join(item["label"] for item in asked)
    why = _why_silent(connection, asked)
    return [f"{candidates.method} has no neighbours for {names}: {why}."]


def _why_silent(connection: sqlite3.Connection, asked: list[sqlite3.Row]) -> str:
    from prodsim_cli.store import events

    if len(asked) >= catalog.listed(connection, len(asked) + 1):
        return "the shop has no other product"
    text = any(catalog.has_text(connection, item["id"]) for item in asked)
    touched = any(events.has_events(connection, item["id"]) for item in asked)
    if not text and not touched:
        return "there is neither a text nor an event of it"
    if not text:
        return "there is no text of it, and nobody who touched it touched another product"
    if not touched:
        return "there are no events of it"
    return "nothing in the data ties it to another product"
