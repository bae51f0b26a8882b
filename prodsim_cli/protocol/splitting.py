"""Which task and which split: those asked for, or those that the data allows, and why."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prodsim_cli import registry
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import TYPE_CODE, EventLog
from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.protocol.splits._split import Split
from prodsim_cli.records.values import Json


@dataclass(frozen=True)
class SplitRequest:
    """How past and future are to be parted. None: as the data allows.

    ``split``: name of a split; ``at``: its moment (ISO); ``target``: event type that is predicted;
    ``windows``: how many rolling windows; ``again``: what was had before is an answer, too.
    """

    split: str | None = None
    at: str | None = None
    target: str | None = None
    windows: int | None = None
    again: bool = False


def choose_task(data: Dataset, asked: str, where: SplitRequest) -> tuple[str, list[str]]:
    """The task, and the sentence that says which it is and why; none where it was named.

    ``recommend`` where somebody has a past and a future, or ``where`` names the split ``last``,
    else ``similar`` where there are sessions with times. InputError where there is neither.
    """
    if asked:
        return asked, []
    log = data.events
    kept = log.type != TYPE_CODE["return"]
    people = int(((log.user >= 0) & kept).sum())
    if people and (where.split == "last" or _somebody_comes_back(log.take(kept))):
        known = f"{people:,} events have a known user"
        return "recommend", [f"Task recommend: {known}, so what each does later can be foretold."]
    orders = int(((log.order >= 0) & kept).sum())
    if log.timed and (orders or people):
        why = "nobody comes back" if people else "no event has a user"
        known = f"{orders:,} events have an order" if orders else "what one person does has times"
        return "similar", [
            f"Task similar: {why}, but {known}, so what is bought together later can be foretold."
        ]
    if people or orders:
        why = "Nobody comes back" if people else "No event has a user"
        problem = f"{why}, and not all events have a time, so none of them is later than others."
    else:
        problem = "There are no events of known users and no orders"
        problem += ", so there is no future to foretell."
    raise InputError(
        problem,
        hint="Ingest events, or judge by --pairs FILE, --related FILE, or --queries FILE with"
        " --judgements FILE.",
    )


def _somebody_comes_back(log: EventLog) -> bool:
    """Has any known user events at two different times (places, where there is only an order)?"""
    known = np.flatnonzero(log.user >= 0)
    order = known[np.lexsort((log.position[known], log.at[known], log.user[known]))]
    same = np.diff(log.user[order]) == 0
    moved = (np.diff(log.at[order]) != 0) | (np.diff(log.position[order]) != 0)
    return bool((same & moved).any())


def choose_split(
    data: Dataset, where: SplitRequest, seed: int
) -> tuple[tuple[Split, ...], list[str]]:
    """The folds, and what to tell the person about the choice."""
    check(where)
    target, notes = target_of(data, where.target)
    name = where.split or ("windows" if where.windows else "time" if where.at else None)
    if name is not None:
        return split_by(data, name, where, target, seed), notes
    try:
        folds = split_by(data, "time", where, target, seed)
        if any(len(fold.users) for fold in folds):
            return folds, [*notes, "Split by time: every event has one."]
        why = f"after {folds[0].at} no person with a past gets a product new to them"
    except InputError as problem:
        why = problem.message.rstrip(".")
        why = why[0].lower() + why[1:]
    folds = split_by(data, "last", where, target, seed)
    return folds, [*notes, f"Split by each user's last event: {why}."]


def check(where: SplitRequest) -> None:
    """Words that don't go together."""
    if where.target is not None and (where.target not in TYPE_CODE or where.target == "return"):
        types = ", ".join(name for name in TYPE_CODE if name != "return")
        raise UsageProblem(
            f"There is no event type {where.target!r}.", hint=f"Choose one of: {types}."
        )
    for name, given, splits in (
        ("at", where.at, ("time", "cold")),
        ("windows", where.windows, ("windows",)),
    ):
        if given is not None and where.split not in (None, *splits):
            raise UsageProblem(
                f"--{name} has no meaning with `--split {where.split}`.", hint="Leave one out."
            )
    if where.at is not None and where.windows is not None:
        raise UsageProblem("--at has no meaning with --windows.", hint="Leave one out.")


