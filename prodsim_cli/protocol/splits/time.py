"""One moment for everybody: learn from what lies before it, ask about what comes after.

The only split in which no method can see a fashion of the future (Meng, McCreadie, Macdonald,
Ounis 2020, Exploring data splitting strategies for the evaluation of recommendation models).
"""

from __future__ import annotations

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.protocol.splits._moments import before
from prodsim_cli.protocol.splits._split import Split, cut


def split(
    data: Dataset, *, target: str = "purchase", again: bool = False, at: str | None = None
) -> tuple[Split, ...]:
    """Train strictly before ``at`` (ISO date or moment, UTC), test at or after it.

    Without ``at``, the moment after which 20 % of the target events of users lie. Refuses events
    that have only an order, and a moment with nothing on one side.
    """
    past, moment = before(data, target, at)
    parts = cut(
        data,
        kind="time",
        target=target,
        again=again,
        train=past,
        test=~past,
        left_out={},
        at=moment,
    )
    return (parts,)
