"""What an evaluation found."""

from __future__ import annotations

from dataclasses import dataclass, field

from prodsim_cli.records.values import Json, Record, to_json


@dataclass(frozen=True)
class Interval(Record):
    """A mean over queries and its 95 % bootstrap interval."""

    mean: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Standing(Record):
    """How a method compares with another by the main figure.

    ``difference``: own mean less the other's, with its paired 95 % interval; ``p``: two-sided,
    after Holm's correction for all methods compared; ``verdict``: ``better``, ``tie``, ``worse``.
    """

    other: str
    difference: Interval
    p: float
    verdict: str


@dataclass(frozen=True)
class Slice(Record):
    """The main figure on a part of the questions or of the right answers.

    ``kind`` and ``name`` say which part; ``queries`` and ``answers`` how large it is.
    """

    kind: str
    name: str
    queries: int
    answers: int
    methods: dict[str, Interval]


@dataclass(frozen=True)
class Cost(Record):
    """What a method costs here: seconds to build its table, seconds to answer all questions, and
    the most memory (MB) that building and answering took beyond what was in use before."""

    build_seconds: float
    answer_seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Change(Record):
    """An evaluation beside an earlier one: differences (now less then) on the questions of both.

    ``run`` and ``created_at`` name the earlier one; ``queries``: how many questions both asked.
    """

    run: int
    created_at: str
    queries: int
    figure: str
    methods: dict[str, Interval]


@dataclass(frozen=True)
class Scorecard(Record):
    """Figures by method: ``methods[name]["ndcg@10"]`` is an :class:`Interval`.

    ``split`` is ``{"kind", "at", "users", "pairs", "left_out": {reason: n}}``; ``verdict`` is the
    sentence (or two) that a person reads below the table; ``k`` is the length of the lists that the
    main figure looks at, ``ks`` are all lengths asked for; ``learned``: settings, memories and
    weights that were learned from the training part (the last one, of several).
    """

    _json = (
        *("task", "split", "k", "methods", "main", "verdict", "notes", "ks"),
        *("against_baseline", "against_best", "slices"),
    )

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
        more = {"learned": self.learned, "cost": self.cost, "against": self.change}
        out = super().as_dict() | {"ks": list(self.ks or (self.k,))}
        return out | {name: to_json(value) for name, value in more.items() if value}
