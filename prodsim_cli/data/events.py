"""Events as columns of arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.records.values import EVENT_TYPES

TYPE_CODE = {name: code for code, name in enumerate(EVENT_TYPES)}
NO_TIME = np.iinfo(np.int64).min
"""``at`` of an event without a time (only an order by ``position``)."""


@dataclass(frozen=True)
class EventLog:
    """m events in a fixed order: by time, then position, then user, item, type and quantity.

    Attributes (all shape (m,))
    ---------------------------
    user : int32 position in the user vocabulary, -1 for an event without a customer.
    item : int32 position in the item vocabulary.
    type : int8 code, index into ``records.values.EVENT_TYPES``.
    quantity : float32 units (positive; a return's units are positive too).
    value : float32 unit price, or the rating of a rating event; NaN where unknown.
    weight : float32 the event's own weight from the file, NaN where the type's weight counts.
    order : int32 code of (source, order id), -1 without an order.
    at : int64 seconds since 1970-01-01 UTC, ``NO_TIME`` where the event has only an order.
    position : int64 order of events without a time (else 0).
    """

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    type: NDArray[np.int8]
    quantity: NDArray[np.float32]
    value: NDArray[np.float32]
    weight: NDArray[np.float32]
    order: NDArray[np.int32]
    at: NDArray[np.int64]
    position: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.user)

    def take(self, mask: NDArray[np.bool_] | NDArray[np.intp]) -> EventLog:
        """The events under a boolean mask or at positions, in their order."""
        return EventLog(**{f.name: getattr(self, f.name)[mask] for f in fields(self)})

    def people(self, items: int) -> NDArray[np.float64]:
        """(items,) float64: how many different users have an event with each item."""
        known = self.user >= 0
        pairs = np.unique(self.user[known].astype(np.int64) * max(items, 1) + self.item[known])
        return np.bincount(pairs % max(items, 1), minlength=items).astype(np.float64)

    @property
    def timed(self) -> bool:
        """True if every event has a time."""
        return bool((self.at != NO_TIME).all()) and len(self) > 0
