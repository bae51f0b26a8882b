"""Model numbers that two texts share, the rarer the more: cosine of their rarities.

Tokens of letters and digits mixed, or of five digits and more, without the punctuation inside:
``PSLX-350H`` is ``PSLX350H``, and ``AM53BK`` shares ``AM53`` with ``AM53WH``. All chosen text
fields are read to their end. A product without a model number has no neighbours; sizes and units
look like model numbers (``500ml``) and count little, since many products have them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.similarity._texts import cosine_of_groups, groups_of_sparse
from prodsim_cli.text.codes import codes
from prodsim_cli.text.normalize import folded
from prodsim_cli.text.tfidf import code_vectors

NEEDS = "text"


def unable(data: Dataset) -> str:
    """Why no product can have a neighbour here, and what does instead; '' if some can."""
    if any(codes(folded(text)) for text in data.texts()):
        return ""
    return "no text holds anything like a model number; lexical compares the words"


def neighbors(
    data: Dataset,
    queries: NDArray[np.int32] | None = None,
    candidates: NDArray[np.int32] | None = None,
    *,
    k: int = 50,
) -> NeighborTable:
    """The k best by the cosine of their model numbers, weighted by rarity; positive ones only.

    Rarity is counted over the different texts of the whole shop, whatever is asked.
    """
    group, vectors = groups_of_sparse(code_vectors(data.texts()))
    return cosine_of_groups(group, vectors, queries, candidates, k)
