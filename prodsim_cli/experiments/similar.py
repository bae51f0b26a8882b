"""``similar``: which products go together afterwards, foretold from each product's own row.

The right answers are the products that share an order or a session with the one asked about in the
test part. In a wholesale shop nearly everything meets nearly everything once, so answers are
graded: the gain is the cosine of the two products' sessions, n_ij / sqrt(n_i n_j)
(docs/decisions/0006).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import NO_TIME, TYPE_CODE, EventLog
from prodsim_cli.data.vocabulary import Vocabulary
from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.experiments import leaks
from prodsim_cli.experiments.anonymous import anonymous, order_of_users
from prodsim_cli.experiments.answer_files import Answers
from prodsim_cli.experiments.asking import Questions, binary
from prodsim_cli.experiments.outcome import Outcome, Part
from prodsim_cli.experiments.recommend import moment_of_asking
from prodsim_cli.experiments.running import run
from prodsim_cli.experiments.splitting import Where, check, described, split_by, target_of
from prodsim_cli.experiments.summary import Asked, Frame, summarise
from prodsim_cli.experiments.training import Wish
from prodsim_cli.records import Json
from prodsim_cli.splits._split import Split

if TYPE_CHECKING:
    from prodsim_cli.builds.progress import Progress

GAP = 30 * 60
"""Seconds without an event after which a person's next one begins a new session."""


def judged(
    data: Dataset, where: Where, wish: Wish, asked: Asked, progress: Progress | None = None
) -> Outcome:
    """Judge methods by what shares a later order or session with each product.

    Raises InputError where the events have no sessions; Leak where a method has seen them.
    """
    named, data = data, anonymous(data)
    folds, notes = _folds(data, where, asked.seed)
    held_out = sum(int(fold.test.sum()) for fold in folds)
    leaks.refuse_stored(data, wish.methods, held_out)
    every = [questions(data, fold) for fold in folds]
    if not any(len(one) for one in every):
        raise InputError(
            "After the split no order and no session holds two known products.",
            hint="Choose another moment with --at, or judge by --related FILE.",
        )
    runs = [
        run(
            one,
            replace(wish, depth=asked.depth),
            depth=asked.depth,
            seed=asked.seed,
            held_out=held_out,
            progress=progress,
        )
        for one in every
    ]
    keys = Vocabulary(named.users.ids[position] for position in order_of_users(named))
    items = [str(sku) for sku in data.items.ids]
    frame = Frame(
        task="similar",
        split=_described(folds, every),
        names=[[items[item] for item in one.subjects] for one in every],
        items=items,
        unit="products",
        notes=notes,
        parts=[Part(replace(data, users=keys), fold.train, fold.test) for fold in folds],
    )
    return summarise(runs, frame, asked)


def _folds(data: Dataset, where: Where, seed: int) -> tuple[tuple[Split, ...], list[str]]:
    check(where)
    target, notes = target_of(data, where.target, orders=True)
    if where.split == "last":
        raise UsageProblem(
            "`--split last` holds out one event for each user, and one event is no session.",
            hint="Use `--split time`, or judge by --related FILE.",
        )
    name = where.split or ("windows" if where.windows else "time")
    if not data.events.timed:
        raise InputError(
            "Not all events have a time, so there are no later orders or sessions.",
            hint="Judge similar products by --related FILE, or use --task recommend.",
        )
    if name not in (where.split, "windows") and where.at is None:
        notes.append("Split by time: every event has one.")
    return split_by(data, name, where, target, seed), notes


def _described(folds: tuple[Split, ...], every: list[Questions]) -> Json:
    """The split as JSON: products are asked about here, not users."""
    asked = sum(len(one) for one in every)
    pairs = sum(one.answers.nnz for one in every)
    told = described(folds)
    return {**told, "users": 0, "queries": asked, "pairs": int(pairs), "left_out": {}}


