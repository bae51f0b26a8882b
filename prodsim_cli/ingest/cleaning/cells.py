"""Cells into values: ids, texts, booleans, event types; costly work on distinct values only."""

from __future__ import annotations

import ast
import html
import json
import re
from collections.abc import Callable
from typing import Any

import polars as pl

from prodsim_cli.ingest.cleaning.synonyms import EVENT_TYPE_WORDS
from prodsim_cli.text.normalize import squashed

EMPTY_WORDS = ("nan", "na", "null", "none", "n/a", "#n/a", "<na>", "nil")
"""Cells that stand for nothing, in small letters."""

_INVISIBLE = (
    r"[\x{00}-\x{1f}\x{7f}-\x{9f}\x{ad}\x{200b}\x{200e}\x{200f}\x{2028}-\x{202e}"
    r"\x{2060}-\x{2064}\x{feff}]"
)
_BETWEEN = re.compile(r"""['"],\s*['"]""")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_INLINE = (
    r"(?i)</?(?:b|i|u|em|strong|span|font|a|small|big|sub|sup|mark|abbr|tt|s|code)(?:\s[^<>]*)?/?>"
)
_TAG = (
    r"</?[A-Za-z][A-Za-z0-9:-]*(?:\s[^<>]*)?/?>|<![A-Za-z\[][^<>]*>"
    r"|</?(?:p|br|b|i|a|li|ul|ol|div|span|strong|em|table|tr|td)(?:\s[^<>]*)?$"  # cut off
)
_STYLES = r"[.#@]?[\w-]+\s*\{[^{}]*:[^{}]*;[^{}]*\}"  # left of a <style>
_BLOCKS = (
    r"(?s)<!--.*?(?:-->|$)",
    r"(?is)<script\b.*?(?:</script\s*>|$)",
    r"(?is)<style\b.*?(?:</style\s*>|$)",
)


