"""How long work tells where it stands, without knowing who listens. Standard library only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


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
