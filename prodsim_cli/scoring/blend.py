"""What is learned of a shop before its tables are built: settings, memories, and the weights.

Numbers that a person can read: which notion of similarity counts how much, for which products, how
fast its evidence grows old, and how fast a person's own past does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prodsim_cli.scoring.coefficients import Weights, weighted
from prodsim_cli.scoring.weighting import HistoryWeighting


@dataclass(frozen=True)
class Blend:
    """Weights of the parts of ``hybrid``, and what each part has learned for itself.

    Attributes
    ----------
    recommend : weights of per-person scores, each of unit variance among the candidates;
        ``popularity`` and ``recent`` are parts, too.
    similar : weights of the scores of a product's own row, divided by ``scales``.
    scales : by method, the mean of the best score of a row: what counts as 1.
    settings : by task, then by method, keyword settings of its ``neighbors``: what predicts a
        person's next purchase best (what is in fashion) is not what shows best what is alike.
    memory : by method, how a person's past counts.
    evidence : sentences that say what this was learned from.
    """

    recommend: Weights = field(default_factory=dict)
    similar: Weights = field(default_factory=dict)
    scales: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    memory: Mapping[str, HistoryWeighting] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()

    def parts(self) -> list[str]:
        """Names with a weight anywhere, sorted."""
        return sorted({*weighted(self.recommend), *weighted(self.similar)})

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
            memory={name: HistoryWeighting(**values) for name, values in stored["memory"].items()},
            evidence=tuple(stored["evidence"]),
        )
