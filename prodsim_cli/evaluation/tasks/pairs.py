"""``pairs``: known pairs of products, told apart from others by each method's live score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.errors import InputError
from prodsim_cli.evaluation import tables as training
from prodsim_cli.evaluation.calibration import FOLDS
from prodsim_cli.evaluation.pairs_file import UNIT, Pairs
from prodsim_cli.evaluation.pairs_names import named, resolve
from prodsim_cli.evaluation.tasks.pairs_figures import Board, board_of, figures_of
from prodsim_cli.evaluation.tasks.pairs_questions import Task, ask, task_of
from prodsim_cli.evaluation.verdict import compared, verdict
from prodsim_cli.records import Scorecard

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress

SEED = 42


def evaluate_pairs(
    data: Dataset,
    pairs: Pairs,
    *,
    sources: Sequence[str] | None = None,
    methods: Iterable[str] | None = None,
    k: int = 10,
    seed: int = SEED,
    settings: Mapping[str, Any] | None = None,
    thresholds: Mapping[str, float] | None = None,
    progress: Progress | None = None,
) -> Scorecard:
    """Judge methods by pairs whose truth is known; definitions in docs/pairs.md.

    ``card.methods[name]["threshold"].mean`` is always there and finite: the threshold fitted on all
    pairs, which is the one to store.

    Parameters
    ----------
    pairs : from :func:`~prodsim_cli.evaluation.pairs_file.read_pairs`.
    sources : the two sources whose SKUs the columns hold, None where the SKUs say it themselves.
    thresholds : stored thresholds by method; adds ``precision@stored``, ``recall@stored`` and
        ``f1@stored`` to those methods.
    methods, k, seed, settings, progress : as for :func:`~prodsim_cli.evaluation.evaluate`.

    Raises
    ------
    InputError where no pair is known or no method can work; UsageProblem for unknown names.
    """
    task = task_of(data, resolve(pairs, data, sources))
    wanted, chosen, stored = training.chosen(methods), settings or {}, thresholds or {}
    why = training.reasons(wanted, data, chosen)
    usable = [name for name in wanted if not why[name]]
    if not usable:
        reasons = "; ".join(f"{name}: {why[name]}" for name in wanted)
        raise InputError(
            f"No method can be tried on these products ({reasons}).",
            hint="Ingest titles or events first, then run `prodsim build`.",
        )
    seen = ask(data, task, usable, chosen, k, progress)
    board = board_of(task, seen, seed)
    figures, contest = figures_of(task, seen, board, k=k, seed=seed, stored=stored)
    main = contest.figure
    order = sorted(usable, key=lambda name: -figures[name][main].mean)
    notes = [*_about_file(task), *_about_fitting(task, board)]
    if any(name in stored for name in usable):
        notes.append(
            "@stored is by the stored threshold of a method; if that was fitted on these very"
            " pairs, it flatters."
        )
    notes += [f"{name} is left out: {why[name]}." for name in wanted if why[name]]
    return Scorecard(
        task="pairs",
        split={
            "kind": "pairs",
            "at": None,
            "users": 0,
            "queries": len(task.queries),
            "candidates": len(task.candidates),
            "pairs": len(task.row),
            "left_out": task.pairs.left_out,
        },
        k=k,
        ks=(k,),
        methods={name: figures[name] for name in order},
        verdict=verdict(contest),
        main=main,
        notes=tuple(notes),
        against_best=compared(contest).against_best,
    )


def _about_file(task: Task) -> list[str]:
    """What was found in the file that a person should know."""
    notes = []
    if task.pairs.strangers:
        notes.append(f"Not in the catalogue: {named(task.pairs.strangers)}.")
    if task.pairs.scale != UNIT:
        low, high = task.pairs.scale
        notes.append(
            f"The similarities lie between {low:g} and {high:g}, so a pair counts as a match from"
            f" {task.middle:g} on."
        )
    if task.truth is None:
        notes.append(
            "Every pair is a match, so the other side are the best products that are no partner,"
            " one for each product asked about; a mean absolute error has no meaning."
        )
    elif task.one_sided:
        notes.append(
            "Every pair is a match, so the other side are the best products that are no partner,"
            " one for each product asked about."
        )
    elif not task.match.any():
        notes.append(
            f"No pair is a match (from {task.middle:g} on), so precision, recall and F1 have no"
            " meaning."
        )
    return notes


def _about_fitting(task: Task, board: Board) -> list[str]:
    """Where there are fewer folds than there should be."""
    what = "Thresholds are" if task.truth is None else "Thresholds and calibration are"
    if board.folds.count == 1:
        return [
            f"{what} fitted on the pairs that they are judged on, since there are fewer than two"
            " matches or fewer than two non-matches: the figures flatter."
        ]
    if board.folds.count < FOLDS:
        return [
            f"{what} fitted in {board.folds.count} folds instead of {FOLDS}, since the file has few"
            " products with a match or few with a non-match."
        ]
    return []
