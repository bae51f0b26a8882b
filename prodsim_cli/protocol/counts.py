"""What is the same for everybody, one number a product: as ``build`` stores it, or of a moment."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from prodsim_cli import registry
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import TYPE_CODE, EventLog
from prodsim_cli.data.vocabulary import Vocabulary
from prodsim_cli.scoring.coefficients import Weights, for_people
from prodsim_cli.scoring.over_arrays import by_evidence, evidence_of
from prodsim_cli.scoring.weighting import CONSTANTS

Counts = NDArray[np.float64]


def item_counts(log: EventLog, n: int, target: str, now: int | None) -> dict[str, Counts]:
    """Name -> (n,): ``people`` with any event, ``known`` with one that is no return, and the
    baselines that are parts of ``recommend`` (``recent`` where there is a moment)."""
    users = Vocabulary(map(str, range(int(log.user.max(initial=-1)) + 1)))
    data = Dataset(Vocabulary(map(str, range(n))), {}, users, log, {})
    kept = log.take(log.type != TYPE_CODE["return"])
    out = {"people": log.people(n), "known": kept.people(n)}
    for name in CONSTANTS:
        module = registry.load("baselines", name)
        if now is not None or not module.NEEDS_TIMES:
            asked = np.zeros(1, np.int32)
            out[name] = module.scores(data, asked, target=target, now=now, seed=0)[0]
    return out


def spread_of(counts: Mapping[str, Counts], name: str) -> float:
    """Standard deviation of ln(1 + count) among the candidates, 0 without any."""
    among = counts[name][counts["known"] > 0]
    return float(np.log1p(among).std()) if len(among) else 0.0


def prior(counts: Mapping[str, Counts], weights: Weights) -> Counts:
    """(n,) the weighted sum of ln(1 + count) over its spread among the candidates."""
    spreads = {name: spread_of(counts, name) for name in CONSTANTS if name in counts}
    scales = {name: 1.0 / spread for name, spread in spreads.items() if spread > 0}
    factors, evidence = for_people(scales, weights, scales), evidence_of(counts["people"])
    total = np.zeros(len(evidence))
    for name in scales:
        total += np.log1p(counts[name]) * by_evidence(factors, name)[evidence]
    return total
