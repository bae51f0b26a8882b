"""What ``prodsim eval`` asks for, runs, and leaves behind: a kept run, files, the exit code."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prodsim_cli import registry
from prodsim_cli.commands import options as shared
from prodsim_cli.errors import InputError, UsageProblem

if TYPE_CHECKING:
    from prodsim_cli.data.dataset import Dataset
    from prodsim_cli.evaluation.outcome import Outcome
    from prodsim_cli.evaluation.report import ReportOptions
    from prodsim_cli.evaluation.trained_tables import EvalRequest
    from prodsim_cli.progress import Progress
    from prodsim_cli.store.evaluations import StoredRun

TASKS = ("recommend", "similar", "pairs", "search")

_OWN = {
    "pairs": ("pairs", "sources", "save_threshold"),
    "search": ("queries", "judgements"),
    "similar": ("related",),
}
"""Options that only one task has."""

_PARTED = ("split", "at", "windows", "target", "again")
"""Options that say how past and future are parted."""
_BY_QUESTION = ("against", "per_query", "export", "slices", "cost")
"""Options that need figures by question; pairs are counted all together."""
_LONGEST = 1000
"""Nobody reads further, and lists of many people are kept at full length."""


def check(given: dict[str, Any]) -> None:
    """Find the task and refuse words that don't go together, before anything long begins."""
    task = given["task"] = given["task"] or _implied(given)
    for owner, names in _OWN.items():
        for name in names:
            if given[name] and owner != task:
                raise UsageProblem(
                    f"{_flag(name)} belongs to --task {owner}, this is {task}.",
                    hint="Leave one of them out.",
                )
    if task == "pairs" and not given["pairs"]:
        raise UsageProblem("--task pairs needs the pairs.", hint="Add --pairs FILE.")
    if task == "search" and not (given["queries"] and given["judgements"]):
        raise UsageProblem(
            "--task search needs questions and their answers.",
            hint="Add --queries FILE and --judgements FILE.",
        )
    if task in ("pairs", "search"):
        _refuse(given, _PARTED, task, "nothing is held out")
    if task == "pairs":
        _refuse(given, _BY_QUESTION, task, "it keeps no figures by question")
    given["ks"] = _lengths(given["ks"])
    _check_ends(given)


def _implied(given: dict[str, Any]) -> str:
    """The task that the other words mean; '' is found out from the data."""
    for task, names in _OWN.items():
        if any(given[name] for name in names):
            return task
    return "recommend" if given["again"] else ""


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _refuse(given: dict[str, Any], names: tuple[str, ...], task: str, why: str) -> None:
    for name in names:
        if given[name] not in (None, False):
            raise UsageProblem(
                f"{_flag(name)} has no meaning with --task {task}: {why}.", hint="Leave one out."
            )


def _lengths(words: str) -> tuple[int, ...]:
    try:
        ks = tuple(dict.fromkeys(int(word) for word in words.split(",") if word.strip()))
    except ValueError:
        ks = ()
    if not ks or min(ks) < 1:
        raise UsageProblem(f"{words!r} are no lengths of lists.", hint="Write -k 10 or -k 10,5,20.")
    if max(ks) > _LONGEST:
        raise UsageProblem(
            f"Lists of {max(ks):,} products are too long to be judged.",
            hint=f"Write a -k of at most {_LONGEST:,}.",
        )
    return ks


def _check_ends(given: dict[str, Any]) -> None:
    """What could fail at the end of a long run fails before it."""
    from prodsim_cli import files

    _names(given["methods"])
    if given["fail_under"]:
        from prodsim_cli.evaluation import compare as changes

        given["bars"] = changes.bars(given["fail_under"])
        if given["task"] != "pairs":
            changes.check_bars(given["bars"], given["ks"])
    if given["per_query"]:
        from prodsim_cli.evaluation.outcome import check_per_query

        check_per_query(given["per_query"])
    if given["plot"]:
        from prodsim_cli.evaluation import plots

        plots.check(given["plot"])
    for name in ("per_query", "plot"):
        if given[name]:
            files.check_file(given[name])
    if given["export"]:
        files.check_folder(given["export"])


def evaluated(
    database: str, given: dict[str, Any], progress: Progress | None
) -> tuple[Outcome, str]:
    """Run the task, compare it with an earlier run where asked; and the version of its data."""
    from prodsim_cli.evaluation import compare as changes
    from prodsim_cli.evaluation import slices
    from prodsim_cli.evaluation.outcome import Outcome
    from prodsim_cli.evaluation.pairs_file import read_pairs
    from prodsim_cli.evaluation.report import ReportOptions
    from prodsim_cli.evaluation.run import refuse_users
    from prodsim_cli.evaluation.tasks.pairs import evaluate_pairs
    from prodsim_cli.evaluation.trained_tables import EvalRequest
    from prodsim_cli.progress import stage
    from prodsim_cli.store import evaluations
    from prodsim_cli.store.connection import open_for_reading

    methods = _names(given["methods"])
    with closing(open_for_reading(database)) as connection:
        against = given["against"]
        before = None if against is None else evaluations.earlier(connection, against)
        stage(progress, "loading", 1, "")
        data, version = evaluations.shop_to_judge(connection, methods)
        request = EvalRequest(
            methods=tuple(methods),
            settings=evaluations.method_settings(connection),
            measure=given["cost"],
            database=database,
            learn=evaluations.learns(connection) if given["learn"] is None else given["learn"],
        )
        options = ReportOptions(given["ks"], given["seed"])
        if given["task"] == "pairs":
            refuse_users(methods, "pairs")
            card = evaluate_pairs(
                data,
                read_pairs(given["pairs"], sys.stdin.buffer),
                sources=_names(given["sources"]) if given["sources"] else None,
                methods=methods,
                k=options.k,
                seed=options.seed,
                settings=request.settings,
                thresholds=evaluations.thresholds(connection),
                progress=progress,
            )
            return Outcome(card), version
        data, said = slices.with_languages(data) if given["slices"] else (data, [])
        outcome = _judged(data, given, request, options, before, progress)
    card = replace(outcome.card, notes=(*outcome.card.notes, *said))
    if before is not None:
        card = replace(card, change=changes.change(outcome, before, given["seed"]))
    return replace(outcome, card=card), version


