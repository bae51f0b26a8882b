"""Metrics: one idea per file, its name is its name.

Each module says what it looks at (``OVER``), what its column is called (``LABEL``), and has one
function ``score``:

``OVER = "ranks"``
    ``score(hits, relevant, k) -> (q,) float64``, one figure per query. ``hits`` (q, depth) bool:
    is the product at that rank a right one; places that a short list leaves empty are False.
    ``relevant`` (q,) int: how many right products the query has, found or not. ``k``: the cut-off.
``OVER = "lists"``
    ``score(lists, items, k) -> float``, one figure for the whole run. ``lists`` (q, depth) int32
    item positions, -1 where a list is short; ``items``: how many products could have been shown.
``OVER = "pairs"``
    ``score(predicted, truth) -> float`` over (p,) float64 arrays.

Larger is better everywhere, except where a module says ``ASCENDING = True`` (errors). Definitions
and their sources stand in docs/evaluation.md.
"""
