"""Readers: one file per input format, each with ``EXTENSIONS`` and ``read(blob, options)``.

``inputs`` turns the words of the command into inputs, ``load`` fetches the bytes of one, ``read``
picks the reader. The contract of a reader: every line of the file is either a row of the table or
a reject; nothing vanishes.
"""

from __future__ import annotations

from prodsim_cli import registry
from prodsim_cli.sources._inputs import Input, extension, inputs, load
from prodsim_cli.sources._raw import Blob, RawTable, ReadOptions

__all__ = ["Blob", "Input", "RawTable", "ReadOptions", "inputs", "load", "read"]


def read(blob: Blob, options: ReadOptions) -> RawTable:
    """The table of one input by the reader of its content, else of its name.

    Raises InputError where the file as a whole cannot be read.
    """
    table: RawTable = registry.load("sources", format_of(blob)).read(blob, options)
    return table


def format_of(blob: Blob) -> str:
    """Name of the reader. What the bytes say for certain goes before what the name says."""
    start = blob.data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if blob.data.startswith(b"PAR1"):
        return "parquet"
    if blob.data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "excel"
    suffix = extension(blob.name)
    for name in registry.names("sources"):
        if suffix in registry.load("sources", name).EXTENSIONS:
            return name
    if start.startswith((b"[", b"{")):
        first = start.split(b"\n", 1)[0].rstrip(b"\r ,")
        one_a_line = first.startswith(b"{") and first.endswith(b"}") and b"\n" in start
        return "jsonl" if one_a_line else "json_file"
    return "delimited"