def on_distinct(column: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """``change`` applied to each distinct value once; the column itself if nothing changes."""
    distinct = column.unique().drop_nulls()
    changed = change(distinct)
    if changed.dtype == distinct.dtype and changed.equals(distinct, null_equal=True):
        return column
    return column.replace_strict(distinct, changed, default=None, return_dtype=changed.dtype)


def as_text(column: pl.Series) -> pl.Series:
    """Any column as String; whole numbers in full, also where a table stored them as floats."""
    if column.dtype == pl.String:
        return column
    if column.dtype.is_float():
        whole = column.fill_nan(None).drop_nulls()
        if len(whole) == 0:
            return pl.Series(column.name, [None] * len(column), dtype=pl.String)
        finite = whole.is_finite().all() and bool((whole.abs() < 2**63).all())
        if finite and bool((whole == whole.round(0)).all()):
            return column.fill_nan(None).cast(pl.Int64).cast(pl.String)
        return column.fill_nan(None).cast(pl.String)
    return column.cast(pl.String, strict=False)


def _spaces(values: pl.Series) -> pl.Series:
    """NFKC, white space as one blank, invisible and control characters out, empty words as null."""
    values = values.str.normalize("NFKC").str.replace_all(r"\s+", " ")
    values = values.str.replace_all(_INVISIBLE, "").str.strip_chars()
    nothing = (values == "") | values.str.to_lowercase().is_in(EMPTY_WORDS)
    return values.set(nothing, None)


def clean_ids(column: pl.Series) -> pl.Series:
    """Keys as text: trimmed, NFKC, and ``17850.0`` as ``17850`` where the whole column is so.

    Among other keys only a long number loses its ``.0``, and only where no key has other digits
    after a point. Leading zeros, letter case and a version-like ``1.0`` among other keys stay.
    """

    def change(values: pl.Series) -> pl.Series:
        values = _spaces(values)
        filled = values.drop_nulls()
        if len(filled) and bool(filled.str.contains(r"^\d+\.0+$").all()):
            values = values.str.replace(r"\.0+$", "")
        elif not filled.str.contains(r"^\d+\.\d*[1-9]").any():
            values = values.str.replace(r"^(\d{4,})\.0$", "$1")
        return values

    return on_distinct(as_text(column), change)


def _flat(value: Any) -> list[str]:
    if isinstance(value, (list, tuple)):
        return [text for part in value for text in _flat(part)]
    if isinstance(value, dict):
        return [text for part in value.values() for text in _flat(part)]
    text = "" if value is None else str(value).strip()
    return [text] if text else []


def _unlist(text: str) -> str:
    """``["a", 'b']`` (JSON or Python notation) as ``a, b``; sentences joined by a blank."""
    for read in (json.loads, ast.literal_eval):
        try:
            parts = _flat(read(text))
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        return _joined(parts)
    if text.strip()[1:2] in ("'", '"'):  # quotes inside that were not escaped
        return _joined([part.strip() for part in _BETWEEN.split(text.strip()[2:-2])])
    return text


def _joined(parts: list[str]) -> str:
    text = (" " if any(len(part) > 60 for part in parts) else ", ").join(parts)
    return text.encode("utf-8", "replace").decode()  # half a surrogate pair is no text


def _unescape(text: str) -> str:
    """HTML entities resolved, also those that were escaped twice."""
    for _ in range(2):
        if "&" not in text:
            break
        text = _ENTITY.sub(lambda match: html.unescape(match.group()), text)
    return text


def _each(values: pl.Series, picked: pl.Series, change: Callable[[str], str]) -> pl.Series:
    """A Python function on the few values under the mask."""
    if not picked.any():
        return values
    old = values.filter(picked)
    new = pl.Series([change(text) for text in old], dtype=pl.String)
    return values.scatter(picked.arg_true(), new)


def clean_texts(column: pl.Series) -> pl.Series:
    """Texts for people: lists unrolled, no HTML, entities resolved, NFKC, one blank; '' is null."""

    def change(values: pl.Series) -> pl.Series:
        values = values.clone()
        values = _each(values, values.str.contains(r"(?s)^\s*\[.*\]\s*$"), _unlist)
        values = _each(values, values.str.contains("&", literal=True), _unescape)
        tagged = values.str.contains("<", literal=True)
        if tagged.any():
            for block in _BLOCKS:
                values = values.str.replace_all(block, " ")
            values = values.str.replace_all(_INLINE, "").str.replace_all(_TAG, " ")
        if values.str.contains("{", literal=True).any():
            values = values.str.replace_all(_STYLES, " ")
        return _spaces(values)

    return on_distinct(as_text(column), change)


_IN_STOCK = {
    word: flag
    for flag, words in {
        True: (
            "1 1.0 true t yes y in_stock instock available ja oui si vrai wahr"
            " 是 有 有货 有库存 在售 现货"
        ),
        False: (
            "0 0.0 false f no n out_of_stock outofstock unavailable discontinued sold_out soldout"
            " nein non faux falsch preorder backorder 否 无 无货 缺货 没有 售罄 下架 断货"
        ),
    }.items()
    for word in words.split()
}


def booleans(column: pl.Series) -> tuple[pl.Series, int]:
    """Is it in stock: words and numbers (units) as Boolean, and how many cells were neither."""
    if column.dtype == pl.Boolean:
        return column, 0
    if column.dtype.is_numeric():
        return (column > 0).alias(column.name), 0

    def change(values: pl.Series) -> pl.Series:
        words = _spaces(values).str.to_lowercase().str.replace_all(r"[ -]", "_")
        units = words.cast(pl.Float64, strict=False)
        known = words.replace_strict(_IN_STOCK, default=None, return_dtype=pl.Boolean)
        return known.zip_with(known.is_not_null() | ~units.is_finite().fill_null(False), units > 0)

    text = _spaces(as_text(column))
    flags = on_distinct(text, change)
    if flags.dtype != pl.Boolean:
        flags = pl.Series(column.name, [None] * len(column), dtype=pl.Boolean)
    return flags, int((flags.is_null() & text.is_not_null()).sum())


def event_type(word: str) -> str | None:
    """The store's type for one cell, or None.

    >>> event_type("AddToCart"), event_type("add to cart"), event_type("购买"), event_type("zoom")
    ('cart', 'cart', 'purchase', None)
    """
    return EVENT_TYPE_WORDS.get(squashed(word))


def parse_types(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """(types, words): the store's types, null where unknown or empty, and the cleaned words."""
    words = clean_texts(column)
    distinct = words.unique().drop_nulls()
    known = [event_type(word) for word in distinct]
    kinds = pl.Series(known, dtype=pl.String)
    types = words.replace_strict(distinct, kinds, default=None, return_dtype=pl.String)
    return types, words


def looks_like_types(column: pl.Series) -> bool:
    """Do most of the few distinct values name an event type? (``type`` may be a product's type.)"""
    if column.dtype != pl.String:
        return False
    distinct = column.unique().drop_nulls()
    if not 0 < len(distinct) <= 50:
        return False
    return sum(event_type(word) is not None for word in distinct) * 2 >= len(distinct)
