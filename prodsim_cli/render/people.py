"""People alike as a table: how much, and what they share. Imports rich."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from prodsim_cli.records import PeopleAlike, Person
from prodsim_cli.render.layout import Column, as_text, bar, fitted, number
from prodsim_cli.render.text import one_line

_BAR = 8


def people_alike(answer: PeopleAlike, width: int) -> RenderableType:
    """A heading with who was asked about, and one line a person."""
    key, n = one_line(answer.query["user"]), answer.products
    title = Text.assemble((key, "bold magenta"), f"  {number(n)} product{'s' if n != 1 else ''}")
    title.append(f"  by {answer.method}", "dim not bold")
    if not answer.results:
        return Group(as_text(title), Text("  nobody alike", style="dim"))
    return Group(as_text(title), fitted(_columns(answer.results), width))


def _columns(rows: tuple[Person, ...]) -> list[Column]:
    top = max(row.score for row in rows)
    columns = [
        Column("#", [str(row.rank) for row in rows], right=True, style="dim"),
        Column("User", [row.user for row in rows], least=12, most=40, style="magenta"),
        Column("Score", [number(row.score) for row in rows], right=True, style="bold"),
        Column("", [bar(row.score / top if top > 0 else 0, _BAR) for row in rows], drop=2),
        Column("Products", [number(row.products) for row in rows], right=True, drop=1),
        Column("Shared", [number(row.shared) for row in rows], right=True),
        Column("Among them", [_named(row) for row in rows], least=24, most=120),
    ]
    return columns if any(row.best for row in rows) else columns[:-1]


def _named(row: Person) -> str:
    return "; ".join(one_line(product.title or product.sku) for product in row.best)
