"""Rolling time windows: cross-validation in which nothing is learned from what comes later.

The second half of the target events is cut into windows of equally many; each is predicted from all
that lies before it (rolling origin: Tashman 2000, Out-of-sample tests of forecasting accuracy). One
lucky or unlucky month then decides less.
"""

from __future__ import annotations

import numpy as np

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.errors import InputError
from prodsim_cli.protocol.splits._moments import iso, times
from prodsim_cli.protocol.splits._split import Split, cut

_BEGIN = 0.5
"""Share of the target events that lies before the first window: even it has something to learn."""

LATER = "after the window"


def split(
    data: Dataset, *, target: str = "purchase", again: bool = False, windows: int = 4
) -> tuple[Split, ...]:
    """One fold for each of ``windows`` windows: train strictly before it, test inside it.

    What lies after a window is left out of its fold. Refuses events that have only an order, and
    fewer different moments than windows.
    """
    found = times(data, target)
    share = _BEGIN + (1 - _BEGIN) * np.arange(windows) / windows
    starts = found[(share * len(found)).astype(np.int64)]
    ends = np.append(starts[1:], found[-1] + 1)
    if starts[0] <= found[0] or (starts >= ends).any():
        raise InputError(
            f"The {target} events have too few different times for {windows} windows.",
            hint="Ask for fewer with --windows, or use `--split time`.",
        )
    return tuple(
        _window(data, target, again, int(start), int(end))
        for start, end in zip(starts, ends, strict=True)
    )


def _window(data: Dataset, target: str, again: bool, start: int, end: int) -> Split:
    at = data.events.at
    later = int((at >= end).sum())
    return cut(
        data,
        kind="windows",
        target=target,
        again=again,
        train=at < start,
        test=(at >= start) & (at < end),
        left_out={LATER: later} if later else {},
        at=iso(start),
    )
