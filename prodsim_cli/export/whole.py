"""``export``: one table of one state of the database into one file."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from prodsim_cli.export import graph, recs, similar, vectors, writing
from prodsim_cli.export.table import Sheet
from prodsim_cli.files import check_file
from prodsim_cli.queries.ranking.request import Rules
from prodsim_cli.queries.recommend import RecommendRequest
from prodsim_cli.records.reports import Export

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress

WHAT = ("similar", "recs", "vectors", "graph")


@dataclass(frozen=True)
class Asked:
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
    asked: Asked,
    progress: Progress | None = None,
) -> Export:
    """Write one of :data:`WHAT`; a build that ends meanwhile does not show.

    Raises
    ------
    UsageProblem for an ending that is no format, InputError where the file can't be written: both
    before anything is read. What the table itself raises: see its module.
    """
    form = writing.form_of(path)
    check_file(path)
    if progress is not None:
        progress.stage("loading")
    connection.execute("begin")  # all that is read belongs together
    try:
        made = _sheet(connection, what, asked, progress)
        rows = writing.write(made, path)
    finally:
        connection.execute("rollback")
    return Export(
        what=what,
        file=str(path),
        form=form,
        rows=rows,
        columns=tuple(_columns(made, form)),
        bytes=os.path.getsize(path),
        about=made.about,
        notes=tuple(made.notes),
    )


def _sheet(
    connection: sqlite3.Connection, what: str, asked: Asked, progress: Progress | None
) -> Sheet:
    method = asked.methods[0] if asked.methods else None
    if what == "similar":
        return similar.sheet(connection, asked.k, method, asked.rules, progress)
    if what == "recs":
        request = RecommendRequest(by=asked.by, method=method, again=asked.again)
        return recs.sheet(connection, asked.k, request, asked.rules, progress)
    if what == "vectors":
        return vectors.sheet(connection, asked.space, progress)
    return graph.sheet(connection, asked.k, asked.methods, progress)


def _columns(made: Sheet, form: str) -> list[str]:
    """The names of the columns in the file."""
    empty = pl.DataFrame(schema=made.columns)
    return writing.flat(empty).columns if form.startswith("csv") else empty.columns
