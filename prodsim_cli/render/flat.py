"""Results as rows under a header, and as ids one a line.

One function per result type; what a format cannot say (a status as ids) is the nearest useful list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prodsim_cli.records.answers import Ranking
    from prodsim_cli.records.duplicates import Duplicates
    from prodsim_cli.records.figures import Scorecard
    from prodsim_cli.records.graphs import Neighborhood
    from prodsim_cli.records.people import PeopleAlike
    from prodsim_cli.records.reasons import Explanation
    from prodsim_cli.records.reports import Export, FileReport, IngestReport
    from prodsim_cli.records.states import Profile, Status

Rows = tuple[tuple[str, ...], Iterable[Iterable[Any]]]


def rows(result: Any) -> Rows:
    """Column names and rows of any result."""
    return _ROWS[type(result).__name__](result)


def ids(result: Any) -> Iterable[str]:
    """The names that a result is about, for a pipe."""
    return _IDS[type(result).__name__](result)


def question(ranking: Ranking) -> str:
    """What was asked, as one word: the SKU, the SKUs joined by +, a user (and what was
    added to the history), a text."""
    values = list(ranking.query.values())
    if not ("user" in ranking.query and "history" in ranking.query):
        values = values[:1]
    words = (value if isinstance(value, (list, tuple)) else [value] for value in values)
    return "+".join(str(word) for word in chain.from_iterable(words))


def _ranking(ranking: Ranking) -> Rows:
    columns = ("query", "rank", "sku", "score", "title", "price", "methods", "variants", "pinned")
    asked = question(ranking)
    rows: Iterable[list[Any]] = (
        [asked, *list(row.as_dict().values())[: len(columns) - 1]] for row in ranking.results
    )
    if any(row.why for row in ranking.results):
        said = ("; ".join((row.why or {}).get("because", ())) for row in ranking.results)
        return (*columns, "why"), ([*row, why] for row, why in zip(rows, said, strict=True))
    return columns, rows


def _scorecard(card: Scorecard) -> Rows:
    columns = ("method", "metric", "mean", "low", "high", "slice")
    whole = (
        (method, metric, value.mean, value.low, value.high, "")
        for method, figures in card.methods.items()
        for metric, value in figures.items()
    )
    parts = (
        (method, card.main, value.mean, value.low, value.high, f"{part.kind}: {part.name}")
        for part in card.slices
        for method, value in part.methods.items()
    )
    return columns, chain(whole, parts)


def _ingest(report: IngestReport) -> Rows:
    columns = ("file", "kind", "outcome", "reason", "lines")
    return columns, (
        (file.file, file.kind, *account) for file in report.files for account in accounts(file)
    )


def accounts(file: FileReport) -> Iterator[tuple[str, str, int]]:
    """Where the lines of a file went: (outcome, reason, lines), read and kept first."""
    yield "read", "", file.read
    yield "kept", "", file.kept
    parts = {"merged": file.merged, "set aside": file.set_aside, "rejected": file.rejected}
    for outcome, reasons in parts.items():
        for reason, lines in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])):
            yield outcome, reason, lines


def _neighborhood(graph: Neighborhood) -> Rows:
    columns = ("source", "target", "relation", "rank", "score", "count", "latest")
    return columns, (edge.as_dict().values() for edge in graph.edges)


def _explanation(reason: Explanation) -> Rows:
    columns = ("sku", "other", "direction", "method", "share", "value", "rank")
    ends = (reason.product.sku, reason.other.sku)
    return columns, (
        (*ends, direction, *share.as_dict().values())
        for direction, speaking in (("there", reason.there), ("back", reason.back))
        for share in speaking.shares
    )


def _people_alike(answer: PeopleAlike) -> Rows:
    columns = ("query", "rank", "user", "score", "products", "shared", "best")
    asked = answer.query["user"]
    return columns, (
        (asked, row.rank, row.user, round(row.score, 6), row.products, row.shared,
         [product.sku for product in row.best])
        for row in answer.results
    )  # fmt: skip


def _duplicates(found: Duplicates) -> Rows:
    sides = (f"{side}{what}" for side in "ab" for what in ("", "_title", "_price"))
    return ("rank", "confidence", *sides, "reasons"), (
        (
            *(rank, round(pair.confidence, 4)),
            *(pair.a.sku, pair.a.title, pair.a.price),
            *(pair.b.sku, pair.b.title, pair.b.price),
            "; ".join(pair.reasons),
        )
        for rank, pair in enumerate(found.results, start=1)
    )


def _facts(result: Status | Profile | Export) -> Rows:
    return ("name", "value"), _flattened("", result.as_dict())


def _flattened(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Nested values as dotted names, entries of lists numbered from 1."""
    if isinstance(value, dict):
        pairs: Iterable[tuple[Any, Any]] = value.items()
    elif isinstance(value, (list, tuple)) and any(isinstance(v, (dict, list)) for v in value):
        pairs = enumerate(value, start=1)
    else:
        yield prefix, value
        return
    for name, part in pairs:
        yield from _flattened(f"{prefix}.{name}" if prefix else str(name), part)


_ROWS: dict[str, Callable[[Any], Rows]] = {
    "Ranking": _ranking,
    "Listing": lambda listing: (listing.columns, listing.rows),
    "Scorecard": _scorecard,
    "IngestReport": _ingest,
    "Status": _facts,
    "Profile": _facts,
    "Neighborhood": _neighborhood,
    "Duplicates": _duplicates,
    "PeopleAlike": _people_alike,
    "Export": _facts,
    "Explanation": _explanation,
}

_IDS: dict[str, Callable[[Any], Iterable[str]]] = {
    "Ranking": lambda ranking: (row.sku for row in ranking.results),
    "Listing": lambda listing: (str(row[0]) for row in listing.rows),
    "Scorecard": lambda card: card.methods,
    "IngestReport": lambda report: (file.file for file in report.files),
    "Status": lambda status: (artifact.name for artifact in status.artifacts),
    "Profile": lambda profile: (profile.key,),
    # the one that may go
    "Duplicates": lambda found: dict.fromkeys(pair.b.sku for pair in found.results),
    "PeopleAlike": lambda answer: (person.user for person in answer.results),
    "Export": lambda made: (made.file,),
    # SKUs go on into a pipe; keys of people would stop it.
    "Neighborhood": lambda graph: (
        node.label for node in graph.nodes if node.hop and node.kind == "product"
    ),
    "Explanation": lambda reason: (step.sku for step in reason.path),
}
