"""Shops and random expressions for tests of rules, and what an expression means in plain Python.

The oracle shares nothing with the program: it goes through dictionaries, one product at a time.
"""

from __future__ import annotations

import csv
import json
import random
import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from prodsim_cli.builds.building import build
from prodsim_cli.builds.ingesting import ingest
from prodsim_cli.builds.stages import BuildOptions

DEMO = Path(__file__).parents[1] / "fixtures" / "demo"
BRANDS = (
    "Hearth",
    "hearth",
    "Café Noir",
    "CAFE NOIR",
    "L'Atelier",
    "红茶坊",
    "Straße 7",
    None,
    None,
)
CATEGORIES = ("Kitchen > Mugs", "Kitchen > Bowls", "Bags", "Deko und Möbel", None)
TAGS = ("red", "blue", "gift idea", "sale", "红色", "été")
SIZES: tuple[Any, ...] = (5, 5.5, 12, "12", "007", "L", "XL", "10 cm", "-3", True, False, None)
TEXT_COLUMNS = ("sku", "source", "title", "brand", "category", "tags", "description", "currency",
                "lang", "url", "image")  # fmt: skip


def enriched_demo(folder: Path) -> Path:
    """The demo shop with brands, categories, tags, stock and attributes drawn by chance, built
    without a neural model."""
    rng = random.Random(7)
    with (DEMO / "catalog.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    catalog = folder / "catalog.jsonl"
    with catalog.open("w", encoding="utf-8") as file:
        for row in rows:
            tags = rng.sample(TAGS, rng.randrange(3))
            facts = {
                "sku": row["sku"],
                "title": row["title"],
                "price": float(row["price"]) if rng.random() < 0.9 else None,
                "brand": rng.choice(BRANDS),
                "category": rng.choice(CATEGORIES),
                "tags": ", ".join(tags) or None,
                "in_stock": rng.choice(("yes", "yes", "yes", "no", None)),
                "currency": rng.choice(("GBP", "GBP", "EUR", None)),
                "lang": "en",
            }
            file.write(json.dumps(facts, ensure_ascii=False) + "\n")
    path = folder / "shop.db"
    ingest(str(path), [str(catalog), str(DEMO / "events.csv.gz")])
    build(str(path), BuildOptions(model="hashing", learn=False))
    with closing(sqlite3.connect(path)) as connection, connection:
        for (item_id,) in connection.execute("select id from items order by id").fetchall():
            given = {"size": rng.choice(SIZES), "Screen size": rng.choice((13, "15.6", None))}
            given |= {"waterproof": rng.choice((True, False, "yes", "No", None))}
            given |= {"Größe": rng.choice(("Klein", "groß", "GROSS"))}
            kept = {key: value for key, value in given.items() if value is not None}
            text = json.dumps(kept, ensure_ascii=rng.random() < 0.5) if kept else None
            broken = rng.random() < 0.02  # another program wrote there
            connection.execute(
                "update items set attributes = ? where id = ?",
                ("{not json" if broken else text, item_id),
            )
    return path


def products(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Every listed product in order of position, attributes taken apart."""
    rows = []
    for row in connection.execute("select * from items where listed = 1 order by source, sku"):
        product = dict(row)
        try:
            product["attributes"] = json.loads(product["attributes"] or "{}")
        except ValueError:
            product["attributes"] = {}
        rows.append(product)
    return rows


# What an expression means: a tree of tuples, and the truth about one product.


def plain(value: Any) -> str | None:
    """A value as text without case, width and accents; None for nothing."""
    return None if value is None or isinstance(value, (dict, list)) else _plain(value)


@lru_cache(maxsize=None, typed=True)
def _plain(value: Any) -> str | None:
    if isinstance(value, bool):
        value = int(value)
    if isinstance(value, float) and value == int(value):
        value = int(value)
    text = unicodedata.normalize("NFKD", str(value).strip().casefold())
    text = "".join(c for c in text if not 0x300 <= ord(c) <= 0x36F)
    return unicodedata.normalize("NFKC", text).strip() or None


def as_number(value: Any) -> float | None:
    """A value as a number; names such as 007 are none."""
    if isinstance(value, (bool, int, float)):
        return float(value)
    if isinstance(value, str) and re.match(r"^-?((0|[1-9]\d*)(\.\d+)?|\.\d+)$", value.strip()):
        return float(value)
    return None


def holds(tree: tuple[Any, ...], product: dict[str, Any]) -> bool:
    """Is it true of this product?"""
    kind = tree[0]
    if kind == "not":
        return not holds(tree[1], product)
    if kind == "and":
        return all(holds(part, product) for part in tree[1])
    if kind == "or":
        return any(holds(part, product) for part in tree[1])
    _, name, operator, values = tree
    attribute = name not in (*TEXT_COLUMNS, "price", "in_stock")
    cell = product["attributes"].get(name) if attribute else product[name]
    if operator in ("!=", "!~", "not in"):
        return not holds(
            ("test", name, {"!=": "=", "!~": "~"}.get(operator, "in"), values), product
        )
    if operator == "":
        if name == "price":
            return cell is not None
        return plain(cell) not in ((None, "0", "no", "false") if attribute or name == "in_stock"
                                   else (None,))  # fmt: skip
    return any(compared(name, attribute, cell, operator, value) for value in values)


def compared(name: str, attribute: bool, cell: Any, operator: str, value: str) -> bool:
    """One comparison of a cell with one value."""
    mine, yours = plain(cell), plain(value)
    if mine is None:
        return False
    word = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}.get(yours or "")
    if name in ("price", "in_stock"):
        wanted = as_number(value) if word is None else word
        assert wanted is not None
        return ordered(float(cell), operator, wanted)
    if operator == "~":
        return (yours or "") in mine
    number = as_number(value)
    if operator in ("=", "in"):
        cells = [mine, *re.split(r"\s*[,;|]\s*", mine)] if name == "tags" else [mine]
        if yours in cells:
            return True
        if number is not None and any(as_number(one) == number for one in (*cells, cell)):
            return True
        if attribute and word is not None:
            words = ("yes", "true") if word else ("no", "false")
            return mine in words or as_number(cell) == word
        return False
    if number is not None:
        own = as_number(cell)
        return own is not None and ordered(own, operator, number)
    return ordered(mine, operator, yours)


def ordered(one: Any, operator: str, other: Any) -> bool:
    """= < <= > >= of two things of one type."""
    if operator in ("=", "in"):
        return bool(one == other)
    if operator == "<":
        return bool(one < other)
    if operator == "<=":
        return bool(one <= other)
    return bool(one > other if operator == ">" else one >= other)


# Random expressions: a tree, and one of the many ways to write it.


def expressions(rows: Sequence[dict[str, Any]]) -> st.SearchStrategy[tuple[tuple[Any, ...], str]]:
    """Trees over the values of a shop, each with a text that means it."""
    return trees(rows).flatmap(lambda tree: written(tree).map(lambda text: (tree, text)))


def trees(rows: Sequence[dict[str, Any]]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Tests that often hold for some product, joined by and, or, not."""
    attributes = sorted({key for row in rows for key in row["attributes"]})
    pools: dict[str, list[str]] = {}
    for name in (*TEXT_COLUMNS, "price", "in_stock", *attributes):
        cells = {
            str(row["attributes"].get(name) if name in attributes else row[name]) for row in rows
        }
        pools[name] = sorted(cell for cell in cells if cell not in ("None", "") and plain(cell))
    if any(row["in_stock"] is not None for row in rows):
        pools["in_stock"] = ["yes", "no", "1", "0", "TRUE"]
    pools["price"] = [str(value) for value in ("0", "0.85", "1.25", "2.95", "5", "100", "-1")]
    words = sorted({word for row in rows for word in str(row["title"]).split() if plain(word)})

    def tests(name: str) -> st.SearchStrategy[tuple[Any, ...]]:
        known = pools[name] or ["0"]
        operators = ["=", "!=", "<", "<=", ">", ">=", "in", "not in", ""]
        value = st.sampled_from(known)
        if name not in ("price", "in_stock"):
            operators += ["~", "!~"]
            parts = value.map(lambda text: text[len(text) // 3 : len(text) // 3 + 4])
            value = st.one_of(value, parts, value.map(str.upper), st.sampled_from(words),
                              st.sampled_from(["5", "12", "é", "红", "yes"]))  # fmt: skip
            value = value.filter(lambda text: plain(text) is not None)
        return st.sampled_from(operators).flatmap(
            lambda op: st.lists(
                value, min_size=min(len(op), 1), max_size=4 if "in" in op else min(len(op), 1)
            ).map(lambda values: ("test", name, op, tuple(values)))
        )

    filled = sorted(name for name in pools if pools[name])
    names = [*filled * 9, *sorted(set(pools) - {*filled})]  # what is empty is soon said
    leaf = st.sampled_from(names).flatmap(tests)
    return st.recursive(
        leaf,
        lambda part: st.one_of(
            part.map(lambda tree: ("not", tree)),
            st.lists(part, min_size=2, max_size=3).map(lambda parts: ("and", tuple(parts))),
            st.lists(part, min_size=2, max_size=3).map(lambda parts: ("or", tuple(parts))),
        ),
        max_leaves=6,
    )


@st.composite
def written(draw: st.DrawFn, tree: tuple[Any, ...], level: int = 0) -> str:
    """A text for a tree: spaces, quotes, letter case and needless parentheses by chance."""
    kind = tree[0]
    if kind == "test":
        text = draw(written_test(tree))
    elif kind == "not":
        text = draw(cased("not")) + " " + draw(written(tree[1], 3))
    else:
        joint = " " + draw(cased(kind)) + " "
        own = {"or": 1, "and": 2}[kind]
        text = joint.join([draw(written(part, own + 1)) for part in tree[1]])
        if own < level:
            return f"({text})"
    return f"( {text} )" if draw(st.integers(0, 9)) == 0 else text


@st.composite
def written_test(draw: st.DrawFn, tree: tuple[Any, ...]) -> str:
    _, name, operator, values = tree
    column = name in (*TEXT_COLUMNS, "price", "in_stock")
    shown = draw(quoted(name, draw(cased(name)) if column else name))
    if not column and draw(st.booleans()):
        shown = "attributes." + shown
    if operator == "":
        return shown
    gap = draw(st.sampled_from(["", " "]))
    if operator in ("in", "not in"):
        listed = f",{gap}".join([draw(quoted(value, value)) for value in values])
        return f"{shown} {operator} ({listed})"
    return f"{shown}{gap}{operator}{gap}{draw(quoted(values[0], values[0]))}"


def cased(word: str) -> st.SearchStrategy[str]:
    """A word in small or capital letters."""
    return st.sampled_from([word, word.upper()])


def quoted(name: str, text: str) -> st.SearchStrategy[str]:
    """A word as it is where that is possible, or in quotes."""
    quotes = [f"{mark}{text}{mark}" for mark in "'\"" if mark not in text]
    bare = not re.search(r"[\s'\"=<>~(),!]", text) and text.lower() not in (
        "and",
        "or",
        "not",
        "in",
    )
    if bare and not name.lower().startswith("attributes."):
        return st.sampled_from([text, text, *quotes])
    return st.sampled_from(quotes)
