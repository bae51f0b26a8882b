"""Readers: one file per input format, each with ``EXTENSIONS`` and ``read(blob, options)``.

``inputs`` turns the words of the command into inputs, ``load`` fetches the bytes of one, ``read``
picks the reader. The contract of a reader: every line of the file is either a row of the table or
a reject; nothing vanishes.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from prodsim_cli import registry
from prodsim_cli.ingest.readers._inputs import Input, extension, inputs, load
from prodsim_cli.ingest.readers._raw import Blob, RawTable, ReadOptions, without_huge_cells

__all__ = ["Blob", "Input", "RawTable", "ReadOptions", "inputs", "load", "parts", "read"]


def read(blob: Blob, options: ReadOptions) -> RawTable:
    """The table of one input by the reader of its content, else of its name.

    Raises InputError where the file as a whole cannot be read.
    """
    table: RawTable = registry.load("readers", format_of(blob)).read(blob, options)
    return without_huge_cells(table)


def parts(blob: Blob, options: ReadOptions) -> list[tuple[Blob, ReadOptions]]:
    """The tables of an input, each as a blob of its own name and hash, and how to read it.

    A workbook has one for the sheet that was named, else one for each sheet with rows. Its hash
    holds the sheet, so that two sheets of one workbook are two things that were read.
    """
    if format_of(blob) != "excel":
        return [(blob, options)]
    sheets = registry.load("readers", "excel").sheets(blob, options.sheet)
    named = len(sheets) > 1 or options.sheet is not None
    return [
        (
            replace(
                blob,
                name=f"{blob.name}, sheet {sheet}" if named else blob.name,
                sha256=hashlib.sha256(f"{blob.sha256}\0{sheet}".encode()).hexdigest(),
            ),
            replace(options, sheet=sheet),
        )
        for sheet in sheets
    ]


def format_of(blob: Blob) -> str:
    """Name of the reader. What the bytes say for certain goes before what the name says."""
    if blob.data.startswith(b"PAR1"):
        return "parquet"
    if blob.data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "excel"
    suffix = extension(blob.name)
    readers = {n: registry.load("readers", n).EXTENSIONS for n in registry.names("readers")}
    named = next((name for name, suffixes in readers.items() if suffix in suffixes), "")
    if named in ("", "delimited", "json_file"):
        return _json_kind(blob.data) or named or "delimited"
    return named


def _json_kind(data: bytes) -> str:
    """``json_file`` or ``jsonl`` where the text begins like one, else ''.

    JSON lines often come as ``.json``: one whole object on the first line, another one below.
    """
    begin = re.match(rb"(?:\xef\xbb\xbf)?\s*(?=\[\s*[{\]]|\{\s*[\"}])", data)
    if begin is None:
        return ""
    end = data.find(b"\n", begin.end())
    lines = end >= 0 and data[begin.end() : end].rstrip().endswith(b"}")
    return "jsonl" if lines and re.compile(rb"\s*\{").match(data, end) else "json_file"
