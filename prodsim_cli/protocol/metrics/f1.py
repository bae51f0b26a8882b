"""F1 at k: the harmonic mean of precision and recall at k.

With h right products among the first k and r right products in all, precision is h/k and recall
h/r, so that 2PR / (P + R) = 2h / (k + r) (van Rijsbergen 1979, Information Retrieval, chapter 7).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.protocol.metrics._seen import Ranks

OVER = "ranks"
LABEL = "f1"
WORDS = "F1"
PLACE = 4


def score(ranks: Ranks, k: int) -> NDArray[np.float64]:
    """(q,) float64 in 0..1."""
    return 2.0 * ranks.found_at(k) / (k + ranks.relevant)
