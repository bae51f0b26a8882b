"""From judged folds to a scorecard: intervals, comparisons, slices, costs, and the words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli import registry
from prodsim_cli.evaluation.bootstrap import bootstrap, interval
from prodsim_cli.evaluation.judge import MAIN, Judged, judge
from prodsim_cli.evaluation.outcome import FoldEvents, Outcome
from prodsim_cli.evaluation.run import Run
from prodsim_cli.evaluation.verdict import Contest, compared, verdict
from prodsim_cli.records.figures import Cost, Interval, Scorecard, Slice
from prodsim_cli.records.values import Json
from prodsim_cli.scoring.blend import Blend
from prodsim_cli.scoring.weighting import USERS

SEED = 42
K = (10,)


@dataclass(frozen=True)
class ReportOptions:
    """What the person asked for: lengths of the lists (the first is the main one) and the seed."""

    ks: tuple[int, ...] = K
    seed: int = SEED

    @property
    def k(self) -> int:
        return self.ks[0]

    @property
    def depth(self) -> int:
        return max(self.ks)


@dataclass(frozen=True)
class RunDescription:
    """What is told beside the figures. ``names``: for each fold those of its questions; ``unit``:
    what a question is about; ``parts``: the folds as events."""

    task: str
    split: Json
    names: Sequence[Sequence[str]]
    items: Sequence[str]
    unit: str
    notes: Sequence[str] = ()
    parts: Sequence[FoldEvents] = ()


def summarise(runs: Sequence[Run], about: RunDescription, options: ReportOptions) -> Outcome:
    """Judge the folds and put all that there is to say into an :class:`Outcome`."""
    judged = judge(runs, options.ks, options.k)
    q, m, f = judged.values.shape
    columns = np.concatenate([judged.values.reshape(q, -1), judged.sliced.reshape(q, -1)], axis=1)
    blend = runs[-1].blend
    means, draws = bootstrap(columns, judged.group, seed=options.seed)
    of_figures, drawn = means[: m * f].reshape(m, f), draws[:, : m * f].reshape(-1, m, f)
    figures = _figures(judged, of_figures, drawn)
    main = f"{MAIN}@{options.k}"
    at = judged.figures.index(main)
    contest = Contest(
        judged.methods,
        of_figures[:, at],
        drawn[:, :, at],
        len(np.unique(judged.group)),
        main,
        about.unit,
    )
    baselines = registry.names("baselines")
    versus = compared(contest, baselines)
    order = [judged.methods[place] for place in contest.order()]
    left_out = {name: why for run in runs for name, why in run.left_out.items()}
    said = [f"{name} is left out: {why}." for name, why in left_out.items() if name not in order]
    card = Scorecard(
        task=about.task,
        split=about.split,
        k=options.k,
        ks=options.ks,
        methods={name: figures[name] for name in order},
        verdict=verdict(contest, baselines),
        main=main,
        notes=(*about.notes, *said, *_about_hybrid(blend)),
        against_baseline=versus.against_baseline,
        against_best=versus.against_best,
        slices=_slices(judged, means[m * f :], draws[:, m * f :]),
        cost=_cost(runs, order),
        learned=blend.as_dict() if blend is not None else {},
    )
    return Outcome(
        card=card,
        queries=tuple(name for names in about.names for name in names),
        window=judged.fold,
        methods=judged.methods,
        figures=judged.figures,
        values=judged.values,
        lists={name: np.concatenate([run.lists[name] for run in runs]) for name in judged.methods},
        answers=sp.vstack([run.testset.answers for run in runs], format="csr"),
        items=tuple(about.items),
        parts=tuple(about.parts),
    )


def _about_hybrid(blend: Blend | None) -> list[str]:
    """What hybrid is made of here, and what it found no use for."""
    if blend is None or not (blend.recommend or blend.similar):
        return []
    table = (blend.recommend or blend.similar).get("many", {})
    if not table:
        return ["Nothing is learned for hybrid: no part helps on the validation window."]
    weights = sorted(table.items(), key=lambda pair: (-pair[1], pair[0]))
    parts = ", ".join(f"{name} {weight:.2g}" for name, weight in weights)
    tried = [name for name in blend.scales if name not in table]
    rest = f"; no weight: {', '.join(sorted(tried))}" if tried else ""
    said = [f"hybrid learned from {'; '.join(blend.evidence)}: {parts}{rest}."]
    if not any(name in blend.scales and _learns(name) for name in table):
        said.append("Nothing is learned from who bought what: no such method helps here.")
    return said


def _learns(name: str) -> bool:
    """Does a method learn from events?"""
    return name == USERS or registry.load("similarity", name).NEEDS in ("events", "network")


def _figures(
    judged: Judged, means: NDArray[np.float64], draws: NDArray[np.float64]
) -> dict[str, dict[str, Interval]]:
    """``figures[method][metric]``; those of a run as a whole have no interval."""
    return {
        method: {
            **{
                figure: interval(means[m, c], draws[:, m, c])
                for c, figure in enumerate(judged.figures)
                if not np.isnan(means[m, c])
            },
            **{
                figure: interval(value)
                for figure, value in judged.whole[method].items()
                if not np.isnan(value)
            },
        }
        for m, method in enumerate(judged.methods)
    }


def _slices(
    judged: Judged, means: NDArray[np.float64], draws: NDArray[np.float64]
) -> tuple[Slice, ...]:
    """Those that have a question; a kind with one such part is the whole, and says nothing."""
    m, p = len(judged.methods), len(judged.parts)
    means, draws = means.reshape(m, p), draws.reshape(len(draws), m, p)
    inside = (~np.isnan(judged.sliced[:, 0, :])).sum(axis=0) if m else np.zeros(p, int)
    kinds = Counter(part.kind for place, part in enumerate(judged.parts) if inside[place])
    return tuple(
        Slice(
            kind=part.kind,
            name=part.name,
            queries=int(inside[place]),
            answers=int(judged.answers[place]),
            methods={
                method: interval(means[row, place], draws[:, row, place])
                for row, method in enumerate(judged.methods)
            },
        )
        for place, part in enumerate(judged.parts)
        if inside[place] and kinds[part.kind] > 1
    )


def _cost(runs: Sequence[Run], order: Sequence[str]) -> dict[str, Cost]:
    """Seconds added up over the folds, the highest peak."""
    return {
        name: Cost(
            build_seconds=sum(run.cost[name].build_seconds for run in runs),
            answer_seconds=sum(run.cost[name].answer_seconds for run in runs),
            peak_mb=max(run.cost[name].peak_mb for run in runs),
        )
        for name in order
        if all(name in run.cost for run in runs)
    }
