"""Products without a past: a seeded share of them loses all its training events.

Past and future are parted as by ``time`` where every event has one, else as by ``last``. People are
asked about the cold products only, ranked among themselves, as Volkovs, Yu, Poutanen 2017
(DropoutNet) judge cold items: a method that learns from events alone has nothing to say about them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.errors import InputError
from prodsim_cli.protocol.splits._lasts import AFTER, hold_out
from prodsim_cli.protocol.splits._moments import before
from prodsim_cli.protocol.splits._split import Split, cut, owned

WARM = "of products that stay warm"
CHILLED = "before the split, of products made cold"


def split(
    data: Dataset,
    *,
    target: str = "purchase",
    again: bool = False,
    at: str | None = None,
    share: float = 0.2,
    seed: int = 42,
) -> tuple[Split, ...]:
    """One fold: cold products, ``share`` of those known at the split, are asked about.

    Which ones they are depends on the seed and the number of known products only, not on users or
    on the order of events. Raises :class:`InputError` where no product is left to be made cold.
    """
    train, test, moment, between, notes = _parted(data, target, at)
    known = np.unique(data.events.item[train & owned(data.events)])
    drawn = np.random.default_rng(seed).permutation(len(known))[: int(share * len(known))]
    cold = np.zeros(len(data), bool)
    cold[known[drawn]] = True
    if not cold.any():
        raise InputError(
            "There are too few products with events to take any from them.",
            hint="Ingest more events, or use another --split.",
        )
    item = data.events.item
    chilled, warm = train & cold[item], test & ~cold[item]
    parts = cut(
        data,
        kind="cold",
        target=target,
        again=again,
        train=train & ~chilled,
        test=test & ~warm,
        left_out={**between, CHILLED: int(chilled.sum()), WARM: int(warm.sum())},
        cold=cold,
        at=moment,
        notes=[f"Made cold: {len(drawn):,} of {len(known):,} products.", *notes],
    )
    return (parts,)


def _parted(
    data: Dataset, target: str, at: str | None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], str | None, dict[str, int], tuple[str, ...]]:
    """Training and test part, moment, events between, notes: by time, else by last events."""
    if at is not None or data.events.timed:
        past, moment = before(data, target, at)
        return past, ~past, moment, {}, ()
    held = hold_out(data, target)
    later = int(held.later.sum())
    between = {AFTER: later} if later else {}
    return ~held.out & ~held.later, held.out, None, between, held.notes
