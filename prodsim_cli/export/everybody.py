"""``recommend --all``: read, score, write, and say how fast it went. First floor."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Iterator

from prodsim_cli.export import list_files as files
from prodsim_cli.export.batch_scorer import crowd
from prodsim_cli.export.lists import Lists, lists, nothing_for
from prodsim_cli.files import check_file, ending
from prodsim_cli.progress import Progress
from prodsim_cli.queries.ranking.request import Rules
from prodsim_cli.queries.recommend import RecommendRequest, ahead, what_is_popular
from prodsim_cli.records.reports import Export


def everybody(
    connection: sqlite3.Connection,
    request: RecommendRequest,
    rules: Rules,
    k: int,
    *,
    path: str | None = None,
    form: str = "csv",
    progress: Progress | None = None,
) -> Export:
    """Lists of all users into a file (its ending says the format), else to stdout in ``form``.

    Returns what was written, with sentences for the person.
    """
    if path is not None:
        ending(path, files.ENDINGS, "-o")
        check_file(path)
    if progress is not None:
        progress.stage("loading")
    people = crowd(connection, request)
    found = _Timed(lists(connection, people, rules, k, progress))
    if path is None:
        rows = files.stream_to(sys.stdout, form, connection, people, found)
    else:
        form = ending(path, files.ENDINGS, "-o")
        rows = files.write(path, connection, people, found)
    users = len(people.keys)
    notes = [*people.config.notes, *ahead(people.before)]
    strangers = users - len(people.subjects)
    if strangers:
        when = f" before {people.before}" if people.before else ""
        what = what_is_popular(people.fallback, people.facts, people.before)
        notes.append(
            f"Nothing is known of {strangers:,} of {users:,} users{when}: they get {what}."
        )
    notes += nothing_for(found.empty, users)
    where = f"{path}: " if path else ""
    rate = users / max(found.seconds, 1e-9)
    notes.append(f"{where}{users:,} users, {rate:,.0f} a second once all was read.")
    return Export(
        what="recs",
        file=path or "",
        form=form,
        rows=rows,
        columns=files.KEYS if form == "jsonl" else files.COLUMNS,
        bytes=os.path.getsize(path) if path else 0,
        about={
            "method": people.config.method,
            "k": k,
            "users": users,
            "without_a_past": strangers,
        },
        notes=tuple(notes),
    )


class _Timed:
    """Lists one after the other, the seconds that making them took, and users who got nothing."""

    def __init__(self, found: Iterator[Lists]) -> None:
        self._found, self.seconds, self.empty = found, 0.0, 0

    def __iter__(self) -> Iterator[Lists]:
        while True:
            begun = time.perf_counter()
            some = next(self._found, None)
            self.seconds += time.perf_counter() - begun
            if some is None:
                return
            self.empty += some.empty()
            yield some
