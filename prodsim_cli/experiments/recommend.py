"""``recommend``: what each person bought after the split, foretold from before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prodsim_cli import registry
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import NO_TIME, TYPE_CODE
from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.experiments import training
from prodsim_cli.experiments.anonymous import anonymous
from prodsim_cli.experiments.asking import Questions, best, from_table, questions
from prodsim_cli.experiments.judging import judge
from prodsim_cli.experiments.listening import stage
from prodsim_cli.experiments.verdict import verdict
from prodsim_cli.records import Scorecard
from prodsim_cli.splits._split import Split

if TYPE_CHECKING:
    from prodsim_cli.builds.progress import Progress

SEED = 42


def evaluate(
    data: Dataset,
    *,
    split: str | None = None,
    at: str | None = None,
    target: str = "purchase",
    methods: Iterable[str] | None = None,
    k: int = 10,
    seed: int = SEED,
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Scorecard:
    """Judge methods and baselines by what people did after the split.

    Parameters
    ----------
    data : the whole shop. Tables in ``data.neighbors`` other than those made of texts alone are
        dropped: they may have learned from the events that are asked about.
    split : name of a split; None takes ``time`` where the events allow it, else ``last``.
    at : ISO moment of the ``time`` split; None: 20 % of the target events lie after it.
    target : event type whose products are the right answers.
    methods : names of similarity methods, None or ``all`` for every one. Baselines always come.
    k : length of the lists. ``seed`` : of the resamples and of the random baseline.
    settings : keyword settings of the methods that learn from events (as stored by ``build``).

    Returns
    -------
    Scorecard, methods in falling order of NDCG. Same data and seed, same figures; what users are
    called and the order of the events change none.

    Raises
    ------
    InputError where the events allow no question; UsageProblem for unknown names.
    """
    data = anonymous(data)
    parts, notes = choose_split(data, split, at, target)
    if not len(parts.users):
        raise InputError(
            f"The split leaves nobody to ask about ({_reasons(parts)}).",
            hint="Choose another moment with --at, or `--split last`.",
        )
    asked = questions(data, parts)
    made = training.tables(asked.train, methods, settings or {}, progress)
    runs, silent = _runs(asked, parts, made, k=k, seed=seed, progress=progress)
    judged = judge(runs, asked.answers, items=int(asked.known.sum()), k=k)
    samples = judged.samples(seed)
    main = f"ndcg@{k}"
    figures = judged.figures(samples)
    order = sorted(figures, key=lambda name: -figures[name][main].mean)
    left = {**made.left_out, **silent}
    notes += [*parts.notes, *(f"{name} is left out: {why}." for name, why in left.items())]
    return Scorecard(
        task="recommend",
        split=parts.as_dict(),
        k=k,
        methods={name: figures[name] for name in order},
        verdict=verdict(judged.contest(main, samples, "users"), registry.names("baselines")),
        main=main,
        notes=tuple(notes),
    )


def choose_split(
    data: Dataset, split: str | None, at: str | None, target: str
) -> tuple[Split, list[str]]:
    """The split asked for, or the one that the data allows, with the sentence that says why."""
    if target not in TYPE_CODE or target == "return":
        types = ", ".join(name for name in TYPE_CODE if name != "return")
        raise UsageProblem(f"There is no event type {target!r}.", hint=f"Choose one of: {types}.")
    if at is not None and split not in (None, "time"):
        raise UsageProblem(f"--at has no meaning with `--split {split}`.", hint="Leave one out.")
    if not ((data.events.user >= 0) & (data.events.type == TYPE_CODE[target])).any():
        raise InputError(
            f"There is no {target} of a known user, so there is no future to foretell.",
            hint="Ingest events with users, name another type with --target, or judge methods"
            " against known pairs with --pairs FILE.",
        )
    if split is not None or at is not None:
        return _split(data, split or "time", at, target), []
    try:
        parts = _split(data, "time", None, target)
        if len(parts.users):
            return parts, ["Split by time: every event has one."]
        why = "after no moment does a person with a past get a product new to them"
    except InputError as problem:
        why = problem.message.rstrip(".")
        why = why[0].lower() + why[1:]
    return _split(data, "last", None, target), [f"Split by each user's last event: {why}."]


def _split(data: Dataset, name: str, at: str | None, target: str) -> Split:
    extra = {"at": at} if at is not None else {}
    parts: Split = registry.load("splits", name).split(data, target=target, **extra)
    return parts


def _reasons(parts: Split) -> str:
    counts = (f"{reason}: {count:,} events" for reason, count in parts.left_out.items())
    return ", ".join(counts) or "no test events"


def _runs(
    asked: Questions,
    parts: Split,
    made: training.Tables,
    *,
    k: int,
    seed: int,
    progress: Progress | None,
) -> tuple[dict[str, NDArray[np.int32]], dict[str, str]]:
    """Lists of every method and baseline, and the baselines left out with why."""
    now = _moment(parts, asked.train)
    baselines = registry.names("baselines")
    done = stage(progress, "lists for users", len(made.by_method) + len(baselines), "methods")
    runs: dict[str, NDArray[np.int32]] = {}
    silent: dict[str, str] = {}
    for name, table in made.by_method.items():
        runs[name] = best(from_table(table, asked), asked, k)
        done(1)
    for name in baselines:
        module = registry.load("baselines", name)
        if module.NEEDS_TIMES and now is None:
            silent[name] = "the events have no times"
        else:
            runs[name] = best(_baseline(module, asked, parts.target, now, seed), asked, k)
        done(1)
    return runs, silent


def _baseline(module: Any, asked: Questions, target: str, now: int | None, seed: int) -> Any:
    return lambda some: module.scores(
        asked.train, asked.users[some], target=target, now=now, seed=seed
    )


def _moment(parts: Split, train: Dataset) -> int | None:
    """Seconds since 1970 of the moment of asking: the split, else the end of the training part."""
    if parts.at is not None:
        return int(np.datetime64(parts.at, "s").astype(np.int64))
    if not len(train.events) or (train.events.at == NO_TIME).any():
        return None
    return int(train.events.at.max())
