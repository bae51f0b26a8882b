"""What an evaluation found. Frozen, standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

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
class Standing:
    """How a method compares with another by the main figure.

    ``difference``: own mean less the other's, with its paired 95 % interval; ``p``: two-sided,
    after Holm's correction for all methods compared; ``verdict``: ``better``, ``tie``, ``worse``.
    """

    other: str
    difference: Interval
    p: float
    verdict: str

    def as_dict(self) -> Json:
        return {
            "other": self.other,
            "difference": self.difference.as_dict(),
            "p": self.p,
            "verdict": self.verdict,
        }


@dataclass(frozen=True)
class Slice:
    """The main figure on a part of the questions or of the right answers.

    ``kind`` and ``name`` say which part; ``queries`` and ``answers`` how large it is.
    """

    kind: str
    name: str
    queries: int
    answers: int
    methods: dict[str, Interval]

    def as_dict(self) -> Json:
        return {
            "kind": self.kind,
            "name": self.name,
            "queries": self.queries,
            "answers": self.answers,
            "methods": {name: value.as_dict() for name, value in self.methods.items()},
        }


@dataclass(frozen=True)
class Cost:
    """What a method costs here: seconds to build its table, seconds to answer all questions, and
    the most memory (MB) that building and answering took beyond what was in use before."""

    build_seconds: float
    answer_seconds: float
    peak_mb: float

    def as_dict(self) -> Json:
        return {
            "build_seconds": self.build_seconds,
            "answer_seconds": self.answer_seconds,
            "peak_mb": self.peak_mb,
        }


@dataclass(frozen=True)
class Change:
    """An evaluation beside an earlier one: differences (now less then) on the questions of both.

    ``run`` and ``made_at`` name the earlier one; ``queries``: how many questions both asked.
    """

    run: int
    made_at: str
    queries: int
    figure: str
    methods: dict[str, Interval]

    def as_dict(self) -> Json:
        return {
            "run": self.run,
            "created_at": self.made_at,
            "queries": self.queries,
            "figure": self.figure,
            "methods": {name: value.as_dict() for name, value in self.methods.items()},
        }


@dataclass(frozen=True)
class Scorecard:
    """Figures by method: ``methods[name]["ndcg@10"]`` is an :class:`Interval`.

    ``split`` is ``{"kind", "at", "users", "pairs", "left_out": {reason: n}}``; ``verdict`` is the
    sentence (or two) that a person reads below the table; ``k`` is the length of the lists that the
    main figure looks at, ``ks`` are all lengths asked for; ``learned``: settings, memories and
    weights that were learned from the training part (the last one, of several).
    """

    task: str
    split: Json
    k: int
    methods: dict[str, dict[str, Interval]]
    verdict: str = ""
    main: str = "ndcg@10"
    notes: tuple[str, ...] = ()
    ks: tuple[int, ...] = ()
    against_baseline: dict[str, Standing] = field(default_factory=dict)
    against_best: dict[str, Standing] = field(default_factory=dict)
    slices: tuple[Slice, ...] = ()
    cost: dict[str, Cost] = field(default_factory=dict)
    change: Change | None = None
    learned: Json = field(default_factory=dict)

    def as_dict(self) -> Json:
        figures = {
            name: {metric: value.as_dict() for metric, value in by_metric.items()}
            for name, by_metric in self.methods.items()
        }
        out: dict[str, Any] = {
            "task": self.task,
            "split": self.split,
            "k": self.k,
            "methods": figures,
            "main": self.main,
            "verdict": self.verdict,
            "notes": list(self.notes),
            "ks": list(self.ks or (self.k,)),
            "against_baseline": _dicts(self.against_baseline),
            "against_best": _dicts(self.against_best),
            "slices": [one.as_dict() for one in self.slices],
        }
        if self.learned:
            out["learned"] = self.learned
        if self.cost:
            out["cost"] = _dicts(self.cost)
        if self.change is not None:
            out["against"] = self.change.as_dict()
        return out


def _dicts(records: dict[str, Any]) -> Json:
    return {name: record.as_dict() for name, record in records.items()}
