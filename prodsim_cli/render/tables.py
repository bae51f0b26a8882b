"""Answers as tables for a person, one small function per result type; imports rich."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Group, RenderableType
from rich.text import Text

from prodsim_cli.render.flat import question
from prodsim_cli.render.layout import Column, as_text, bar, console, fitted, floor, money, number
from prodsim_cli.render.plain import one_line

if TYPE_CHECKING:
    from prodsim_cli.records.answers import Ranked, Ranking
    from prodsim_cli.records.duplicates import Duplicate, Duplicates
    from prodsim_cli.records.people import PeopleAlike, Person

_BAR = 8
_FOUND = "Found by"
_VARIANTS = "Variants"
_PIN = "*"
_NAMED = 7
"""Methods beyond which a narrow table says how many agree, not which."""


_ELSEWHERE = {
    "Listing": "states.listing",
    "Status": "states.status",
    "Profile": "states.profile",
    "IngestReport": "states.ingest",
    "Scorecard": "scorecards.scorecard",
    "Neighborhood": "neighborhoods.neighborhood",
    "Explanation": "reasons.explanation",
}
"""Record -> module of this folder and function that draws it; loaded when it is drawn."""


def draw(results: Sequence[Any], stream: TextIO) -> None:
    """Draw each result, an empty line between two."""
    out = console(stream)
    with out.capture() as drawn:
        for place, result in enumerate(results):
            if place:
                out.print()
            out.print(_drawer(type(result).__name__)(result, out.width))
    # rich fills every line up with spaces, which a pipe does not want.
    stream.writelines(line.rstrip() + "\n" for line in drawn.get().splitlines())


def _drawer(record: str) -> Callable[[Any, int], RenderableType]:
    if record not in _ELSEWHERE:
        return _DRAWN[record]
    module, _, name = _ELSEWHERE[record].partition(".")
    drawer: Callable[[Any, int], RenderableType] = getattr(
        import_module(f"prodsim_cli.render.{module}"), name
    )
    return drawer


def _ranking(ranking: Ranking, width: int) -> RenderableType:
    rows = ranking.results
    asked = one_line(question(ranking))
    title = Text.assemble((asked, "bold cyan"), "  ", (one_line(ranking.about), "bold"))
    title.append(f"  by {ranking.method}", "dim not bold")
    if not rows:
        words = {"text": "nothing found", "user": "nothing to recommend"}
        words["history"] = words["user"]
        asked_for = next(iter(ranking.query))
        none = words.get(asked_for, "no similar products")
        return Group(as_text(title), Text(f"  {none}", style="dim"))
    columns = _ranking_columns(rows)
    if floor(columns) <= width:
        return Group(as_text(title), fitted(columns, width))
    names = {name for row in rows for name in row.methods}
    if len(names) > _NAMED:
        return Group(as_text(title), fitted(_ranking_columns(rows, {}, ranking.sources), width))
    letters = _letters(names)
    table = fitted(_ranking_columns(rows, letters), width)
    parts: list[RenderableType] = [as_text(title), table]
    if any(column.header == _FOUND for column in table.columns):
        parts.append(Text(", ".join(f"{m} {name}" for name, m in letters.items()), style="dim"))
    return Group(*parts)


def _with_reasons(ranking: Ranking, width: int) -> RenderableType:
    """The answer, and below it why each row is there, where that was asked for."""
    said = [(row.rank, "; ".join(row.why["because"])) for row in ranking.results if row.why]
    drawn = _ranking(ranking, width)
    if any(row.pinned for row in ranking.results):
        drawn = Group(drawn, Text(f"{_PIN} pinned", style="dim"))
    if not said:
        return drawn
    from prodsim_cli.render.reasons import whys

    return Group(drawn, whys(said))


def _ranking_columns(
    rows: Sequence[Ranked], letters: Mapping[str, str] | None = None, sources: int = 0
) -> list[Column]:
    """The columns of a ranking; ``letters`` shortens the names of the methods that agree, an empty
    one says only how many they are, of ``sources`` (0: of those that named any row)."""
    top = max(row.score for row in rows)
    found = [" ".join(row.methods) for row in rows]
    if letters is not None and not letters:
        every = sources or len({name for row in rows for name in row.methods})
        found = [f"{len(row.methods)} of {every}" if row.methods else "" for row in rows]
    elif letters is not None:
        found = [
            "".join(
                mark if name in row.methods else "·" * len(mark) for name, mark in letters.items()
            )
            for row in rows
        ]
    columns = [
        Column("#", [_PIN * row.pinned + str(row.rank) for row in rows], right=True, style="dim"),
        Column("SKU", [row.sku for row in rows], least=24, most=40, style="cyan"),
        # Methods are named in full only where that cuts no title that a person would miss.
        Column("Title", [row.title or "" for row in rows], least=40 if letters is None else 22),
        Column(_VARIANTS, [str(row.variants) * (row.variants > 1) for row in rows], right=True),
        Column("Price", [money(row.price, row.currency) for row in rows], right=True, drop=1),
        Column("Score", [number(row.score) for row in rows], right=True, style="bold"),
        Column("", [bar(row.score / top if top > 0 else 0, _BAR) for row in rows], drop=3),
        Column(_FOUND, found, drop=2, style="dim"),
    ]
    empty = {"Price"} if all(row.price is None for row in rows) else set()
    empty |= set() if any(row.methods for row in rows) else {_FOUND}
    empty |= set() if any(row.variants > 1 for row in rows) else {_VARIANTS}
    return [column for column in columns if column.header not in empty]


def _letters(names: Collection[str]) -> dict[str, str]:
    """The shortest beginnings that tell the names apart, in order of the names."""
    lengths = range(1, max(map(len, names), default=1) + 1)
    enough = next(n for n in lengths if len({name[:n] for name in names}) == len(names))
    return {name: name[:enough] for name in sorted(names)}


def _duplicates(found: Duplicates, width: int) -> RenderableType:
    """One row a pair; titles and reasons are cut where the terminal is narrow."""
    where = " and ".join(name or "without a source" for name in found.sources)
    sure = f"{number(found.min_confidence)} sure and more"
    heading = Text.assemble(
        (f"{found.found:,} ", "bold cyan"),
        ("pair" if found.found == 1 else "pairs", "bold"),
        (f"  {'across ' + where if found.across else 'within a source'}, {sure}", "dim"),
    )
    if not found.results:
        return Group(as_text(heading), Text("  no duplicates", style="dim"))
    pairs = found.results
    columns = [
        Column("#", [str(rank) for rank in range(1, len(pairs) + 1)], right=True, style="dim"),
        Column("Sure", [number(pair.confidence) for pair in pairs], right=True, style="bold"),
        Column("SKU", [pair.a.sku for pair in pairs], least=12, most=30, style="cyan"),
        Column("is SKU", [pair.b.sku for pair in pairs], least=12, most=30, style="cyan"),
        Column("Title", [_titles(pair) for pair in pairs], least=20),
        Column("Because", [", ".join(pair.reasons) for pair in pairs], least=14, style="dim"),
    ]
    return Group(as_text(heading), fitted(columns, width))


def _titles(pair: Duplicate) -> str:
    one, other = pair.a.title or "", pair.b.title or ""
    return one if one.casefold() == other.casefold() else f"{one} ↔ {other}"


def _people_alike(answer: PeopleAlike, width: int) -> RenderableType:
    """A heading with who was asked about, and one line a person."""
    key, n = one_line(answer.query["user"]), answer.products
    title = Text.assemble((key, "bold magenta"), f"  {number(n)} product{'s' if n != 1 else ''}")
    title.append(f"  by {answer.method}", "dim not bold")
    if not answer.results:
        return Group(as_text(title), Text("  nobody alike", style="dim"))
    return Group(as_text(title), fitted(_people_columns(answer.results), width))


def _people_columns(rows: tuple[Person, ...]) -> list[Column]:
    top = max(row.score for row in rows)
    columns = [
        Column("#", [str(row.rank) for row in rows], right=True, style="dim"),
        Column("User", [row.user for row in rows], least=12, most=40, style="magenta"),
        Column("Score", [number(row.score) for row in rows], right=True, style="bold"),
        Column("", [bar(row.score / top if top > 0 else 0, _BAR) for row in rows], drop=2),
        Column("Products", [number(row.products) for row in rows], right=True, drop=1),
        Column("Shared", [number(row.shared) for row in rows], right=True),
        Column("Among them", [_shared(row) for row in rows], least=24, most=120),
    ]
    return columns if any(row.best for row in rows) else columns[:-1]


def _shared(row: Person) -> str:
    return "; ".join(one_line(product.title or product.sku) for product in row.best)


_DRAWN: dict[str, Callable[[Any, int], RenderableType]] = {
    "Ranking": _with_reasons,
    "Duplicates": _duplicates,
    "PeopleAlike": _people_alike,
}
