"""JSON: a list of objects, an object keyed by SKU, or an object that holds one such list."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl

from prodsim_cli.errors import InputError
from prodsim_cli.sources._delimiter import distinct
from prodsim_cli.sources._encoding import Decoded, decode
from prodsim_cli.sources._raw import Blob, RawTable, ReadOptions, Reject

EXTENSIONS = (".json",)

_DIGITS = 4000


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
    records = list(enumerate(_records(whole, text, blob.name), 1))
    return table(blob, records, [], decoded, counts_rows=True)


def parsed(text: str) -> Any:
    """What a JSON text means. Raises JSONDecodeError or RecursionError."""
    return json.loads(text, parse_int=_int)


def _int(digits: str) -> int | str:
    """Python refuses to convert thousands of digits; such a key stays what it is, a text."""
    return int(digits) if len(digits) <= _DIGITS else digits


def _records(whole: Any, text: str, name: str) -> list[Any]:
    if isinstance(whole, dict):
        lists = [v for v in whole.values() if isinstance(v, list) and _objects(v)]
        if len(lists) == 1:
            return list(lists[0])
        if whole and all(isinstance(v, dict) for v in whole.values()):
            key = "key" if any("sku" in v for v in whole.values()) else "sku"
            return [{key: sku, **fields} for sku, fields in _pairs(text)]
        whole = [whole] if whole else []
    if not isinstance(whole, list):
        raise InputError(
            f"{name} holds one {type(whole).__name__}, no list of products or events.",
            hint="Write a list of objects, or an object keyed by SKU.",
        )
    return whole


def _pairs(text: str) -> list[tuple[str, Any]]:
    """Keys and values of the outermost object; a key that stands twice gives two pairs."""
    outermost: list[tuple[str, Any]] = []

    def closed(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal outermost
        outermost = pairs  # the outermost object closes last
        return dict(pairs)

    json.loads(text, object_pairs_hook=closed, parse_int=_int)
    return outermost


def _objects(values: list[Any]) -> bool:
    return not values or isinstance(values[0], dict)


def table(
    blob: Blob,
    records: list[tuple[int, Any]],
    rejects: list[Reject],
    decoded: Decoded,
    *,
    counts_rows: bool,
) -> RawTable:
    """Objects with their line or row number as a table; what is no object, or holds bytes that are
    not of the encoding, is a reject."""
    good: list[tuple[int, dict[str, Any]]] = []
    for line, record in records:
        if not isinstance(record, dict):
            rejects.append(Reject(line, "not an object", _dumped(record)))
        elif decoded.damaged and "\ufffd" in _dumped(record):
            rejects.append(Reject(line, "bad bytes", _dumped(record)))
        else:
            good.append((line, record))
    rejects.sort(key=lambda reject: reject.line or 0)
    names = list(dict.fromkeys(name for _, record in good for name in record))
    columns = [_column([r.get(name) for _, r in good]) for name in names]
    titles = distinct([_sound(name) for name in names])
    frame = pl.DataFrame([c.alias(title) for title, c in zip(titles, columns, strict=True)])
    if not names:
        raise InputError(
            f"{blob.name} holds no objects.", hint="Write a list of objects, one per product."
        )
    lines = np.array([line for line, _ in good], np.int64)
    return RawTable(
        name=blob.name,
        frame=frame,
        lines=lines,
        read=len(good) + len(rejects),
        rejects=tuple(rejects),
        notes=(*blob.notes, decoded.note),
        counts_rows=counts_rows,
    )


def _column(values: list[Any]) -> pl.Series:
    """A column of one type: numbers and booleans stay where all are such, else text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float} and kinds and not _huge(values, 2**63 if kinds == {int} else 2**53):
        kind = pl.Int64 if kinds == {int} else pl.Float64
        return pl.Series(values, dtype=kind, strict=False)
    if kinds == {bool}:
        return pl.Series(values, dtype=pl.Boolean)
    return pl.Series([_text(value) for value in values], dtype=pl.String)


def _huge(values: list[Any], limit: int) -> bool:
    """True where an integer would not survive as Int64, or among floats as Float64."""
    return any(isinstance(value, int) and abs(value) >= limit for value in values)


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return _sound(value) if isinstance(value, str) else _dumped(value)


def _sound(text: str) -> str:
    """Half a surrogate pair (``"\\ud800"``) is no text: ``?`` in its place."""
    return text.encode("utf-8", "replace").decode()


def _dumped(value: Any) -> str:
    try:
        return _sound(json.dumps(value, ensure_ascii=False))
    except RecursionError:  # writing takes a little more stack than reading did
        raise InputError(
            "A value is nested too deeply to be a cell.", hint="Export a flat list of objects."
        ) from None
