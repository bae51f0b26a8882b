"""Objects of JSON to a table: chunk by chunk, each column of one type, nothing rounded or lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import polars as pl

from prodsim_cli.errors import InputError
from prodsim_cli.ingest.readers._raw import BAD_BYTES, DAMAGE, Blob, RawTable, Reject, distinct

CHUNK = 20_000
"""Objects that are Python objects at a time, where the format allows it."""

_DIGITS = 4000

NOT_AN_OBJECT, BROKEN = "not an object", "broken JSON"

Chunk = tuple[list[int], list[Any], list[Reject]]
"""Numbers, values and what could not even be parsed."""

_EXACT_IN_FLOAT, _EXACT_IN_INT = 2**53, 2**63 - 1


def parsed(text: str) -> Any:
    """What a JSON text means. Raises JSONDecodeError or RecursionError.

    Python refuses to convert thousands of digits; such a number stays what it is, a text.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return json.loads(text, parse_int=as_int)


def as_int(digits: str) -> int | str:
    """An integer, or the digits where there are too many of them for Python."""
    return int(digits) if len(digits) <= _DIGITS else digits


def table(
    blob: Blob,
    chunks: Callable[[], Iterable[Chunk]],
    notes: tuple[str, ...],
    *,
    damaged: bool,
    counts_rows: bool,
) -> RawTable:
    """Objects with their line or row numbers as a table; what is no object is a reject.

    ``chunks`` is called again where a column turns out to be of more than one type: its cells are
    then text, each as JSON writes it. ``damaged``: an object with U+FFFD has lost bytes. Raises
    InputError where there is no object at all.
    """
    columns = _Columns()
    lines: list[int] = []
    rejects: list[Reject] = []
    for chunk in chunks():
        numbers, objects, bad = _sorted_out(chunk, damaged)
        columns.add(objects)
        lines += numbers
        rejects += bad
    mixed = columns.mixed()
    if mixed:
        texts = _Columns(mixed)
        for chunk in chunks():
            texts.add(_sorted_out(chunk, damaged)[1])
        columns.replace(texts)
    if not columns.names:
        raise InputError(
            f"{blob.name} holds no objects.", hint="Write a list of objects, one per product."
        )
    return RawTable(
        name=blob.name,
        frame=columns.frame(),
        lines=np.array(lines, np.int64),
        read=len(lines) + len(rejects),
        rejects=tuple(sorted(rejects, key=lambda reject: reject.line or 0)),
        notes=(*blob.notes, *notes),
        counts_rows=counts_rows,
    )


def _sorted_out(
    chunk: Chunk, damaged: bool
) -> tuple[list[int], list[dict[str, Any]], list[Reject]]:
    """Numbers and objects that can be used, and rejects in order."""
    numbers, values, rejects = chunk
    if not damaged and all(type(value) is dict for value in values):
        return numbers, values, rejects
    good: list[tuple[int, dict[str, Any]]] = []
    rejects = list(rejects)
    for number, value in zip(numbers, values, strict=True):
        text = as_json(value) if damaged or not isinstance(value, dict) else ""
        if damaged and DAMAGE in text:
            rejects.append(Reject(number, BAD_BYTES, text))
        elif isinstance(value, dict):
            good.append((number, value))
        else:
            rejects.append(Reject(number, NOT_AN_OBJECT, text))
    return [number for number, _ in good], [value for _, value in good], rejects


