"""What a database holds and what was read, as tables for a person; imports rich."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from prodsim_cli.records.reports import FileReport, IngestReport
from prodsim_cli.records.states import ArtifactStatus, Listing, Profile, Status
from prodsim_cli.records.values import FOR_PEOPLE
from prodsim_cli.render.flat import accounts
from prodsim_cli.render.layout import Column, fitted, grid, moment, number, size
from prodsim_cli.render.plain import one_line


def listing(listing: Listing, width: int) -> RenderableType:
    if not listing.rows:
        return Text("nothing to show", style="dim")
    return fitted(_listing_columns(listing), width)


def _listing_columns(listing: Listing) -> list[Column]:
    columns = []
    for place, name in enumerate(listing.columns):
        values = [row[place] for row in listing.rows]
        known = [value for value in values if value is not None]
        numeric = bool(known) and all(isinstance(value, (int, float)) for value in known)
        if numeric:
            digits = _digits(known)
            cells = ["" if value is None else number(value, digits) for value in values]
        else:
            cells = ["" if value is None else moment(str(value)) for value in values]
        header = name.replace("_", " ")
        columns.append(Column(header, cells, right=numeric, least=None if numeric else 12))
    return columns


def _digits(values: Sequence[float]) -> int:
    """Digits after the point that tell all values as three digits would."""
    return next(n for n in range(4) if all(round(v, n) == round(v, 3) for v in values))


def status(status: Status, width: int) -> RenderableType:
    counts = status.counts
    products = number(counts.get("items", 0))
    asides = [
        f"{number(counts[name])} {words}"
        for name, words in (("without_text", "without text"), ("unlisted", "left the feed"))
        if counts.get(name)
    ]
    events = ", ".join(f"{number(n)} {kind}" for kind, n in status.events.items())
    first, last = status.period
    weights = ", ".join(f"{kind} {value:g}" for kind, value in status.weights.items())
    pairs: list[tuple[str, Any]] = [
        ("Database", f"{status.database}  ({size(status.bytes)})"),
        ("Products", products + (f"  ({', '.join(asides)})" if asides else "")),
        ("People", number(counts.get("users", 0))),
        ("Events", number(counts.get("events", 0)) + (f"  ({events})" if events else "")),
    ]
    if first:
        pairs.append(("Period", f"{moment(str(first))} to {moment(str(last))}"))
    if counts.get("events_without_user"):
        pairs.append(("No customer", f"{number(counts['events_without_user'])} events"))
    pairs.append(("Weights", weights))
    pairs.append(("Rejected", f"{number(counts.get('rejects', 0))} lines"))
    model = status.settings.get("model")
    if model:
        reason = status.settings.get("model_reason")
        pairs.append(("Model", f"{model}  ({reason})" if reason else model))
    if status.settings.get("fields"):
        pairs.append(("Text fields", ", ".join(status.settings["fields"])))
    pairs += _blend(status)
    if status.digest:
        pairs.append(("Digest", status.digest))
    parts: list[RenderableType] = [grid(pairs)]
    if status.artifacts:
        parts += [Text(""), _artifacts(status, width)]
    parts += [Text(f"→ {one_line(line)}", style="yellow") for line in status.advice]
    return Group(*parts)


def _blend(status: Status) -> list[tuple[str, Any]]:
    """What hybrid is made of, for products with many events; and from what that was learned."""
    made = next((a for a in status.artifacts if a.kind == "blend"), None)
    if made is None:
        return []
    blend = made.settings.get("blend")
    if not blend:
        return [("Hybrid", "documented defaults (too few events to learn from)")]
    pairs: list[tuple[str, Any]] = [("Learned from", "; ".join(blend.get("evidence", ())))]
    for task, words in (("similar", "Similar by"), ("recommend", "Recommend by")):
        table = blend.get(task, {}).get("many", {})
        ordered = sorted(table.items(), key=lambda pair: (-pair[1], pair[0]))
        if ordered:
            pairs.append((words, ", ".join(f"{name} {weight:.2g}" for name, weight in ordered)))
    return pairs


_KINDS = {
    "space": "vectors",
    "neighbors": "neighbours",
    "user_neighbors": "people alike",
    "blend": "weights",
    "item_scores": "counts",
    "variants": "colours and sizes",
}


def _kind(made: ArtifactStatus) -> str:
    """The kind in words; tables that only ``recommend`` reads are told apart."""
    for_people = made.kind == "neighbors" and made.name.endswith(FOR_PEOPLE)
    return "for people" if for_people else _KINDS.get(made.kind, made.kind)


def _artifacts(status: Status, width: int) -> RenderableType:
    made = status.artifacts
    states = [
        Text(f"stale: {one_line(a.stale)}", style="yellow") if a.stale else Text("fresh", "green")
        for a in made
    ]
    columns = [
        Column("Built", [a.name for a in made], style="bold", least=16, most=40),
        Column("Kind", [_kind(a) for a in made]),
        Column("Rows", [number(a.rows) for a in made], right=True, drop=2),
        Column("Seconds", [f"{a.seconds:,.1f}" for a in made], right=True, drop=4),
        Column("Made", [moment(a.created_at)[:16] for a in made], drop=3, style="dim"),
        Column("State", states, least=36),
    ]
    return fitted(columns, width)


def profile(profile: Profile, width: int) -> RenderableType:
    pairs = [
        (name.replace("_", " "), _fact(value))
        for name, value in profile.facts.items()
        if value not in (None, "", 0, {}, []) and value != profile.key
    ]
    heading = Text.assemble((one_line(profile.key), "bold cyan"), ("  " + profile.kind, "dim"))
    parts: list[RenderableType] = [heading, grid(pairs)]
    for name, table in profile.tables.items():
        if table.rows:
            title = Text(name.replace("_", " ").capitalize(), style="bold")
            parts += [Text(""), title, fitted(_listing_columns(_once(table)), width)]
    return Group(*parts)


def _fact(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_fact(part)}" for name, part in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_fact(part) for part in value)
    if isinstance(value, float) and value != int(value):
        return number(value, 2)
    return number(int(value)) if isinstance(value, (int, float)) else moment(str(value))


def _once(listing: Listing) -> Listing:
    """Repeated names of a first column ``method`` are shown once, so that groups are seen."""
    if listing.columns[:1] != ("method",):
        return listing
    rows, last = [], None
    for row in listing.rows:
        rows.append(("" if row[0] == last else row[0], *row[1:]))
        last = row[0]
    return Listing(listing.columns, tuple(rows))


def ingest(report: IngestReport, width: int) -> RenderableType:
    parts: list[RenderableType] = []
    for file in report.files:
        parts += [*_file(file, width), Text("")]
    for name, why in report.skipped.items():
        parts.append(Text(f"skipped {one_line(name)}: {one_line(why)}", style="yellow"))
    if report.sample:
        parts += [*_samples(report.sample, width), Text("")]
    counts = [f"{number(n)} {name.replace('_', ' ')}" for name, n in report.counts.items()]
    if report.dry_run:
        parts.append(Text("Dry run: nothing was written.", style="bold"))
    elif not report.changed:
        parts.append(Text("Nothing has changed.", style="bold"))
    if counts:
        parts.append(Text(f"The database holds {', '.join(counts)}."))
    return Group(*parts)


def _file(file: FileReport, width: int) -> list[RenderableType]:
    known = "" if file.changed else "  known already"
    heading = Text.assemble((one_line(file.file), "bold cyan"), f"  {file.kind}", (known, "dim"))
    mapping = ", ".join(f"{name} ← {column}" for name, column in file.mapping.items())
    pairs: list[tuple[str, Any]] = [("columns", mapping)] if mapping else []
    for outcome, reason, lines in accounts(file):
        style = {"rejected": "red", "set aside": "yellow"}.get(outcome, "")
        pairs.append((outcome, Text.assemble((f"{lines:>12,}", style), "  ", one_line(reason))))
    for column, cells in file.emptied.items():
        what = f"bad values in {column} (cell emptied, line kept)"
        pairs.append(("emptied", Text(f"{cells:>12,}  {one_line(what)}")))
    pairs += [("note", note) for note in file.notes]
    return [heading, grid(pairs)]


def _samples(sample: Sequence[dict[str, Any]], width: int) -> list[RenderableType]:
    """Cleaned rows of a dry run, one table a file."""
    parts: list[RenderableType] = []
    for name in dict.fromkeys(row.get("file", "") for row in sample):
        rows = [row for row in sample if row.get("file", "") == name]
        columns = tuple(dict.fromkeys(key for row in rows for key in row if key != "file"))
        listing = Listing(columns, tuple(tuple(row.get(c) for c in columns) for row in rows))
        cells = _listing_columns(listing)
        for place, column in enumerate(cells):
            column.drop = place  # an event has more columns than a terminal is wide
        parts += [Text(f"{one_line(name)}, cleaned", style="bold"), fitted(cells, width)]
    return parts
