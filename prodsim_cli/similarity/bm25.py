"""BM25 of the search engines, people as the documents, products as the words (Robertson 1994).

w_ui = idf_i * c_ui (K1 + 1) / (c_ui + K1 (1 - B + B |u| / mean |u|)), with c_ui the events of a
pair added up and |u| the sum over a person: a second purchase adds less than the first, and a
person who buys everything says less. score(i, j) = sum_u w_ui w_uj, K1 = 1.2, B = 0.75 as in
``implicit.nearest_neighbours.BM25Recommender``. Scores are not bounded by 1.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from prodsim_cli.similarity._graph import Links, Measure, Totals, Values, neighbors_by

NEEDS = "events"
RANK = 3
USERS_RANK = 4
STORED = True
SPACE = {"half_life": (None, 90.0, 30.0, 15.0)}
K1 = 1.2
B = 0.75


def score(links: Links, totals: Totals) -> Values:
    """(t,) sum over the common people; positive, without an upper bound."""
    return links.dot.copy()


def weigh(counts: sp.csr_matrix) -> sp.csr_matrix:
    """(items, people) counts -> BM25 weights of the same pattern."""
    people = counts.shape[1]
    length = np.asarray(counts.sum(axis=0), np.float64).ravel()
    relative = length / max(length.mean(), np.finfo(np.float32).tiny) if people else length
    found = np.diff(counts.indptr)
    # The idf of Lucene, log(1 + ...), stays positive for what more than half of the people have.
    idf = np.log1p((people - found + 0.5) / (found + 0.5))
    norm = (K1 * (1 - B + B * relative))[counts.indices]
    weighed = counts.copy()
    data = counts.data * (K1 + 1) / (counts.data + norm) * np.repeat(idf, found)
    weighed.data = data.astype(np.float32)
    return weighed


MEASURE = Measure(score, weigh, counts=True)
neighbors = neighbors_by(MEASURE)
