"""Novelty at k: how little known the products shown are, in bits.

The mean over the first k of the self-information -log2(people / users) of a product: how many of
the users of the training part have to do with it, at least one (Zhou et al. 2010, Solving the
apparent diversity-accuracy dilemma of recommender systems; Vargas, Castells 2011, Rank and
relevance in novelty and diversity metrics). Something that everybody has is worth 0 bits, something
that one in 1,024 has is worth 10.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.protocol.metrics._seen import Shown

OVER = "lists"
LABEL = "novelty"
PLACE = 0


def score(shown: Shown, k: int) -> NDArray[np.float64]:
    """(q,) float64, bits; NaN for an empty list."""
    known = np.maximum(shown.people, 1.0) / max(shown.users, 1)
    return shown.mean_at(-np.log2(known), k)
