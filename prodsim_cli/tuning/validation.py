"""Validation windows inside what is given: which events are predicted, and who is asked about."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from prodsim_cli import registry
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.errors import ProdsimError
from prodsim_cli.protocol.splits._split import Split
from prodsim_cli.protocol.testset import TestSet

ENOUGH = 50
"""Questions that a validation window must have: below, the documented defaults are used."""

MOST = 2_000
"""Questions that weights are sought with; more are drawn from by a seed."""

_CELLS = 50_000_000
"""Questions times products that are ranked at a time."""


def sample(data: Dataset, events: int, seed: int) -> Dataset:
    """The shop with as many of its people, and of orders without one, as have so many events."""
    log, random = data.events, np.random.default_rng(seed)
    share = events / len(log)
    people = random.random(len(data.users) + 1) < share
    orders = random.random(int(log.order.max(initial=-1)) + 2) < share
    kept = np.where(log.user >= 0, people[log.user], orders[log.order])
    return data.without(~kept)


def in_words(count: int, what: str, window: Split) -> str:
    """What was learned from, as a person reads it."""
    if window.at is None:
        return f"{count:,} {what}, by each user's last event"
    return f"{count:,} {what}, by what happened from {window.at[:10]} on"


def window(data: Dataset, name: str, target: str, again: bool, seed: int) -> Split | None:
    """The last fifth of the events; each user's last one where they have no times."""
    seeded = {"seed": seed} if name == "cold" else {}
    try:
        (window,) = registry.load("splits", name).split(data, target=target, again=again, **seeded)
    except ProdsimError:
        return None
    found: Split = window
    return found if len(found.users) else None


def some(testset: TestSet, seed: int) -> TestSet:
    """At most :data:`MOST` of the questions (fewer of many products), drawn by a seed, in order."""
    most = max(min(MOST, _CELLS // max(len(testset.candidates), 1)), 4 * ENOUGH)
    if len(testset) <= most:
        return testset
    drawn = np.sort(np.random.default_rng(seed).permutation(len(testset))[:most])
    return replace(
        testset,
        subjects=testset.subjects[drawn],
        answers=testset.answers[drawn],
        barred=testset.barred[drawn],
        history=None if testset.history is None else testset.history[drawn],
    )
