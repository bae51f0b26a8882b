"""``export``: one table of one state of the database into one file."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from prodsim_cli.export import graph, recs, similar, table_file, vectors
from prodsim_cli.export.table import Table
from prodsim_cli.files import check_file
from prodsim_cli.queries.ranking.request import Rules
from prodsim_cli.queries.recommend import RecommendRequest
from prodsim_cli.records.reports import Export

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress


@dataclass(frozen=True)
class ExportRequest:
    """What is wanted of a table; each reads what concerns it.

    ``methods``: one method, of ``graph`` several; ``space``: of ``vectors``; ``by``, ``again``: of
    ``recs``, as for ``recommend``.
    """

    k: int = 10
    methods: tuple[str, ...] = ()
    space: str | None = None
    by: str | None = None
    again: bool = False
    rules: Rules = field(default_factory=Rules)


def export(
    connection: sqlite3.Connection,
    what: str,
    path: str,
    request: ExportRequest,
    progress: Progress | None = None,
) -> Export:
    """Write one table; a build that ends meanwhile does not show.

    Raises UsageProblem for an ending that is no format and InputError where the file can't be
    written, both before anything is read; and what the table itself raises, see its module.
    """

    def made(_: str) -> Table:
        return _table(connection, what, request, progress)

    return _written(connection, what, made, path, None, progress)


def everybody(
    connection: sqlite3.Connection,
    request: RecommendRequest,
    rules: Rules,
    k: int,
    *,
    path: str | None = None,
    form: str = "csv",
    progress: Progress | None = None,
) -> Export:
    """``recommend --all``: lists of all users into a file, else to stdout as csv, tsv or jsonl."""

    def made(form: str) -> Table:
        return recs.table(connection, k, request, rules, progress, form)

    return _written(connection, "recs", made, path, form, progress)


def _written(
    connection: sqlite3.Connection,
    what: str,
    make: Callable[[str], Table],
    path: str | None,
    form: str | None,
    progress: Progress | None,
) -> Export:
    """One table in a file (its ending says the form) or, without a path, on stdout in ``form``."""
    if path is not None:
        form = table_file.form_of(path)
        check_file(path)
    if progress is not None:
        progress.stage("loading")
    shape = form or "csv"
    connection.execute("begin")  # all that is read belongs together
    try:
        made = make(shape)
        if path is None:
            rows = table_file.stream_to(sys.stdout.write, shape, made)
        else:
            rows = table_file.write(made, path)
    finally:
        connection.execute("rollback")
    return Export(
        what=what,
        file=path or "",
        form=shape,
        rows=rows,
        columns=tuple(_columns(made, shape)),
        bytes=os.path.getsize(path) if path else 0,
        about=made.about,
        notes=tuple(made.notes),
    )


def _table(
    connection: sqlite3.Connection, what: str, request: ExportRequest, progress: Progress | None
) -> Table:
    method = request.methods[0] if request.methods else None
    if what == "similar":
        return similar.table(connection, request.k, method, request.rules, progress)
    if what == "recs":
        asked = RecommendRequest(by=request.by, method=method, again=request.again)
        return recs.table(connection, request.k, asked, request.rules, progress)
    if what == "vectors":
        return vectors.table(connection, request.space, progress)
    return graph.table(connection, request.k, request.methods, progress)


def _columns(made: Table, form: str) -> list[str]:
    """The names of the columns in the file."""
    empty = pl.DataFrame(schema=made.columns)
    return table_file.flat(empty).columns if form.startswith("csv") else empty.columns