def questions(data: Dataset, split: Split) -> Questions:
    """Each product that shares a session of the test part with another known one."""
    leaks.sealed(data, split)
    train = data.without(~split.train)
    leaks.same_events(train, split)
    n, log = len(data), train.events
    candidates = np.zeros(n, bool)
    owned = (log.user >= 0) | (log.order >= 0)
    candidates[log.item[owned & (log.type != TYPE_CODE["return"])]] = True
    if split.cold is not None:
        candidates |= split.cold
    later = data.events.take(split.test & (data.events.type == TYPE_CODE[split.target]))
    if split.cold is not None:  # warm products of the same sessions are answers, too
        after = ~split.train & (data.events.type == TYPE_CODE[split.target])
        moment = moment_of_asking(split, train)
        after &= data.events.at >= (moment if moment is not None else NO_TIME)
        later = data.events.take(after)
    answers = together(later, candidates)
    subjects = np.flatnonzero(np.diff(answers.indptr) > 0)
    if split.cold is not None:
        subjects = subjects[split.cold[subjects]]
    return Questions(
        train=train,
        subjects=subjects.astype(np.int32),
        candidates=candidates,
        answers=answers[subjects],
        barred=binary(np.arange(len(subjects)), subjects, (len(subjects), n)),
        target=split.target,
        now=moment_of_asking(split, train),
    )


def sessions(log: EventLog) -> NDArray[np.int64]:
    """(m,) the session of each event, -1 where it has none.

    An order is a session; else one user's events with less than half an hour between them.
    """
    out = np.full(len(log), -1, np.int64)
    out[log.order >= 0] = log.order[log.order >= 0]
    alone = np.flatnonzero((log.order < 0) & (log.user >= 0) & (log.at != NO_TIME))
    if len(alone):
        order = np.lexsort((log.at[alone], log.user[alone]))
        user, at = log.user[alone][order], log.at[alone][order]
        begins = np.ones(len(alone), bool)
        begins[1:] = (np.diff(user) != 0) | (np.diff(at) >= GAP)
        out[alone[order]] = np.cumsum(begins) + int(log.order.max(initial=-1))
    return out


def together(log: EventLog, candidates: NDArray[np.bool_]) -> sp.csr_matrix:
    """(n, n) CSR float32: cosine of the sessions of two products, without the diagonal."""
    session, n = sessions(log), len(candidates)
    kept = (session >= 0) & candidates[log.item]
    found, row = np.unique(session[kept], return_inverse=True)
    holds = binary(row.reshape(-1), log.item[kept], (len(found), n)).astype(np.float64)
    shared = (holds.T @ holds).tocsr()
    count = np.maximum(shared.diagonal(), 1.0)
    shared.setdiag(0)
    shared.eliminate_zeros()
    shared.sort_indices()
    rows = np.repeat(np.arange(n), np.diff(shared.indptr))
    shared.data = shared.data / np.sqrt(count[rows] * count[shared.indices])
    return shared.astype(np.float32)


def judged_by_file(
    data: Dataset,
    known: Answers,
    where: Where,
    wish: Wish,
    asked: Asked,
    progress: Progress | None = None,
) -> Outcome:
    """Judge methods by a file of related products; every relation has figures of its own.

    Methods learn from all events, unless a split is asked for: then from its training part.
    """
    data = anonymous(data)
    train, split, notes = data, None, list(known.notes)
    if where.split or where.at or where.windows:
        folds, said = _folds(data, where, asked.seed)
        split, notes = folds[-1], [*notes, *said]
        held_out = int((~split.train).sum())
        leaks.refuse_stored(data, wish.methods, held_out)
        leaks.sealed(data, split)
        train = data.without(~split.train)
    one = Questions(
        train=train,
        subjects=known.subjects,
        candidates=np.ones(len(data), bool),
        answers=known.answers,
        barred=binary(
            np.arange(len(known.subjects)), known.subjects, (len(known.subjects), len(data))
        ),
        relations=known.relations,
        target=split.target if split else "purchase",
        now=moment_of_asking(split, train) if split else _end(data.events),
    )
    wish = replace(wish, depth=asked.depth)
    ran = run(one, wish, depth=asked.depth, seed=asked.seed, progress=progress)
    items = [str(sku) for sku in data.items.ids]
    told: Json = {
        "kind": split.kind if split else "related",
        "at": split.at if split else None,
        "users": 0,
        "queries": len(one),
        "pairs": int(one.answers.nnz),
        "left_out": known.left_out or {},
    }
    if split is None and len(data.events):
        notes.append(
            "Methods learned from all events; if the file was made of later ones, part them with"
            " --at DATE."
        )
    names = [items[item] for item in one.subjects]
    frame = Frame("similar", told, [names], items, "products", notes)
    return summarise([ran], frame, asked)


def _end(log: EventLog) -> int | None:
    """The latest moment of a log whose events all have one."""
    return int(log.at.max()) if log.timed else None
