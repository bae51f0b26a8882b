"""Frames that come with types: make nested columns text, so that cleaning meets plain cells."""

from __future__ import annotations

import json

import polars as pl


def flat(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with lists, structs and objects as JSON text and binary as UTF-8 text."""
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
            texts = [_json(value) for value in frame[name].to_list()]
            changes.append(pl.Series(name, texts, pl.String))
        elif kind == pl.String:
            changes.append(pl.col(name).replace("", None))
    return frame.with_columns(changes)


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)
