"""Gini index of exposure at k: how unequally the places are shared among the products.

With x_1 <= ... <= x_n the times that each of the n candidates stands among anybody's first k:
sum over i of (2i - n - 1) x_i / (n sum x) (Fleder, Hosanagar 2009, Blockbuster culture's next rise
or fall). 0: all are shown equally often; (n - 1) / n, which is nearly 1: only one is ever shown.
"""

from __future__ import annotations

import numpy as np

from prodsim_cli.protocol.metrics._seen import Shown

OVER = "run"
LABEL = "gini"
PLACE = 1
ASCENDING = True


def score(shown: Shown, k: int) -> float:
    """In 0..1, smaller is more equal; NaN where nothing is shown."""
    times = np.sort(shown.exposure(k))
    n, places = len(times), int(times.sum())
    if not places:
        return float("nan")
    weights = 2 * np.arange(1, n + 1, dtype=np.int64) - n - 1
    return int((weights * times).sum()) / (n * places)
