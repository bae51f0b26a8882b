"""What an export has written, in one sentence."""

from __future__ import annotations

from collections.abc import Callable

from prodsim_cli.records.reports import Export
from prodsim_cli.records.values import Json
from prodsim_cli.render.text import one_line


def sentence(made: Export) -> str:
    """Rows, of what, and the file."""
    size = made.bytes / 1e6
    weight = f"{size:,.1f} MB" if size >= 1 else f"{made.bytes / 1e3:,.1f} kB"
    about = _ABOUT[made.what](made.about)
    return one_line(f"{made.rows:,} rows into {made.file} ({weight}): {about}.")


def _similar(about: Json) -> str:
    said = f"up to {about['k']} products like each of {about['products']:,}, by {about['method']}"
    missing = about["without_neighbors"]
    return said + (f"; {missing:,} have none" if missing else "")


def _recs(about: Json) -> str:
    said = f"up to {about['k']} products for each of {about['users']:,} users, by {about['method']}"
    missing = about["without_a_past"]
    return said + (f"; of {missing:,} nothing is known" if missing else "")


def _vectors(about: Json) -> str:
    what = "users" if "users" in about else "products"
    return f"{about['dimension']} numbers each, of {about[what]:,} {what}, by {about['space']}"


def _graph(about: Json) -> str:
    return f"edges by {', '.join(about['relations'])}, up to {about['k']} each by a table"


_ABOUT: dict[str, Callable[[Json], str]] = {
    "similar": _similar,
    "recs": _recs,
    "vectors": _vectors,
    "graph": _graph,
}
