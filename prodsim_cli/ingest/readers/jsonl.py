"""JSON lines: one object a line; a broken line is a reject, the others stay."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from prodsim_cli.ingest.readers._encoding import Decoded, decode
from prodsim_cli.ingest.readers._raw import BAD_BYTES, DAMAGE, Blob, RawTable, ReadOptions, Reject
from prodsim_cli.ingest.readers._records import BROKEN, CHUNK, Chunk, parsed, table

EXTENSIONS = (".jsonl", ".ndjson")


def read(blob: Blob, options: ReadOptions) -> RawTable:
    """One row per line; blank lines are no data. Numbers are physical lines from 1."""
    decoded = decode(blob.data, options.encoding)
    return table(
        blob, lambda: _chunks(decoded), (decoded.note,), damaged=decoded.damaged, counts_rows=False
    )


def _chunks(decoded: Decoded) -> Iterator[Chunk]:
    """The values of so many lines at a time: all of them as Python objects would not fit."""
    lines = enumerate(io.BytesIO(decoded.data), 1)
    while chunk := list(islice(lines, CHUNK)):
        numbers: list[int] = []
        values: list[Any] = []
        rejects: list[Reject] = []
        for number, line in chunk:
            text = line.decode().rstrip("\r\n")
            if not text.strip():
                continue
            try:
                values.append(parsed(text))
            except (json.JSONDecodeError, RecursionError):
                hurt = decoded.damaged and DAMAGE in text
                rejects.append(Reject(number, BAD_BYTES if hurt else BROKEN, text))
            else:
                numbers.append(number)
        yield numbers, values, rejects
