"""Excel and OpenDocument sheets, through fastexcel (calamine): the first sheet that has rows."""

from __future__ import annotations

import numpy as np

from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.sources._delimiter import distinct
from prodsim_cli.sources._raw import Blob, RawTable, ReadOptions
from prodsim_cli.sources._typed import flat

EXTENSIONS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")


def read(blob: Blob, options: ReadOptions) -> RawTable:
    """One row per row below the header, numbered from 1; cells keep their types.

    ``options.sheet``: a name or a number from 1. Raises InputError for what is no workbook,
    UsageProblem for a sheet that it does not have.
    """
    import fastexcel

    try:
        book = fastexcel.read_excel(blob.data)
    except (fastexcel.FastExcelError, ValueError, OSError) as problem:
        raise InputError(
            f"{blob.name} cannot be read as an Excel file: {str(problem).splitlines()[0]}.",
            hint="Save it again as .xlsx, or as CSV.",
        ) from None
    sheet = _chosen(book, options.sheet, blob.name)
    try:
        # Column types are inferred by fastexcel over the whole sheet; a mixed one becomes text.
        frame = book.load_sheet(sheet, schema_sample_rows=None).to_polars()
    except (fastexcel.FastExcelError, ValueError) as problem:
        raise InputError(
            f"The sheet {sheet!r} of {blob.name} cannot be read: {str(problem).splitlines()[0]}.",
            hint="Name another one with --sheet, or save the sheet as CSV.",
        ) from None
    names = ["" if n.startswith("__UNNAMED__") else n.strip() for n in frame.columns]
    frame.columns = distinct(names)
    return RawTable(
        name=blob.name,
        frame=flat(frame),
        lines=np.arange(1, len(frame) + 1, dtype=np.int64),
        read=len(frame),
        notes=(*blob.notes, f"sheet: {sheet}"),
        counts_rows=True,
    )


def _chosen(book: object, wanted: str | None, name: str) -> str:
    """Name of the sheet asked for, or of the first one with rows."""
    names: list[str] = list(book.sheet_names)  # type: ignore[attr-defined]
    if wanted is None:
        loaded = ((n, book.load_sheet(n, n_rows=1)) for n in names)  # type: ignore[attr-defined]
        return next((n for n, sheet in loaded if sheet.height), names[0])
    if wanted in names:
        return wanted
    if wanted.isdigit() and 1 <= int(wanted) <= len(names):
        return names[int(wanted) - 1]
    raise UsageProblem(
        f"{name} has no sheet {wanted!r}.", hint=f"Its sheets are: {', '.join(names)}."
    )
