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

    testset: TestSet
    made: dict[HistoryWeighting, sp.csr_matrix] = field(default_factory=dict)

    def __call__(self, memory: HistoryWeighting) -> sp.csr_matrix:
        if memory not in self.made:
            testset = self.testset
            shape = (len(testset), len(testset.candidates))
            self.made[memory] = remembered(
                testset.train.events, testset.subjects, shape, memory, testset.now
            )
        return self.made[memory]

    def choices(self) -> tuple[HistoryWeighting, ...]:
        """The memories that these events allow."""
        timed = self.testset.now is not None and self.testset.train.events.timed
        return tuple(one for one in MEMORIES if one.kind != "days" or timed)


def constants(testset: TestSet, seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """What is the same for everybody: ln(1 + popularity), plain and recent, each (n,) float32."""
    out = {}
    for name in CONSTANTS:
        module = registry.load("baselines", name)
        if module.NEEDS_TIMES and testset.now is None:
            continue
        scores = module.scores(
            testset.train, testset.subjects[:1], target=testset.target, now=testset.now, seed=seed
        )
        out[name] = np.log1p(scores[0]).astype(np.float32)
    return out
