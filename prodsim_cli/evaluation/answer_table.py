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

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.errors import AmbiguousSku, InputError, UsageProblem
from prodsim_cli.ingest import readers

if TYPE_CHECKING:
    import polars as pl

Find = Callable[[str], int]
"""SKU -> position, -1 for a stranger; raises :class:`AmbiguousSku`."""


@dataclass(frozen=True)
class Table:
    """A file as columns of texts; ``lines`` (m,) int64: the ``word`` (line, row) of each row."""

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
        """A column for each of ``wanted`` and for ``extra``, None where there is none left; and
        whether any goes by name. Others are taken in their order, ``extra`` only where none does.
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
            try:
                known[cell] = known[cell] if cell in known else find(cell)
            except AmbiguousSku as problem:
                raise AmbiguousSku(
                    f"{self.place(row)}: {problem.message}",
                    hint="Write the SKU as the catalogue does, `source:sku` where several sources"
                    " hold it.",
                ) from None
        return np.array([known[cell] for cell in cells], np.int64)


def read_table(path: str | Path, stdin: BinaryIO | None = None) -> Table:
    """One file; raises :class:`InputError` for a folder or a broken line."""
    found = readers.inputs([str(path)], stdin=stdin)
    if len(found) != 1:
        raise InputError(f"{path} is a folder.", hint="Name one file.")
    raw = readers.read(readers.load(found[0]), readers.ReadOptions())
    word = "row" if raw.counts_rows else "line"
    if raw.rejects:
        worst = raw.rejects[0]
        raise InputError(
            f"{path}, {word} {worst.line}: {worst.reason}.", hint="Repair it, or take it out."
        )
    return table_of(raw.frame, str(path), raw.lines, word)


def table_of(
    frame: pl.DataFrame, name: str, lines: NDArray[np.int64] | None = None, word: str = "row"
) -> Table:
    """A frame as texts; without ``lines`` its rows are counted from 1."""
    columns = {column: _texts(frame[column]) for column in frame.columns}
    return Table(name, columns, np.arange(1, len(frame) + 1) if lines is None else lines, word)


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


def number(cell: str) -> float | None:
    """A finite number, or true and false as 1 and 0; None for anything else."""
    words = {"true": 1.0, "false": 0.0}
    try:
        value = words.get(cell.strip().lower())
        value = float(cell) if value is None else value
    except ValueError:
        return None
    return value if np.isfinite(value) else None


@dataclass(frozen=True)
class SkuFinder:
    """How one column's SKUs are found: by ``source:sku``, else by bare SKU, else in any case."""

    data: Dataset
    source: str | None
    bare: dict[str, list[int]]
    folded: dict[str, list[int]]

    def find(self, sku: str) -> int:
        """Position, or -1 for a stranger; :class:`AmbiguousSku` if several sources hold it."""
        if self.source is None and sku in self.data.items:
            return self.data.items.position(sku)
        if self.source and f"{self.source}:{sku}" in self.data.items:
            return self.data.items.position(f"{self.source}:{sku}")
        for names, key in ((self.bare, sku), (self.folded, sku.casefold())):
            found = names.get(key, [])
            if len(found) > 1:
                every = ", ".join(map(str, self.data.items.at(found)))
                if names is self.folded:
                    raise AmbiguousSku(
                        f"{sku} can be several products: {every}.",
                        hint="Write the SKU as the catalogue does.",
                    )
                raise AmbiguousSku(
                    f"{sku} stands in several sources: {every}.",
                    hint="Say whose SKUs the columns hold with --sources A,B.",
                )
            if found:
                return found[0]
        return -1


def finder(data: Dataset) -> Callable[[str], int]:
    """A function from a SKU to its position in the whole catalogue, -1 for a stranger."""
    return _finder_of(data, None).find


def finders(data: Dataset, homes: Sequence[str] | None) -> tuple[SkuFinder, SkuFinder]:
    """One for each column of pairs; ``homes``: the sources whose SKUs they hold."""
    known = sources_of(data)
    if homes is not None and len(homes) != 2:
        raise UsageProblem(
            "--sources names two sources, one for each column.", hint="Write `--sources abt,buy`."
        )
    for source in homes or ():
        if source not in known:
            raise UsageProblem(
                f"There is no source {source!r}.",
                hint=f"There are: {', '.join(known)}."
                if known
                else "No file was given a --source.",
            )
    one, other = homes or (None, None)
    return _finder_of(data, one), _finder_of(data, other)


def _finder_of(data: Dataset, source: str | None) -> SkuFinder:
    bare: dict[str, list[int]] = {}
    folded: dict[str, list[int]] = {}
    for position, (key, home) in enumerate(
        zip(data.items.ids, data.columns["source"], strict=True)
    ):
        if source is not None and home != source:
            continue
        sku = str(key)[len(home) + 1 :] if home else str(key)
        bare.setdefault(sku, []).append(position)
        for name in {sku.casefold(), str(key).casefold()}:
            folded.setdefault(name, []).append(position)
    return SkuFinder(data, source, bare, folded)


def sources_of(data: Dataset) -> list[str]:
    """The sources that products come from, by name."""
    return sorted({source for source in data.columns["source"] if source})


def named(names: Sequence[str], most: int = 5) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown
