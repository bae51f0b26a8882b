"""Catalogue coverage at k: the share of the products that stand in anybody's first k.

|candidates that are shown to anybody| / |candidates| (Ge, Delgado-Battenfeld, Jannach 2010, Beyond
accuracy: evaluating recommender systems by coverage and serendipity). A method that shows everybody
the same ten has a tiny one.
"""

from __future__ import annotations

from prodsim_cli.protocol.metrics._seen import Shown

OVER = "run"
LABEL = "coverage"
PLACE = 0


def score(shown: Shown, k: int) -> float:
    """A share in 0..1; 0 without a candidate."""
    times = shown.exposure(k)
    return int((times > 0).sum()) / max(len(times), 1)
