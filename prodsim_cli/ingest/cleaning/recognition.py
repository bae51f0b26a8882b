"""What a file is (catalogue, events, or both in one) and which column holds which field."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from shlex import quote

import polars as pl

from prodsim_cli.errors import InputError
from prodsim_cli.ingest.cleaning import synonyms as words
from prodsim_cli.ingest.cleaning.cells import as_text, looks_like_types
from prodsim_cli.ingest.cleaning.columns import (
    UNIQUE_SHARE,
    Headers,
    forced_mapping,
    listed,
    pick_key,
    squash,
    suggest_key,
    uniqueness,
)
from prodsim_cli.ingest.readers._raw import CleanOptions, RawTable

CATALOG, TRANSACTIONS, EVENTS = "catalog", "transactions", "events"
_LONG_TEXT = 120
_NUMBER = re.compile(r"\d+(?:[.:-]\d+)*$")
_SAMPLE = 1_000
_MEASURES = ("quantity", "price", "total", "position", "weight", "rating")
_EVENT_ONLY = {*words.EVENT_FIELDS} - {*words.ITEM_FIELDS}
_DATES = ("date", "datum", "fecha", "日期", *words.AT[0])
_CLOCKS = ("time", "timeofday", "clock", "transtime", "zeit", "uhrzeit", "hora", "heure", "时间")
_ITEM_TEXTS = ("title", "description", "brand", "category", "tags", "image", "url")


class NotRecognised(InputError):
    """A file that is neither catalogue nor events; ``message`` says why (a folder skips it)."""


@dataclass(frozen=True)
class Recognition:
    """What a file is.

    ``kind``: catalog, transactions or events; ``mapping``: field -> column, as printed (a text that
    is put together shows its columns joined by `` + ``); ``parts``: the columns of such a title;
    ``notes``: sentences; ``certain``: False when a folder should skip the file, ``why`` then says
    the reason; ``clock``: the column with the time of day beside one with the date.
    """

    kind: str
    mapping: dict[str, str]
    notes: tuple[str, ...] = ()
    certain: bool = True
    why: str = ""
    parts: tuple[str, ...] = ()
    clock: str = ""


def recognise(raw: RawTable, options: CleanOptions, kind: str | None = None) -> Recognition:
    """Kind and columns of a raw table; ``kind`` catalog or events forces it.

    Raises :class:`NotRecognised` (no key column, neither kind), ``AmbiguousKey`` (two columns
    equally good) and ``UnknownColumn`` (a wrong ``--map``); each lists the columns found and the
    first two show the ``--map`` to type.
    """
    frame = raw.frame
    forced = forced_mapping(options.mapping, frame.columns)
    if kind == CATALOG:
        return _as_catalog(raw, forced)
    if kind in (EVENTS, TRANSACTIONS):
        return _as_events(raw, forced)
    if kind is not None:
        raise ValueError(f"kind {kind!r} is neither catalog nor events")
    if _speaks_of_events(frame, forced):
        return _as_events(raw, forced)
    return _as_catalog(raw, forced)


def _missing_key(raw: RawTable, what: str, others: Collection[str] = ()) -> NotRecognised:
    """The error without a key column; ``others``: columns that hold something else already."""
    columns = raw.frame.columns
    suggestion = suggest_key(raw.frame, but=others, unique=not others) or "COLUMN"
    hint = f"Say which it is, for example: --map sku={quote(suggestion)}"
    if any(_NUMBER.match(name) for name in columns):
        hint = "The file seems to have no header line: write the names of the columns above it."
    return NotRecognised(
        f"{raw.name}: no column was recognised as the product key ({what}). "
        f"Columns found: {listed(columns)}.",
        hint=hint,
        columns=columns,
    )


def _speaks_of_events(frame: pl.DataFrame, forced: dict[str, str]) -> bool:
    """Is there a customer, an order, an event type, or a time beside a key that repeats?"""
    headers = Headers(frame.columns)
    headers.taken.update(forced.values())
    if _EVENT_ONLY & forced.keys():
        return True
    # an e-mail or a uid may be a supplier's or a product's
    people = (*words.USER[:2], words.USER[3])
    if headers.first(people) or headers.first(words.ORDER[:1]):
        return True
    if any(looks_like_types(frame[column]) for column in headers.every(words.TYPE)):
        return True
    if headers.tier(words.OWN_TIMES):
        return True
    if not (headers.first(words.AT[:2]) or headers.tier(words.ORDER[1])):
        return False
    key = forced.get("sku") or headers.first(words.SKU)
    return key is not None and uniqueness(frame[key]) < UNIQUE_SHARE


def _take_forced(headers: Headers, forced: dict[str, str]) -> dict[str, str]:
    for column in forced.values():
        headers.take(column)
    return dict(forced)


def _as_catalog(raw: RawTable, forced: dict[str, str]) -> Recognition:
    frame, headers = raw.frame, Headers(raw.frame.columns)
    mapping = _take_forced(headers, forced)
    if "sku" not in mapping:
        key = pick_key(raw, headers, "sku", words.SKU, unique=True)
        if key is None:
            raise _missing_key(raw, "sku, product_id, 商品编号 ...")
        mapping["sku"] = key
    notes: list[str] = []
    parts: tuple[str, ...] = ()
    if "title" not in mapping:
        title = headers.first(words.TITLE) or _short_description(frame, headers)
        if title:
            mapping["title"] = headers.take(title)
        elif _is_name(frame[mapping["sku"]]):
            mapping["title"] = mapping["sku"]
        else:
            parts = _title_parts(headers, mapping)
    for field, tiers in words.ITEM_FIELDS.items():
        column = None if field in mapping or field == "title" else headers.first(tiers)
        if column:
            mapping[field] = headers.take(column)
    kind = None if parts or "category" in mapping else headers.first(words.KIND)
    if kind:  # a type is a category where there is no other one
        mapping["category"] = headers.take(kind)
    if parts:
        mapping["title"] = " + ".join(parts)
        notes.append(f"no title column: the title is put together from {listed(parts)}")
    why = _doubt_catalog(frame, mapping)
    return Recognition(CATALOG, _ordered(mapping), tuple(notes), not why, why, parts)


def _short_description(frame: pl.DataFrame, headers: Headers) -> str | None:
    """A description that is as short as a title stands for it."""
    column = headers.first(words.DESCRIPTION)
    if column is None:
        return None
    length = as_text(frame[column].head(_SAMPLE)).str.len_chars().mean()
    return column if isinstance(length, float) and length <= _LONG_TEXT else None


def _is_name(key: pl.Series) -> bool:
    """A column called product or item that holds names is the key and the title in one."""
    if squash(key.name) not in words.SKU[-1] or key.dtype != pl.String:
        return False
    filled = key.head(_SAMPLE).drop_nulls()
    named = filled.str.contains(r"\p{L}\p{L}") & ~filled.str.contains(r"^[^\s]*\d[^\s]*$")
    return int(named.sum()) * 2 > len(filled)


def _title_parts(headers: Headers, mapping: dict[str, str]) -> tuple[str, ...]:
    """Category, type and size: what a product without a title is called.

    Where there are two category columns the wider one stays the category; the brand stays a field
    of its own (both are read beside the title).
    """
    categories = headers.every(words.CATEGORY[:2])
    kinds = headers.tier(words.KIND[0])
    sizes = headers.tier(words.SIZE[0])
    named = [*categories[:1], *kinds[:2], *sizes[:2]]
    if not named:
        brand = headers.first(words.BRAND)
        return (brand,) if brand else ()
    if categories and "category" not in mapping:
        mapping["category"] = categories[1] if len(categories) > 1 else categories[0]
    for column in [*named, *mapping.values()]:
        headers.take(column)
    return tuple(named)


def _doubt_catalog(frame: pl.DataFrame, mapping: dict[str, str]) -> str:
    """Why a file may not be a catalogue; '' if nothing speaks against it."""
    key = mapping["sku"]
    texts = [field for field in ("title", "description", "brand", "category") if field in mapping]
    if not texts:
        return (
            f"{key} could be a product key, but there is no title or descriptive column, "
            "and no customer, order, time or event type"
        )
    if uniqueness(frame[key]) < UNIQUE_SHARE:
        return f"the values of {key} repeat too often for the key of a catalogue"
    return ""


def _as_events(raw: RawTable, forced: dict[str, str]) -> Recognition:
    frame, headers = raw.frame, Headers(raw.frame.columns)
    mapping = _take_forced(headers, forced)
    for field, tiers in (("sku", _event_keys()), ("user", words.USER)):
        if field in mapping:
            continue
        column = pick_key(raw, headers, field, tiers)
        if column:
            mapping[field] = column
    if "sku" not in mapping:
        others = [*headers.taken, *headers.every(words.ORDER), *headers.every(words.AT)]
        raise _missing_key(raw, "sku, product_id, StockCode, 商品ID ...", others)
    for field, tiers in (("order_id", words.ORDER), ("at", words.AT)):
        if field not in mapping and (column := headers.first(tiers)):
            mapping[field] = headers.take(column)
    clock = _clock(frame, headers, mapping.get("at"))
    if "type" not in mapping:
        for column in headers.every(words.TYPE):
            if squash(column) in words.TYPE[0] or looks_like_types(frame[column]):
                mapping["type"] = headers.take(column)
                break
    for field in _MEASURES:
        tiers = words.EVENT_FIELDS[field]
        if field == "position" and "at" in mapping:
            tiers = tiers[:1]  # a week or a day says less than the time does
        if field not in mapping and (column := headers.first(tiers)):
            mapping[field] = headers.take(column)
    notes = _item_columns(frame, headers, mapping)
    kind = TRANSACTIONS if any(field in mapping for field in _ITEM_TEXTS) else EVENTS
    found = Recognition(kind, _ordered(mapping), tuple(notes), clock=clock)
    why = _doubt_events(frame, mapping)
    return replace(found, certain=not why, why=why)


def _clock(frame: pl.DataFrame, headers: Headers, date: str | None) -> str:
    """The column with the time of day, where the date's column has none."""
    if date is None or squash(date) not in _DATES or not (clocks := headers.tier(_CLOCKS)):
        return ""
    days, times = (as_text(frame[c].head(_SAMPLE)).drop_nulls() for c in (date, clocks[0]))
    if days.str.contains(":").any() or not times.str.contains(r"^\s*\d{1,2}:\d{2}").all():
        return ""
    return headers.take(clocks[0])


