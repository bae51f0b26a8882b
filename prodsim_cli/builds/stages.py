"""What a build is asked for and what it says it did. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prodsim_cli.records.states import Listing

GRAPH_SETTINGS = ("by", "half_life", "shrinkage", "min_support")


@dataclass(frozen=True)
class BuildOptions:
    """What the person asked for; None keeps what the database has stored.

    ``model``: a name for :func:`embedders.resolve` or ``auto``; ``lm`` False: no language model;
    ``fields``: text fields; ``graph``: settings of the event measures (:data:`GRAPH_SETTINGS`);
    ``learn``: settings and weights are learned from the shop's own past; ``networks``: those to be
    trained now.
    """

    model: str | None = None
    fields: tuple[str, ...] | None = None
    lm: bool | None = None
    graph: dict[str, Any] | None = None
    learn: bool | None = None
    networks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stage:
    """One artifact and what was done: ``built``, ``fresh``, ``removed`` or ``left out``."""

    name: str
    kind: str
    action: str
    rows: int = 0
    seconds: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class BuildReport:
    """All stages of a build, in order."""

    stages: tuple[Stage, ...]

    @property
    def changed(self) -> bool:
        return any(stage.action in ("built", "removed") for stage in self.stages)

    def listing(self) -> Listing:
        """The report as rows for ``render.show``."""
        columns = ("artifact", "kind", "action", "rows", "seconds", "reason")
        return Listing(
            columns,
            tuple(
                (
                    *(s.name, s.kind, s.action),
                    *((s.rows, round(s.seconds, 2)) if s.action == "built" else (None, None)),
                    s.reason,
                )
                for s in self.stages
            ),
        )
