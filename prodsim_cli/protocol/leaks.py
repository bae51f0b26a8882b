"""Nothing that is judged may have seen what it is judged by.

What a method is given holds the training part only (:func:`sealed`); a stored table or space that
has learned from events is refused (:func:`refuse_stored`, :func:`refuse_space`) or not shown
(:func:`without_learned_spaces`); tables of an earlier dataset are dropped by
``Dataset.with_events``; the database may not be opened while a method works (:func:`locked`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

from prodsim_cli import registry
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import TYPE_CODE
from prodsim_cli.errors import Leak, UsageProblem
from prodsim_cli.protocol.splits._split import Split, among

_REMEDY = "Leave it out of --methods, or judge a method that can be built anew from the past."


def refuse_stored(data: Dataset, methods: Iterable[str], held_out: int) -> None:
    """Raise :class:`Leak` for a stored table, no plug-in, that has learned from all events."""
    for name in methods:
        if name in data.learned and not _can_be_built(name):
            raise Leak(
                f"Leak: the stored table {name} has learned from events that are held out here"
                f" ({held_out:,} of them), so it would be judged by what it has already seen.",
                hint=_REMEDY,
            )


def _can_be_built(name: str) -> bool:
    try:
        registry.load("similarity", name)
    except UsageProblem:
        return False
    return True


def refuse_space(data: Dataset, method: str, space: str | None, held_out: int) -> None:
    """Raise :class:`Leak` where ``space`` (None: the first one) has learned from events."""
    used = space or next(iter(data.embeddings), None)
    if used in data.learned:
        raise Leak(
            f"Leak: {method} reads the stored vectors {used}, which have learned from events that"
            f" are held out here ({held_out:,} of them).",
            hint=f"Leave {method} out of --methods, or name a text model with `prodsim build"
            " --model`.",
        )


def without_learned_spaces(data: Dataset) -> Dataset:
    """The same shop without vectors that have learned from events: no method is shown those."""
    kept = {name: space for name, space in data.embeddings.items() if name not in data.learned}
    return replace(data, embeddings=kept)


def sealed(data: Dataset, split: Split) -> None:
    """Raise :class:`Leak` if a held-out event of ``data`` could be learned from.

    No event is on both sides; no training event lies at or after the moment of the split; and,
    unless repeats are asked for, nobody has a target event with a right answer in training.
    """
    log, n = data.events, len(data)
    both = int((split.train & split.test).sum())
    if both:
        raise _bad_split(
            f"the split {split.kind} puts {both:,} events into the training part and into the test"
            " part"
        )
    if split.moment is not None:
        late = int((log.at[split.train] >= split.moment).sum())
        if late:
            raise _bad_split(
                f"the training part of the split {split.kind} holds {late:,} events from its"
                " moment on"
            )
    seen = split.train & (log.user >= 0) & (log.type == TYPE_CODE[split.target])
    had = np.unique(log.user[seen].astype(np.int64) * n + log.item[seen])
    asked = split.users[split.pair_user].astype(np.int64) * n + split.pair_item
    known = 0 if split.again else int(among(asked, had).sum())
    if known:
        raise _bad_split(
            f"{known:,} of {len(asked):,} right answers of the split {split.kind} stand in its"
            " training part"
        )


def _bad_split(why: str) -> Leak:
    return Leak(
        f"Leak: {why}.", hint="Use another --split; a plug-in that does this must be mended."
    )


def same_events(train: Dataset, split: Split) -> None:
    """Raise :class:`Leak` if the training part holds other events than the split allows."""
    allowed = int(split.train.sum())
    if len(train.events) != allowed:
        raise Leak(
            f"Leak: the methods would be given {len(train.events):,} events, the training part of"
            f" the split {split.kind} has {allowed:,}.",
            hint="This is a mistake of the program; please report it.",
        )


@dataclass
class _Lock:
    """Files that may not be opened, in whose name, and whether anybody tried."""

    files: frozenset[tuple[int, int]]
    holder: str
    tried: bool = False

    def problem(self) -> Leak:
        return Leak(
            f"Leak: the method {self.holder} opens the database while it is judged, and the"
            " held-out events stand in there.",
            hint="A method must work from the arrays that it is given. " + _REMEDY,
        )


_locks: list[_Lock] = []
_hooked: list[bool] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook of the process; it can't be taken away again, and sleeps without a lock."""
    if _locks and event in ("open", "sqlite3.connect") and arguments:
        lock = _locks[-1]
        if _file(arguments[0]) in lock.files:
            lock.tried = True
            raise lock.problem()


def _file(path: object) -> tuple[int, int] | None:
    """Which file a path means (device, inode), by whatever name; None for what is no path."""
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if not isinstance(path, (str, os.PathLike)):
        return None
    plain = os.fspath(path)
    if isinstance(plain, str) and plain.startswith("file:"):
        plain = unquote(urlsplit(plain).path)
    try:
        found = os.stat(plain)
    except (OSError, ValueError):  # nothing there; a name that can't be one
        return None
    return found.st_dev, found.st_ino


@contextmanager
def locked(database: str | None, holder: str) -> Iterator[None]:
    """While this lasts, opening the database raises :class:`Leak` that names ``holder``.

    Python's audit hooks see every ``open`` and ``sqlite3.connect`` of the process. A method that
    swallows the error is caught at the end. Reading by native code that asks no hook is not seen.
    """
    if database is None:
        yield
        return
    if not _hooked:
        sys.addaudithook(_watch)
        _hooked.append(True)
    kept = (_file(f"{os.path.abspath(database)}{end}") for end in ("", "-wal", "-journal"))
    lock = _Lock(frozenset(file for file in kept if file is not None), holder)
    _locks.append(lock)
    try:
        yield
    except Exception as problem:
        if lock.tried and not isinstance(problem, Leak):  # what it does without the database
            raise lock.problem() from problem
        raise
    finally:
        _locks.remove(lock)
    if lock.tried:
        raise lock.problem()
