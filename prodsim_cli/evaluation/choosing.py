"""Which task, where the person named none: the one that the data can answer."""

from __future__ import annotations

import numpy as np

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import TYPE_CODE, EventLog
from prodsim_cli.errors import InputError
from prodsim_cli.protocol.splitting import Where


def task(data: Dataset, asked: str, where: Where) -> tuple[str, list[str]]:
    """The task, and the sentence that says which it is and why; none where it was named.

    ``recommend`` where somebody has a past and a future, else ``similar`` where there are sessions
    with times. ``where`` may name the split ``last``, which only ``recommend`` has.
    Raises InputError where there is no event to foretell anything from.
    """
    if asked:
        return asked, []
    log = data.events
    kept = log.type != TYPE_CODE["return"]
    people = int(((log.user >= 0) & kept).sum())
    if people and (where.split == "last" or _somebody_comes_back(log.take(kept))):
        known = f"{people:,} events have a known user"
        return "recommend", [f"Task recommend: {known}, so what each does later can be foretold."]
    orders = int(((log.order >= 0) & kept).sum())
    if log.timed and (orders or people):
        why = "nobody comes back" if people else "no event has a user"
        known = f"{orders:,} events have an order" if orders else "what one person does has times"
        return "similar", [
            f"Task similar: {why}, but {known}, so what is bought together later can be foretold."
        ]
    if people or orders:
        why = "Nobody comes back" if people else "No event has a user"
        problem = f"{why}, and not all events have a time, so none of them is later than others."
    else:
        problem = "There are no events of known users and no orders"
        problem += ", so there is no future to foretell."
    raise InputError(
        problem,
        hint="Ingest events, or judge by --pairs FILE, --related FILE, or --queries FILE with"
        " --judgements FILE.",
    )


def _somebody_comes_back(log: EventLog) -> bool:
    """Has any known user events at two different times (places, where there is only an order)?"""
    known = np.flatnonzero(log.user >= 0)
    order = known[np.lexsort((log.position[known], log.at[known], log.user[known]))]
    same = np.diff(log.user[order]) == 0
    moved = (np.diff(log.at[order]) != 0) | (np.diff(log.position[order]) != 0)
    return bool((same & moved).any())
