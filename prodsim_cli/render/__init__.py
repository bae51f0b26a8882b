"""Every result in every format: data to stdout, nothing else.

``flat`` makes rows and ids, ``text`` makes JSON and safe texts, ``tables`` draws with rich.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Protocol, TextIO

from prodsim_cli.render.plain import harmless, json_text, one_line


class Result(Protocol):
    """A record that knows its JSON form; nothing about colours."""

    def as_dict(self) -> dict[str, Any]: ...


def show(result: Result | Sequence[Result], form: str, *, stream: TextIO | None = None) -> None:
    """Print one result or several in a format of ``options.FORMATS`` (a graph: dot, graphml, too).

    One result is one JSON object; several are an array (``json``) or one object a line (``jsonl``),
    one table each, or the rows of all below one header (``csv``, ``tsv``).
    """
    out = stream or sys.stdout
    results: list[Any] = list(result) if isinstance(result, Sequence) else [result]
    if form == "table":
        from prodsim_cli.render.tables import draw

        draw(results, out)
    elif form == "json":
        values = [one.as_dict() for one in results]
        out.write(json_text(values[0] if len(values) == 1 else values) + "\n")
    elif form == "jsonl":
        out.writelines(json_text(one.as_dict(), indent=None) + "\n" for one in results)
    elif form == "ids":
        from prodsim_cli.render import flat

        out.writelines(one_line(name) + "\n" for one in results for name in flat.ids(one))
    elif form in ("dot", "graphml"):
        from prodsim_cli.render import graphs

        out.writelines(line for one in results for line in graphs.text(one, form))
    else:
        _delimited(results, "," if form == "csv" else "\t", out)


def _delimited(results: list[Any], delimiter: str, out: TextIO) -> None:
    import csv

    from prodsim_cli.render import flat

    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    header: Sequence[str] = ()
    for one in results:
        columns, rows = flat.rows(one)
        if columns != header:
            writer.writerow(columns)
            header = columns
        writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: Any) -> Any:
    """A value as a cell: lists and objects as words or JSON, control characters made visible."""
    if isinstance(value, (list, tuple)):
        value = " ".join(map(str, value))
    elif isinstance(value, dict):
        value = json_text(value, indent=None)
    return harmless(value) if isinstance(value, str) else value
