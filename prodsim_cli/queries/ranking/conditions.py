"""A tree of ``--where`` as one SQL condition: every value bound, every column from a list.

Two truth values: a comparison with a value that is not known does not hold, and ``not`` turns that
round; ``!=`` is ``not =``, ``!~`` is ``not ~``.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

from prodsim_cli.errors import UsageProblem
from prodsim_cli.queries.ranking import where
from prodsim_cli.queries.ranking.comparing import (
    PAIRS,
    Condition,
    any_of,
    bare,
    equal,
    folded,
    joined,
    keyed,
    marks,
    number,
    numeric,
    sound,
    teach,
)
from prodsim_cli.queries.ranking.where import Both, Comparison, Name, Node, Not, wrong

TEXTS = (
    *("sku", "source", "title", "brand", "category", "tags", "description"),
    *("currency", "lang", "url", "image"),
)
COLUMNS = (*TEXTS, "price", "in_stock")

_CONTRARY = {"!=": "=", "!~": "~", "not in": "in"}
_NAMED = 20


class Columns:
    """The columns and attributes of one catalogue, and the conditions over them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._spelled: dict[str, tuple[str, ...]] = {}
        self._attributes: list[str] | None = None
        self._asked: dict[str, None] = {}
        teach(connection)

    def conditions(self, texts: Sequence[str]) -> list[Condition]:
        """The conditions of several expressions.

        Raises
        ------
        UsageProblem
            Where one is no expression, or names what is no column and no attribute here.
        """
        clean = [sound(text) for text in texts]
        trees = [where.parse(text) for text in clean]
        if sum(map(where.tests, trees)) > where.MOST_TESTS:
            raise UsageProblem(
                f"All --where together hold more than {where.MOST_TESTS} comparisons.",
                hint="A list is one comparison: sku in (A1, A2, A3).",
            )
        return [self._of(tree, text) for tree, text in zip(trees, clean, strict=True)]

    def _of(self, node: Node, text: str) -> Condition:
        if isinstance(node, Comparison):
            return self._test(node, text)
        if isinstance(node, Not):
            sql, values = self._of(node.part, text)
            return f"not {sql}", values
        joint = " and " if isinstance(node, Both) else " or "
        parts = [self._of(part, text) for part in node.parts]
        return joined(joint, parts)

    def _test(self, test: Comparison, text: str) -> Condition:
        column, keys = self.known(test.name, text)
        operator = _CONTRARY.get(test.operator, test.operator)
        if operator == "":
            sql, values = bare(column, keys)
        elif column in ("price", "in_stock"):
            sql, values = numeric(column, operator, test, text)
        else:
            for value in test.values:
                if folded(value) is None:
                    raise wrong(
                        text,
                        test.place,
                        f"There is nothing to compare {test.name.text} with",
                        f"Products without it: not {test.name.text}.",
                    )
            sql, values = self.compared(column, keys, operator, test.values)
        return (f"not {sql}" if operator != test.operator else sql), values

    def known(self, name: Name, text: str = "") -> tuple[str, tuple[str, ...]]:
        """The column of a name and (); or '' and the spellings of an attribute.

        Raises
        ------
        UsageProblem
            With the nearest names.
        """
        column = name.text.lower().strip()
        if column in COLUMNS and not name.attribute:
            self._asked[column] = None
            return column, ()
        keys = self._spellings(name.text)
        if not keys:
            raise self._stranger(name, text)
        return "", keys

    def empty(self) -> list[str]:
        """The columns asked about in which no listed product has a value."""
        return [
            column
            for column in self._asked
            if not self.connection.execute(
                f"select 1 from items i where i.listed = 1 and i.{column} != '' limit 1"
            ).fetchone()
        ]

    def named(self, text: str) -> tuple[str, tuple[str, ...]]:
        """The column or attribute that ``--same`` and ``--max-per`` name, in quotes or not."""
        bare = sound(text).strip().removeprefix("attributes.")
        return self.known(Name(bare.strip("\"'"), 1, attribute=bare != sound(text).strip()))

    def _spellings(self, name: str) -> tuple[str, ...]:
        """How an attribute is written: as asked but for the case of a to z if any listed product
        has it so, else with other accents, too."""
        if name not in self._spelled:
            exact = self.connection.execute(
                f"select 1 from items i, {PAIRS} j where i.listed = 1"
                " and j.key = ? collate nocase limit 1",
                (name,),
            ).fetchone()
            wanted = folded(name)
            self._spelled[name] = (
                (name,)
                if exact
                else tuple(key for key in self.attributes() if folded(key) == wanted)
            )
        return self._spelled[name]

    def attributes(self) -> list[str]:
        """The names of all attributes of listed products, commonest first; reads the catalogue."""
        if self._attributes is None:
            rows = self.connection.execute(
                f"""select j.key, count(*) from items i, {PAIRS} j
                    where i.listed = 1 and typeof(j.key) = 'text'
                    group by j.key order by count(*) desc, j.key"""
            )
            self._attributes = [row[0] for row in rows]
        return self._attributes

    def _stranger(self, name: Name, text: str) -> UsageProblem:
        from difflib import get_close_matches

        attributes = self.attributes()
        names = {folded(one) or "": one for one in (*reversed(attributes), *COLUMNS)}
        near = get_close_matches(folded(name.text) or "", names, n=3, cutoff=0.6)
        hints = (
            [f"Did you mean {' or '.join(written(names[one]) for one in near)}?"] if near else []
        )
        hints.append(f"Columns: {', '.join(COLUMNS)}.")
        if attributes:
            more = f" and {len(attributes) - _NAMED} more" if len(attributes) > _NAMED else ""
            hints.append(f"Attributes: {', '.join(map(written, attributes[:_NAMED]))}{more}.")
        what = "an attribute" if name.attribute else "a column or an attribute"
        said = f"{name.text!r} is not {what} of this catalogue"
        if not text:
            return UsageProblem(f"{said}.", hint="\n".join(hints))
        return wrong(text, name.place, said, "\n".join(hints))

    def compared(
        self, column: str, keys: Sequence[str], operator: str, given: Sequence[str]
    ) -> Condition:
        """A text column or an attribute against texts, none of them empty."""
        if column == "tags" and operator in ("=", "in"):
            sql, values = equal("t.value", "t.value", given, False)
            return f"(exists (select 1 from json_each(prodsim_tags(i.tags)) t where {sql}))", values
        cell = f"i.{column}" if column else "j.value"
        if operator in ("=", "in"):
            sql, values = equal(f"prodsim_folded({cell})", cell, given, not column)
            if column == "sku" and any(":" in value for value in given):
                # As answers write it where two sources have the same SKU.
                full, more = equal("prodsim_folded(i.source || ':' || i.sku)", cell, given, False)
                sql, values = f"({sql} or {full})", (*values, *more)
        elif operator == "~":
            sql, values = f"instr(prodsim_folded({cell}), ?) > 0", (folded(given[0]),)
        else:
            asked = number(given[0])
            read = "number" if asked is not None else "folded"
            sql = f"prodsim_{read}({cell}) {operator} ?"
            values = (folded(given[0]) if asked is None else asked,)
        return (f"coalesce({sql}, 0)", values) if column else any_of(keys, sql, values)

    def values(self, column: str, keys: Sequence[str], item_ids: Sequence[int]) -> list[object]:
        """The values that some products have in a column or an attribute; each tag is one."""
        ids = json.dumps(list(item_ids))
        chosen = "i.id in (select value from json_each(?))"
        if column == "tags":
            rows = self.connection.execute(
                f"select t.value from items i, json_each(prodsim_tags(i.tags)) t where {chosen}",
                (ids,),
            )
        elif column:
            rows = self.connection.execute(f"select i.{column} from items i where {chosen}", (ids,))
        else:
            rows = self.connection.execute(
                f"""select j.value from items i, {PAIRS} j
                    where {chosen} and {keyed(keys)}""",
                (ids, *keys),
            )
        return [row[0] for row in rows if folded(row[0]) is not None]

    def texts(self, column: str, keys: Sequence[str], item_ids: Sequence[int]) -> dict[int, str]:
        """Row id -> folded value in a column or an attribute; those without one are left out."""
        cell = f"i.{column}" if column else "j.value"
        pairs = "" if column else f", {PAIRS} j"
        key = "" if column else f" and {keyed(keys)}"
        rows = self.connection.execute(
            f"""select i.id, prodsim_folded({cell}) from items i{pairs}
                where i.id in (select value from json_each(?)){key}""",
            (json.dumps(list(item_ids)), *keys),
        )
        return {row[0]: row[1] for row in rows if row[1] is not None}

    def among(self, column: str, keys: Sequence[str], given: Iterable[object]) -> Condition:
        """One of the values that products have: what ``--same`` asks for; no values, no product."""
        known = list(given)
        if not known:
            return "0", ()
        if column in ("price", "in_stock"):
            return f"coalesce(i.{column} in ({marks(known)}), 0)", tuple(known)
        return self.compared(column, keys, "in", [str(folded(value)) for value in known])


def written(name: str) -> str:
    """A name as an expression wants it."""
    plain = name and not any(sign.isspace() or sign in "'\"=<>~(),!" for sign in name)
    quote = "'" if '"' in name else '"'
    return (
        name if plain and name.lower() not in ("and", "or", "not", "in") else quote + name + quote
    )
