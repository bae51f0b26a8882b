"""People and orders that tie two products, so counted that no single one shows through.

Ground floor. A group of fewer people than ``least`` is not counted, nor dated. Its dates are the
first and the last month in which at least ``least`` people of it were there (else year, else none);
where everybody may be counted, the first and last day. How many people (orders) one product has is
told only where everybody may be counted: one total beside the counts of several pairs would tell
how many are left of it. So are the values that methods count from people, which solve to totals.
Nobody is no group: 0 is shown.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace

from prodsim_cli.queries.explain.words import ORDERS, PEOPLE, SPEAKS_OF
from prodsim_cli.records.reasons import Group, Share, Speaking, Step
from prodsim_cli.store import artifacts
from prodsim_cli.store import reasons as stored
from prodsim_cli.store.reasons import Moment

_DAY, _MONTH, _YEAR = 10, 7, 4
"""Signs of an ISO moment."""

_FORMULAS = ("cosine", "jaccard", "pearson")
"""Methods whose score solves to numbers of people."""

_DECIMALS = 2
"""Of a score that would solve to a small group."""


def people(
    connection: sqlite3.Connection, item_id: int, other_id: int, least: int, *, totals: bool = True
) -> Group:
    """Who bought both; where nobody did, who touched both. ``totals``: count those of each, too."""
    for did in ("bought", "touched"):
        found = stored.people_of_both(connection, item_id, other_id, did)
        if found:
            break
    else:
        did = "bought"
    each = [stored.people_of(connection, one, did) for one in (item_id, other_id) if totals]
    return counted(did, found, least, each)


def orders(
    connection: sqlite3.Connection, item_id: int, other_id: int, least: int, *, totals: bool = True
) -> Group:
    """Orders that hold both; the group is of those who made them."""
    found = stored.orders_of_both(connection, item_id, other_id)
    each = [len(stored.orders_of(connection, one)) for one in (item_id, other_id) if totals]
    return counted("bought", found, least, each)


def counted(did: str, found: Sequence[Moment], least: int, totals: Sequence[int] = ()) -> Group:
    """A group as it may be shown; ``totals``: how many people (orders) each product has."""
    who = {person for _, person in found}
    if 0 < len(who) < least:
        return Group(did, None, least, of=(None,) * len(totals))
    of = tuple(total if least <= 1 else None for total in totals)
    first, last = _dates(found, least)
    return Group(did, len(found), None, first, last, of)


def rough(
    connection: sqlite3.Connection, method: str, shares: Mapping[str, float], least: int
) -> bool:
    """True if the score of a pair, told to its last digit, would tell how many people there are.

    Learned weights over learned scales, which no reason tells, stand before what a pair has in
    ``hybrid``; where nothing was learned the formula is public.
    """
    found = artifacts.recorded(connection, method, "neighbors")
    learned = method == artifacts.BLEND and found is not None and found[0].get("weights")
    return least > 1 and not learned and any(shares.get(name) for name in _FORMULAS)


def rounded(score: float, roughly: bool) -> float:
    """A score as it may be told."""
    return round(score, _DECIMALS) if roughly else score


def told(speaking: Speaking, roughly: bool, least: int) -> Speaking:
    """Shares and values as they may be told: no value that is counted from people."""
    score = speaking.score
    return replace(
        speaking,
        score=None if score is None else rounded(score, roughly),
        shares=tuple(_told(share, roughly, least) for share in speaking.shares),
    )


def _told(share: Share, roughly: bool, least: int) -> Share:
    value = None if least > 1 and counts_people(share.method) else share.value
    return replace(share, share=rounded(share.share, roughly), value=value)


def told_path(steps: Sequence[Step], by: str | None, roughly: bool, least: int) -> tuple[Step, ...]:
    """A path, its scores rounded where they are of a method that counts people."""
    roughly = least > 1 and (roughly or by in _FORMULAS)
    return tuple(
        replace(step, score=None if step.score is None else rounded(step.score, roughly))
        for step in steps
    )


def counts_people(method: str) -> bool:
    """True if the score of a method rests on what people did."""
    return SPEAKS_OF.get(method, PEOPLE) in (PEOPLE, ORDERS)


def _dates(found: Sequence[Moment], least: int) -> tuple[str | None, str | None]:
    """The first and last period in which at least ``least`` people were there."""
    for signs in (_DAY,) if least <= 1 else (_MONTH, _YEAR):
        present: dict[str, set[str]] = {}
        for at, who in found:
            if at:
                present.setdefault(at[:signs], set()).add(who)
        enough = [period for period, people in present.items() if len(people) >= least]
        if enough:
            return min(enough), max(enough)
    return None, None