def target_of(data: Dataset, asked: str | None, *, orders: bool = False) -> tuple[str, list[str]]:
    """The event type asked for; else purchase, else the type that people do most.

    ``orders``: events of orders without a customer count, too.
    """
    log = data.events
    owned = (log.user >= 0) | ((log.order >= 0) if orders else False)
    counts = np.bincount(log.type[owned], minlength=len(TYPE_CODE))
    if asked is not None or counts[TYPE_CODE["purchase"]]:
        target = asked or "purchase"
        if not counts[TYPE_CODE[target]]:
            raise InputError(
                f"There is no {target} of a known user, so there is no future to foretell.",
                hint="Ingest events with users, name another type with --target, or judge methods"
                " against known pairs with --pairs FILE.",
            )
        return target, []
    counts[TYPE_CODE["return"]] = 0
    if not counts.any():
        raise InputError(
            "There is no event of a known user, so there is no future to foretell.",
            hint="Ingest events with users, or judge methods by --pairs FILE, --related FILE or"
            " --queries FILE with --judgements FILE.",
        )
    target = next(name for name, code in TYPE_CODE.items() if code == int(counts.argmax()))
    return target, [f"Judged by {target} events: nobody has bought anything."]


def split_by(
    data: Dataset, name: str, where: SplitRequest, target: str, seed: int
) -> tuple[Split, ...]:
    function = registry.load("splits", name).split
    known = inspect.signature(function).parameters
    offered: dict[str, Any] = {"at": where.at, "windows": where.windows, "seed": seed}
    extra = {key: value for key, value in offered.items() if key in known and value is not None}
    folds: tuple[Split, ...] = function(data, target=target, again=where.again, **extra)
    return folds


def described(parts: Sequence[Json]) -> Json:
    """The ``split`` object of several folds: counts added up, with each window beside them.

    ``parts``: those of the folds (``Split.as_dict``), all with the same keys.
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    reasons = dict.fromkeys(reason for part in parts for reason in part["left_out"])
    counted = [key for key in ("users", "queries", "pairs") if key in first]
    return {
        **{key: first[key] for key in ("kind", "at", "target", "again")},
        **{key: sum(part[key] for part in parts) for key in counted},
        "left_out": {
            reason: sum(part["left_out"].get(reason, 0) for part in parts) for reason in reasons
        },
        "windows": [
            {key: part[key] for key in ("at", *counted, "candidates", "left_out", "strangers")}
            for part in parts
        ],
    }


def empty_windows(every: Sequence[Split], folds: Sequence[Split]) -> list[str]:
    """A word about windows in which nothing can be asked: they are in no figure and no count."""
    empty = len(every) - len(folds)
    return [f"{empty} of {len(every)} windows have nothing to ask about."] if empty else []


def account(folds: Sequence[Split]) -> list[str]:
    """What a person should know of the events that are not asked about."""
    notes: list[str] = []
    tested = sum(int(fold.test.sum()) for fold in folds)
    for reason in ("users without a past", "products unknown at the split"):
        events = sum(fold.left_out.get(reason, 0) for fold in folds)
        if not events:
            continue
        who = sum(fold.strangers.get(reason, 0) for fold in folds)
        notes.append(
            f"Not asked about: {who:,} {reason}, {events:,} of {tested:,} test events"
            f" ({events / tested:.0%})."
        )
    repeated = sum(fold.left_out.get("had before", 0) for fold in folds)
    if repeated and repeated >= 0.2 * tested:
        notes.append(
            f"{repeated / tested:.0%} of the test events are of products that their user had"
            " before; --again judges what is bought next, repeats included."
        )
    return notes
