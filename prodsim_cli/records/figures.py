"""What an evaluation found. Frozen, standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from prodsim_cli.records.values import Json


@dataclass(frozen=True)
class Interval:
    """A mean over queries and its 95 % bootstrap interval."""

    mean: float
    low: float | None = None
    high: float | None = None

    def as_dict(self) -> Json:
        return {"mean": self.mean, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class Scorecard:
    """Figures by method: ``methods[name]["ndcg@10"]`` is an :class:`Interval`.

    ``split`` is ``{"kind", "at", "users", "pairs", "left_out": {reason: n}}``; ``verdict`` is the
    sentence (or two) that a person reads below the table.
    """

    task: str
    split: Json
    k: int
    methods: dict[str, dict[str, Interval]]
    verdict: str = ""
    main: str = "ndcg@10"
    notes: tuple[str, ...] = ()

    def as_dict(self) -> Json:
        figures = {
            name: {metric: value.as_dict() for metric, value in by_metric.items()}
            for name, by_metric in self.methods.items()
        }
        return {
            "task": self.task,
            "split": self.split,
            "k": self.k,
            "methods": figures,
            "verdict": self.verdict,
            "notes": list(self.notes),
        }
