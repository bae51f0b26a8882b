"""A fold run: tables from the training part, lists of every method and baseline, what they cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from prodsim_cli import registry
from prodsim_cli.errors import UsageProblem
from prodsim_cli.evaluation import trained_tables
from prodsim_cli.evaluation.cost import Spent, spent
from prodsim_cli.progress import stage
from prodsim_cli.protocol import leaks
from prodsim_cli.protocol.histories import UserHistories, constants
from prodsim_cli.protocol.testset import TestSet
from prodsim_cli.protocol.topk import Scores, best, from_history, rows_of
from prodsim_cli.records.figures import Cost
from prodsim_cli.scoring.blend import Blend
from prodsim_cli.scoring.weighting import FLAT, USERS
from prodsim_cli.similarity import _user_knn

if TYPE_CHECKING:
    from prodsim_cli.data.neighbors import NeighborTable
    from prodsim_cli.progress import Progress

Lists = NDArray[np.int32]
Answering = Callable[[], Lists]


@dataclass(frozen=True)
class Run:
    """Lists (q, depth) int32 by method for the questions of one fold.

    ``left_out``: method -> why it has no lists; ``cost``: by method, empty unless asked for.
    """

    testset: TestSet
    lists: dict[str, Lists]
    left_out: dict[str, str] = field(default_factory=dict)
    cost: dict[str, Cost] = field(default_factory=dict)
    blend: Blend | None = None


@dataclass(frozen=True)
class PeopleAlike:
    """People alike in the training part of ``testset``; the table is made when it is needed."""

    testset: TestSet
    request: trained_tables.EvalRequest
    progress: Progress | None = None

    @cached_property
    def unable(self) -> str:
        """Why there is nothing to say, '' if there is."""
        return _user_knn.unable(self.testset.train)

    @cached_property
    def made(self) -> tuple[NeighborTable, Spent | None]:
        """The table, and what it cost where that is wanted."""
        stage(self.progress, "people alike in the training part", 1, "")
        with leaks.locked(self.request.database, USERS):
            train, settings = self.testset.train, self.request.settings
            table = partial(_user_knn.people_alike, train, settings)
            return spent(table) if self.request.measure else (table(), None)

    @cached_property
    def scores(self) -> Scores:
        """What people alike have, for some of the questions."""
        return _user_knn.answering(self.made[0], self.testset.train, self.testset.subjects)


def run(
    testset: TestSet,
    request: trained_tables.EvalRequest,
    *,
    depth: int,
    seed: int,
    held_out: int = 0,
    progress: Progress | None = None,
) -> Run:
    """Build every method on the training part of ``testset`` and let it answer, baselines too."""
    task = "similar" if testset.history is None else "recommend"
    tuning = trained_tables.TuningTask(task, testset.target, testset.again, seed, held_out)
    people = None if testset.history is None else PeopleAlike(testset, request, progress)
    if people is None:
        items = replace(request, depth=depth)
    else:  # what is left are methods over products
        items = replace(request, methods=tuple(name for name in request.methods if name != USERS))
    made = trained_tables.Tables(measure=request.measure)
    if items.methods:
        made = trained_tables.tables(testset.train, items, tuning, progress)
    histories = UserHistories(testset)
    answering: dict[str, Answering] = {
        name: partial(_answers, name, made, testset, histories, people, depth)
        for name in made.by_method
    }
    if people and (USERS in request.methods or "all" in request.methods):
        _add_people(people, made, answering, depth)
    return answered(testset, answering, made, depth=depth, seed=seed, progress=progress)


def _add_people(
    people: PeopleAlike, made: trained_tables.Tables, answering: dict[str, Answering], depth: int
) -> None:
    """``users`` among the methods that answer, or among those left out."""
    if people.unable:
        made.left_out[USERS] = people.unable
        if not answering and "all" not in people.request.methods:
            raise trained_tables.none_left(made.left_out)
        return
    built = people.made[1]
    if built is not None:
        made.cost[USERS] = built
    answering[USERS] = lambda: best(people.scores, people.testset, depth)


def answered(
    testset: TestSet,
    answering: Mapping[str, Answering],
    made: trained_tables.Tables,
    *,
    depth: int,
    seed: int,
    progress: Progress | None = None,
) -> Run:
    """The lists of methods that are ready to answer, and those of every baseline."""
    baselines = [
        name
        for name in registry.names("baselines")
        if testset.again or not registry.load("baselines", name).NEEDS_HISTORY
    ]
    done = stage(progress, "lists", len(answering) + len(baselines), "methods")
    out = Run(testset, {}, dict(made.left_out), blend=made.blend)
    for name, answer in answering.items():
        _note(out, name, made, answer)
        done(1)
    for name in baselines:
        module = registry.load("baselines", name)
        why = _silent(module, testset)
        if why:
            out.left_out[name] = why
        else:
            scores = baseline_scores(module, testset, seed)
            _note(out, name, made, partial(best, scores, testset, depth))
        done(1)
    return out


def _answers(
    name: str,
    made: trained_tables.Tables,
    testset: TestSet,
    histories: UserHistories,
    people: PeopleAlike | None,
    depth: int,
) -> Lists:
    """The lists of one method: its rows, or what they say for each person's past."""
    table, blend = made.by_method[name], made.blend
    if testset.history is None:
        return rows_of(table, testset, depth)
    if blend is not None and blend.recommend and _joins(name):
        return best(_blended(name, made, blend, testset, histories, people), testset, depth)
    memory = blend.memory.get(name, FLAT) if blend is not None else FLAT
    past = testset.history if memory == FLAT else histories(memory)
    return best(from_history(table, testset, past), testset, depth)


