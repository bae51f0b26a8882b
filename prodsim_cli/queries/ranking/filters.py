"""Which products the rules let through, as one SQL condition. Ground floor."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from prodsim_cli.errors import UsageProblem

if TYPE_CHECKING:
    from prodsim_cli.queries.ranking.comparing import Condition
    from prodsim_cli.queries.ranking.conditions import Columns
    from prodsim_cli.queries.ranking.request import Rules

_WITHIN = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*(%?)\s*")
_ROUNDING = 1e-9
"""Prices are decimal and floats are not: 2.55 + 20 % is 3.06."""


class Gate:
    """The rules of one question, ready to be asked.

    ``seeds``: row ids of the products to which ``--same`` and ``--price-within`` refer. ``notes``:
    sentences about rules that no product can keep.
    """

    def __init__(
        self, connection: sqlite3.Connection, rules: Rules, seeds: Sequence[int] = ()
    ) -> None:
        self.connection = connection
        self.notes: list[str] = []
        self._columns: Columns | None = None
        parts: list[Condition] = [("i.listed = 1", ())]
        self._stock = "1" if rules.all_stock else "coalesce(i.in_stock, 1) != 0"
        if rules.where:
            parts += self.columns.conditions(rules.where)
        if rules.exclude:
            parts.append(_but(named(connection, rules.exclude)))
        if rules.same or rules.price_within:
            parts += self._relative(rules, seeds)
        self._rules = " and ".join(sql for sql, _ in parts)
        self._sql = f"{self._stock} and {self._rules}"
        self._values = tuple(value for _, values in parts for value in values)

    @property
    def columns(self) -> Columns:
        """Names of columns and attributes; loaded where one is named."""
        if self._columns is None:
            from prodsim_cli.queries.ranking.conditions import Columns

            self._columns = Columns(self.connection)
        return self._columns

    def among(self, item_ids: Iterable[int]) -> set[int]:
        """Those of some products that may pass."""
        rows = self.connection.execute(
            f"""select i.id from items i where i.id in (select value from json_each(?))
                and {self._sql}""",
            (json.dumps(list(item_ids)), *self._values),
        )
        return {row[0] for row in rows}

    def all(self) -> list[int]:
        """All products that may pass, in order of position."""
        rows = self.connection.execute(
            f"select i.id from items i where {self._sql} order by i.source, i.sku", self._values
        )
        return [row[0] for row in rows]

    def out_of_stock(self) -> int:
        """How many products would pass and are hidden, since they are not in stock."""
        row = self.connection.execute(
            f"select count(*) from items i where not ({self._stock}) and {self._rules}",
            self._values,
        )
        return int(row.fetchone()[0])

    def _relative(self, rules: Rules, seeds: Sequence[int]) -> list[Condition]:
        """What an answer must share with a product that was asked about."""
        if not seeds:
            option = "--same" if rules.same else "--price-within"
            raise UsageProblem(
                f"{option} compares with a product, and none was asked about.",
                hint="--where says it without one: --where 'category=Mugs and price<20'.",
            )
        parts = [self._same(name, seeds) for name in rules.same]
        if rules.price_within:
            parts.append(self._near(rules.price_within, seeds))
        return parts

    def _same(self, text: str, seeds: Sequence[int]) -> Condition:
        column, keys = self.columns.named(text)
        values = self.columns.values(column, keys, seeds)
        if not values:
            self._missing(seeds, text, f"--same {text}")
        return self.columns.among(column, keys, values)

    def _near(self, text: str, seeds: Sequence[int]) -> Condition:
        """A price so far from that of a seed; other currencies are no nearer than the moon."""
        from prodsim_cli.queries.ranking.comparing import joined

        match = _WITHIN.fullmatch(text)
        if match is None:
            raise UsageProblem(
                f"--price-within wants a share such as 20% or an amount such as 5, not {text!r}.",
                hint="For instance: --price-within 20%.",
            )
        priced = self.connection.execute(
            """select price, currency from items where price is not null
               and id in (select value from json_each(?))""",
            (json.dumps(list(seeds)),),
        ).fetchall()
        if not priced:
            self._missing(seeds, "price", f"--price-within {text}")
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

    def _missing(self, seeds: Sequence[int], what: str, option: str) -> None:
        from prodsim_cli.store.catalog import label

        rows = self.connection.execute(
            f"""select {label()} from items i
                where i.id in (select value from json_each(?)) order by i.source, i.sku limit 3""",
            (json.dumps(list(seeds)),),
        )
        names = ", ".join(row[0] for row in rows) + (", ..." if len(seeds) > 3 else "")
        self.notes.append(f"No {what} is known of {names}, so no product passes {option}.")


def named(connection: sqlite3.Connection, texts: Iterable[str]) -> list[int]:
    """Row ids of the products in lists such as ``SKU1,SKU2``, in order, each once.

    A text that is a SKU as a whole, commas and all, is that one. A product that has left the feed
    is understood.

    Raises
    ------
    NotFound, AmbiguousSku
        Like a SKU that is asked about.
    """
    from prodsim_cli.queries.lookup import ambiguous, meant, unknown
    from prodsim_cli.queries.ranking.texts import sound

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


def _but(item_ids: Sequence[int]) -> Condition:
    return "i.id not in (select value from json_each(?))", (json.dumps(list(item_ids)),)
