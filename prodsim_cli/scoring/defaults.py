"""The formula of ``hybrid`` where nothing was learned, in numbers (docs/decisions/0005).

Standard library only: ``similarity.hybrid`` joins tables by it, ``queries.shares`` reads off what
each table gave.
"""

from __future__ import annotations

GRAPH = ("cosine", "jaccard", "pearson")
"""The first of these that was built speaks for the graph, with a weight of 1."""

LEXICAL = 0.15
TEXT = 0.05
"""Weights of the squared scores of words and meaning."""

FACTS = 0.05
"""Weight of the squared scores of shared attributes where there are no events."""

SHRINKAGE = 10.0
"""Common buyers that the graph's word needs to count half."""
