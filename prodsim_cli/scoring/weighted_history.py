"""A person's past as a matrix, with what is older counting less."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.events import NO_TIME, TYPE_CODE, EventLog
from prodsim_cli.scoring.weighting import DAY, HistoryWeighting


def remembered(
    log: EventLog,
    users: NDArray[np.int32],
    shape: tuple[int, int],
    memory: HistoryWeighting,
    now: int | None = None,
) -> sp.csr_matrix:
    """(q, n) CSR float32: for each of ``users`` the products of their past, the latest event each.

    Any event but a return counts. Flat: 1 for each. Steps are counted in moments (times, or places
    in the order), so that the lines of one order stand on one step. ``now``: seconds since 1970
    that days are counted from; None: the latest event.
    """
    row = np.full(int(max(log.user.max(initial=-1), users.max(initial=-1))) + 2, -1, np.int64)
    row[users] = np.arange(len(users))
    mine = np.flatnonzero((log.user >= 0) & (log.type != TYPE_CODE["return"]))
    mine = mine[row[log.user[mine]] >= 0]
    order = np.lexsort((log.position[mine], log.at[mine], row[log.user[mine]]))
    mine = mine[order]
    rows, items = row[log.user[mine]], log.item[mine]
    weight = _weight(log, mine, rows, memory, now)
    # sorted by time within a person: the last entry of a cell is its latest event
    cell = rows * shape[1] + items
    latest = np.lexsort((np.arange(len(cell)), cell))
    last = np.append(np.diff(cell[latest]) != 0, True)[: len(cell)]
    kept = latest[last]
    matrix = sp.csr_matrix(
        (weight[kept].astype(np.float32), (rows[kept], items[kept])), shape=shape
    )
    matrix.sort_indices()
    return matrix


def _weight(
    log: EventLog,
    mine: NDArray[np.intp],
    rows: NDArray[np.int64],
    memory: HistoryWeighting,
    now: int | None,
) -> NDArray[np.float64]:
    """(e,) what each event of a past counts; events in order of person and time."""
    if memory.kind == "flat" or not len(mine):
        return np.ones(len(mine))
    at = log.at[mine]
    if memory.kind == "days":
        timed = at != NO_TIME
        moment = int(at[timed].max(initial=0)) if now is None else now
        age = np.where(timed, moment - np.where(timed, at, moment), 0) / DAY
        return np.asarray(0.5 ** (np.maximum(age, 0) / memory.value))
    fresh = np.ones(len(mine), bool)
    fresh[1:] = (np.diff(rows) != 0) | (np.diff(at) != 0) | (np.diff(log.position[mine]) != 0)
    moment_number = np.cumsum(fresh)
    last = np.zeros(int(rows.max()) + 1, np.int64)
    np.maximum.at(last, rows, moment_number)
    return np.asarray(memory.value ** (last[rows] - moment_number).astype(np.float64))
