"""JSON lines: one object a line; a broken line is a reject, the others stay."""

from __future__ import annotations

import json
from typing import Any

from prodsim_cli.sources._encoding import decode
from prodsim_cli.sources._raw import Blob, RawTable, ReadOptions, Reject
from prodsim_cli.sources.json_file import parsed, table

EXTENSIONS = (".jsonl", ".ndjson")


def read(blob: Blob, options: ReadOptions) -> RawTable:
    """One row per line; blank lines are no data. Numbers are physical lines from 1."""
    decoded = decode(blob.data, options.encoding)
    records: list[tuple[int, Any]] = []
    rejects: list[Reject] = []
    for number, line in enumerate(decoded.data.split(b"\n"), 1):
        if not line.strip():
            continue
        text = line.decode("utf-8", "replace").rstrip("\r")
        try:
            records.append((number, parsed(text)))
        except (json.JSONDecodeError, RecursionError):
            hurt = decoded.damaged and "\ufffd" in text
            rejects.append(Reject(number, "bad bytes" if hurt else "broken JSON", text))
    return table(blob, records, rejects, decoded, counts_rows=False)
