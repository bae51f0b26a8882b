"""Which column is what: header names compared with the synonyms, contents where names do not"
" decide."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from shlex import quote

import polars as pl

from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.ingest.cleaning.cells import clean_ids
from prodsim_cli.ingest.cleaning.synonyms import ALIASES, EVENT_FIELDS, ITEM_FIELDS, Tiers
from prodsim_cli.ingest.readers._raw import RawTable
from prodsim_cli.text.normalize import folded, squashed

FIELDS = tuple(dict.fromkeys([*ITEM_FIELDS, *EVENT_FIELDS]))
KEY_SAMPLE = 200_000
UNIQUE_SHARE = 0.9
_SPREADSHEET_ERROR = re.compile(r"#(?:NAME\?|REF!|VALUE!|N/A|DIV/0!|NUM!|NULL!)")


class AmbiguousKey(InputError):
    """Two columns are equally good for a key; the person has to say which."""


class UnknownColumn(UsageProblem):
    """``--map`` names a column or a field that is not there."""


def squash(name: str) -> str:
    """A header as the synonyms are written: no case, accent, space, sign, BOM, unit in brackets.

    >>> squash("\\ufeffUnit Price (GBP)"), squash("InvoiceNo"), squash("product_id")
    ('unitprice', 'invoiceno', 'productid')
    """
    if _SPREADSHEET_ERROR.match(name.strip()):
        return ""
    text = folded(name.replace("\ufeff", ""))
    return squashed(re.sub(r"[(\[（【][^)\]）】]*[)\]）】]\s*$", "", text) or text)


def listed(columns: Iterable[str], limit: int = 30) -> str:
    """Column names for a sentence; a very wide file is cut."""
    names = list(columns)
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


class Headers:
    """The columns of a file by squashed name; a column that was taken for a field is out."""

    def __init__(self, columns: Iterable[str]) -> None:
        self.by_name: dict[str, list[str]] = {}
        self.taken: set[str] = set()
        for column in columns:
            self.by_name.setdefault(squash(column), []).append(column)

    def tier(self, names: Iterable[str]) -> list[str]:
        """The free columns of one tier, in the tier's order."""
        found = [column for name in names for column in self.by_name.get(name, ())]
        return [column for column in found if column not in self.taken]

    def first(self, tiers: Tiers) -> str | None:
        """The best free column of several tiers."""
        return next((column for names in tiers for column in self.tier(names)), None)

    def every(self, tiers: Tiers) -> list[str]:
        """All free columns of several tiers, best first."""
        return [column for names in tiers for column in self.tier(names)]

    def take(self, column: str) -> str:
        self.taken.add(column)
        return column


def forced_mapping(mapping: Mapping[str, str], columns: list[str]) -> dict[str, str]:
    """``--map FIELD=COLUMN`` checked against the fields and this file's columns.

    A column may be written as in the file or in another case; raises :class:`UnknownColumn`.
    """
    out: dict[str, str] = {}
    by_name = {squash(column): column for column in reversed(columns)}
    for field, column in mapping.items():
        known = field if field in FIELDS else ALIASES.get(field)
        if known is None:
            near = difflib.get_close_matches(field, FIELDS, n=3, cutoff=0.4)
            hint = f"Did you mean {' or '.join(near)}? " if near else ""
            raise UnknownColumn(
                f"--map: there is no field {field!r}.", hint=f"{hint}Fields: {', '.join(FIELDS)}."
            )
        actual = column if column in columns else by_name.get(squash(column) or "\0")
        if actual is None:
            near = difflib.get_close_matches(column, columns, n=3, cutoff=0.4)
            hint = f"Did you mean {' or '.join(near)}? " if near else ""
            raise UnknownColumn(
                f"--map {field}={column}: there is no column {column!r}.",
                hint=f"{hint}Columns found: {listed(columns)}.",
            )
        out[known] = actual
    return out


def uniqueness(column: pl.Series) -> float:
    """Distinct values by non-empty ones of the first rows, 0 for an empty column."""
    filled = column.head(KEY_SAMPLE).drop_nulls()
    return filled.n_unique() / len(filled) if len(filled) else 0.0


def pick_key(
    raw: RawTable, headers: Headers, field: str, tiers: Tiers, *, unique: bool = False
) -> str | None:
    """The column for a key field; of equally good ones with other contents none can be picked.

    ``unique``: a catalogue's key; there a column whose values repeat is not as good as one whose
    values don't. Raises :class:`AmbiguousKey`.
    """
    frame = raw.frame
    for names in tiers:
        found = [
            c for c in headers.tier(names) if frame[c].null_count() < len(frame) or not len(frame)
        ]
        if unique and len(found) > 1:
            found = [c for c in found if uniqueness(frame[c]) >= UNIQUE_SHARE] or found
        if len(found) > 1:
            found = _different(frame, found)
        if len(found) > 1:
            raise AmbiguousKey(
                f"{raw.name}: {' and '.join(found)} are equally good for {field}. "
                f"Columns found: {listed(frame.columns)}.",
                hint=f"Say which it is, for example: --map {field}={quote(found[0])}",
                columns=frame.columns,
            )
        if found:
            return headers.take(found[0])
    empty = headers.every(tiers)  # a key column without a value: every line is then rejected
    return headers.take(empty[0]) if empty else None


def _different(frame: pl.DataFrame, columns: list[str]) -> list[str]:
    """The columns without those that repeat the contents of an earlier one."""
    kept: list[tuple[str, pl.Series]] = []
    for column in columns:
        values = clean_ids(frame[column])
        if not any(values.equals(other, null_equal=True) for _, other in kept):
            kept.append((column, values))
    return [column for column, _ in kept]


def suggest_key(frame: pl.DataFrame, *, but: Iterable[str] = (), unique: bool = True) -> str | None:
    """A filled column, different in each row if ``unique``, best with the name of a key."""
    left_out = set(but)
    good = [
        column
        for column in frame.columns
        if column not in left_out
        and len(frame)
        and frame[column].null_count() == 0
        and (not unique or frame[column].n_unique() == len(frame))
    ]
    ends = ("sku", "upc", "id", "code", "url", "key", "number", "no", "handle", "link")
    rank = {c: next((i for i, end in enumerate(ends) if squash(c).endswith(end)), -1) for c in good}
    named = sorted((c for c in good if rank[c] >= 0), key=lambda c: rank[c])
    best = [*named, *good] if unique else named
    return best[0] if best else None
