"""A table as a file: csv, jsonl (both also gzipped) or parquet; complete or not there.

Rows go into the file as they come, so the memory is that of a block. The same rows give the same
bytes: no time and no name of a machine is written, and row groups of parquet have one size.
"""

from __future__ import annotations

import errno
import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, Literal, cast

import polars as pl

from prodsim_cli.errors import UsageProblem
from prodsim_cli.files import whole_file
from prodsim_cli.render.plain import json_text

if TYPE_CHECKING:
    from prodsim_cli.export.table import Table

ENDINGS = ("csv", "jsonl", "parquet", "csv.gz", "jsonl.gz")

GROUP, CELLS = 100_000, 2_000_000
"""Rows of a row group of parquet, and its cells at the most: a vector has many."""


def form_of(path: str | Path) -> str:
    """Which of :data:`ENDINGS` a path has; raises :class:`UsageProblem` for another one."""
    name = Path(path).name.lower()
    for end in ENDINGS:
        if name.endswith(f".{end}") and len(name) > len(end) + 1:
            return end
    found = Path(path).suffix.lower().removeprefix(".")
    named = f"the ending {found!r}" if found else "no ending"
    raise UsageProblem(
        f"-o {path} has {named}, which is no format that can be written.",
        hint=f"Name a file that ends in one of: {', '.join(f'.{end}' for end in ENDINGS)}.",
    )


def write(table: Table, path: str | Path) -> int:
    """Write all rows and return how many; the file takes its place when it is whole.

    Raises :class:`UsageProblem` for another ending, :class:`InputError` where the file can't be
    written.
    """
    form = form_of(path)
    with whole_file(path) as beside:
        if form == "parquet":
            return _parquet(table, beside)
        with _opened(beside, form) as stream:
            return stream_to(lambda text: stream.write(text.encode()), form, table)


def stream_to(put: Callable[[str], Any], form: str, table: Table) -> int:
    """The rows as csv, tsv or jsonl, as they come; how many."""
    if form.startswith("jsonl"):
        return _jsonl(table, put)
    return _csv(table, put, "\t" if form == "tsv" else ",")


@contextmanager
def _opened(path: Path, form: str) -> Iterator[IO[bytes]]:
    """The file to write bytes to; through gzip without a name and a time."""
    with path.open("wb") as file:
        if not form.endswith(".gz"):
            yield file
            return
        with gzip.GzipFile(
            filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0
        ) as zipped:
            yield cast(IO[bytes], zipped)


def _frames(table: Table) -> Iterator[pl.DataFrame]:
    """The frames of a table; where it has none, an empty one with its columns."""
    empty = True
    for frame in table.frames:
        empty = False
        yield frame
    if empty:
        yield pl.DataFrame(schema=table.columns)


def _csv(table: Table, put: Callable[[str], Any], separator: str) -> int:
    rows, header = 0, True
    for frame in _frames(table):
        named = flat(frame)
        put(named.write_csv(include_header=header, quote_style=_quotes(named), separator=separator))
        header = False
        rows += frame.height
    return rows


def _quotes(frame: pl.DataFrame) -> Literal["necessary", "non_numeric"]:
    """A lone carriage return ends a line for many readers, and polars does not quote it."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    lone = any(frame[name].str.contains("\r", literal=True).any() for name in texts)
    return "non_numeric" if lone else "necessary"


def flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists of numbers as numbered columns."""
    for name, kind in frame.schema.items():
        if isinstance(kind, pl.Array):
            parts = [pl.col(name).arr.get(at).alias(f"{name[0]}{at}") for at in range(kind.size)]
            frame = frame.with_columns(parts).drop(name)
    return frame


def _jsonl(table: Table, put: Callable[[str], Any]) -> int:
    rows = 0
    if table.lines is not None:
        for line in table.lines:
            put(json_text(line, indent=None) + "\n")
            rows += 1
        return rows
    for frame in table.frames:
        put(frame.write_ndjson())
        rows += frame.height
    return rows


def _parquet(table: Table, path: Path) -> int:
    """Blocks become files beside, which are joined in a stream: polars writes a file in one go."""
    rows = 0
    with (
        _refused_by_the_system(),
        TemporaryDirectory(prefix=f"{path.name}.", dir=path.parent) as folder,
    ):
        parts: list[Path] = []
        for frame in _frames(table):
            part = Path(folder) / f"{len(parts):06d}.parquet"
            _listed(frame).write_parquet(part)
            parts.append(part)
            rows += frame.height
        group = max(1, min(GROUP, CELLS // _width(table)))
        pl.scan_parquet(parts).sink_parquet(path, row_group_size=group)
    return rows


@contextmanager
def _refused_by_the_system() -> Iterator[None]:
    """What the system says to polars about a parquet file is an :class:`OSError` like any other."""
    try:
        yield
    except pl.exceptions.ComputeError as problem:
        said = str(problem)
        if "IO error" not in said:
            raise
        raise OSError(errno.EIO, said.rpartition("IO error: ")[2]) from problem


def _width(table: Table) -> int:
    """Cells of one row."""
    return sum(kind.size if isinstance(kind, pl.Array) else 1 for kind in table.columns.values())


def _listed(frame: pl.DataFrame) -> pl.DataFrame:
    """Arrays as lists, which every reader of parquet knows."""
    arrays = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Array)]
    return frame.with_columns(pl.col(name).arr.to_list() for name in arrays) if arrays else frame