class _Columns:
    """Columns that grow by chunks of objects; a type is settled when all chunks have been seen.

    ``only``: names of the columns to keep, all of them as text.
    """

    def __init__(self, only: frozenset[str] | None = None) -> None:
        self.only = only
        self.height = 0
        self.parts: dict[str, list[pl.Series]] = {}
        self.kinds: dict[str, set[str]] = {}

    @property
    def names(self) -> list[str]:
        return list(self.parts)

    def add(self, objects: list[dict[str, Any]]) -> None:
        """Append the objects of a chunk; a field that one lacks is null there."""
        found = dict.fromkeys(name for value in objects for name in value)
        for name in found if self.only is None else self.only:
            known = self.parts.setdefault(name, [pl.Series([None] * self.height, dtype=pl.Null)])
            values = [value.get(name) for value in objects]
            kind = "text" if self.only is not None else _kind(values)
            known.append(_series(values, kind))
            self.kinds.setdefault(name, set()).add(kind)
        for name in self.parts.keys() - found.keys():
            if self.only is None:
                self.parts[name].append(pl.Series([None] * len(objects), dtype=pl.Null))
        self.height += len(objects)

    def mixed(self) -> frozenset[str]:
        """Names whose chunks are of types that have no common one without a loss."""
        alike = ({"int", "float"}, {"int", "large"})
        return frozenset(
            name
            for name, kinds in self.kinds.items()
            if len(kinds - {"empty"}) > 1 and kinds - {"empty"} not in alike
        )

    def replace(self, texts: _Columns) -> None:
        """Take the columns of another one, which has seen the same objects."""
        self.parts |= texts.parts
        self.kinds |= texts.kinds

    def frame(self) -> pl.DataFrame:
        """The table; empty text is null."""
        out = []
        for name, parts in self.parts.items():
            dtype = _DTYPES[max(self.kinds[name], key=list(_DTYPES).index)]
            column = pl.concat([part.cast(dtype) for part in parts])
            if dtype == pl.String:
                column = column.replace("", None)
            out.append(column)
        titles = distinct([_sound(name) for name in self.parts])
        return pl.DataFrame([c.alias(title) for title, c in zip(titles, out, strict=True)])


_DTYPES = {
    "empty": pl.String,
    "bool": pl.Boolean,
    "int": pl.Int64,
    "large": pl.Int64,
    "float": pl.Float64,
    "text": pl.String,
}


def _kind(values: list[Any]) -> str:
    """What a list of JSON values is: ``large`` are integers that a float could not hold."""
    types = set(map(type, values)) - {type(None)}
    if not types:
        return "empty"
    if types == {bool}:
        return "bool"
    if not types <= {int, float}:
        return "text"
    largest = max((abs(value) for value in values if type(value) is int), default=0)
    if largest > _EXACT_IN_INT or (largest > _EXACT_IN_FLOAT and float in types):
        return "text"
    if float in types:
        return "float"
    return "large" if largest > _EXACT_IN_FLOAT else "int"


def _series(values: list[Any], kind: str) -> pl.Series:
    if kind != "text":
        return pl.Series(values, dtype=_DTYPES[kind], strict=False)
    try:
        if set(map(type, values)) <= {str, type(None)}:
            return pl.Series(values, dtype=pl.String)
    except UnicodeEncodeError:
        pass  # half a surrogate pair is no text
    return pl.Series([_text(value) for value in values], dtype=pl.String)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return _sound(value) if isinstance(value, str) else as_json(value)


def as_json(value: Any) -> str:
    """A value as JSON text. Raises InputError where it is nested too deeply."""
    try:
        return _sound(json.dumps(value, ensure_ascii=False))
    except RecursionError:  # writing takes a little more stack than reading did
        raise InputError(
            "A value is nested too deeply to be a cell.", hint="Export a flat list of objects."
        ) from None


def _sound(text: str) -> str:
    """Half a surrogate pair (``"\\ud800"``) is no text: ``?`` in its place."""
    return text.encode("utf-8", "replace").decode()


def flat(frame: pl.DataFrame) -> pl.DataFrame:
    """A typed frame with lists, structs and objects as JSON text and binary as UTF-8 text."""
    changes: list[pl.Expr | pl.Series] = []
    for name, kind in frame.schema.items():
        if kind == pl.Categorical or isinstance(kind, pl.Enum):
            changes.append(pl.col(name).cast(pl.String))
        elif kind == pl.Duration:  # polars has no cast of it to text
            spans = [None if v is None else str(v) for v in frame[name]]
            changes.append(pl.Series(name, spans, pl.String))
        elif kind == pl.Binary:
            texts = [None if v is None else v.decode("utf-8", "replace") for v in frame[name]]
            changes.append(pl.Series(name, texts, pl.String))
        elif kind.is_nested() or kind == pl.Object:
            texts = [_cell(value) for value in frame[name].to_list()]
            changes.append(pl.Series(name, texts, pl.String))
        elif kind == pl.String:
            changes.append(pl.col(name).replace("", None))
    return frame.with_columns(changes)


def _cell(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)
