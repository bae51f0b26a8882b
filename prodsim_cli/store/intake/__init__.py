"""Writing one cleaned file into the database: one transaction, applied once or anew.
 An item is found by (source, spelling); what items know from transaction
lines (title, price) is derived from the table ``spellings`` over all files, so that the order in
which files arrive does not matter. sqlite-utils joins our transaction with savepoints.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timezone
from typing import Any

from prodsim_cli.ingest.readers._raw import Cleaned
from prodsim_cli.records.reports import FileReport
from prodsim_cli.search import index
from prodsim_cli.store import meta
from prodsim_cli.store.intake.changes import CONTENT, Changes
from prodsim_cli.store.intake.derived import derive, describe_from_lines
from prodsim_cli.store.intake.events import write_events
from prodsim_cli.store.intake.items import (
    drop_orphans,
    hash_contents,
    resolve,
    spellings_of,
    write_catalog,
    write_spellings,
)


def known_file(
    connection: sqlite3.Connection, sha256: str, source: str, options: str
) -> FileReport | None:
    """The report of the same bytes ingested with the same options before, else None."""
    row = connection.execute(
        # A catalogue that another one has followed must be applied again to count.
        """select report from files f where sha256 = ? and source = ? and options = ?
           and not (kind = 'catalog' and exists (select 1 from files later
               where later.id > f.id and later.kind = 'catalog' and later.source = f.source))""",
        (sha256, source, options),
    ).fetchone()
    if row is None:
        return None
    stored: dict[str, Any] = json.loads(row[0])
    stored["notes"] = tuple(stored["notes"])
    return FileReport(**{**stored, "changed": False})


def apply(
    connection: sqlite3.Connection,
    cleaned: Cleaned,
    *,
    name: str,
    source: str,
    sha256: str,
    options: str,
    keep_case: bool = False,
) -> FileReport:
    """Write one file inside the caller's transaction; counters are bumped, the report returned.

    The same bytes with other options are applied anew: what the earlier application brought is
    taken out first. Lines of events that are stored already (an export that grew) are merged.
    """
    changes = Changes()
    again = _forget_application(connection, sha256, source)
    changes.other += again
    file_id = _new_file(connection, name, source, cleaned.kind, sha256, options)
    spellings = spellings_of(cleaned, source)
    item_of = resolve(connection, spellings, cleaned, keep_case, changes)
    if cleaned.items is not None:
        write_catalog(connection, cleaned.items, item_of, source, changes)
    write_spellings(connection, file_id, spellings, item_of)
    if cleaned.events is not None:
        write_events(connection, cleaned.events, item_of, source, file_id, changes)
        describe_from_lines(connection, cleaned.events, item_of, changes)
    derive(connection, changes)
    if again:
        drop_orphans(connection, changes)
    index.refresh(connection, hash_contents(connection))
    _write_rejects(connection, name, file_id, cleaned, changes)
    account = report(cleaned, name, changes)
    _finish(connection, file_id, account, changes)
    return account


def _forget_application(connection: sqlite3.Connection, sha256: str, source: str) -> int:
    """Take out what an earlier application of the same bytes brought; number of rows gone."""
    ids = connection.execute(
        "select id from files where sha256 = ? and source = ?", (sha256, source)
    ).fetchall()
    for (file_id,) in ids:
        connection.execute("delete from events where file_id = ?", (file_id,))
        connection.execute("delete from files where id = ?", (file_id,))  # spellings, rejects too
    if ids:
        # An item that no other catalogue describes falls back to what its events say.
        connection.execute(
            f"""update items set origin = 'events', content_hash = null,
                {", ".join(f"{c} = null" for c in CONTENT)}
                where origin = 'catalog' and id not in (select s.item_id from spellings s
                    join files f on f.id = s.file_id where f.kind = 'catalog')"""
        )
        meta.bump(connection, "events_version", "catalog_version")
    return len(ids)


def _new_file(
    connection: sqlite3.Connection, name: str, source: str, kind: str, sha256: str, options: str
) -> int:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    cursor = connection.execute(
        "insert into files (name, source, kind, sha256, options, report, ingested_at)"
        " values (?, ?, ?, ?, ?, '{}', ?)",
        (name, source, kind, sha256, options, now),
    )
    return int(cursor.lastrowid or 0)


def _write_rejects(
    connection: sqlite3.Connection, name: str, file_id: int, cleaned: Cleaned, changes: Changes
) -> None:
    """Rejects of the newest version of a file take the place of those of the earlier one."""
    changes.other += connection.execute(
        "delete from rejects where file_id in (select id from files where name = ?)", (name,)
    ).rowcount
    shown = name.replace("\\", "/").rsplit("/", 1)[-1]
    connection.executemany(
        "insert into rejects (file, line, reason, raw, file_id) values (?, ?, ?, ?, ?)",
        ((shown, reject.line, reject.reason, reject.raw, file_id) for reject in cleaned.rejects),
    )
    changes.other += len(cleaned.rejects)


def report(cleaned: Cleaned, name: str, changes: Changes | None = None) -> FileReport:
    """The account of a cleaned file, with what the database merged."""
    changes = changes or Changes()
    return FileReport(
        file=name,
        kind=cleaned.kind,
        mapping=cleaned.mapping,
        read=cleaned.read,
        kept=cleaned.kept - sum(changes.merged.values()),
        merged={**cleaned.merged, **changes.merged},
        set_aside=cleaned.set_aside,
        rejected=cleaned.rejected,
        emptied=cleaned.emptied,
        notes=cleaned.notes,
        changed=bool(changes),
    )


def _finish(
    connection: sqlite3.Connection, file_id: int, account: FileReport, changes: Changes
) -> None:
    connection.execute(
        "update files set report = ? where id = ?",
        (json.dumps(account.as_dict(), ensure_ascii=False), file_id),
    )
    if changes.texts or changes.items:
        connection.execute("insert into items_fts (items_fts) values ('rebuild')")
        meta.bump(connection, "catalog_version")
    if changes.events:
        meta.bump(connection, "events_version")
    if changes.prices:
        meta.bump(connection, "prices_version")
    if changes:
        meta.bump(connection)


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """What the database holds now, for the last line of a report."""
    queries = {
        "items": "select count(*) from items where listed = 1",
        "without_text": "select count(*) from items where listed = 1 and title is null",
        "users": "select count(*) from users",
        "events": "select count(*) from events",
        "rejects": "select count(*) from rejects",
    }
    return {name: connection.execute(query).fetchone()[0] for name, query in queries.items()}
