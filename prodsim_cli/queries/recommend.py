"""``recommend``: products for people, by what they had to do with before."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import NamedTuple

from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.queries import lookup as finding
from prodsim_cli.queries.ranking.pipeline import admitted, answer, to_results
from prodsim_cli.queries.ranking.request import Rules
from prodsim_cli.queries.recommend_config import Facts, FactsAsOf, ScoringConfig, scoring_config
from prodsim_cli.queries.recommend_scores import (
    NOTHING,
    History,
    Personal,
    Popular,
    history_of,
    with_more,
)
from prodsim_cli.records.answers import Ranking
from prodsim_cli.records.values import Json
from prodsim_cli.store import artifacts, catalog, histories, item_scores


class RecommendRequest(NamedTuple):
    """What is asked for.

    ``by``: items, users or hybrid, None: as ``method`` says. ``history``: SKUs of a visitor, oldest
    first. ``again``: what was had before is an answer, too. ``before``: as of this moment (ISO).
    ``why``: each row says what led to it, and of groups of fewer people nothing; None: no reasons.
    """

    by: str | None = None
    method: str | None = None
    history: tuple[str, ...] = ()
    again: bool = False
    before: str | None = None
    why: int | None = None


def recommend(
    connection: sqlite3.Connection,
    users: Sequence[str],
    request: RecommendRequest | None = None,
    rules: Rules | None = None,
    k: int = 10,
) -> list[Ranking]:
    """One ranking per user (one for the visitor of ``request.history`` where no user is named).

    Raises NotFound for a user or SKU that the database does not hold, before anything is answered;
    and what :func:`prodsim_cli.queries.recommend_config.scoring_config` raises.
    """
    asked = request or RecommendRequest()
    known = [_person(connection, key) for key in users]
    more = finding.resolve_skus(connection, asked.history)
    made, before = config_of(connection, asked)
    asked = asked._replace(before=before)
    facts = facts_of(connection, made, asked.before)
    people: list[sqlite3.Row | None] = [*known] if known else [None]
    return [
        _ranking(connection, person, more, made, facts, asked, rules or Rules(), k)
        for person in people
    ]


def config_of(
    connection: sqlite3.Connection, request: RecommendRequest
) -> tuple[ScoringConfig, str | None]:
    """How people are scored, and the moment that nothing later than is looked at (ISO)."""
    made = scoring_config(connection, request.by, request.method)
    if request.before is None:
        return made, None
    before = moment(connection, request.before)
    now = datetime.fromisoformat(before).replace(tzinfo=timezone.utc).timestamp()
    return made._replace(now=now), before


def facts_of(
    connection: sqlite3.Connection, made: ScoringConfig, before: str | None = None
) -> Facts:
    """What is the same for everybody, as counted by the build or as of a moment."""
    return Facts(connection) if before is None else FactsAsOf(connection, before, made)


def candidates_of(
    connection: sqlite3.Connection,
    history: History,
    made: ScoringConfig,
    facts: Facts,
    *,
    again: bool = False,
    before: str | None = None,
) -> Personal | Popular:
    """What there is to say of products for one history; without any, what is popular now."""
    barred = frozenset() if again else history.had
    if history.moments:
        return Personal(connection, made, history, facts, barred, before)
    timed = before is not None or artifacts.recorded(connection, "recent", item_scores.KIND)
    return Popular(connection, "recent" if timed else "popularity", facts, barred)


def moment(connection: sqlite3.Connection, text: str) -> str:
    """A date as the events are written (ISO, UTC, to the second).

    Raises :class:`UsageProblem` for what is no date, :class:`InputError` where events have no time.
    """
    try:
        when = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise UsageProblem(
            f"{text!r} is not a date.", hint="Write it as 2011-10-01 or 2011-10-01T12:00:00."
        ) from None
    if histories.timeless(connection):
        raise InputError(
            "Some events have an order but no time, so nothing can be told as of a moment.",
            hint="Leave --context at=... out.",
        )
    if when.tzinfo is not None:
        when = when.astimezone(timezone.utc).replace(tzinfo=None)
    return when.isoformat(timespec="seconds")


def _person(connection: sqlite3.Connection, key: str) -> sqlite3.Row:
    found = catalog.user(connection, key)
    if found is None:
        raise finding.nobody(connection, key, user=True)
    return found


def _ranking(
    connection: sqlite3.Connection,
    person: sqlite3.Row | None,
    more: Sequence[sqlite3.Row],
    made: ScoringConfig,
    facts: Facts,
    asked: RecommendRequest,
    rules: Rules,
    k: int,
) -> Ranking:
    history = NOTHING
    if person is not None:
        history = history_of(connection, person["id"], made.target, asked.before)
    history = with_more(history, [item["id"] for item in more])
    found = candidates_of(connection, history, made, facts, again=asked.again, before=asked.before)
    seeds = list(history.moments)
    barred = () if asked.again else history.had
    given = answer(connection, found, rules, k, seeds, barred=barred)
    rows = to_results(connection, given.rows, found.speakers([row.item_id for row in given.rows]))
    query: Json = {} if person is None else {"user": person["key"]}
    if more:
        query["history"] = [item["label"] for item in more]
    said = list(given.notes)
    if not given.rows:
        said = _nothing(connection, query, rules, seeds, barred, said)
    notes = (*_notes(connection, query, found, made, asked), *said)
    method = made.method if isinstance(found, Personal) else found.name
    ranking = Ranking(query, method, rows, notes, about=_about(history, more))
    if asked.why is None:
        return ranking
    from prodsim_cli.queries.explain.rows import reasoned_for_user

    reasons = found.reasons([row.item_id for row in given.rows])
    return reasoned_for_user(connection, ranking, given.rows, reasons, history.moments, asked.why)


def _about(history: History, more: Sequence[sqlite3.Row]) -> str:
    """What is known of the person, in a few words."""
    known = len(history.moments) - len({item["id"] for item in more} & set(history.moments))
    if more and not known:
        return " + ".join(item["title"] or item["label"] for item in more)
    if not known:
        return ""
    plural = "" if known == 1 else "s"
    return f"{known:,} product{plural}" + (f" until {history.last[:10]}" if history.last else "")


def _notes(
    connection: sqlite3.Connection,
    query: Json,
    found: Personal | Popular,
    made: ScoringConfig,
    asked: RecommendRequest,
) -> list[str]:
    """Sentences about the answer: what stood in for a past, and what looks ahead."""
    if isinstance(found, Popular):
        who = f"Nothing is known of {query['user']}" if "user" in query else "There is no history"
        when = f" before {asked.before}" if asked.before else ""
        return [
            f"{who}{when}, so this is {what_is_popular(found.name, found.facts, asked.before)}."
        ]
    return [*made.notes, *ahead(asked.before)]


def _nothing(
    connection: sqlite3.Connection,
    query: Json,
    rules: Rules,
    seeds: Sequence[int],
    barred: Collection[int],
    said: list[str],
) -> list[str]:
    """Why there is no answer; ``said``: what the rules have said about it."""
    passing = len(admitted(connection, rules, seeds=seeds))
    if not passing and said:
        return said
    if not passing:
        gone = len(admitted(connection, replace(rules, all_stock=True), seeds=seeds))
        if gone:
            return [f"All that pass the rules ({gone:,}) are not in stock; --all-stock shows them."]
        return ["No product passes the rules."]
    if not barred:
        return said
    who = f"{query['user']} has had" if "user" in query else "The history holds"
    what = "the one product that passes" if passing == 1 else f"all {passing:,} products that pass"
    return [f"{who} {what} the rules; --again shows what was had before."]


def what_is_popular(name: str, facts: Facts, before: str | None) -> str:
    """What stands in for a past, in words."""
    if before is None:
        return "what is popular now" if name == "recent" else "what is popular"
    if not facts.candidates():
        return "every product in order of SKU: there is no event before that moment"
    return "what was popular then"


def ahead(before: str | None) -> list[str]:
    """What an answer as of a moment knows that nobody knew then."""
    if before is None:
        return []
    return [
        f"As of {before}: the history and what was popular then; the tables of likeness know later"
        " events, too (`prodsim eval` judges without them)."
    ]
