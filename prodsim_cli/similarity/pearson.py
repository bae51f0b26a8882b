"""Pearson correlation of two products over all people, bought or not (Herlocker et al. 1999).

r(i, j) = (sum_u w_ui w_uj - S_i S_j / n) / (n sigma_i sigma_j), with S the sum over all n people
and n sigma^2 = sum_u w_u^2 - S^2 / n; a person without an event counts as 0. For one binary entry
per pair this is the phi coefficient: cosine with what chance would give taken off. Pairs that share
nobody, and those not above chance, have no score.
"""

from __future__ import annotations

import numpy as np

from prodsim_cli.similarity._graph import Links, Measure, Totals, Values, neighbors_by

NEEDS = "events"
RANK = 6
USERS_RANK = 3
COUNTS_PEOPLE = True
STORED = True
SPACE = {"half_life": (None, 90.0, 30.0, 15.0)}


def score(links: Links, totals: Totals) -> Values:
    """(t,) correlation of each pair; at most 1."""
    sums, squares = totals.sums.astype(np.float64), totals.squares.astype(np.float64)
    # A product that everybody has in the same measure does not vary: it correlates with nothing.
    spread = np.maximum(squares - sums**2 / links.witnesses, 0)
    inverse = np.where(spread > 1e-6 * squares, 1 / np.sqrt(np.maximum(spread, 1e-30)), 0)
    chance = links.first(sums) * links.second(sums / links.witnesses)
    return (links.dot - chance) * (links.first(inverse) * links.second(inverse))


MEASURE = Measure(score)
neighbors = neighbors_by(MEASURE)
