"""What is learned of a shop before its tables are built: settings, memories, and the weights.

Numbers that a person can read: which notion of similarity counts how much, for which products, how
fast its evidence grows old, and how fast a person's own past does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.scoring.evidence import EVIDENCE, FEW, MANY, MANY_PEOPLE, NONE
from prodsim_cli.scoring.weighting import FLAT, Memory

__all__ = [
    "EVIDENCE",
    "FEW",
    "FLAT",
    "MANY",
    "MANY_PEOPLE",
    "NONE",
    "Blend",
    "Memory",
    "Weights",
    "evidence_of",
]

Weights = Mapping[str, Mapping[str, float]]
"""Evidence class -> name -> weight, none below 0; a name that is missing has weight 0."""


@dataclass(frozen=True)
class Blend:
    """Weights of the parts of ``hybrid``, and what each part has learned for itself.

    Attributes
    ----------
    recommend : weights of per-person scores, each of unit variance among the candidates;
        ``popularity`` and ``recent`` are parts, too.
    similar : weights of the scores of a product's own row, divided by ``scales``.
    scales : by method, the mean of the best score of a row: what counts as 1.
    settings : by task, then by method, keyword settings of its ``neighbors``: what foretells a
        person's next purchase best (what is in fashion) is not what shows best what is alike.
    memory : by method, how a person's past counts.
    evidence : sentences that say what this was learned from.
    """

    recommend: Weights = field(default_factory=dict)
    similar: Weights = field(default_factory=dict)
    scales: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    memory: Mapping[str, Memory] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()

    def parts(self) -> list[str]:
        """Names with a weight anywhere, sorted."""
        tables = (*self.recommend.values(), *self.similar.values())
        return sorted({name for table in tables for name, weight in table.items() if weight > 0})

    def settings_of(self, task: str, method: str) -> dict[str, Any]:
        """What a method has learned for a task; empty where nothing."""
        return dict(self.settings.get(task, {}).get(method, {}))

    def as_dict(self) -> dict[str, Any]:
        return {
            "recommend": {name: dict(table) for name, table in self.recommend.items()},
            "similar": {name: dict(table) for name, table in self.similar.items()},
            "scales": dict(self.scales),
            "settings": {
                task: {name: dict(values) for name, values in table.items()}
                for task, table in self.settings.items()
            },
            "memory": {name: memory.as_dict() for name, memory in self.memory.items()},
            "evidence": list(self.evidence),
        }

    @staticmethod
    def from_dict(stored: Mapping[str, Any]) -> Blend:
        return Blend(
            recommend=stored["recommend"],
            similar=stored["similar"],
            scales=stored["scales"],
            settings=stored["settings"],
            memory={name: Memory(**values) for name, values in stored["memory"].items()},
            evidence=tuple(stored["evidence"]),
        )


def evidence_of(people: NDArray[np.floating]) -> NDArray[np.int8]:
    """(n,) people who have to do with each product -> (n,) int8 place in :data:`EVIDENCE`."""
    return np.where(people >= MANY_PEOPLE, 0, np.where(people > 0, 1, 2)).astype(np.int8)
