"""What ties two products beside their texts: people and orders, and equal facts.

A group of fewer people than ``least`` is not counted, nor dated. Its dates are the
first and the last month in which at least ``least`` people of it were there (else year, else none);
where everybody may be counted, the first and last day. How many people (orders) one product has is
told only where everybody may be counted: one total beside the counts of several pairs would tell
how many are left of it. So are the values that methods count from people, which solve to totals.
Nobody is no group: 0 is shown.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from prodsim_cli.records.reasons import Fact, Group, Share, Speaking, Step
from prodsim_cli.registry import ORDERS, PEOPLE
from prodsim_cli.store import catalog, events
from prodsim_cli.store.artifacts import BLEND, Built
from prodsim_cli.store.events import Moment
from prodsim_cli.text.normalize import folded

_DAY, _MONTH, _YEAR = 10, 7, 4
"""Signs of an ISO moment."""

_DECIMALS = 2
"""Of a score that would solve to a small group."""

NEAR = 1.25
"""The dearer price over the cheaper one, at most, for prices that are near."""

_STEPS = re.compile(r"\s*[>|»›]\s*")
_TAGS = re.compile(r"\s*[,;|]\s*")


def people(
    connection: sqlite3.Connection, item_id: int, other_id: int, least: int, *, totals: bool = True
) -> Group:
    """Who bought both; where nobody did, who touched both. ``totals``: count those of each, too."""
    for did in ("bought", "touched"):
        found = events.people_of_both(connection, item_id, other_id, did)
        if found:
            break
    else:
        did = "bought"
    each = [events.people_of(connection, one, did) for one in (item_id, other_id) if totals]
    return counted(did, found, least, each)


def orders(
    connection: sqlite3.Connection, item_id: int, other_id: int, least: int, *, totals: bool = True
) -> Group:
    """Orders that hold both; the group is of those who made them."""
    found = events.orders_of_both(connection, item_id, other_id)
    each = [len(events.orders_of(connection, one)) for one in (item_id, other_id) if totals]
    return counted("bought", found, least, each)


def counted(did: str, found: Sequence[Moment], least: int, totals: Sequence[int] = ()) -> Group:
    """A group as it may be shown; ``totals``: how many people (orders) each product has."""
    who = {person for _, person in found}
    if 0 < len(who) < least:
        return Group(did, None, least, of=(None,) * len(totals))
    of = tuple(total if least <= 1 else None for total in totals)
    first, last = _dates(found, least)
    return Group(did, len(found), None, first, last, of)


def rough(built: Built, method: str, shares: Mapping[str, float], least: int) -> bool:
    """True if the score of a pair, told to its last digit, would tell how many people there are.

    Learned weights over learned scales, which no reason tells, stand before what a pair has in
    ``hybrid``; where nothing was learned the formula is public.
    """
    learned = method == BLEND and built.settings_of(method).get("weights")
    counted = (built.traits(name).counts_people for name, share in shares.items() if share)
    return least > 1 and not learned and any(counted)


def rounded(score: float, roughly: bool) -> float:
    """A score as it may be told."""
    return round(score, _DECIMALS) if roughly else score


def told(built: Built, speaking: Speaking, roughly: bool, least: int) -> Speaking:
    """Shares and values as they may be told: no value that is counted from people."""
    score = speaking.score
    score = None if score is None else rounded(score, roughly)
    shares = tuple(_told(built, share, roughly, least) for share in speaking.shares)
    return replace(speaking, score=score, shares=shares)


def _told(built: Built, share: Share, roughly: bool, least: int) -> Share:
    people = built.traits(share.method).rests_on in (PEOPLE, ORDERS)
    value = None if least > 1 and people else share.value
    return replace(share, share=rounded(share.share, roughly), value=value)


def told_path(
    built: Built, steps: Sequence[Step], by: str | None, roughly: bool, least: int
) -> tuple[Step, ...]:
    """A path, its scores rounded where they are of a method that counts people."""
    roughly = least > 1 and (roughly or (by is not None and built.traits(by).counts_people))
    return tuple(
        replace(step, score=None if step.score is None else rounded(step.score, roughly))
        for step in steps
    )


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


def facts(connection: sqlite3.Connection, one: sqlite3.Row, other: sqlite3.Row) -> Iterator[Fact]:
    """Every equal fact of two rows of ``items``, whatever its case, width or accents."""
    if one["brand"] and _equal(one["brand"], other["brand"]):
        products = catalog.with_value(connection, "brand", one["brand"])
        yield Fact("brand", (one["brand"],), products)
    path = _common_path(one["category"] or "", other["category"] or "")
    if path:
        whole = path == one["category"]
        many = catalog.with_value(connection, "category", path) if whole else None
        yield Fact("category", (path,), many)
    theirs = {folded(tag) for tag in _TAGS.split(other["tags"] or "")}
    tags = [tag for tag in _TAGS.split(one["tags"] or "") if tag and folded(tag) in theirs]
    if tags:
        yield Fact("tags", tuple(dict.fromkeys(tags)))
    if _near(one, other):
        yield Fact("price", (one["price"], other["price"]))
    yield from _attributes(one["attributes"], other["attributes"])


def _equal(one: Any, other: Any) -> bool:
    return folded(str(one)).strip() == folded(str(other or "")).strip()


def _common_path(one: str, other: str) -> str:
    """The category, or the beginning ``A > B`` that both paths have."""
    if one and _equal(one, other):
        return one
    mine, theirs = _STEPS.split(one), _STEPS.split(other)
    shared = []
    for a, b in zip(mine, theirs, strict=False):
        if not a or not _equal(a, b):
            break
        shared.append(a)
    return " > ".join(shared)


def _near(one: sqlite3.Row, other: sqlite3.Row) -> bool:
    low, high = sorted((one["price"] or 0.0, other["price"] or 0.0))
    same = (one["currency"] or "") == (other["currency"] or "")
    return bool(same and low > 0 and high <= NEAR * low)


def _attributes(one: str | None, other: str | None) -> Iterator[Fact]:
    mine, theirs = (json.loads(text or "{}") for text in (one, other))
    for name, value in mine.items():
        plain = isinstance(value, (str, int, float)) and value != ""
        if plain and name in theirs and _equal(value, theirs[name]):
            yield Fact(f"attributes.{name}", (str(value),))
