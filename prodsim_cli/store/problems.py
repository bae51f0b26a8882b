"""What SQLite says, in words for a person."""

from __future__ import annotations

import sqlite3

from prodsim_cli.errors import InputError, ProdsimError

_KNOWN = (
    (
        ("locked", "busy"),
        "Another process is writing to the database and did not finish in time.",
        "Wait for it to end (an `ingest` or `build` elsewhere?), then run the same command again.",
    ),
    (
        ("disk is full",),
        "The disk is full.",
        "Make room, then run the same command again: it goes on where it stopped.",
    ),
    (
        ("readonly", "read-only"),
        "The database may not be written.",
        "Check the permissions of the file and its folder, or name another file with --db.",
    ),
    (
        ("unable to open",),
        "The database cannot be opened.",
        "Check the path and the permissions of its folder, or name another file with --db.",
    ),
    (
        ("malformed", "not a database"),
        "The database file is damaged.",
        "Move it away and ingest again; `sqlite3 FILE .recover` may save what it holds.",
    ),
    (
        ("disk i/o error",),
        "The disk does not answer as it should (I/O error).",
        "Check the disk and the file system, then run the same command again.",
    ),
)


def explain(problem: sqlite3.Error) -> ProdsimError | None:
    """The error for a person, or None for one that only a bug can cause."""
    said = str(problem).lower()
    for signs, message, hint in _KNOWN:
        if any(sign in said for sign in signs):
            return InputError(message, hint=hint, sqlite=str(problem))
    return None
