"""Moments: dates as seconds, what lies between, and why events without a time have none."""

from __future__ import annotations

from datetime import datetime, timezone

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import NO_TIME, TYPE_CODE
from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.protocol.splits._split import owned


def times(data: Dataset, target: str) -> NDArray[np.int64]:
    """Moments of the target events of known users, ascending; refuses events without a time.

    Where no event has a user, those of orders.
    """
    log = data.events
    untimed = int((log.at == NO_TIME).sum())
    if untimed:
        raise InputError(
            f"{untimed:,} of {len(log):,} events have an order but no time, so no moment can part"
            " them into before and after.",
            hint="Use `--split last`: it holds out each user's last event and needs only an order.",
        )
    found = np.sort(log.at[owned(log) & (log.type == TYPE_CODE[target])])
    if not len(found):
        raise InputError(
            f"There is no {target} of a known user to split.",
            hint="Ingest events with users, or name another type with --target.",
        )
    return found


def before(
    data: Dataset, target: str, at: str | None, quantile: float = 0.8
) -> tuple[NDArray[np.bool_], str]:
    """(m,) bool, what lies strictly before a moment, and that moment.

    Without ``at``, the moment after which a share of 1 - ``quantile`` of the target events of
    users lie. Refuses a moment with nothing on one side.
    """
    found = times(data, target)
    moment = moment_of(at) if at is not None else int(found[int(quantile * len(found))])
    if moment <= found[0] or moment > found[-1]:
        raise InputError(
            f"The split at {iso(moment)} leaves nothing on one side: the {target} events run from"
            f" {iso(int(found[0]))} to {iso(int(found[-1]))}.",
            hint="Choose a moment between them with --at, or use `--split last`.",
        )
    return data.events.at < moment, iso(moment)


def moment_of(text: str) -> int:
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


def iso(moment: int) -> str:
    """Seconds since 1970 as ISO 8601 (UTC, without a zone)."""
    return str(np.datetime64(moment, "s"))
