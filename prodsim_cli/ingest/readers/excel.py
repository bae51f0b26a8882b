"""Excel and OpenDocument, through fastexcel (calamine): each sheet that has rows is a table."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.ingest.readers._raw import Blob, RawTable, ReadOptions, distinct
from prodsim_cli.ingest.readers._records import flat

if TYPE_CHECKING:
    from fastexcel import ExcelReader

EXTENSIONS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")


def read(blob: Blob, options: ReadOptions) -> RawTable:
    """One row per row below the header, numbered from 1; cells keep their types.

    Empty rows are no data: they are not counted, but they count for the numbers. ``options.sheet``:
    a name or a number from 1; None: the first one with rows. Raises InputError for what is no
    workbook and for an empty one, UsageProblem for a sheet that it does not have.
    """
    book = _open(blob)
    sheet = _sheets(book, options.sheet, blob.name)[0]
    try:
        frame = _frame(book, sheet)
    except _errors() as problem:
        raise InputError(
            f"A sheet of {blob.name} cannot be read: {str(problem).splitlines()[0]}.",
            hint="Name another one with --sheet, or save the sheet as CSV.",
        ) from None
    if not frame.width:
        raise InputError(
            f"The sheet {sheet!r} of {blob.name} is empty.", hint="Name another one with --sheet."
        )
    filled = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    frame = frame.filter(filled)
    return RawTable(
        name=blob.name,
        frame=frame,
        lines=np.flatnonzero(filled.to_numpy()).astype(np.int64) + 1,
        read=len(frame),
        notes=(*blob.notes, f"sheet: {sheet}"),
        counts_rows=True,
    )


def sheets(blob: Blob, wanted: str | None) -> list[str]:
    """Names of the sheets to read: the one that was named, else all with rows (at least one)."""
    return _sheets(_open(blob), wanted, blob.name)


def _errors() -> tuple[type[Exception], ...]:
    import fastexcel

    return (fastexcel.FastExcelError, ValueError, OSError)


def _open(blob: Blob) -> ExcelReader:
    import fastexcel

    # They log to stderr that a column is empty or a sheet a chart, which is no news to anybody.
    for chatty in ("fastexcel", "calamine"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    try:
        return fastexcel.read_excel(blob.data)
    except _errors() as problem:
        raise InputError(
            f"{blob.name} cannot be read as an Excel file: {str(problem).splitlines()[0]}.",
            hint="Save it again as .xlsx, or as CSV.",
        ) from None


def _frame(book: ExcelReader, sheet: str) -> pl.DataFrame:
    """The cells with their types; a column whose typing would lose a cell comes as text.

    A column of numbers with ``n/a`` among them is numeric to fastexcel, and ``n/a`` empty.
    """
    header = book.load_sheet(sheet, header_row=None, n_rows=1, dtypes="string").to_polars()
    typed = book.load_sheet(sheet, schema_sample_rows=None).to_polars()
    if not typed.width:
        return typed
    texts = book.load_sheet(sheet, dtypes="string").to_polars()
    names = distinct([(cell or "").strip() for cell in header.row(0)])
    typed.columns = texts.columns = names
    typed, texts = flat(typed), flat(texts)
    lossy = [
        name
        for name in names
        if typed[name].dtype == pl.Null or typed[name].null_count() != texts[name].null_count()
    ]
    return typed.with_columns(texts[name].cast(pl.String) for name in lossy)


def _sheets(book: ExcelReader, wanted: str | None, name: str) -> list[str]:
    """The sheet asked for, else all that have rows; the first one where none has."""
    names = list(book.sheet_names)
    if not names:
        raise InputError(f"{name} holds no sheet.", hint="Save it again as .xlsx, or as CSV.")
    if wanted is None:
        return [one for one in names if _has_rows(book, one)] or names[:1]
    if wanted in names:
        return [wanted]
    if wanted.isdigit() and 1 <= int(wanted) <= len(names):
        return [names[int(wanted) - 1]]
    raise UsageProblem(
        f"{name} has no sheet {wanted!r}.", hint=f"Its sheets are: {', '.join(names)}."
    )


def _has_rows(book: ExcelReader, sheet: str) -> bool:
    """False for a chart, and for a sheet that cannot be read."""
    try:
        return book.load_sheet(sheet, n_rows=1).height > 0
    except _errors():
        return False
