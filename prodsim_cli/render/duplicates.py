"""Pairs of entries that are one product, as a table. Imports rich."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from prodsim_cli.records import Duplicates
from prodsim_cli.records.duplicates import Duplicate
from prodsim_cli.render.layout import Column, as_text, fitted, number


def duplicates(found: Duplicates, width: int) -> RenderableType:
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
