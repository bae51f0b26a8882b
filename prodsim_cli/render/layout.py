"""Tables that fit: columns are dropped by importance, then long texts are cut. Imports rich."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from os import environ
from typing import TextIO

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from prodsim_cli.render.plain import one_line

PIPED_WIDTH = 100
_GAP = 2
_BLOCKS = " ▏▎▍▌▋▊▉█"

Cell = str | Text


@dataclass
class Column:
    """One column of a table.

    ``least``: cells that a flexible column (a text) may be cut to, None for one that is never cut.
    ``drop``: 0 stays always; the largest goes first where the terminal is narrow.
    """

    header: str
    cells: Sequence[Cell]
    right: bool = False
    least: int | None = None
    most: int = 80
    drop: int = 0
    style: str = ""
    width: int = field(init=False)

    def __post_init__(self) -> None:
        texts = [as_text(cell) for cell in self.cells]
        self.cells = texts
        widest = max((text.cell_len for text in texts), default=0)
        self.width = max(cell_len(self.header), widest)
        if self.least is not None:
            self.width = max(cell_len(self.header), min(self.width, self.most))
            self.least = min(self.least, self.width)

    @property
    def floor(self) -> int:
        return self.width if self.least is None else self.least


def console(stream: TextIO) -> Console:
    """A console that adds nothing of its own: no markup, no emoji codes, no guesses at numbers.

    Colours follow the terminal, ``NO_COLOR`` and ``FORCE_COLOR``; a pipe is 100 wide unless
    ``COLUMNS`` says otherwise.
    """
    width = None if stream.isatty() or environ.get("COLUMNS") else PIPED_WIDTH
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def as_text(cell: Cell) -> Text:
    """A cell on one line, harmless, cut with an ellipsis where it must be."""
    text = cell if isinstance(cell, Text) else Text(one_line(cell))
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def fitted(columns: Sequence[Column], width: int) -> Table:
    """A table of at most ``width`` cells: the least important columns go, then texts are cut."""
    kept = list(columns)
    while floor(kept) > width and any(column.drop for column in kept):
        kept.remove(max(kept, key=lambda column: column.drop))
    while _total(column.width for column in kept) > width and any(
        column.width > column.floor for column in kept
    ):
        widest = max(
            (column for column in kept if column.width > column.floor),
            key=lambda column: column.width,
        )
        widest.width -= 1
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, _GAP - 1, 0, 0),
        pad_edge=False,
        show_edge=False,
        header_style="dim",
    )
    for column in kept:
        table.add_column(
            column.header,
            justify="right" if column.right else "left",
            width=column.width,
            no_wrap=True,
            overflow="ellipsis",
            style=column.style,
        )
    for row in zip(*(column.cells for column in kept), strict=True):
        table.add_row(*row)
    return table


def floor(columns: Sequence[Column]) -> int:
    """Cells that a table needs at the least."""
    return _total(column.floor for column in columns)


def _total(widths: Iterable[int]) -> int:
    cells = list(widths)
    return sum(cells) + _GAP * (len(cells) - 1)


def grid(rows: Iterable[tuple[Cell, Cell]], *, right: bool = False) -> Table:
    """Names (``right``: numbers) beside texts, which wrap beside their name."""
    table = Table.grid(padding=(0, _GAP, 0, 0))
    table.add_column(style="dim", justify="right" if right else "left", no_wrap=True)
    table.add_column(overflow="fold")
    for name, said in rows:
        table.add_row(name, said if isinstance(said, Text) else Text(one_line(said)))
    return table


def bar(share: float, width: int) -> Text:
    """A bar of eighths of a cell; ``share`` of the full width, 0 to 1."""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    full, rest = divmod(eighths, 8)
    return Text("█" * full + (_BLOCKS[rest] if rest else ""), style="green")


def number(value: float | int | None, digits: int = 3) -> str:
    """A number for a person; '' for none."""
    if value is None:
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    if value and abs(value) < 10**-digits:
        return f"{value:.1e}"
    return f"{value:,.{digits}f}"


def moment(text: str) -> str:
    """An ISO moment with a space for its T; any other text as it is."""
    dated = text[:4].isdigit() and text[4:5] == text[7:8] == "-" and text[10:11] == "T"
    return f"{text[:10]} {text[11:]}" if dated else text


def money(price: float | None, currency: str | None) -> str:
    """A price with its currency as the shop wrote it: a sign before it, a code behind it."""
    if price is None:
        return ""
    shown = f"{price:,.2f}" if abs(price) < 1e12 else f"{price:.3g}"
    if not currency:
        return shown
    return f"{currency}{shown}" if len(currency) == 1 else f"{shown} {currency}"


def size(count: int) -> str:
    """Bytes in the unit a person reads."""
    value = float(count)
    for unit in ("bytes", "KB", "MB"):
        if value < 1000:
            return f"{value:,.0f} {unit}" if unit == "bytes" else f"{value:,.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} GB"
