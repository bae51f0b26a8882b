"""The type column: words of shops and trackers into the event types of the store."""

from __future__ import annotations

import polars as pl

from prodsim_cli.ingest.cleaning.synonyms import EVENT_TYPE_WORDS
from prodsim_cli.ingest.cleaning.values import clean_texts
from prodsim_cli.text.normalize import squashed

_SQUASHED = {squashed(word): kind for word, kind in EVENT_TYPE_WORDS.items()}


def event_type(word: str) -> str | None:
    """The store's type for one cell, or None.

    >>> event_type("AddToCart"), event_type("add to cart"), event_type("购买"), event_type("zoom")
    ('cart', 'cart', 'purchase', None)
    """
    return _SQUASHED.get(squashed(word))


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
