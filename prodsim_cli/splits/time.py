"""One moment for everybody: learn from what lies before it, ask about what comes after.

The only split in which no method can see a fashion of the future (Meng, McCreadie, Macdonald,
Ounis 2020, Exploring data splitting strategies for the evaluation of recommendation models).
"""

from __future__ import annotations

from datetime import datetime, timezone

import numpy as np

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import NO_TIME, TYPE_CODE
from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.splits._split import Split, cut


def split(
    data: Dataset, *, target: str = "purchase", at: str | None = None, quantile: float = 0.8
) -> Split:
    """Train strictly before ``at`` (ISO date or moment, UTC), test at or after it.

    Without ``at``, the moment after which a share of 1 - ``quantile`` of the target events of
    users lie. Refuses events that have only an order, and a moment with nothing on one side.
    """
    log = data.events
    wanted = (log.user >= 0) & (log.type == TYPE_CODE[target])
    untimed = int((log.at == NO_TIME).sum())
    if untimed:
        raise InputError(
            f"{untimed:,} of {len(log):,} events have an order but no time, so no moment can part"
            " them into before and after.",
            hint="Use `--split last`: it holds out each user's last event and needs only an order.",
        )
    times = np.sort(log.at[wanted])
    if not len(times):
        raise InputError(
            f"There is no {target} of a known user to split.",
            hint="Ingest events with users, or name another type with --target.",
        )
    moment = _moment(at) if at is not None else int(times[int(quantile * len(times))])
    if moment <= times[0] or moment > times[-1]:
        raise InputError(
            f"The split at {_iso(moment)} leaves nothing on one side: the {target} events run from"
            f" {_iso(int(times[0]))} to {_iso(int(times[-1]))}.",
            hint="Choose a moment between them with --at, or use `--split last`.",
        )
    before = log.at < moment
    return cut(
        data, kind="time", target=target, train=before, test=~before, left_out={}, at=_iso(moment)
    )


def _moment(text: str) -> int:
    """Seconds since 1970 of an ISO date or datetime; without a zone it is UTC."""
    try:
        when = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise UsageProblem(
            f"{text!r} is not a date.", hint="Write it as 2011-10-01 or 2011-10-01T12:00:00."
        ) from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=timezone.utc)
    return int(when.timestamp())


def _iso(moment: int) -> str:
    return str(np.datetime64(moment, "s"))
