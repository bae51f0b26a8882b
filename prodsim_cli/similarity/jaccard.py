"""Jaccard: of all people who want one of two products, the share who want both (Jaccard 1912).

With weights: Tanimoto's extension, sum_u w_ui w_uj / (|w_i|^2 + |w_j|^2 - sum_u w_ui w_uj), which
is Jaccard where every entry is 1.
"""

from __future__ import annotations

import numpy as np

from prodsim_cli.similarity._graph import Links, Measure, Totals, Values, neighbors_by

NEEDS = "events"
RANK = 5
USERS_RANK = 2
COUNTS_PEOPLE = True
STORED = True
SPACE = {"half_life": (None, 90.0, 30.0, 15.0)}


def score(links: Links, totals: Totals) -> Values:
    """(t,) Jaccard index of each pair, in (0, 1]."""
    union = links.first(totals.squares) + links.second(totals.squares) - links.dot
    return links.dot / np.maximum(union, np.finfo(np.float32).tiny)


MEASURE = Measure(score)
neighbors = neighbors_by(MEASURE)
