"""Nothing that is judged may have seen what it is judged by.

Four doors lead from the held-out events to a method, and each has a lock: what it is *given* holds
the training part only (:func:`sealed`); a *stored* table or space that has learned from events is
refused (:func:`refuse_stored`, :func:`refuse_space`); tables of an earlier dataset are dropped by
``Dataset.with_events``; and the *database itself* may not be opened while a method works
(:func:`locked`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.errors import Leak
from prodsim_cli.registry import names
from prodsim_cli.splits._split import Split, among

_REMEDY = "Leave it out of --methods, or judge a method that can be built anew from the past."


def refuse_stored(data: Dataset, methods: Iterable[str], held_out: int) -> None:
    """Raise :class:`Leak` for a stored table asked for by name that has learned from all events.

    A table with the name of a method of the house is not meant: that method is built anew.
    """
    for name in methods:
        if name in data.learned and name in data.neighbors and name not in names("similarity"):
            raise Leak(
                f"Leak: the stored table {name} has learned from events that are held out here"
                f" ({held_out:,} of them), so it would be judged by what it has already seen.",
                hint=_REMEDY,
            )


def refuse_space(data: Dataset, method: str, space: str | None, held_out: int) -> None:
    """Vectors that have learned from events are none, either; silent for those that have not."""
    used = space or next(iter(data.embeddings), None)
    if used in data.learned:
        raise Leak(
            f"Leak: {method} reads the stored vectors {used}, which have learned from events that"
            f" are held out here ({held_out:,} of them).",
            hint=f"Leave {method} out of --methods, or name a text model with `prodsim build"
            " --model`.",
        )


def sealed(data: Dataset, split: Split) -> None:
    """Raise :class:`Leak` if a held-out event could be learned from.

    ``data``: the shop that ``split`` was cut from. No event is on both sides; and, unless repeats
    are asked for, no right answer is a product that the user has a target event with in training.
    """
    from prodsim_cli.data.events import TYPE_CODE

    both = int((split.train & split.test).sum())
    if both:
        raise Leak(
            f"Leak: the split {split.kind} puts {both:,} events into the training part and into"
            " the test part.",
            hint="Use another --split; a plug-in that does this must be mended.",
        )
    log, n = data.events, len(data)
    seen = split.train & (log.user >= 0) & (log.type == TYPE_CODE[split.target])
    had = np.unique(log.user[seen].astype(np.int64) * n + log.item[seen])
    asked = split.users[split.pair_user].astype(np.int64) * n + split.pair_item
    known = 0 if split.again else int(among(asked, had).sum())
    if known:
        raise Leak(
            f"Leak: {known:,} of {len(asked):,} right answers of the split {split.kind} stand in"
            " its training part.",
            hint="Use another --split; a plug-in that does this must be mended.",
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


class _Lock:
    """Which files are locked, for whom, and whether anybody tried."""

    files: frozenset[str] = frozenset()
    holder: str = ""
    hooked: bool = False
    tried: str = ""


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not _Lock.files or event not in ("open", "sqlite3.connect") or not arguments:
        return
    path = arguments[0]
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if not isinstance(path, (str, os.PathLike)):
        return
    plain = os.fspath(path)
    if plain.startswith("file:"):
        from urllib.parse import unquote, urlsplit

        plain = unquote(urlsplit(plain).path)
    if os.path.realpath(plain) in _Lock.files:
        _Lock.tried = _Lock.holder
        raise _leak(_Lock.holder)


def _leak(holder: str) -> Leak:
    return Leak(
        f"Leak: the method {holder} opens the database while it is judged, and the held-out events"
        " stand in there.",
        hint="A method must work from the arrays that it is given. " + _REMEDY,
    )


@contextmanager
def locked(database: str | None, holder: str) -> Iterator[None]:
    """While this lasts, opening the database raises :class:`Leak` that names ``holder``.

    Python's audit hooks see every ``open`` and ``sqlite3.connect`` of the process. A method that
    swallows the error is caught at the end. Reading by native code that asks no hook is not seen.
    """
    if database is None:
        yield
        return
    if not _Lock.hooked:
        sys.addaudithook(_watch)  # a hook can't be taken away again: it sleeps without files
        _Lock.hooked = True
    whole = os.path.realpath(database)
    _Lock.files, _Lock.holder, _Lock.tried = frozenset({whole, f"{whole}-wal"}), holder, ""
    try:
        yield
    finally:
        _Lock.files = frozenset()
    if _Lock.tried:
        raise _leak(holder)
