"""The words of ``prodsim eval`` made into an evaluation."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from prodsim_cli.errors import UsageProblem

if TYPE_CHECKING:
    from prodsim_cli.data.dataset import Dataset
    from prodsim_cli.evaluation.outcome import Outcome
    from prodsim_cli.evaluation.report import ReportOptions
    from prodsim_cli.evaluation.tables import EvalRequest
    from prodsim_cli.progress import Progress
    from prodsim_cli.records.figures import Scorecard
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
        for name in _PARTED:
            if given[name]:
                raise UsageProblem(
                    f"{_flag(name)} has no meaning with --task {task}: nothing is held out.",
                    hint="Leave one out.",
                )
    if task == "pairs":
        _check_pairs(given)
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


def _check_pairs(given: dict[str, Any]) -> None:
    """Pairs are counted all together, so nothing is there that goes by question."""
    for name in ("against", "per_query", "export", "slices", "cost"):
        if given[name] not in (None, False):
            raise UsageProblem(
                f"{_flag(name)} has no meaning with --task pairs: it keeps no figures by question.",
                hint="Leave one out.",
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
        from prodsim_cli.evaluation import per_query

        per_query.check(given["per_query"])
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
    """Run the task, compare it with an earlier run where that is asked for.

    Returns the outcome and the version of the data that it was found on.
    """
    from prodsim_cli.evaluation import compare as changes
    from prodsim_cli.evaluation import slices
    from prodsim_cli.evaluation.outcome import Outcome
    from prodsim_cli.evaluation.report import ReportOptions
    from prodsim_cli.evaluation.run import refuse_users
    from prodsim_cli.evaluation.tables import EvalRequest
    from prodsim_cli.progress import stage
    from prodsim_cli.store import evaluations
    from prodsim_cli.store.connection import open_for_reading

    methods = _names(given["methods"])
    with closing(open_for_reading(database)) as connection:
        before = None
        if given["against"] is not None:
            before = evaluations.earlier(connection, given["against"])
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
            stored = evaluations.thresholds(connection)
            return Outcome(_pairs(data, given, request, options, stored, progress)), version
        data, said = slices.with_languages(data) if given["slices"] else (data, [])
        outcome = _judged(data, given, request, options, before, progress)
    card = replace(outcome.card, notes=(*outcome.card.notes, *said))
    if before is not None:
        card = replace(card, change=changes.change(outcome, before, given["seed"]))
    return replace(outcome, card=card), version


def _pairs(
    data: Dataset,
    given: dict[str, Any],
    request: EvalRequest,
    options: ReportOptions,
    thresholds: dict[str, float],
    progress: Progress | None,
) -> Scorecard:
    from prodsim_cli.evaluation.pairs_file import read_pairs
    from prodsim_cli.evaluation.tasks.pairs import evaluate_pairs

    return evaluate_pairs(
        data,
        read_pairs(given["pairs"], sys.stdin.buffer),
        sources=_names(given["sources"]) if given["sources"] else None,
        methods=request.methods,
        k=options.k,
        seed=options.seed,
        settings=request.settings,
        thresholds=thresholds,
        progress=progress,
    )


def _judged(
    data: Dataset,
    given: dict[str, Any],
    request: EvalRequest,
    options: ReportOptions,
    before: StoredRun | None,
    progress: Progress | None,
) -> Outcome:
    """The tasks whose answers are lists: recommend, similar, search."""
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
        return search.judged(data, answers, request, options, _encode, progress)
    if given["related"]:
        answers = answer_files.related(read_table(given["related"], stdin), data)
        return similar.judged_by_file(data, answers, where, request, options, progress)
    judge = similar.judged if task == "similar" else recommend.judged
    outcome = judge(data, where, request, options, progress)
    return replace(outcome, card=replace(outcome.card, notes=(*why, *outcome.card.notes)))


def _encode(space: str) -> Any:
    """The function that makes vectors of a space; loading the model takes a while."""
    from prodsim_cli import embedders

    return embedders.load(space).encode


def _names(words: str) -> list[str]:
    names = [word.strip() for word in words.split(",") if word.strip()]
    if not names:
        raise UsageProblem(f"{words!r} names nothing.", hint="Write names with commas between.")
    return names
