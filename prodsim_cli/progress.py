"""Progress of long work: what is told of it, and a bar with rate and time left on stderr.

rich is imported when a bar is drawn.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import Task, TaskID


class Progress(Protocol):
    """Listener of long work. ``total`` None: unknown."""

    def stage(self, name: str, total: int | None = None, unit: str = "") -> Callable[[int], None]:
        """A new stage begins; the returned function is told how many more units are done."""
        ...

    def say(self, sentence: str) -> None:
        """A sentence for the person (stderr)."""
        ...


class Silent:
    """Nobody listens."""

    def stage(self, name: str, total: int | None = None, unit: str = "") -> Callable[[int], None]:
        return lambda done: None

    def say(self, sentence: str) -> None:
        return None


def stage(progress: Progress | None, name: str, total: int, unit: str) -> Callable[[int], None]:
    """Begin a stage; the function returned is told how many more units are done."""
    if progress is None:
        return lambda done: None
    return progress.stage(name, total, unit)


class TerminalProgress:
    """A :class:`Progress` that draws on stderr while used as a context.

    Where stderr is no terminal only the sentences are printed, so that logs stay readable.
    """

    def __init__(self) -> None:
        self._bars: RichProgress | None = None
        self._open: TaskID | None = None

    def __enter__(self) -> TerminalProgress:
        if sys.stderr.isatty():
            self._bars = _bars()
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars is not None:
            self._close_stage()
            self._bars.stop()

    def stage(self, name: str, total: int | None = None, unit: str = "") -> Callable[[int], None]:
        """Begin a stage; the one before it is over."""
        if self._bars is None:
            return lambda done: None
        self._close_stage()
        task = self._bars.add_task(name, total=total, unit=unit)
        self._open = task
        return lambda done: self._advance(task, done)

    def say(self, sentence: str) -> None:
        """A sentence for the person, above the bars."""
        if self._bars is None:
            print(sentence, file=sys.stderr)  # noqa: T201
        else:
            self._bars.console.print(sentence, markup=False, highlight=False)

    def _advance(self, task: TaskID, done: int) -> None:
        """Units of a stage; those of a stage that another has followed have no bar any more."""
        if self._bars is not None and task == self._open:
            self._bars.update(task, advance=done)

    def _close_stage(self) -> None:
        if self._bars is not None and self._open is not None:
            task = next(t for t in self._bars.tasks if t.id == self._open)
            if task.total is None:
                self._bars.update(task.id, total=1, completed=1)
            self._bars.remove_task(task.id)
            self._open = None


def _bars() -> RichProgress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        ProgressColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """Units done of all, and how many a second."""

        def render(self, task: Task) -> Text:
            if not task.total:
                return Text("")
            unit = f" {task.fields.get('unit')}" if task.fields.get("unit") else ""
            speed = f", {task.speed:,.0f}/s" if task.speed else ""
            return Text(f"{task.completed:,.0f}/{task.total:,.0f}{unit}{speed}")

    columns: list[Any] = [
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(compact=True),
    ]
    # rich would send what is printed to stdout through its console, and so to stderr.
    return Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
