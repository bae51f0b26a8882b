"""The test set: who or what is asked about, what is right, and the data without names.

A split (``splits``) says which events are learned from and which are held out. From it
``user_questions`` (what each user does later) and ``product_questions`` (what shares a later order
or session with each product) make a :class:`TestSet`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import TYPE_CODE, EventLog
from prodsim_cli.data.interactions import binary
from prodsim_cli.data.vocabulary import Vocabulary
from prodsim_cli.errors import InputError
from prodsim_cli.protocol import leaks
from prodsim_cli.protocol.sessions import later_sessions, together
from prodsim_cli.protocol.splits._split import Split


@dataclass(frozen=True)
class TestSet:
    """Who is asked about, what they are known for, and what may be answered.

    Attributes
    ----------
    train : the dataset of the training part.
    subjects : (q,) int32: the user (``recommend``), the product (``similar``) or the number of the
        text (``search``) that each question is about.
    candidates : (n,) bool: products that may be answered.
    answers : (q, n) CSR float32: what each right product is worth, above 0.
    barred : (q, n) bool CSR: products that are no answer to this question.
    history : (q, n) float32 CSR, 1 where the user has any event but a return; None where nobody
        is asked about.
    texts : the questions in words, where they are words.
    relations : the right answers once more by kind, where there are several kinds.
    target : the event type that is to be predicted; ``now``: seconds since 1970 of the moment of
        asking, None where there is none; ``again``: what was had before is an answer, too.
    """

    __test__ = False  # no case for pytest

    train: Dataset
    subjects: NDArray[np.int32]
    candidates: NDArray[np.bool_]
    answers: sp.csr_matrix
    barred: sp.csr_matrix
    history: sp.csr_matrix | None = None
    texts: tuple[str, ...] = ()
    relations: tuple[tuple[str, sp.csr_matrix], ...] = ()
    target: str = "purchase"
    now: int | None = None
    again: bool = False

    def __len__(self) -> int:
        return len(self.subjects)


def user_questions(data: Dataset, split: Split) -> TestSet:
    """What each user does after the split; :class:`Leak` where an answer could be learned."""
    train = training_part(data, split)
    log, shape = train.events, (len(split.users), len(data))
    row = np.full(len(data.users) + 1, -1, np.int64)
    row[split.users] = np.arange(len(split.users))
    past = (log.user >= 0) & (log.type != TYPE_CODE["return"])

    def matrix(chosen: NDArray[np.bool_]) -> Any:
        rows, columns = row[log.user[chosen]], log.item[chosen]
        return binary(rows[rows >= 0], columns[rows >= 0], shape)

    nothing = np.zeros(len(log), bool)
    had = past & (log.type == TYPE_CODE[split.target])
    return TestSet(
        train=train,
        subjects=split.users,
        candidates=split.candidates,
        answers=binary(split.pair_user, split.pair_item, shape).astype(np.float32),
        barred=matrix(nothing if split.again else had),
        history=matrix(past).astype(np.float32),
        target=split.target,
        now=moment_of_asking(split, train),
        again=split.again,
    )


def training_part(data: Dataset, split: Split) -> Dataset:
    """What may be learned from; raises :class:`Leak` where an answer could be."""
    leaks.sealed(data, split)
    train = data.without(~split.train)
    leaks.same_events(train, split)
    return train


def moment_of_asking(split: Split, train: Dataset) -> int | None:
    """Seconds since 1970: the moment of the split, else the end of the training part."""
    return split.moment if split.at is not None else end_of(train.events)


def end_of(log: EventLog) -> int | None:
    """The latest moment of a log whose events all have one (seconds since 1970), else None."""
    return int(log.at.max()) if log.timed else None


def product_questions(data: Dataset, split: Split) -> tuple[TestSet, Split]:
    """Each product that shares a session of the test part with another known one.

    ``data`` must have times, and ``split`` a moment. Where products were made cold, only they are
    asked about. The second value is the split with an account of the events that give no answer.
    """
    train = training_part(data, split)
    log = train.events
    # known: somebody, or some order, has an event with it; a return is none
    owned = ((log.user >= 0) | (log.order >= 0)) & (log.type != TYPE_CODE["return"])
    known = np.zeros(len(data), bool)
    known[log.item[owned]] = True
    later = split.test
    if split.cold is not None:
        # the split holds out cold products only; here the warm ones of their sessions count, too
        known |= split.cold
        if split.moment is None:
            raise InputError(
                f"The split {split.kind} has no moment, so there are no later orders or sessions.",
                hint="Judge similar products by --related FILE.",
            )
        later = data.events.at >= split.moment
    session, counted = later_sessions(data.events, split, later, known)
    held = session >= 0
    answers = together(session[held], data.events.item[held], len(data))
    asked_about = np.diff(answers.indptr) > 0
    if split.cold is not None:
        asked_about &= split.cold
    subjects = np.flatnonzero(asked_about).astype(np.int32)
    testset = TestSet(
        train=train,
        subjects=subjects,
        candidates=known,
        answers=answers[subjects],
        barred=itself(subjects, len(data)),
        target=split.target,
        now=moment_of_asking(split, train),
    )
    return testset, counted


def itself(subjects: NDArray[np.int32], items: int) -> sp.csr_matrix:
    """(q, n) bool CSR: no product is its own answer."""
    return binary(np.arange(len(subjects)), subjects, (len(subjects), items))


def anonymous(data: Dataset) -> Dataset:
    """The same shop, its users numbered by a fingerprint of their events, its log in order.

    Figures are then the same, bit by bit, whatever users are called and however events were read.
    """
    users = len(data.users)
    rank = np.empty(users + 1, np.int32)
    rank[_order_of_users(data)] = np.arange(users)
    rank[-1] = -1  # an event without a user stays so
    log = replace(data.events, user=rank[data.events.user])
    # lexsort: the last key is the first in importance
    order = np.lexsort(
        (log.value, log.quantity, log.type, log.item, log.user, log.position, log.at)
    )
    return replace(data, events=log.take(order), users=Vocabulary(range(users)))


def named_users(data: Dataset) -> Vocabulary:
    """The users of ``anonymous(data)`` by the keys that they have in ``data``."""
    return Vocabulary(data.users.ids[position] for position in _order_of_users(data))


def _order_of_users(data: Dataset) -> NDArray[np.intp]:
    """(users,) the position in ``data`` of each user of ``anonymous(data)``."""
    return np.argsort(_fingerprints(data.events, len(data.users)), kind="stable")


def _fingerprints(log: EventLog, users: int) -> NDArray[np.uint64]:
    """(users,) uint64: sum of the hashes of each user's events, whatever their order."""
    mixed = np.zeros(len(log), np.uint64)
    for column in (log.item, log.type, log.at, log.position, log.quantity.view(np.int32)):
        mixed = _mix(mixed ^ column.astype(np.int64).view(np.uint64))
    order = np.argsort(log.user, kind="stable")
    order = order[np.searchsorted(log.user[order], 0) :]
    prints = np.zeros(users, np.uint64)
    if len(order):
        found, start = np.unique(log.user[order], return_index=True)
        prints[found] = np.add.reduceat(mixed[order], start)
    return prints


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64 (Steele, Lea, Flood 2014): neighbouring numbers become unrelated ones."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
