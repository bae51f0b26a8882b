"""Cosine of two products over the people who want them (Sarwar et al. 2001).

cos(i, j) = sum_u w_ui w_uj / (|w_i| |w_j|); with one entry per pair: the number of common buyers
over the geometric mean of the two numbers of buyers.
"""

from __future__ import annotations

from prodsim_cli.similarity._graph import Measure, cosine, neighbors_by

NEEDS = "events"
RANK = 4
USERS_RANK = 1
COUNTS_PEOPLE = True
FINDS = "complement"
STORED = True
SPACE = {"half_life": (None, 90.0, 30.0, 15.0)}

MEASURE = Measure(cosine)
neighbors = neighbors_by(MEASURE)
