"""Each user's last event is held out; needs only an order, no times.

Leave-one-out as in He et al. 2017 (Neural collaborative filtering), with the order kept. Users lie
on different dates, so a method may learn from others' events that came later than the one it is
asked about: use ``time`` where there are times.
"""

from __future__ import annotations

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.protocol.splits._lasts import AFTER, hold_out
from prodsim_cli.protocol.splits._split import Split, cut


def split(data: Dataset, *, target: str = "purchase", again: bool = False) -> tuple[Split, ...]:
    """Test: the last target event of every user who has an event before it; train: all before.

    What a user did after that event (a rating of the same product, say) is left out, since it
    would give the answer away. Users without an event before it stay in training as they are.
    """
    held = hold_out(data, target)
    parts = cut(
        data,
        kind="last",
        target=target,
        again=again,
        train=~held.out & ~held.later,
        test=held.out,
        left_out={AFTER: int(held.later.sum())} if held.later.any() else {},
        notes=held.notes,
    )
    return (parts,)
