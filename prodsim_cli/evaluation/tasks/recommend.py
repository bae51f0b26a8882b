"""``recommend``: what each person bought after the split, predicted from before it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.errors import InputError
from prodsim_cli.evaluation.outcome import Outcome
from prodsim_cli.evaluation.report import ReportOptions
from prodsim_cli.evaluation.tasks._steps import judge_folds
from prodsim_cli.evaluation.trained_tables import EvalRequest
from prodsim_cli.protocol import leaks
from prodsim_cli.protocol.splits._split import Split
from prodsim_cli.protocol.splitting import SplitRequest, choose_split
from prodsim_cli.protocol.testset import anonymous, user_questions

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress


def judged(
    data: Dataset,
    where: SplitRequest,
    request: EvalRequest,
    options: ReportOptions,
    progress: Progress | None = None,
) -> Outcome:
    """Judge methods and baselines by what people did after the split.

    Same data and seed, same figures, whatever users are called and in whatever order events come.
    Raises InputError where the events allow no question, UsageProblem for unknown names, Leak where
    a method has seen the held-out events.
    """
    named, data = data, anonymous(data)
    cuts, notes = choose_split(data, where, options.seed)
    kept = tuple(split for split in cuts if len(split.users)) or _nobody(cuts)
    leaks.refuse_stored(data, request.methods, sum(int(split.test.sum()) for split in kept))
    folds = [(user_questions(data, split), split) for split in kept]
    return judge_folds("recommend", named, data, cuts, folds, notes, request, options, progress)


def _nobody(folds: tuple[Split, ...]) -> tuple[Split, ...]:
    reasons: Counter[str] = Counter()
    for fold in folds:
        reasons.update(fold.left_out)
    counts = ", ".join(f"{reason}: {count:,} events" for reason, count in reasons.items())
    raise InputError(
        f"The split leaves nobody to ask about ({counts or 'no test events'}).",
        hint="Choose another moment with --at, or `--split last`.",
    )
