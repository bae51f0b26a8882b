"""What is known of the people asked about: their pasts as remembered, and what is popular."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli import registry
from prodsim_cli.protocol.testset import TestSet
from prodsim_cli.scoring.weighted_history import remembered
from prodsim_cli.scoring.weighting import CONSTANTS, FLAT, HistoryWeighting

MEMORIES = (
    FLAT,
    HistoryWeighting("steps", 0.9),
    HistoryWeighting("steps", 0.8),
    HistoryWeighting("steps", 0.7),
    HistoryWeighting("steps", 0.6),
    HistoryWeighting("days", 90.0),
    HistoryWeighting("days", 30.0),
)


@dataclass(frozen=True)
class UserHistories:
    """The histories of the people asked about, by memory; each is made once."""

    asked: TestSet
    made: dict[HistoryWeighting, sp.csr_matrix] = field(default_factory=dict)

    def __call__(self, memory: HistoryWeighting) -> sp.csr_matrix:
        if memory not in self.made:
            asked = self.asked
            shape = (len(asked), len(asked.candidates))
            self.made[memory] = remembered(
                asked.train.events, asked.subjects, shape, memory, asked.now
            )
        return self.made[memory]

    def choices(self) -> tuple[HistoryWeighting, ...]:
        """The memories that these events allow."""
        timed = self.asked.now is not None and self.asked.train.events.timed
        return tuple(one for one in MEMORIES if one.kind != "days" or timed)


def constants(asked: TestSet, seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """What is the same for everybody: ln(1 + popularity), plain and recent, each (n,) float32."""
    out = {}
    for name in CONSTANTS:
        module = registry.load("baselines", name)
        if module.NEEDS_TIMES and asked.now is None:
            continue
        scores = module.scores(
            asked.train, asked.subjects[:1], target=asked.target, now=asked.now, seed=seed
        )
        out[name] = np.log1p(scores[0]).astype(np.float32)
    return out
