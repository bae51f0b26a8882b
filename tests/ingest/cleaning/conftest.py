"""Raw tables as a reader makes them, from a text or from columns."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from prodsim_cli.ingest.readers._raw import RawTable, Reject

MakeTable = Callable[..., RawTable]


@pytest.fixture(scope="session")
def table() -> MakeTable:
    """``table(text)`` (cells are strings) or ``table({"a": [1]})``; lines count from 2."""

    def make(
        content: str | dict[str, Any], name: str = "file.csv", rejects: tuple[Reject, ...] = ()
    ) -> RawTable:
        if isinstance(content, str):
            frame = pl.read_csv(io.StringIO(content.strip()), infer_schema=False)
        else:
            frame = pl.DataFrame(content)
        lines = np.arange(2, 2 + len(frame), dtype=np.int64)
        return RawTable(name, frame, lines, len(frame) + len(rejects), rejects)

    return make
