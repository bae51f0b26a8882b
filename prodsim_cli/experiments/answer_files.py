"""Files of right answers: related products, questions in words and their judgements.

Any format and delimiter that ``ingest`` reads; columns by name, else by place. Wrong lines are
named by file, line, column and value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli import sources
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.errors import InputError
from prodsim_cli.experiments.pairs_names import finder, named
from prodsim_cli.records import Json

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Table:
    """A file as columns of texts ('' where empty); ``place(row)`` names a row in an error."""

    name: str
    columns: dict[str, list[str]]
    lines: NDArray[np.int64]
    word: str

    def place(self, row: int) -> str:
        return f"{self.name}, {self.word} {self.lines[row]}"

    def column(self, place: int, *names: str) -> list[str] | None:
        """The column with one of these names, else the one at ``place`` where none is named."""
        folded = {header.strip().lower(): header for header in self.columns}
        for name in names:
            if name in folded:
                return self.columns[folded[name]]
        headers = list(self.columns)
        return self.columns[headers[place]] if place < len(headers) else None


def read_table(path: str | Path, stdin: BinaryIO | None = None) -> Table:
    """One file; raises :class:`InputError` for a folder, an empty file or a broken line."""
    found = sources.inputs([str(path)], stdin=stdin)
    if len(found) != 1:
        raise InputError(f"{path} is a folder.", hint="Name one file.")
    raw = sources.read(sources.load(found[0]), sources.ReadOptions())
    word = "row" if raw.counts_rows else "line"
    if raw.rejects:
        worst = raw.rejects[0]
        raise InputError(
            f"{path}, {word} {worst.line}: {worst.reason}.", hint="Repair it, or take it out."
        )
    if raw.frame.is_empty():
        raise InputError(f"{path} holds nothing below its header.", hint="Write one answer a line.")
    columns = {name: _texts(raw.frame[name]) for name in raw.frame.columns}
    return Table(str(path), columns, raw.lines, word)


def _texts(column: pl.Series) -> list[str]:
    import polars as pl

    if column.dtype.is_float() and (column.drop_nulls() % 1 == 0).all():
        column = column.cast(pl.Int64)
    texts: list[str] = column.cast(pl.String).str.strip_chars().fill_null("").to_list()
    return texts


@dataclass(frozen=True)
class Answers:
    """Right answers by position.

    ``subjects`` (q,) int32: products asked about, or the numbers of the texts; ``texts`` and
    ``names`` (q,) of questions in words; ``answers`` (q, n) CSR float32 gains above 0;
    ``relations``: the same by kind where there are several; ``left_out``: lines by reason.
    """

    subjects: NDArray[np.int32]
    answers: sp.csr_matrix
    names: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    relations: tuple[tuple[str, sp.csr_matrix], ...] = ()
    left_out: Json | None = None
    notes: tuple[str, ...] = ()


def related(table: Table, data: Dataset) -> Answers:
    """``sku, related_sku[, relation]`` as answers; every relation stands by itself, too."""
    first = table.column(0, "sku", "sku_a", "product")
    second = table.column(1, "related_sku", "related", "sku_b")
    if first is None or second is None:
        raise InputError(
            f"{table.name} has one column; related products need two SKUs a line.",
            hint="Write sku, related_sku and, if there are several kinds, relation.",
        )
    kinds = table.column(2, "relation", "kind", "type") or [""] * len(first)
    a, b, strangers = _positions(table, data, first, second)
    good = (a >= 0) & (b >= 0) & (a != b)
    if not good.any():
        raise InputError(
            f"None of the {len(a):,} lines of {table.name} joins two products of the catalogue"
            f" ({named(strangers)} unknown).",
            hint="Write the SKUs as the catalogue does (`source:sku` where several sources hold"
            " one).",
        )
    subjects, row = np.unique(a[good], return_inverse=True)
    shape = (len(subjects), len(data))
    kind = np.array(kinds, object)[good]
    names = sorted({name for name in kind.tolist() if name})
    relations = tuple(
        (name, _ones(row.reshape(-1)[kind == name], b[good][kind == name], shape)) for name in names
    )
    return Answers(
        subjects=subjects.astype(np.int32),
        answers=_ones(row.reshape(-1), b[good], shape),
        relations=relations if len(relations) > 1 else (),
        left_out=_counted(a, b),
        notes=_unknown(strangers),
    )


def _positions(
    table: Table, data: Dataset, first: list[str], second: list[str]
) -> tuple[NDArray[np.int32], NDArray[np.int32], tuple[str, ...]]:
    """Positions of two columns of SKUs, and the strangers in order."""
    find = finder(data)
    for column in (first, second):
        if "" in column:
            raise InputError(
                f"{table.place(column.index(''))}: a SKU is missing.",
                hint="Write both SKUs, or take the line out.",
            )
    known = {name: find(name) for name in dict.fromkeys([*first, *second])}
    a, b = (np.array([known[name] for name in column], np.int32) for column in (first, second))
    return a, b, tuple(name for name, place in known.items() if place < 0)


def _counted(a: NDArray[np.int32], b: NDArray[np.int32]) -> Json:
    counts = {
        "unknown products": int(((a < 0) | (b < 0)).sum()),
        "the same product twice": int(((a >= 0) & (a == b)).sum()),
    }
    return {reason: count for reason, count in counts.items() if count}


def _unknown(strangers: Sequence[str]) -> tuple[str, ...]:
    return (f"Not in the catalogue: {named(strangers)}.",) if strangers else ()


def _ones(
    rows: NDArray[np.integer], columns: NDArray[np.integer], shape: tuple[int, int]
) -> sp.csr_matrix:
    return _graded(rows, columns, np.ones(len(rows), np.float32), shape)


def _graded(
    rows: NDArray[np.integer],
    columns: NDArray[np.integer],
    gains: NDArray[np.float32],
    shape: tuple[int, int],
) -> sp.csr_matrix:
    """(q, n) CSR of gains, each cell once: of several, the largest. Cells of 0 are left out."""
    order = np.lexsort((-gains, columns, rows))
    rows, columns, gains = rows[order], columns[order], gains[order]
    first = np.ones(len(rows), bool)
    first[1:] = (np.diff(rows) != 0) | (np.diff(columns) != 0)
    kept = first & (gains > 0)
    matrix = sp.csr_matrix((gains[kept], (rows[kept], columns[kept])), shape=shape)
    matrix.sort_indices()
    return matrix


def judgements(queries: Table, judged: Table, data: Dataset) -> Answers:
    """``query_id, text`` and ``query_id, sku[, relevance]`` as graded answers to texts.

    A queries file of one column holds the texts, which are their own ids. Relevance is a number of
    0 or more, 1 where the column is missing; 0 is judged and wrong. Queries without a right answer
    in the catalogue are left out and counted.
    """
    ids = queries.column(0, "query_id", "id", "qid") or []
    texts = queries.column(1, "text", "query", "title") or ids
    of = judged.column(0, "query_id", "id", "qid", "query")
    skus = judged.column(1, "sku", "product", "doc_id")
    if of is None or skus is None:
        raise InputError(
            f"{judged.name} has one column; a judgement needs a query and a SKU.",
            hint="Write query_id, sku and, if answers differ, relevance.",
        )
    number = {text: place for place, text in enumerate(texts)}
    number |= {name: place for place, name in enumerate(ids)}
    gains = _relevance(judged, judged.column(2, "relevance", "gain", "grade", "label"), len(of))
    find = finder(data)
    known = {name: find(name) for name in dict.fromkeys(skus)}
    row = np.array([number.get(name, -1) for name in of], np.int64)
    item = np.array([known[name] for name in skus], np.int64)
    good = (row >= 0) & (item >= 0)
    answers = _graded(row[good], item[good], gains[good], (len(texts), len(data)))
    asked = np.flatnonzero(np.diff(answers.indptr) > 0)
    strangers = [name for name, place in known.items() if place < 0]
    if not len(asked):
        raise InputError(
            f"No query of {queries.name} has a right answer in {judged.name} that the catalogue"
            " holds.",
            hint="The first column of both files names the query; SKUs are those of the catalogue.",
        )
    counts = {
        "judgements of unknown products": int((item < 0).sum()),
        "judgements of unknown queries": int((row < 0).sum()),
        "queries without a right answer": len(texts) - len(asked),
    }
    return Answers(
        subjects=asked.astype(np.int32),
        answers=answers[asked],
        names=tuple(ids[place] for place in asked),
        texts=tuple(texts[place] for place in asked),
        left_out={reason: count for reason, count in counts.items() if count},
        notes=_unknown(strangers),
    )


def _relevance(judged: Table, cells: list[str] | None, size: int) -> NDArray[np.float32]:
    if cells is None:
        return np.ones(size, np.float32)
    values = np.full(size, np.nan)
    for row, cell in enumerate(cells):
        try:
            values[row] = float(cell)
        except ValueError:
            continue
    bad = np.flatnonzero(~np.isfinite(values) | (values < 0))
    if len(bad):
        raise InputError(
            f"{judged.place(int(bad[0]))}: {cells[bad[0]]!r} is no relevance.",
            hint="Write a number of 0 or more: 0 for a wrong answer, more for a better one.",
        )
    return values.astype(np.float32)
