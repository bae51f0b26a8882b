"""What the tasks have in common: lists of every method for each test set, judged and summed up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.evaluation.outcome import FoldEvents, Outcome
from prodsim_cli.evaluation.report import ReportOptions, RunDescription, summarise
from prodsim_cli.evaluation.run import Run, run
from prodsim_cli.evaluation.trained_tables import EvalRequest
from prodsim_cli.protocol.splits._split import Split
from prodsim_cli.protocol.splitting import account, described, empty_windows
from prodsim_cli.protocol.testset import TestSet, named_users
from prodsim_cli.records.values import Json

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress


def judge_folds(
    task: str,
    named: Dataset,
    data: Dataset,
    cuts: Sequence[Split],
    folds: Sequence[tuple[TestSet, Split]],
    notes: Sequence[str],
    request: EvalRequest,
    options: ReportOptions,
    progress: Progress | None,
) -> Outcome:
    """Judge methods by what happens after the splits: ``cuts``, of which ``folds`` have questions.

    ``named``: the shop as it is, ``data`` the same by :func:`anonymous`.
    """
    held_out = sum(int(split.test.sum()) for _, split in folds)
    depth, seed = options.depth, options.seed
    runs = [
        run(one, request, depth=depth, seed=seed, held_out=held_out, progress=progress)
        for one, _ in folds
    ]
    splits = [split for _, split in folds]
    users, items = named_users(named), [str(sku) for sku in data.items.ids]
    of_users = task == "recommend"
    shop = replace(data, users=users)
    about = RunDescription(
        task=task,
        split=described(
            [split.as_dict() | ({} if of_users else counts_of(one)) for one, split in folds]
        ),
        names=[
            [str(key) for key in users.at(one.subjects)]
            if of_users
            else [items[item] for item in one.subjects]
            for one, _ in folds
        ],
        items=items,
        unit="users" if of_users else "products",
        notes=[
            *notes,
            *empty_windows(cuts, splits),
            *account(splits),
            *(note for split in splits for note in split.notes),
        ],
        parts=[FoldEvents(shop, split.train, split.test) for split in splits],
    )
    return summarise(runs, about, options)


def judge_file(
    task: str,
    ran: Run,
    names: Sequence[str],
    unit: str,
    left_out: dict[str, int],
    notes: Sequence[str],
    options: ReportOptions,
    **split: Any,
) -> Outcome:
    """Judge the lists of one test set whose answers come from a file.

    ``split``: what the split object of the JSON says first (``kind``, ``at``...).
    """
    data = ran.testset.train
    about_split: Json = {**split, **counts_of(ran.testset), "candidates": len(data)}
    about_split["left_out"] = left_out
    items = [str(sku) for sku in data.items.ids]
    return summarise([ran], RunDescription(task, about_split, [names], items, unit, notes), options)


def counts_of(options: TestSet) -> Json:
    """How much is asked where no users are asked about."""
    return {"users": 0, "queries": len(options), "pairs": int(options.answers.nnz)}
