"""What a split asks of products: what shares a later order or session with each of them."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import TYPE_CODE, EventLog
from prodsim_cli.errors import InputError
from prodsim_cli.protocol import leaks
from prodsim_cli.protocol.sessions import later_sessions, together
from prodsim_cli.protocol.splits._split import Split
from prodsim_cli.protocol.testset import Questions, binary
from prodsim_cli.protocol.users_asked import moment_of_asking


def questions(data: Dataset, split: Split) -> Questions:
    """Each product that shares a session of the test part with another known one.

    ``data`` must have times, and ``split`` a moment. Where products were made cold, they are what
    is asked about, and all known products are answers.
    """
    return questions_and_split(data, split)[0]


def questions_and_split(data: Dataset, split: Split) -> tuple[Questions, Split]:
    """The questions, and the split with an account of the events that give no answer to them."""
    leaks.sealed(data, split)
    train = data.without(~split.train)
    leaks.same_events(train, split)
    known = _known(train.events, len(data))
    later = split.test
    if split.cold is not None:
        # the split holds out cold products only; here the warm ones of their sessions count, too
        known |= split.cold
        later = data.events.at >= _moment(split)
    session, counted = later_sessions(data.events, split, later, known)
    held = session >= 0
    answers = together(session[held], data.events.item[held], len(data))
    asked_about = np.diff(answers.indptr) > 0
    if split.cold is not None:
        asked_about &= split.cold
    subjects = np.flatnonzero(asked_about).astype(np.int32)
    asked = Questions(
        train=train,
        subjects=subjects,
        candidates=known,
        answers=answers[subjects],
        barred=itself(subjects, len(data)),
        target=split.target,
        now=moment_of_asking(split, train),
    )
    return asked, counted


def _known(log: EventLog, items: int) -> NDArray[np.bool_]:
    """(n,) bool: products that somebody, or some order, has an event with; a return is none."""
    out = np.zeros(items, bool)
    owned = (log.user >= 0) | (log.order >= 0)
    out[log.item[owned & (log.type != TYPE_CODE["return"])]] = True
    return out


def _moment(split: Split) -> int:
    if split.at is None:
        raise InputError(
            f"The split {split.kind} has no moment, so there are no later orders or sessions.",
            hint="Judge similar products by --related FILE.",
        )
    return int(np.datetime64(split.at, "s").astype(np.int64))


def itself(subjects: NDArray[np.int32], items: int) -> sp.csr_matrix:
    """(q, n) bool CSR: no product is its own answer."""
    return binary(np.arange(len(subjects)), subjects, (len(subjects), items))
