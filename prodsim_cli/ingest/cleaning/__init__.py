"""A raw table into clean rows: which column is what, values, duplicates, services, the account.

``clean(raw, options, kind=None)`` gives a :class:`~prodsim_cli.ingest.readers._raw.Cleaned`;
``recognise`` tells beforehand what a file is. Both are pure functions.
"""

from __future__ import annotations

from prodsim_cli.ingest.cleaning.catalog import BrokenKey, clean_catalog
from prodsim_cli.ingest.cleaning.columns import AmbiguousKey, UnknownColumn
from prodsim_cli.ingest.cleaning.events import clean_events
from prodsim_cli.ingest.cleaning.lines import SERVICE_RULE, is_service_title, service_codes
from prodsim_cli.ingest.cleaning.recognition import (
    CATALOG,
    EVENTS,
    TRANSACTIONS,
    NotRecognised,
    Recognition,
    recognise,
)
from prodsim_cli.ingest.cleaning.titles import commonest_titles, fold_case, sane_title
from prodsim_cli.ingest.readers._raw import Cleaned, CleanOptions, RawTable

__all__ = [
    "CATALOG",
    "EVENTS",
    "SERVICE_RULE",
    "TRANSACTIONS",
    "AmbiguousKey",
    "BrokenKey",
    "NotRecognised",
    "Recognition",
    "UnknownColumn",
    "clean",
    "commonest_titles",
    "fold_case",
    "is_service_title",
    "recognise",
    "sane_title",
    "service_codes",
]


def clean(raw: RawTable, options: CleanOptions, *, kind: str | None = None) -> Cleaned:
    """Understand and clean one file.

    ``kind``: ``catalog`` or ``events`` forces it (events may still turn out to be transactions).
    Every line of ``raw.read`` ends in exactly one of kept, merged, set aside or rejected.
    Raises :class:`NotRecognised`, :class:`AmbiguousKey`, :class:`BrokenKey` (InputError) and
    :class:`UnknownColumn` (UsageProblem), each with the ``--map`` to type.
    """
    found = recognise(raw, options, kind)
    if found.kind == CATALOG:
        return clean_catalog(raw, options, found)
    return clean_events(raw, options, found)
