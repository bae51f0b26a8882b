"""Opening the one SQLite file: for reading (compares a version, never writes) or for writing."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from prodsim_cli.errors import InputError, NotReady
from prodsim_cli.store.schema import STEPS, VERSION

BUSY_SECONDS = 30.0


def _schema_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("pragma user_version").fetchone()[0])


def open_for_reading(path: str | os.PathLike[str]) -> sqlite3.Connection:
    """A read-only connection; raises :class:`NotReady` with the command that helps."""
    require_database(path)
    connection, version = _opened(path)
    if version < VERSION:
        foreign = connection.execute("select count(*) from sqlite_master").fetchone()[0]
        connection.close()
        if version == 0 and foreign:
            raise NotReady(
                f"{path} is a database of another program.", hint="Name another file with --db."
            )
        if version == 0:
            raise NotReady(f"{path} holds no prodsim data yet.", hint="Run `prodsim ingest FILE`.")
        raise NotReady(
            f"{path} was written by an older prodsim (schema {version}, this one needs {VERSION}).",
            hint="Run `prodsim build` once: it brings the file up to date and loses nothing.",
        )
    _not_newer(connection, path)
    connection.row_factory = sqlite3.Row
    return connection


def _not_newer(connection: sqlite3.Connection, path: str | os.PathLike[str]) -> None:
    version = _schema_version(connection)
    if version > VERSION:
        connection.close()
        raise NotReady(
            f"{path} was written by a newer prodsim (schema {version}, this one knows {VERSION}).",
            hint="Update prodsim: `pip install --upgrade prodsim`.",
        )


def _opened(path: str | os.PathLike[str]) -> tuple[sqlite3.Connection, int]:
    """A read-only connection and the version of the schema.

    Where the folder may not be written, SQLite cannot make the shared memory of WAL mode: then the
    file is read as one that nobody changes, unless its log holds what it does not hold itself.
    """
    try:
        return _connected(path, "mode=ro")
    except sqlite3.OperationalError as problem:
        said = str(problem)
    except sqlite3.DatabaseError as problem:
        raise InputError(
            f"{path} cannot be read as a SQLite database: {problem}.",
            hint="Name the right file with --db.",
        ) from None
    log = f"{os.fspath(path)}-wal"
    if not (os.path.exists(log) and os.path.getsize(log)):
        try:
            return _connected(path, "mode=ro&immutable=1")
        except sqlite3.DatabaseError as problem:
            said = str(problem)
    raise InputError(
        f"{path} cannot be read where it lies: {said}.",
        hint="Check the permissions of the file and its folder, or copy it together with its -wal"
        " file into a folder that may be written.",
    )


def _connected(path: str | os.PathLike[str], how: str) -> tuple[sqlite3.Connection, int]:
    connection = sqlite3.connect(f"{_uri(path)}?{how}", uri=True, timeout=BUSY_SECONDS)
    try:
        return connection, _schema_version(connection)
    except sqlite3.DatabaseError:
        connection.close()
        raise


def require_database(path: str | os.PathLike[str]) -> None:
    """Raise :class:`NotReady` where there is no file: ``build`` must not make an empty one."""
    if not os.path.exists(path):
        raise NotReady(
            f"There is no database at {path}.",
            hint="Run `prodsim ingest FILE` first, or name another one with --db.",
        )


def _uri(path: str | os.PathLike[str]) -> str:
    """A path as SQLite wants it in a URI; pathlib would cost half as much as the look-up itself."""
    whole = os.path.abspath(path).replace(os.sep, "/")
    for mark, escaped in (("%", "%25"), ("?", "%3f"), ("#", "%23")):
        whole = whole.replace(mark, escaped)
    return "file:///" + whole.lstrip("/")


def open_for_writing(path: str | os.PathLike[str]) -> sqlite3.Connection:
    """A connection in WAL mode with foreign keys on, the schema brought up to date.

    Transactions are explicit (``isolation_level=None``): use :func:`transaction`.
    """
    try:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        version = _schema_version(connection)
        tables = connection.execute("select count(*) from sqlite_master").fetchone()[0]
    except sqlite3.OperationalError as problem:
        raise InputError(
            f"{path} cannot be opened for writing: {problem}.",
            hint="Check the folder and its permissions, or name another file with --db.",
        ) from None
    except sqlite3.DatabaseError as problem:
        raise InputError(
            f"{path} is not a SQLite database: {problem}.", hint="Name another file with --db."
        ) from None
    if version == 0 and tables:
        connection.close()
        raise InputError(
            f"{path} is a database of another program.", hint="Name another file with --db."
        )
    _not_newer(connection, path)
    connection.row_factory = sqlite3.Row
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")
    connection.execute("pragma foreign_keys = on")
    connection.execute("pragma cache_size = -65536")
    migrate(connection)
    # after the steps: an index over a large table is sorted in a file, not in gigabytes of memory
    connection.execute("pragma temp_store = memory")
    return connection


def migrate(connection: sqlite3.Connection) -> None:
    """Run the steps of the diary that this file has not seen, each as one transaction."""
    for number in range(_schema_version(connection), VERSION):
        with transaction(connection):
            if _schema_version(connection) > number:  # another process was quicker
                continue
            for statement in STEPS[number]:
                if isinstance(statement, str):
                    connection.execute(statement)
                else:
                    statement(connection)
            connection.execute(f"pragma user_version = {number + 1}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """``begin immediate`` ... ``commit``; rolled back on any exception, Ctrl-C included."""
    connection.execute("begin immediate")
    try:
        yield connection
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")
