"""Sessions: what was done together, and how closely that joins two products."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.events import NO_TIME, TYPE_CODE, EventLog
from prodsim_cli.data.interactions import binary, returned
from prodsim_cli.protocol.splits._split import NEW_PRODUCT, OTHER_TYPE, RETURNED, Split
from prodsim_cli.protocol.splits.cold import CHILLED
from prodsim_cli.protocol.splits.windows import LATER

GAP = 30 * 60
"""Seconds without an event after which a person's next one begins a new session."""

NO_SESSION = "without an order or a session"
ALONE = "alone in their session"
NOT_COLD = "in sessions without a cold product"

_BEFORE = (LATER, CHILLED)
"""Reasons of a split that name events outside of its test part."""


def sessions(log: EventLog) -> NDArray[np.int64]:
    """(m,) the session of each event, -1 where it has none.

    An order is a session; else one user's events with less than half an hour between them,
    whatever their type: who buys, looks around, and buys is in one session.
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


def together(session: NDArray[np.int64], item: NDArray[np.int32], items: int) -> sp.csr_matrix:
    """(n, n) CSR float32: cosine of the sessions of two products, without the diagonal.

    ``session``, ``item`` (m,): what stands in which session, however often; ``items``: n.
    """
    found, row = np.unique(session, return_inverse=True)
    holds = binary(row.reshape(-1), item, (len(found), items)).astype(np.float64)
    shared = (holds.T @ holds).tocsr()
    count = np.maximum(shared.diagonal(), 1.0)
    shared.setdiag(0)
    shared.eliminate_zeros()
    shared.sort_indices()
    rows = np.repeat(np.arange(items), np.diff(shared.indptr))
    shared.data = shared.data / np.sqrt(count[rows] * count[shared.indices])
    return shared.astype(np.float32)


def later_sessions(
    log: EventLog, split: Split, later: NDArray[np.bool_], known: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], Split]:
    """The later session of each event that counts, and the split with an account of the others.

    ``later`` (m,) bool: after the moment of the split. ``known`` (n,) bool: products that may be
    answered. Gives (m,) int64, -1 for an event that says nothing, and ``split`` with ``later`` as
    its test part and nobody asked about. An event is left out under the first reason that holds;
    one alone in its session keeps its number, since that session holds the product, too.
    """
    session = np.full(len(log), -1, np.int64)
    session[later] = sessions(log.take(later))
    left_out = {reason: n for reason, n in split.left_out.items() if reason in _BEFORE}
    rest = later.copy()

    def leave(reason: str, bad: NDArray[np.bool_]) -> NDArray[np.bool_]:
        out: NDArray[np.bool_] = rest & bad
        left_out[reason] = int(out.sum())
        rest[out] = False
        return out

    leave(OTHER_TYPE, log.type != TYPE_CODE[split.target])
    leave(RETURNED, returned(log))
    leave(NO_SESSION, session < 0)
    strangers = np.unique(log.item[leave(NEW_PRODUCT, ~known[log.item])])
    session[~rest] = -1
    products = np.unique(session[rest] * len(known) + log.item[rest])
    different = np.bincount(products // max(len(known), 1), minlength=len(log))
    leave(ALONE, different[session] < 2)
    if split.cold is not None:
        has_cold = np.unique(session[rest & split.cold[log.item]])
        leave(NOT_COLD, ~np.isin(session, has_cold))
    nobody = np.zeros(0, np.int32)
    return session, Split(
        kind=split.kind,
        target=split.target,
        train=split.train,
        test=later,
        candidates=known,
        users=nobody,
        pair_user=nobody,
        pair_item=nobody,
        tested=int(rest.sum()),
        cold=split.cold,
        left_out={reason: count for reason, count in left_out.items() if count},
        strangers={NEW_PRODUCT: len(strangers)} if len(strangers) else {},
        at=split.at,
        notes=split.notes,
    )
