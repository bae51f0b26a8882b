"""One weight per (user, item) from events: returns netted, types weighed, decayed by age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.events import NO_TIME, TYPE_CODE, EventLog
from prodsim_cli.records.values import EVENT_TYPES

DAY = 86_400.0
_NOTHING = 1e-9  # decayed below this is gone: squares of smaller numbers vanish in float32
_PURCHASE, _RATING, _RETURN = TYPE_CODE["purchase"], TYPE_CODE["rating"], TYPE_CODE["return"]


def interactions(
    log: EventLog,
    n_users: int,
    n_items: int,
    weights: Mapping[str, float],
    *,
    counts: bool = False,
    half_life: float | None = None,
    now: int | None = None,
    by: str = "users",
    types: Sequence[str] | None = None,
    net_returns: bool = True,
) -> sp.csr_matrix:
    """One weight per (user or order, item): (rows, n_items) CSR float32, positive, columns sorted.

    Rows are positions in the user vocabulary, or order codes of the log.

    Parameters
    ----------
    weights : weight by event type; an event's own ``weight`` overrides it. Weights are divided by
        the largest one present, so that a log of one type gives entries of exactly 1. Events of
        weight 0 or less are left out.
    counts : False (default) takes the strongest event of a pair; True adds its events up.
    half_life : days after which an event counts half (0.5 ** (age / half_life)); None: no decay. An
        event without a time does not decay.
    now : seconds since 1970 that ages are counted from; None: the latest event of the log.
    by : ``users`` leaves out events without a customer, ``orders`` those without an order.
    types : only events of these types (a return is always read where it nets a purchase).
    net_returns : a return of n units takes n units off that customer's latest earlier purchases of
        the item; a purchase of which nothing is left is left out. False: returns are ignored.

    Notes
    -----
    A rating below the person's mean (the mean of all where a person gave only one) is left out, the
    others weigh as a rating. The answer does not depend on the order of the log.
    """
    if by not in ("users", "orders"):
        raise ValueError(f"by must be users or orders, not {by!r}")
    if half_life is not None and half_life <= 0:
        raise ValueError(f"a half-life is a positive number of days, not {half_life}")
    worth = _worth(log, weights, types)
    if net_returns:
        worth[_remaining(log) <= 0] = 0
    rows = log.user if by == "users" else log.order
    n_rows = n_users if by == "users" else int(log.order.max(initial=-1)) + 1
    kept = (worth > 0) & (rows >= 0)
    worth = worth[kept]
    if len(worth):
        worth = worth / worth.max()
    if half_life is not None:
        worth = worth * _decay(log, half_life, now)[kept]
    rows, items = rows[kept], log.item[kept]
    alive = worth > _NOTHING
    return _folded(rows[alive], items[alive], worth[alive], (n_rows, n_items), counts)


def returned(log: EventLog) -> NDArray[np.bool_]:
    """(m,) bool: purchases of which their customer kept nothing, latest returns first."""
    return (log.type == _PURCHASE) & (_remaining(log) <= 0)


def binary(
    rows: NDArray[np.integer], columns: NDArray[np.integer], shape: tuple[int, int]
) -> sp.csr_matrix:
    """True at each (row, column) named, however often."""
    matrix = sp.csr_matrix((np.ones(len(rows), bool), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    return matrix


def _worth(
    log: EventLog, weights: Mapping[str, float], types: Sequence[str] | None
) -> NDArray[np.float64]:
    """(m,) float64: weight of each event before decay; 0 where it is left out."""
    by_code = np.array([weights.get(name, 0.0) for name in EVENT_TYPES], np.float64)
    worth = np.where(np.isnan(log.weight), by_code[log.type], log.weight.astype(np.float64))
    left_out = [code for name, code in TYPE_CODE.items() if types is not None and name not in types]
    worth[np.isin(log.type, [_RETURN, *left_out])] = 0
    worth[_disliked(log)] = 0
    return np.maximum(worth, 0)


def _disliked(log: EventLog) -> NDArray[np.bool_]:
    """(m,) bool: ratings below the mean of their person (of all, for a person with one rating)."""
    below = np.zeros(len(log), bool)
    rated = np.flatnonzero((log.type == _RATING) & np.isfinite(log.value))
    if not len(rated):
        return below
    value = log.value[rated].astype(np.float64)
    # -1 (no customer) becomes group 0 and is compared with the mean of all, too.
    person = log.user[rated] + 1
    n = np.bincount(person)
    means = np.bincount(person, value) / np.maximum(n, 1)
    means[(n < 2) | (np.arange(len(n)) == 0)] = value.mean()
    below[rated] = value < means[person] - 1e-6
    return below


def _remaining(log: EventLog) -> NDArray[np.float64]:
    """(m,) float64: units kept of each purchase; 1 for other events, 0 for returns.

    A stack: a return takes the latest units first. With H(t) the height after event t, a purchase
    that filled the heights a..b keeps what lies between a and the lowest height from then on: two
    running minima.
    """
    left = np.ones(len(log), np.float64)
    bought, returned = log.type == _PURCHASE, log.type == _RETURN
    left[returned] = 0
    pair = log.user.astype(np.int64) * (int(log.item.max(initial=0)) + 1) + log.item
    concerned = (bought | returned) & (log.user >= 0) & np.isin(pair, pair[returned])
    where = np.flatnonzero(concerned)
    if not len(where):
        return left
    kind, quantity = log.type[where], log.quantity[where].astype(np.float64)
    # At one moment purchases come before returns, as in the log's own order.
    order = np.lexsort((quantity, kind, log.position[where], log.at[where], pair[where]))
    where, kind, quantity = where[order], kind[order], quantity[order]
    group = np.unique(pair[where], return_inverse=True)[1].ravel()
    step = np.where(kind == _PURCHASE, quantity, -quantity)
    level = _running_sum(step, group)
    # A return of more than was bought leaves the stack empty: reflect the walk at zero.
    height = level - np.minimum(_running_min(level, group), 0)
    lowest = _running_min(height[::-1], group.max() - group[::-1])[::-1]
    below = np.where(np.diff(group, prepend=-1) > 0, 0, np.roll(height, 1))
    units = np.clip(lowest - below, 0, quantity)
    units[units < 1e-3 * quantity] = 0  # what rounding leaves of a purchase sold by weight
    left[where[kind == _PURCHASE]] = units[kind == _PURCHASE]
    return left


def _running_sum(values: NDArray[np.float64], group: NDArray[np.intp]) -> NDArray[np.float64]:
    """Running sum that starts anew with every group (groups lie together)."""
    total = np.cumsum(values)
    first = np.flatnonzero(np.diff(group, prepend=-1))
    before = np.where(first > 0, total[first - 1], 0)
    return np.asarray(total - before[group])


def _running_min(values: NDArray[np.float64], group: NDArray[np.intp]) -> NDArray[np.float64]:
    """Running minimum that starts anew with every group: each group is lowered below the last."""
    drop = group * (values.max() - values.min() + 1.0)
    return np.asarray(np.minimum.accumulate(values - drop) + drop)


def _decay(log: EventLog, half_life: float, now: int | None) -> NDArray[np.float64]:
    """(m,) float64: 0.5 ** (age in days / half_life); 1 without a time and for the future."""
    timed = log.at != NO_TIME
    if not timed.any():
        return np.ones(len(log))
    moment = int(log.at[timed].max()) if now is None else now
    age = np.where(timed, moment - np.where(timed, log.at, moment), 0) / DAY
    return np.asarray(0.5 ** (np.maximum(age, 0) / half_life))


def _folded(
    rows: NDArray[np.int32],
    items: NDArray[np.int32],
    worth: NDArray[np.float64],
    shape: tuple[int, int],
    counts: bool,
) -> sp.csr_matrix:
    """Maximum (or sum) of the events of each pair as CSR float32."""
    order = np.lexsort((worth, items, rows))
    rows, items, worth = rows[order], items[order], worth[order]
    changed = (np.diff(rows, prepend=-1) != 0) | (np.diff(items, prepend=-1) != 0)
    first = np.flatnonzero(changed)
    fold = np.add if counts else np.maximum
    data = fold.reduceat(worth, first) if len(first) else worth
    pointer = np.zeros(shape[0] + 1, np.int64)
    np.cumsum(np.bincount(rows[first], minlength=shape[0]), out=pointer[1:])
    matrix = sp.csr_matrix((data.astype(np.float32), items[first], pointer), shape=shape)
    matrix.has_canonical_format = True
    return matrix
