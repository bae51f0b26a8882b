"""People and orders that tie two products, so counted that no single one shows through.

Ground floor. A group of fewer people than ``least`` is not counted, nor dated. Its dates are the
first and the last month in which at least ``least`` people of it were there (else year, else none);
where everybody may be counted, the first and last day. The people (orders) of one product are left
out where what is left of them beside those of both would be a small group. Nobody is no group: 0 is
shown.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from prodsim_cli.records.reasons import Group
from prodsim_cli.store import reasons as stored
from prodsim_cli.store.reasons import Moment

_DAY, _MONTH, _YEAR = 10, 7, 4
"""Signs of an ISO moment."""


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
    return counted(did, found, least, [(total, total) for total in each])


def orders(
    connection: sqlite3.Connection, item_id: int, other_id: int, least: int, *, totals: bool = True
) -> Group:
    """Orders that hold both; the group is of those who made them."""
    found = stored.orders_of_both(connection, item_id, other_id)
    theirs = {who for _, who in found}
    each = [stored.orders_of(connection, one) for one in (item_id, other_id) if totals]
    return counted(
        "bought", found, least, [(len(every), len(theirs | set(every))) for every in each]
    )


def counted(
    did: str, found: Sequence[Moment], least: int, totals: Sequence[tuple[int, int]] = ()
) -> Group:
    """A group as it may be shown.

    ``totals``: for each product how many people (orders) it has, and how many people that is.
    """
    who = {person for _, person in found}
    if 0 < len(who) < least:
        return Group(did, None, least, of=(None,) * len(totals))
    of = tuple(
        total if _harmless(total - len(found), everybody - len(who), least) else None
        for total, everybody in totals
    )
    first, last = _dates(found, least)
    return Group(did, len(found), None, first, last, of)


def _harmless(rest: int, people_of_rest: int, least: int) -> bool:
    """True if the others of a product are many enough (or everybody may be counted)."""
    return least <= 1 or (rest >= least and people_of_rest >= least)


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
