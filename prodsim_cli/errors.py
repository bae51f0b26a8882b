"""Every failure that a person can cause, each with what to do next.

The command line catches :class:`ProdsimError` at one place (``cli.main``) and prints
``message`` and ``hint``; anything else is a bug and keeps its traceback.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any


class ExitCode(IntEnum):
    """What the shell sees; documented in docs/exit-codes.md."""

    OK = 0
    PROBLEM = 1
    USAGE = 2
    NOT_FOUND = 3
    NOT_READY = 4
    INTERRUPTED = 130


class ProdsimError(Exception):
    """A problem with a clear sentence; ``hint`` says what to do, ``details`` goes into JSON."""

    exit_code = ExitCode.PROBLEM

    def __init__(self, message: str, *, hint: str = "", **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details

    def as_dict(self) -> dict[str, Any]:
        """The error as ``-f json`` prints it on stderr."""
        kind = type(self).__name__
        return {"error": {"kind": kind, "message": self.message, "hint": self.hint, **self.details}}


class InputError(ProdsimError):
    """A file, a value or a database content that cannot be used."""


class UsageProblem(ProdsimError):
    """The words of the command are off (exit 2)."""

    exit_code = ExitCode.USAGE


class AmbiguousSku(UsageProblem):
    """A bare SKU that stands in several sources."""


class Leak(ProdsimError):
    """A method that has seen the events it is to be judged by."""


class Unreached(ProdsimError):
    """A figure below the bar that the person set (``eval --fail-under``)."""


class NotFound(ProdsimError):
    """A SKU or user that the database does not hold (exit 3)."""

    exit_code = ExitCode.NOT_FOUND


class NotReady(ProdsimError):
    """No database, an old schema, or nothing built yet (exit 4)."""

    exit_code = ExitCode.NOT_READY
