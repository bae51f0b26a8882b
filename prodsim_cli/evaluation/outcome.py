"""What an evaluation knows beyond its scorecard: each question, list and right answer by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.errors import InputError
from prodsim_cli.files import ending, whole_file
from prodsim_cli.records.figures import Scorecard

if TYPE_CHECKING:
    import polars as pl

FORMATS = ("csv", "tsv", "jsonl", "parquet")
"""Of figures by question."""


@dataclass(frozen=True)
class FoldEvents:
    """One fold: ``data``, the whole shop with its own user keys; ``train`` and ``test``, (m,) bool
    masks over its events: learned from, and asked about."""

    data: Dataset
    train: NDArray[np.bool_]
    test: NDArray[np.bool_]


@dataclass(frozen=True)
class Outcome:
    """A scorecard and what it was computed from.

    Attributes
    ----------
    card : the figures by method.
    queries : (q,) names of the questions: user keys, SKUs or query ids. In a split of several
        windows a name can occur once in each window.
    window : (q,) int: which fold a question belongs to, 0 where there is one.
    methods, figures : names of the second and third axis of ``values``.
    values : (q, methods, figures) float64, NaN where a figure has no value for a query.
    lists : by method (q, depth) int32 item positions, -1 where a list is short.
    answers : (q, n) CSR float32: the gain of each right product, above 0.
    items : (n,) names of the products (``sku`` or ``source:sku``).
    parts : the folds as events; empty where nothing was held out (``pairs``, ``search``).
    """

    card: Scorecard
    queries: tuple[str, ...] = ()
    window: NDArray[np.integer] = field(default_factory=lambda: np.zeros(0, np.int64))
    methods: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    values: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0, 0)))
    lists: dict[str, NDArray[np.int32]] = field(default_factory=dict)
    answers: sp.csr_matrix | None = None
    items: tuple[str, ...] = ()
    parts: tuple[FoldEvents, ...] = ()


def write_per_query(outcome: Outcome, path: str | Path) -> int:
    """Write the figures of each question and method; return how many rows that are.

    Columns: ``query``, ``window`` (only where there are several), ``method``, one float64 column a
    figure, null where it has no value. The ending of ``path`` is the format. UsageProblem for
    another ending; InputError where nothing was asked, or where the file can't be written.
    """
    check_per_query(path)
    if not len(outcome.queries) or not outcome.methods:
        raise InputError(
            f"This run of {outcome.card.task} has no figures by question.",
            hint="Leave --per-query out.",
        )
    rows = per_query(outcome)
    with whole_file(path) as beside:
        kind = ending(path, FORMATS, "--per-query")
        if kind == "parquet":
            rows.write_parquet(beside)
        elif kind == "jsonl":
            rows.write_ndjson(beside)
        else:
            rows.write_csv(beside, separator="\t" if kind == "tsv" else ",")
    return rows.height


def check_per_query(path: str | Path) -> None:
    """Raise the UsageProblem of a wrong ending, before a long evaluation rather than after it."""
    ending(path, FORMATS, "--per-query")


def per_query(outcome: Outcome) -> pl.DataFrame:
    """The rows of :func:`write_per_query` as a frame."""
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
