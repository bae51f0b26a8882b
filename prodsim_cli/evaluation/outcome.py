"""What an evaluation knows beyond its scorecard: each question, list and right answer by name."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.records.figures import Scorecard


@dataclass(frozen=True)
class Part:
    """One fold as events: the dataset it is cut from, what was learned from, what was asked.

    ``data`` is the whole shop with its own user keys and SKUs in the vocabularies; ``train`` and
    ``test`` are (m,) bool masks over ``data.events``: learned from, and asked about.
    """

    data: Dataset
    train: NDArray[np.bool_]
    test: NDArray[np.bool_]


@dataclass(frozen=True)
class Outcome:
    """A scorecard and what it was computed from.

    Attributes
    ----------
    card : the figures by method.
    queries : (q,) names of the questions: user keys, SKUs or query ids. In a split of several
        windows a name can occur once in each window.
    window : (q,) int: which fold a question belongs to, 0 where there is one.
    methods, figures : names of the second and third axis of ``values``.
    values : (q, methods, figures) float64, NaN where a figure has no value for a query.
    lists : by method (q, depth) int32 item positions, -1 where a list is short.
    answers : (q, n) CSR float32: the gain of each right product, above 0.
    items : (n,) names of the products (``sku`` or ``source:sku``).
    parts : the folds as events; empty where nothing was held out (``pairs``, ``search``).
    """

    card: Scorecard
    queries: tuple[str, ...] = ()
    window: NDArray[np.integer] = field(default_factory=lambda: np.zeros(0, np.int64))
    methods: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    values: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0, 0)))
    lists: dict[str, NDArray[np.int32]] = field(default_factory=dict)
    answers: sp.csr_matrix | None = None
    items: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
