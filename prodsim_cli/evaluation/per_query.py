"""Every figure of every question: one row for each question and method, in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from prodsim_cli.errors import InputError
from prodsim_cli.evaluation.outcome import Outcome
from prodsim_cli.files import ending, whole_file

if TYPE_CHECKING:
    import polars as pl

FORMATS = ("csv", "tsv", "jsonl", "parquet")


def write(outcome: Outcome, path: str | Path) -> int:
    """Write the figures of each question and method; return how many rows that are.

    Columns: ``query`` (str), ``window`` (int, only where there are several), ``method`` (str), one
    float64 column a figure, empty (null) where a figure has no value for a question. Rows stand in
    order of the questions, then of the methods. The ending of ``path`` is the format: csv, tsv,
    jsonl or parquet.

    Raises
    ------
    UsageProblem for another ending; InputError where nothing was asked, or where the file can't be
    written. The file is complete or not there.
    """
    check(path)
    if not len(outcome.queries) or not outcome.methods:
        raise InputError(
            f"This run of {outcome.card.task} has no figures by question.",
            hint="Leave --per-query out.",
        )
    rows = table(outcome)
    with whole_file(path) as beside:
        _save(rows, beside, ending(path, FORMATS, "--per-query"))
    return rows.height


def check(path: str | Path) -> None:
    """Raise the UsageProblem of a wrong ending, before a long evaluation rather than after it."""
    ending(path, FORMATS, "--per-query")


def table(outcome: Outcome) -> pl.DataFrame:
    """The rows of :func:`write` as a frame."""
    import polars as pl

    asked, methods = len(outcome.queries), len(outcome.methods)
    question = np.repeat(np.arange(asked), methods)
    columns: dict[str, pl.Series] = {
        "query": pl.Series(outcome.queries, dtype=pl.String).gather(question)
    }
    if len(np.unique(outcome.window)) > 1:
        columns["window"] = pl.Series(np.asarray(outcome.window, np.int64)).gather(question)
    columns["method"] = pl.Series(outcome.methods * asked, dtype=pl.String)
    flat = outcome.values.reshape(asked * methods, len(outcome.figures))
    for column, figure in enumerate(outcome.figures):
        columns[figure] = pl.Series(np.ascontiguousarray(flat[:, column]))
    return pl.DataFrame(columns).with_columns(pl.col(pl.Float64).fill_nan(None))


def _save(rows: pl.DataFrame, path: Path, kind: str) -> None:
    if kind == "parquet":
        rows.write_parquet(path)
    elif kind == "jsonl":
        rows.write_ndjson(path)
    else:
        rows.write_csv(path, separator="\t" if kind == "tsv" else ",")
