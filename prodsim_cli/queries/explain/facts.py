"""What two products are alike in beside their texts: brand, category, tags, price, attributes.

Ground floor. Values are equal whatever their case, width or accents.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from typing import Any

from prodsim_cli.records.reasons import Fact
from prodsim_cli.store import reasons as stored
from prodsim_cli.text.normalize import folded

NEAR = 1.25
"""The dearer price over the cheaper one, at most, for prices that are near."""

_STEPS = re.compile(r"\s*[>|»›]\s*")
_TAGS = re.compile(r"\s*[,;|]\s*")


def facts(connection: sqlite3.Connection, one: sqlite3.Row, other: sqlite3.Row) -> tuple[Fact, ...]:
    """Every equal fact of two rows of ``items``."""
    return tuple(_facts(connection, one, other))


def _facts(connection: sqlite3.Connection, one: sqlite3.Row, other: sqlite3.Row) -> Iterator[Fact]:
    if one["brand"] and _equal(one["brand"], other["brand"]):
        products = stored.with_value(connection, "brand", one["brand"])
        yield Fact("brand", (one["brand"],), products)
    path = _common_path(one["category"] or "", other["category"] or "")
    if path:
        whole = path == one["category"]
        many = stored.with_value(connection, "category", path) if whole else None
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