def _event_keys() -> words.Tiers:
    """The key names of products without those that number the lines of an event file."""
    return tuple(tuple(n for n in tier if n not in words.ROW_KEYS) for tier in words.SKU)


def _item_columns(frame: pl.DataFrame, headers: Headers, mapping: dict[str, str]) -> list[str]:
    """Title and other texts that lines of events carry about their product."""
    if "title" not in mapping:
        title = headers.first(words.TITLE) or headers.first(words.DESCRIPTION)
        if title and "rating" in mapping and _varies(frame, mapping["sku"], title):
            headers.take(title)
            return [f"{title} differs from line to line of a product: it is no title"]
        if title:
            mapping["title"] = headers.take(title)
        elif _is_name(frame[mapping["sku"]]):
            mapping["title"] = mapping["sku"]
    if "title" in mapping:
        for field in _ITEM_TEXTS[1:]:
            if field not in mapping and (column := headers.first(words.EVENT_FIELDS[field])):
                mapping[field] = headers.take(column)
    else:
        for field in ("brand", "category"):
            if field not in mapping and (column := headers.first(words.EVENT_FIELDS[field])):
                mapping[field] = headers.take(column)
    return []


def _varies(frame: pl.DataFrame, key: str, title: str) -> bool:
    """The headings of reviews: of products with several lines most lines have their own text."""
    lines = frame.select(pl.col(key).alias("k"), pl.col(title).alias("t")).drop_nulls()
    by_key = lines.group_by("k").agg(pl.len().alias("n"), pl.col("t").n_unique().alias("d"))
    several = by_key.filter(pl.col("n") > 1)
    return len(several) > 0 and int(several["d"].sum()) * 2 > int(several["n"].sum())


