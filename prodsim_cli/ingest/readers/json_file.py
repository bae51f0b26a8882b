"""JSON: a list of objects, an object keyed by SKU, or an object that holds one such list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from prodsim_cli.errors import InputError
from prodsim_cli.ingest.readers._encoding import decode
from prodsim_cli.ingest.readers._raw import Blob, RawTable, ReadOptions, Reject
from prodsim_cli.ingest.readers._records import (
    CHUNK,
    NOT_AN_OBJECT,
    Chunk,
    as_int,
    as_json,
    parsed,
    table,
)

EXTENSIONS = (".json",)


def read(blob: Blob, options: ReadOptions) -> RawTable:
    """One row per object; its number counts from 1. Nested values become JSON text.

    Of an object keyed by SKU the key becomes the column ``sku`` (``key`` where the objects have a
    ``sku`` of their own). Raises InputError with line and column where the text is no JSON.
    """
    decoded = decode(blob.data, options.encoding)
    try:
        text = decoded.data.decode()
        whole = parsed(text)
    except json.JSONDecodeError as problem:
        raise InputError(
            f"{blob.name} is broken JSON at line {problem.lineno}, column {problem.colno}:"
            f" {problem.msg}.",
            hint="Export it again, or write one object a line and name the file .jsonl:"
            " then only broken lines are lost.",
        ) from None
    except RecursionError:
        raise InputError(
            f"{blob.name} is nested too deeply.", hint="Export a flat list of objects."
        ) from None
    records, rejects = _records(whole, text, blob.name)

    def chunks() -> Iterator[Chunk]:
        yield [], [], rejects
        for start in range(0, len(records), CHUNK):
            part = records[start : start + CHUNK]
            yield [number for number, _ in part], [value for _, value in part], []

    return table(blob, chunks, (decoded.note,), damaged=decoded.damaged, counts_rows=True)


def _records(whole: Any, text: str, name: str) -> tuple[list[tuple[int, Any]], list[Reject]]:
    """Numbered values, and the entries of an object keyed by SKU that hold none."""
    if isinstance(whole, dict):
        lists = [v for v in whole.values() if isinstance(v, list) and _objects(v)]
        objects = sum(isinstance(value, dict) for value in whole.values())
        if len(lists) == 1:
            whole = lists[0]
        elif 2 * objects > len(whole):
            return _keyed(text)
        else:
            whole = [whole] if whole else []
    if not isinstance(whole, list):
        raise InputError(
            f"{name} holds one {type(whole).__name__}, no list of products or events.",
            hint="Write a list of objects, or an object keyed by SKU.",
        )
    return list(enumerate(whole, 1)), []


def _keyed(text: str) -> tuple[list[tuple[int, Any]], list[Reject]]:
    """The entries of an object keyed by SKU; an entry that is no object is a reject."""
    pairs = list(enumerate(_pairs(text), 1))
    key = "key" if any("sku" in v for _, (_, v) in pairs if isinstance(v, dict)) else "sku"
    good = [(n, {key: sku, **v}) for n, (sku, v) in pairs if isinstance(v, dict)]
    bad = [
        Reject(n, NOT_AN_OBJECT, as_json({sku: v}))
        for n, (sku, v) in pairs
        if not isinstance(v, dict)
    ]
    return good, bad


def _pairs(text: str) -> list[tuple[str, Any]]:
    """Keys and values of the outermost object; a key that stands twice gives two pairs."""
    outermost: list[tuple[str, Any]] = []

    def closed(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal outermost
        outermost = pairs  # the outermost object closes last
        return dict(pairs)

    json.loads(text, object_pairs_hook=closed, parse_int=as_int)
    return outermost


def _objects(values: list[Any]) -> bool:
    return not values or isinstance(values[0], dict)
