"""The rules that say which products are wanted, as one SQL condition over ``items i``."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from prodsim_cli.errors import UsageProblem
from prodsim_cli.queries.lookup import ambiguous, meant, unknown
from prodsim_cli.queries.ranking.comparing import Condition, joined, sound
from prodsim_cli.store.catalog import products

if TYPE_CHECKING:
    from prodsim_cli.queries.ranking.request import Passing, Rules

_WITHIN = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*(%?)\s*")
_ROUNDING = 1e-9
"""Prices are decimal and floats are not: 2.55 + 20 % is 3.06."""


def condition(passing: Passing, rules: Rules, seeds: Sequence[int]) -> Condition:
    """What a listed product must be; ``seeds``: row ids to which ``--same`` and ``--price-within``
    refer. A rule that no product can keep is told in ``passing.notes``."""
    parts: list[Condition] = [("i.listed = 1", ())]
    if rules.where:
        parts += passing.columns.conditions(rules.where)
    if rules.exclude:
        excluded = json.dumps(named(passing.connection, rules.exclude))
        parts.append(("i.id not in (select value from json_each(?))", (excluded,)))
    if rules.same or rules.price_within:
        parts += _relative(passing, rules, seeds)
    sql = " and ".join(sql for sql, _ in parts)
    return sql, tuple(value for _, values in parts for value in values)


def _relative(passing: Passing, rules: Rules, seeds: Sequence[int]) -> list[Condition]:
    """What an answer must share with a product that was asked about."""
    if not seeds:
        option = "--same" if rules.same else "--price-within"
        raise UsageProblem(
            f"{option} compares with a product, and none was asked about.",
            hint="--where says it without one: --where 'category=Mugs and price<20'.",
        )
    parts = [_same(passing, name, seeds) for name in rules.same]
    if rules.price_within:
        parts.append(_near(passing, rules.price_within, seeds))
    return parts


def _same(passing: Passing, text: str, seeds: Sequence[int]) -> Condition:
    column, keys = passing.columns.named(text)
    values = passing.columns.values(column, keys, seeds)
    if not values:
        _missing(passing, seeds, text, f"--same {text}")
    return passing.columns.among(column, keys, values)


def _near(passing: Passing, text: str, seeds: Sequence[int]) -> Condition:
    """A price so far from that of a seed; other currencies are no nearer than the moon."""
    match = _WITHIN.fullmatch(text)
    if match is None:
        raise UsageProblem(
            f"--price-within wants a share such as 20% or an amount such as 5, not {text!r}.",
            hint="For instance: --price-within 20%.",
        )
    priced = passing.connection.execute(
        """select price, currency from items where price is not null
           and id in (select value from json_each(?))""",
        (json.dumps(list(seeds)),),
    ).fetchall()
    if not priced:
        _missing(passing, seeds, "price", f"--price-within {text}")
        return "0", ()
    parts: list[Condition] = []
    for price, currency in priced:
        width = float(match[1]) * (price / 100 if match[2] else 1.0)
        width += _ROUNDING * max(price, 1.0)
        parts.append(
            (
                "(coalesce(i.price between ? and ?, 0)"
                " and coalesce(coalesce(i.currency, ?) = coalesce(?, i.currency), 1))",
                (price - width, price + width, currency, currency),
            )
        )
    return joined(" or ", parts)


def _missing(passing: Passing, seeds: Sequence[int], what: str, option: str) -> None:
    rows = list(products(passing.connection, seeds).values())
    names = ", ".join(row["sku"] for row in rows[:3]) + (", ..." if len(seeds) > 3 else "")
    passing.notes.append(f"No {what} is known of {names}, so no product passes {option}.")


def named(connection: sqlite3.Connection, texts: Iterable[str]) -> list[int]:
    """Row ids of the products in lists such as ``SKU1,SKU2``, in order, each once.

    A text that is a SKU as a whole, commas and all, is that one. A product that has left the feed
    is understood.

    Raises
    ------
    NotFound, AmbiguousSku
        Like a SKU that is asked about.
    """
    found: dict[int, None] = {}
    strangers = []
    for text in map(sound, texts):
        whole = meant(connection, text)
        words = [text] if whole else [word.strip() for word in text.split(",")]
        for word in words:
            items = whole or (meant(connection, word) if word else [])
            if len(items) > 1:
                raise ambiguous(word, items)
            if items:
                found[items[0]["id"]] = None
            elif word:
                strangers.append(word)
    if strangers:
        raise unknown(connection, strangers)
    return list(found)
