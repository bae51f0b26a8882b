"""How a cell is compared in ``--where``: as SQL over ``items i``, every value bound to a mark.

The functions that SQLite calls never raise, whatever a cell holds: SQLite would turn that into an
error of its own.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence

from prodsim_cli.queries.ranking.where import Comparison, wrong
from prodsim_cli.text import normalize

Condition = tuple[str, tuple[object, ...]]
"""SQL over the table alias ``i`` that is 0 or 1, and what is bound to its marks."""

_NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]+)?|\.[0-9]+)")
_TAGS = re.compile(r"\s*[,;|]\s*")

_STROKES = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i"})
"""Letters with a stroke, or without their dot, which Unicode does not take apart."""

YES, NO = ("yes", "true"), ("no", "false")

PAIRS = "json_each(case when json_valid(i.attributes) then i.attributes end)"


def bare(column: str, keys: Sequence[str]) -> Condition:
    """A name alone: known, and for stock and attributes neither no nor 0."""
    if column == "price":
        return "(i.price is not null)", ()
    if column == "in_stock":
        return "(coalesce(i.in_stock, 0) != 0)", ()
    if column:
        return f"(coalesce(trim(i.{column}), '') != '')", ()
    nothing = ("0", *NO)
    test = f"coalesce(prodsim_folded(j.value) not in ({marks(nothing)}), 0)"
    return any_of(keys, test, nothing)


def joined(joint: str, parts: Sequence[Condition]) -> Condition:
    """Conditions with ``and`` or ``or`` between them."""
    sql = joint.join(sql for sql, _ in parts)
    return f"({sql})", tuple(value for _, values in parts for value in values)


def keyed(keys: Sequence[str]) -> str:
    """True of the pairs with one of these names, in whatever case."""
    return f"j.key collate nocase in ({marks(keys)})"


def any_of(keys: Sequence[str], test: str, values: Sequence[object]) -> Condition:
    """An attribute, in whatever spelling, for which the test holds."""
    sql = f"(exists (select 1 from {PAIRS} j where {keyed(keys)} and {test}))"
    return sql, (*keys, *values)


def equal(text: str, cell: str, given: Sequence[str], words: bool) -> Condition:
    """Equal to one of the texts, or to one of the numbers among them.

    ``words``: yes and true are one word, no and false another, 1 and 0 their numbers.
    """
    texts = {str(folded(value)) for value in given}
    numbers = {number(value) for value in given}
    for same, value in ((YES, 1.0), (NO, 0.0)) if words else ():
        if texts & {*same}:
            texts |= {*same}
            numbers.add(value)
    found = sorted(value for value in numbers if value is not None)
    sql, values = f"{text} in (select value from json_each(?))", (json.dumps(sorted(texts)),)
    if not found:
        return f"({sql})", values
    return f"({sql} or prodsim_number({cell}) in ({marks(found)}))", (*values, *found)


def numeric(column: str, operator: str, test: Comparison, text: str) -> Condition:
    """Price and stock: columns of numbers."""
    if operator == "~":
        raise wrong(
            text,
            test.place,
            f"{column} is a number, and ~ looks for words",
            f"Use = != < <= > >= or in: {column} >= 10.",
        )
    values = [_number(column, value, test, text) for value in test.values]
    if operator == "in":
        return f"coalesce(i.{column} in ({marks(values)}), 0)", tuple(values)
    return f"coalesce(i.{column} {operator} ?, 0)", (values[0],)


def _number(column: str, value: str, test: Comparison, text: str) -> float:
    found = number(value)
    word = folded(value)
    if found is None and column == "in_stock" and word in (*YES, *NO):
        return 1.0 if word in YES else 0.0
    if found is None:
        wanted = "yes or no" if column == "in_stock" else "a number such as 19.90"
        raise wrong(text, test.place, f"{column} is compared with {wanted}, not {value!r}")
    return found


def marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def sound(text: str) -> str:
    """A text that SQLite can hold: bytes of the command line that are no UTF-8 become ``?``."""
    return text.encode("utf-8", "replace").decode()


def folded(value: object) -> str | None:
    """A cell as text without case, accents and width; None for an empty one.

    ``ß`` is ``ss``, ``ł`` is ``l``, ``ø`` is ``o``.
    """
    if isinstance(value, (int, float)):
        return plain(value)
    if not isinstance(value, str):
        return None
    return normalize.folded(value).translate(_STROKES).strip() or None


def plain(value: int | float) -> str:
    """A number as a person writes it."""
    return str(value) if isinstance(value, int) else f"{value:.15g}"


def number(value: object) -> float | None:
    """A cell as a number: a number, or a text that is nothing else. None for all others.

    ``007`` is no number, it is the name of something; nor are ``1e5``, ``1,5`` and ``5 cm``.
    """
    if isinstance(value, float):
        return value
    if isinstance(value, int):
        return float(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    return None


def tags(value: object) -> str | None:
    """A cell of tags as a JSON array of its folded tags, the whole cell among them."""
    text = folded(value)
    if text is None:
        return None
    return json.dumps(list(dict.fromkeys([text, *filter(None, _TAGS.split(text))])))


def teach(connection: sqlite3.Connection) -> None:
    """Make the functions known to a connection, as ``prodsim_folded`` and so on."""
    for function in (folded, number, tags):
        name = f"prodsim_{function.__name__}"
        connection.create_function(name, 1, function, deterministic=True)
