"""Parquet, through polars: types stay, nested values become JSON text."""

from __future__ import annotations

import io

import numpy as np
import polars as pl

from prodsim_cli.errors import InputError
from prodsim_cli.ingest.readers._raw import Blob, RawTable, ReadOptions
from prodsim_cli.ingest.readers._records import flat

EXTENSIONS = (".parquet", ".pq")


def read(blob: Blob, options: ReadOptions) -> RawTable:
    """One row per row, numbered from 1. Raises InputError for a damaged file."""
    try:
        frame = pl.read_parquet(io.BytesIO(blob.data))
    # polars panics over some damage within a column; a panic is no PolarsError.
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as problem:
        raise InputError(
            f"{blob.name} cannot be read as Parquet: {str(problem).splitlines()[0]}.",
            hint="Export it again; a copy that stopped half-way is the usual cause.",
        ) from None
    return RawTable(
        name=blob.name,
        frame=flat(frame),
        lines=np.arange(1, len(frame) + 1, dtype=np.int64),
        read=len(frame),
        notes=blob.notes,
        counts_rows=True,
    )