def _joins(name: str) -> bool:
    """Does the method score people by the parts that it is made of?"""
    return name in registry.names("similarity") and hasattr(
        registry.load("similarity", name), "scores"
    )


def _blended(
    name: str,
    made: trained_tables.Tables,
    blend: Blend,
    testset: TestSet,
    histories: UserHistories,
    people: PeopleAlike | None,
) -> Scores:
    data = replace(testset.train, neighbors=made.every)
    weighted = {part: histories(blend.memory.get(part, FLAT)) for part in made.every}
    personal = {USERS: people.scores} if people and USERS in blend.parts() else {}
    scores: Scores = registry.load("similarity", name).scores(
        data, blend, weighted, constants(testset), testset.candidates, personal
    )
    return scores


def _note(out: Run, name: str, made: trained_tables.Tables, answer: Answering) -> None:
    """Keep the lists of a method and, where wanted, what they and its table cost."""
    if not made.measure:
        out.lists[name] = answer()
        return
    built = made.cost.get(name)
    out.lists[name], answering = spent(answer)
    out.cost[name] = Cost(
        build_seconds=built.seconds if built else 0.0,
        answer_seconds=answering.seconds,
        peak_mb=max(answering.peak_mb, built.peak_mb if built else 0.0),
    )


def _silent(module: ModuleType, testset: TestSet) -> str:
    """Why a baseline has nothing to say about these questions, '' if it has."""
    if module.NEEDS_TIMES and testset.now is None:
        return "the events have no times"
    log = testset.train.events
    if module.NEEDS_EVENTS and not ((log.user >= 0) | (log.order >= 0)).any():
        return "no event has a user"
    return ""


def baseline_scores(module: ModuleType, testset: TestSet, seed: int) -> Scores:
    """The scores of a baseline for some of the questions."""
    return lambda some: module.scores(
        testset.train, testset.subjects[some], target=testset.target, now=testset.now, seed=seed
    )


def refuse_users(methods: Sequence[str], task: str) -> None:
    """Raise :class:`UsageProblem` where a task that asks about nobody should judge ``users``."""
    if USERS in methods:
        raise UsageProblem(
            f"{USERS} scores products by what people alike have, and --task {task} asks about no"
            " person.",
            hint=f"Leave {USERS} out of --methods, or use --task recommend.",
        )
