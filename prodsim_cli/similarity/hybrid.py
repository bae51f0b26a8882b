"""What of all methods helps on this shop, in one score: the default answer.

``build`` learns which parts help and how much each counts (docs/decisions/0009); a table's scores
are divided by the mean of the best one of a row, so a sum can lie a little above 1. Where there are
too few events to learn from, a fixed formula stands:

score(j, i) = (graph + 0.15 lexical^2 + 0.05 text^2) / (sum of the weights of the tables there are)

and where nobody has bought anything, the squares of words, meaning, facts at 0.15, 0.05 and 0.05.

``graph`` is the cosine of the item graph times c / (c + 10), c being the number of buyers that the
two share. An item without events has the texts' neighbours, one without text the graph's. Figures
of the fixed weights, and what adding jaccard or bm25 changes: docs/decisions/0005.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.knn import Best
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.matching.across import across, apart
from prodsim_cli.scoring.blend import Blend
from prodsim_cli.scoring.coefficients import EVIDENCE, for_pairs, weighted
from prodsim_cli.scoring.over_arrays import Scores, blended, evidence_of, join, parts

NEEDS = "neighbors"
RANK = 0


def neighbors(
    data: Dataset,
    queries: NDArray[np.int32] | None = None,
    candidates: NDArray[np.int32] | None = None,
    *,
    k: int = 50,
    blend: Blend | None = None,
) -> NeighborTable:
    """The k best of the joined tables in ``data.neighbors``.

    Products of one source among those of others: the same product in another catalogue is sought,
    by :func:`~prodsim_cli.matching.across.across`, which reads no table.

    ``blend``: weights that were learned of this shop; None: the formula above.
    """
    if queries is not None and candidates is not None and apart(data, queries, candidates):
        return across(data, queries, candidates, k=k)
    made = blend or Blend()
    factors = for_pairs(data.neighbors, made.similar, made.scales)
    shrunk = any(how.shrinkage for how in factors[EVIDENCE[0]].values())
    evidence = evidence_of(data.events.people(len(data)))
    buyers = _buyers(data) if shrunk else None
    return join(data.neighbors, factors, evidence, k, queries, candidates, buyers)


def search(
    data: Dataset,
    texts: Sequence[str],
    *,
    encode: Callable[[list[str]], NDArray[np.float32]] | None = None,
    k: int = 50,
    space: str | None = None,
) -> Best:
    """The k products for each text as ``prodsim search`` ranks them: words and, where there are
    vectors and ``encode``, meaning (:mod:`prodsim_cli.search`). (q, k) positions, scores."""
    from prodsim_cli.search.meaning import best

    there = [name for name in data.embeddings if name not in data.learned]
    name = space if space is not None else next(iter(there), None)
    vectors = None
    if encode is not None and name in there:
        vectors = data.embedding(name).vectors
    return best(data, texts, k=k, vectors=vectors, encode=encode)


def scores(
    data: Dataset,
    blend: Blend,
    histories: Mapping[str, sp.csr_matrix],
    constants: Mapping[str, NDArray[np.float32]],
    candidates: NDArray[np.bool_],
    personal: Mapping[str, Scores] | None = None,
) -> Scores:
    """What speaks for each candidate, for people: (b, n) for some of them.

    ``histories``: by method, the pasts as it remembers them, (q, n) CSR. ``constants``: by name,
    (n,) of what is the same for everybody. ``personal``: by name, what people alike have. Each part
    is of unit spread among the candidates; their weights are those of ``blend.recommend``.
    """
    used = weighted(blend.recommend)
    tables = {name: data.neighbors[name] for name in used if name in data.neighbors}
    given = {name: constants[name] for name in used if name in constants}
    alike = {name: made for name, made in (personal or {}).items() if name in used}
    evidence = evidence_of(data.events.people(len(data)))
    made = parts(tables, histories, given, candidates, alike)
    return blended(made, blend.recommend, evidence)


def _buyers(data: Dataset) -> NDArray[np.float64]:
    """(n,) how many people have to do with each item; an order without a customer is a person."""
    log = data.events
    person = np.where(log.user >= 0, log.user, len(data.users) + log.order.astype(np.int64))
    known = (log.user >= 0) | (log.order >= 0)
    pairs = np.unique(person[known] * len(data) + log.item[known])
    return np.bincount(pairs % max(len(data), 1), minlength=len(data)).astype(np.float64)