def _doubt_events(frame: pl.DataFrame, mapping: dict[str, str]) -> str:
    """Why a file may not be one event a line; '' if nothing speaks against it."""
    if not {"user", "order_id", "at"} & mapping.keys():
        return "there is a product key, but no customer, order or time"
    if not {"user", "order_id", "type", "quantity", "total"} & mapping.keys():
        return "there is a product key and a time, but no customer, order, type or quantity"
    lists = [column for column in frame.columns if _holds_lists(frame[column])]
    if lists:
        return f"{listed(lists)} hold whole lists, so a line is not one event"
    return ""


def _holds_lists(column: pl.Series) -> bool:
    """A history: most cells are lists, in a column named like a key or a sequence."""
    if column.dtype != pl.String:
        return False
    name = squash(column.name)
    lists = "history sequence session previous past itemid productid items sku"
    if not any(word in name for word in lists.split()):
        return False
    filled = column.head(_SAMPLE).drop_nulls()
    return int(filled.str.contains(r"(?s)^\s*\[.*\]\s*$").sum()) * 2 > len(filled)


def _ordered(mapping: dict[str, str]) -> dict[str, str]:
    """Fields in one order, so that the printed mapping and the report do not depend on the file."""
    order = [*words.EVENT_FIELDS, *words.ITEM_FIELDS]
    return {field: mapping[field] for field in dict.fromkeys(order) if field in mapping}
