"""JSON: a list of objects, an object keyed by SKU, or an object that holds one such list."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl

from prodsim_cli.errors import InputError
from prodsim_cli.sources._encoding import decode
from prodsim_cli.sources._raw import Blob, RawTable, ReadOptions, Reject

EXTENSIONS = (".json",)


def read(blob: Blob, options: ReadOptions) -> RawTable:
    """One row per object; its number counts from 1. Nested values become JSON text.

    Of an object keyed by SKU the key becomes the column ``sku`` (``key`` where the objects have a
    ``sku`` of their own). Raises InputError with line and column where the text is no JSON.
    """
    decoded = decode(blob.data, options.encoding)
    try:
        whole = json.loads(decoded.data)
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
    records = _records(whole, blob.name)
    return table(blob, list(enumerate(records, 1)), [], (decoded.note,), counts_rows=True)


def _records(whole: Any, name: str) -> list[Any]:
    if isinstance(whole, dict):
        lists = [v for v in whole.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
        if len(lists) == 1 and not all(isinstance(v, dict) for v in whole.values()):
            return list(lists[0])
        if whole and all(isinstance(v, dict) for v in whole.values()):
            key = "key" if any("sku" in v for v in whole.values()) else "sku"
            return [{key: sku, **fields} for sku, fields in whole.items()]
        whole = [whole] if whole else []
    if not isinstance(whole, list):
        raise InputError(
            f"{name} holds one {type(whole).__name__}, no list of products or events.",
            hint="Write a list of objects, or an object keyed by SKU.",
        )
    return whole


def table(
    blob: Blob,
    records: list[tuple[int, Any]],
    rejects: list[Reject],
    notes: tuple[str, ...],
    *,
    counts_rows: bool,
) -> RawTable:
    """Objects with their line or row number as a table; what is no object is a reject."""
    good = [(line, record) for line, record in records if isinstance(record, dict)]
    bad = [
        Reject(line, "not an object", json.dumps(record, ensure_ascii=False))
        for line, record in records
        if not isinstance(record, dict)
    ]
    rejects = sorted([*rejects, *bad], key=lambda reject: reject.line or 0)
    names = list(dict.fromkeys(name for _, record in good for name in record))
    frame = pl.DataFrame([_column(name, [r.get(name) for _, r in good]) for name in names])
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
        notes=(*blob.notes, *notes),
        counts_rows=counts_rows,
    )


def _column(name: str, values: list[Any]) -> pl.Series:
    """A column of one type: numbers and booleans stay where all are such, else text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float} and kinds and not _huge(values):
        kind = pl.Int64 if kinds == {int} else pl.Float64
        return pl.Series(name, values, kind, strict=False)
    if kinds == {bool}:
        return pl.Series(name, values, pl.Boolean)
    return pl.Series(name, [_text(value) for value in values], pl.String)


def _huge(values: list[Any]) -> bool:
    return any(isinstance(value, int) and abs(value) >= 2**63 for value in values)


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # half a surrogate pair is no text
    return json.dumps(value, ensure_ascii=False)
