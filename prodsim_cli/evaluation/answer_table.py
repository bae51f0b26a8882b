"""A file of right answers as columns of texts, each row named by its line when it is wrong.

Any format and delimiter that ``ingest`` reads. Columns go by name; where a file names none of those
that are looked for, by place, and its first line may be an answer itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.errors import AmbiguousSku, InputError
from prodsim_cli.ingest import readers as sources

if TYPE_CHECKING:
    import polars as pl

Find = Callable[[str], int]
"""SKU -> position, -1 for a stranger; raises :class:`AmbiguousSku`."""


@dataclass(frozen=True)
class Table:
    """A file as columns of texts ('' where empty).

    ``lines`` (m,) int64: where each row stands in the file, which counts in ``word`` (line, row).
    """

    name: str
    columns: dict[str, list[str]]
    lines: NDArray[np.int64]
    word: str

    def __len__(self) -> int:
        return len(self.lines)

    def place(self, row: int) -> str:
        """What an error calls a row."""
        return f"{self.name}, {self.word} {self.lines[row]}"

    def header(self, names: Sequence[str]) -> str | None:
        """The column that has one of these names, the first of them that there is."""
        folded = {header.strip().lower(): header for header in self.columns}
        return next((folded[name] for name in names if name in folded), None)

    def headers(
        self, wanted: Sequence[Sequence[str]], extra: Sequence[str] = ()
    ) -> tuple[list[str | None], bool]:
        """A column for each of ``wanted`` and for ``extra``, None where there is none left.

        Those without a name that fits are taken from the others in their order; ``extra`` only
        where nothing is named, since a named file may hold other things. The second value says
        whether anything is.
        """
        found = [self.header(names) for names in wanted]
        named = any(found)
        free = (header for header in self.columns if header not in found)
        found = [header or next(free, None) for header in found]
        if extra:
            found.append(self.header(extra) or (None if named else next(free, None)))
        return found, named

    def with_first_line(self) -> Table:
        """The same table, its header taken for a row: a file without a header."""
        return replace(
            self,
            columns={header: [header.strip(), *cells] for header, cells in self.columns.items()},
            lines=np.concatenate([[1], self.lines]),
        )

    def refuse_empty(self) -> None:
        """Raise :class:`InputError` where there is nothing below the header."""
        if not len(self):
            raise InputError(
                f"{self.name} holds nothing below its header.", hint="Write one answer a line."
            )

    def filled(self, header: str, what: str) -> list[str]:
        """A column in which no cell may be empty; raises :class:`InputError` for one that is."""
        cells = self.columns[header]
        if "" in cells:
            raise InputError(
                f"{self.place(cells.index(''))}: {what} is missing in column {header!r}.",
                hint="Write it, or take the line out.",
            )
        return cells

    def positions(self, header: str, find: Find) -> NDArray[np.int64]:
        """(m,) positions of a column of SKUs, -1 for strangers.

        Raises :class:`InputError` for an empty cell, :class:`AmbiguousSku` where a SKU stands for
        several products; both name the line.
        """
        cells = self.filled(header, "a SKU")
        known: dict[str, int] = {}
        for row, cell in enumerate(cells):
            if cell not in known:
                known[cell] = self._position(row, cell, find)
        return np.array([known[cell] for cell in cells], np.int64)

    def _position(self, row: int, sku: str, find: Find) -> int:
        try:
            return find(sku)
        except AmbiguousSku as problem:
            raise AmbiguousSku(
                f"{self.place(row)}: {problem.message}",
                hint="Write the SKU as the catalogue does, `source:sku` where several sources"
                " hold it.",
            ) from None


def read_table(path: str | Path, stdin: BinaryIO | None = None) -> Table:
    """One file; raises :class:`InputError` for a folder or a broken line."""
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
    columns = {name: _texts(raw.frame[name]) for name in raw.frame.columns}
    return Table(str(path), columns, raw.lines, word)


def is_product(sku: str, find: Find) -> bool:
    """Does the catalogue hold it, once or in several sources?"""
    try:
        return find(sku) >= 0
    except AmbiguousSku:
        return True


def _texts(column: pl.Series) -> list[str]:
    import polars as pl

    if column.dtype.is_float() and (column.drop_nulls() % 1 == 0).all():
        column = column.cast(pl.Int64)
    texts: list[str] = column.cast(pl.String).str.strip_chars().fill_null("").to_list()
    return texts
