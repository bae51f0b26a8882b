"""What an export has written, in one sentence."""

from __future__ import annotations

from prodsim_cli.records.reports import Export
from prodsim_cli.render.plain import one_line

_ABOUT = {
    "similar": "up to {k} products like each of {products:,}, by {method}",
    "recs": "up to {k} products for each of {users:,} users, by {method}",
    "vectors": "{dimension} numbers each, of {count:,} {what}, by {space}",
    "graph": "edges by {names}, up to {k} each by a table",
}
_EMPTY = {
    "similar": ("without_neighbors", "; {:,} have none"),
    "recs": ("without_a_past", "; of {:,} nothing is known"),
}
"""Table -> the count of those without a row, and how it is said."""


def sentence(made: Export) -> str:
    """Rows, of what, and the file."""
    weight = f"{made.bytes / 1e6:,.1f} MB" if made.bytes >= 1e6 else f"{made.bytes / 1e3:,.1f} kB"
    what = "users" if "users" in made.about else "products"
    words = {"what": what, "count": made.about.get(what, 0)}
    words["names"] = ", ".join(made.about.get("relations", ()))
    about = _ABOUT[made.what].format(**made.about, **words)
    name, said = _EMPTY.get(made.what, ("", ""))
    about += said.format(made.about[name]) if made.about.get(name) else ""
    return one_line(f"{made.rows:,} rows into {made.file} ({weight}): {about}.")
