"""What every split gives: who learns from what, who is asked, what the right answers are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import TYPE_CODE, EventLog
from prodsim_cli.data.interactions import returned

NO_USER = "without a user"
OTHER_TYPE = "of another type"
RETURNED = "returned again"
NO_PAST = "users without a past"
NEW_PRODUCT = "products unknown at the split"
REPEATED = "had before"


@dataclass(frozen=True)
class Split:
    """A training part and the questions that are asked about the rest.

    Attributes
    ----------
    kind : name of the split; ``at``: the moment it was made at (ISO, UTC), None without one.
    target : the event type whose products are the right answers.
    again : True if a product that the user had before is a right answer, too.
    train, test : (m,) bool over the events of the dataset: what a method may learn from, what is
        held out to be asked about. No event is in both.
    candidates : (n,) bool: products that may be answered.
    cold : (n,) bool: products whose training events were taken away, None where none were.
    users : (q,) int32 positions of the users asked about, ascending.
    pair_user : (p,) int32 row in ``users``, and ``pair_item`` : (p,) int32 item position: the right
        answers, each pair once, in order of user and item.
    tested : events that made the pairs. ``len(events) = train.sum() + tested + sum(left_out)``.
    left_out : events that are neither learned from nor asked about, by reason.
    strangers : how many different users (products) stand behind the reasons that name such.
    notes : sentences for the person.
    """

    kind: str
    target: str
    train: NDArray[np.bool_]
    test: NDArray[np.bool_]
    candidates: NDArray[np.bool_]
    users: NDArray[np.int32]
    pair_user: NDArray[np.int32]
    pair_item: NDArray[np.int32]
    tested: int
    again: bool = False
    cold: NDArray[np.bool_] | None = None
    left_out: dict[str, int] = field(default_factory=dict)
    strangers: dict[str, int] = field(default_factory=dict)
    at: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def moment(self) -> int | None:
        """``at`` in seconds since 1970."""
        return None if self.at is None else int(np.datetime64(self.at, "s").astype(np.int64))

    def as_dict(self) -> dict[str, Any]:
        """The ``split`` object of the JSON of an evaluation."""
        return {
            "kind": self.kind,
            "at": self.at,
            "target": self.target,
            "again": self.again,
            "users": len(self.users),
            "pairs": len(self.pair_item),
            "candidates": int(self.candidates.sum()),
            "left_out": self.left_out,
            "strangers": self.strangers,
        }


def cut(
    data: Dataset,
    *,
    kind: str,
    target: str,
    train: NDArray[np.bool_],
    test: NDArray[np.bool_],
    left_out: dict[str, int],
    again: bool = False,
    cold: NDArray[np.bool_] | None = None,
    at: str | None = None,
    notes: Iterable[str] = (),
) -> Split:
    """Ask about the events under ``test`` that a fair judge can ask about.

    A target event is asked about if its user has a past in ``train``, its product is a candidate
    (known in ``train``, or one of ``cold``) and, unless ``again``, the user had no target event
    with it there: bought is bought, even if returned. A purchase of the test of which nothing was
    kept is no right answer. The rest is counted under the first reason that holds.
    """
    log, items = data.events, len(data)
    # A return is no sign of interest, but what was returned was bought, and that stays.
    past = train & (log.user >= 0) & (log.type != TYPE_CODE["return"])
    known_user = np.zeros(len(data.users) + 1, bool)
    known_user[log.user[past]] = True
    candidates = np.zeros(items, bool)
    candidates[log.item[past]] = True
    if cold is not None:
        candidates = cold
    pair = log.user.astype(np.int64) * items + log.item
    had = np.unique(pair[past & (log.type == TYPE_CODE[target])])

    left_out, rest, strangers = dict(left_out), test.copy(), {}
    for reason, bad, who in (
        (NO_USER, log.user < 0, None),
        (OTHER_TYPE, log.type != TYPE_CODE[target], None),
        (RETURNED, returned(log), None),
        (NO_PAST, ~known_user[log.user], log.user),
        (NEW_PRODUCT, ~candidates[log.item], log.item),
        (REPEATED, among(pair, had) & (not again), None),
    ):
        out = rest & bad
        left_out[reason] = int(out.sum())
        if who is not None and left_out[reason]:
            strangers[reason] = len(np.unique(who[out]))
        rest &= ~bad
    asked = np.unique(pair[rest])
    users, row = np.unique(asked // max(items, 1), return_inverse=True)
    return Split(
        kind=kind,
        target=target,
        train=train,
        test=test,
        candidates=candidates,
        users=users.astype(np.int32),
        pair_user=row.reshape(-1).astype(np.int32),
        pair_item=(asked % max(items, 1)).astype(np.int32),
        tested=int(rest.sum()),
        again=again,
        cold=cold,
        left_out={reason: count for reason, count in left_out.items() if count},
        strangers=strangers,
        at=at,
        notes=tuple(notes),
    )


def owned(log: EventLog) -> NDArray[np.bool_]:
    """(m,) bool: events of known users; where no event has a user, those of orders."""
    known = log.user >= 0
    return known if known.any() else log.order >= 0


def among(keys: NDArray[np.int64], ordered: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Is each key in the sorted array? (m,) int64, (s,) int64 ascending -> (m,) bool."""
    if not len(ordered):
        return np.zeros(len(keys), bool)
    place = np.minimum(np.searchsorted(ordered, keys), len(ordered) - 1)
    found: NDArray[np.bool_] = ordered[place] == keys
    return found