def _judged(
    data: Dataset,
    given: dict[str, Any],
    request: EvalRequest,
    options: ReportOptions,
    before: StoredRun | None,
    progress: Progress | None,
) -> Outcome:
    """The tasks whose answers are lists: recommend, similar, search."""
    from prodsim_cli import embedders
    from prodsim_cli.evaluation import answer_files
    from prodsim_cli.evaluation import compare as changes
    from prodsim_cli.evaluation.answer_table import read_table
    from prodsim_cli.evaluation.judge import MAIN
    from prodsim_cli.evaluation.run import refuse_users
    from prodsim_cli.evaluation.tasks import recommend, search, similar
    from prodsim_cli.protocol.splitting import SplitRequest, choose_task

    where = SplitRequest(*(given[name] for name in ("split", "at", "target", "windows", "again")))
    task, why = choose_task(data, given["task"], where)
    if task != "recommend":
        refuse_users(request.methods, task)
    if before is not None:
        changes.comparable(before, task, f"{MAIN}@{options.k}")
    stdin = sys.stdin.buffer
    if task == "search":
        queries, judged = (read_table(given[name], stdin) for name in ("queries", "judgements"))
        answers = answer_files.judgements(queries, judged, data)
        return search.judged(
            data, answers, request, options, lambda space: embedders.load(space).encode, progress
        )
    if given["related"]:
        answers = answer_files.related(read_table(given["related"], stdin), data)
        return similar.judged_by_file(data, answers, where, request, options, progress)
    judge = similar.judged if task == "similar" else recommend.judged
    outcome = judge(data, where, request, options, progress)
    return replace(outcome, card=replace(outcome.card, notes=(*why, *outcome.card.notes)))


def _names(words: str) -> list[str]:
    names = [*shared.listed(words)]
    if not names:
        raise UsageProblem(f"{words!r} names nothing.", hint="Write names with commas between.")
    return names


def leave(database: str, outcome: Outcome, version: str, given: dict[str, Any]) -> None:
    """Keep the run, write what was asked for, and hold the figures against the bar."""
    _keep(database, outcome, version, given)
    if given["save_threshold"]:
        _save_thresholds(database, outcome)
    _write(outcome, given)
    if given["fail_under"]:
        from prodsim_cli.evaluation.compare import hold

        hold(outcome.card, given["bars"])


def _write(outcome: Outcome, given: dict[str, Any]) -> None:
    """The files and folders that were asked for."""
    if given["per_query"]:
        from prodsim_cli.evaluation.outcome import write_per_query

        rows = write_per_query(outcome, given["per_query"])
        shared.tell([f"{given['per_query']}: {rows:,} rows."])
    if given["export"]:
        folder = Path(given["export"])
        writers = [registry.load("exporters", name) for name in registry.names("exporters")]
        made = [path for writer in writers for path in writer.write(outcome, folder)]
        shared.tell([f"{folder}: {len(made)} files."])
    if given["plot"]:
        from prodsim_cli.evaluation import plots

        plots.draw(outcome.card, given["plot"])
        shared.tell([f"{given['plot']}: drawn."])


def _keep(database: str, outcome: Outcome, version: str, given: dict[str, Any]) -> None:
    """The run into the database; a person who may only read it has their answer anyway."""
    from prodsim_cli.evaluation.compare import main_figure
    from prodsim_cli.store import evaluations

    settings = {name: value for name, value in given.items() if name != "bars"}
    card, figures = outcome.card, main_figure(outcome)
    try:
        with _writing(database) as connection:
            run = evaluations.keep(connection, card, settings, version, figures)
    except InputError as problem:
        shared.tell([f"The run was not kept: {problem.message}"])
    else:
        shared.tell([f"Kept as run {run}."])


def _save_thresholds(database: str, outcome: Outcome) -> None:
    """Unlike the run, they were asked for: raises InputError where they can't be stored."""
    from prodsim_cli.store import evaluations

    found = {
        name: figures["threshold"].mean
        for name, figures in outcome.card.methods.items()
        if "threshold" in figures
    }
    with _writing(database) as connection:
        evaluations.put_thresholds(connection, found)
    shared.tell([f"Thresholds stored: {', '.join(found)}."])


@contextmanager
def _writing(database: str) -> Iterator[sqlite3.Connection]:
    """The database, open for writing; what SQLite refuses is an InputError."""
    from prodsim_cli.store.connection import open_for_writing
    from prodsim_cli.store.problems import explain

    try:
        with closing(open_for_writing(database)) as connection:
            yield connection
    except sqlite3.OperationalError as problem:
        known = explain(problem)
        if known is None:
            raise
        raise known from problem
