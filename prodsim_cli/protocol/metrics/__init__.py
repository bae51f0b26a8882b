"""Metrics: one idea per file, its name is its name.

Each module says what it looks at (``OVER``), what its column is called (``LABEL``), and has one
function ``score``:

``OVER = "ranks"``
    ``score(ranks: Ranks, k: int) -> (q,) float64``, one figure for each query: how well the right
    products were found. An empty list is 0, and so is a query without a right product.
``OVER = "lists"``
    ``score(shown: Shown, k: int) -> (q,) float64``, one figure for each list, whatever is right:
    what kind of products are shown. NaN where it has no meaning (an empty list). A module that
    reads ``Shown.vectors`` says ``NEEDS_VECTORS = True``; without vectors all its figures are NaN.
``OVER = "run"``
    ``score(shown: Shown, k: int) -> float``, one figure for all lists together.
``OVER = "pairs"``
    ``score(predicted, truth) -> float`` over (p,) float64 arrays.

``Ranks`` and ``Shown`` are in ``_seen`` and cache what several metrics or several k share; ``k``,
at least 1, may be larger than the depth of the lists. No figure of a query depends on the queries
beside it, to the last bit.
Larger is better, except where a module says ``ASCENDING = True``. ``PLACE``: where its column
stands among those of its kind (last without one); ``WORDS``: its name in words.
Definitions, sources and a worked example stand in docs/metrics.md.
"""
