"""Progress told to whoever listens, and to nobody where nobody does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a shape only: experiments don't need the making side
    from prodsim_cli.builds.progress import Progress


def stage(progress: Progress | None, name: str, total: int, unit: str) -> Callable[[int], None]:
    """Begin a stage; the function returned is told how many more units are done."""
    if progress is None:
        return lambda done: None
    return progress.stage(name, total, unit)
