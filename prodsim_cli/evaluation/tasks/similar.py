"""``similar``: which products go together afterwards, predicted from each product's own row.

Right are the products that share an order or a session with it in the test part, graded by the
cosine of the two products' sessions, n_ij / sqrt(n_i n_j) (docs/decisions/0006).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.evaluation.answer_files import Answers
from prodsim_cli.evaluation.outcome import Outcome
from prodsim_cli.evaluation.report import ReportOptions
from prodsim_cli.evaluation.run import run
from prodsim_cli.evaluation.tasks._steps import judge_file, judge_folds
from prodsim_cli.evaluation.trained_tables import EvalRequest
from prodsim_cli.protocol import leaks
from prodsim_cli.protocol.splits._split import Split
from prodsim_cli.protocol.splitting import SplitRequest, check, split_by, target_of
from prodsim_cli.protocol.testset import (
    TestSet,
    anonymous,
    end_of,
    itself,
    moment_of_asking,
    product_questions,
    training_part,
)

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress


def judged(
    data: Dataset,
    where: SplitRequest,
    request: EvalRequest,
    options: ReportOptions,
    progress: Progress | None = None,
) -> Outcome:
    """Raises InputError where the events have no sessions; Leak where a method has seen them."""
    named, data = data, anonymous(data)
    cuts, notes = _folds(data, where, options.seed)
    leaks.refuse_stored(data, request.methods, sum(int(fold.test.sum()) for fold in cuts))
    every = [product_questions(data, fold) for fold in cuts]
    kept = [(one, fold) for one, fold in every if len(one)]
    if not kept:
        raise InputError(
            "After the split no order and no session holds two known products.",
            hint="Choose another moment with --at, or judge by --related FILE.",
        )
    return judge_folds("similar", named, data, cuts, kept, notes, request, options, progress)


def _folds(data: Dataset, where: SplitRequest, seed: int) -> tuple[tuple[Split, ...], list[str]]:
    check(where)
    _refuse_again(where)
    if where.split == "last":
        raise UsageProblem(
            "`--split last` holds out one event for each user, and one event is no session.",
            hint="Use `--split time`, or judge by --related FILE.",
        )
    target, notes = target_of(data, where.target, orders=True)
    if not data.events.timed:
        people = (data.events.user >= 0).any()
        raise InputError(
            "Not all events have a time, so there are no later orders or sessions.",
            hint="Judge similar products by --related FILE"
            + (", or use --task recommend." if people else "."),
        )
    name = where.split or ("windows" if where.windows else "time")
    if name == "time" and where.split is None and where.at is None:
        notes.append("Split by time: every event has one.")
    return split_by(data, name, where, target, seed), notes


def _refuse_again(where: SplitRequest) -> None:
    if where.again:
        raise UsageProblem(
            "--again has no meaning with --task similar: products have no history.",
            hint="Leave one out.",
        )


def judged_by_file(
    data: Dataset,
    known: Answers,
    where: SplitRequest,
    request: EvalRequest,
    options: ReportOptions,
    progress: Progress | None = None,
) -> Outcome:
    """Judge methods by a file of related products; every relation has figures of its own.

    Methods learn from all events, or from what lies before a moment (the split ``time``).
    """
    data = anonymous(data)
    split, target, notes = _before(data, where, options.seed)
    train, held_out, now = data, 0, end_of(data.events)
    if split is not None:
        held_out = int((~split.train).sum())
        leaks.refuse_stored(data, request.methods, held_out)
        train = training_part(data, split)
        now = moment_of_asking(split, train)
    one = TestSet(
        train=train,
        subjects=known.subjects,
        candidates=np.ones(len(data), bool),
        answers=known.answers,
        barred=itself(known.subjects, len(data)),
        relations=known.relations,
        target=target,
        now=now,
    )
    ran = run(
        one, request, depth=options.depth, seed=options.seed, held_out=held_out, progress=progress
    )
    return judge_file(
        "similar",
        ran,
        [str(data.items.ids[item]) for item in one.subjects],
        "products",
        known.left_out,
        [*known.notes, *notes],
        options,
        kind=split.kind if split else "related",
        at=split.at if split else None,
        target=target,
    )


def _before(data: Dataset, where: SplitRequest, seed: int) -> tuple[Split | None, str, list[str]]:
    """The split that the person wants, None for none; the events that baselines count; notes."""
    check(where)
    _refuse_again(where)
    if where.windows is not None or where.split not in (None, "time"):
        word = "--windows" if where.windows is not None else f"`--split {where.split}`"
        raise UsageProblem(
            f"{word} has no meaning with --related: the file says what is right.",
            hint="Leave one out, or let methods learn from what lies before --at DATE.",
        )
    if where.split or where.at:
        (split,), notes = _folds(data, where, seed)
        return split, split.target, notes
    if not ((data.events.user >= 0) | (data.events.order >= 0)).any():
        return None, where.target or "purchase", []
    target, notes = target_of(data, where.target, orders=True)
    notes.append(
        "Methods learned from all events; if the file was made of later ones, part them with"
        " --at DATE."
    )
    return None, target, notes
