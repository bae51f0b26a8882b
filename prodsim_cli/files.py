"""Files that are complete or not there, whatever happens while they are written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prodsim_cli.errors import InputError, UsageProblem


def ending(path: str | Path, known: Iterable[str], option: str) -> str:
    """The ending of a path without its dot, in lower case; it says which format is meant.

    Raises :class:`UsageProblem` with the ``known`` endings for another one. ``option`` is the word
    of the command line that the path came with.
    """
    found = Path(path).suffix.lower().removeprefix(".")
    choices = tuple(known)
    if found not in choices:
        named = f"the ending {found!r}" if found else "no ending"
        listed = ", ".join(f".{choice}" for choice in choices)
        raise UsageProblem(
            f"{option} {path} has {named}, which is no format that can be written.",
            hint=f"Name a file that ends in one of: {listed}.",
        )
    return found


def check_file(path: str | Path) -> Path:
    """Where a file will be written; links are followed.

    Raises :class:`InputError` where the folder does not exist or may not be written to, and where
    ``path`` is a folder.
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise InputError(
            f"{path} can't be written: there is no folder {target.parent}.",
            hint=f"Make it first (mkdir -p '{target.parent}'), or name another place.",
        )
    if target.is_dir():
        raise InputError(
            f"{path} can't be written: it is a folder.", hint="Name a file inside of it."
        )
    if not os.access(target.parent, os.W_OK):
        raise InputError(
            f"{path} can't be written: you may not write into {target.parent}.",
            hint="Check the permissions of that folder, or name another place.",
        )
    return target


def check_folder(path: str | Path) -> None:
    """Raise the :class:`InputError` of :func:`folder` without making anything."""
    made = Path(path)
    if made.exists() and not made.is_dir():
        raise InputError(
            f"The folder {made} can't be made: there is a file of that name.",
            hint="Name a folder that may be written to.",
        )
    if not made.is_dir() and not made.absolute().parent.is_dir():
        raise InputError(
            f"The folder {made} can't be made: there is no folder {made.parent}.",
            hint=f"Make it first (mkdir -p '{made.parent}'), or name another place.",
        )


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """A path to write to, which takes the place of ``path`` when the block ends without an error.

    The place lies in the same folder, so that the last step is one rename: a reader finds the old
    file or the new one, never half of one. After an error nothing is left behind. A symbolic link
    is followed.

    Raises :class:`InputError` where the folder does not exist, ``path`` is a folder, or the system
    refuses to write.
    """
    target = check_file(path)
    # The process id keeps two runs at the same time apart; the ending stays the last one.
    beside = target.with_name(f".{target.stem[:200]}.{os.getpid()}.part{target.suffix}")
    try:
        with _tidy_end():
            yield beside
        os.replace(beside, target)
    except OSError as problem:
        raise InputError(
            f"{path} can't be written: {problem.strerror or problem}.",
            hint="Check the space and the permissions of its folder, or name another place.",
        ) from problem
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()


@contextmanager
def _tidy_end() -> Iterator[None]:
    """A request to end (SIGTERM) unwinds the block like any error, so that nothing is left behind.

    Whoever has said what a request to end means keeps their say; only the main thread can ask.
    """
    import signal
    import threading

    here = threading.current_thread() is threading.main_thread()
    if not here or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def folder(path: str | Path) -> Path:
    """A folder to write into, made where there is none; the one above it must exist.

    Raises :class:`InputError` where it can't be made.
    """
    check_folder(path)
    made = Path(path)
    try:
        made.mkdir(exist_ok=True)
    except OSError as problem:
        raise InputError(
            f"The folder {made} can't be made: {problem.strerror or problem}.",
            hint="Name a folder that may be written to.",
        ) from problem
    return made
