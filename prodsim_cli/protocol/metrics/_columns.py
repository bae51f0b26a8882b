"""What tables and pictures know of a figure (``ndcg@10``, ``accessory:ndcg@10``) by its metric."""

from __future__ import annotations

from types import ModuleType

from prodsim_cli import registry


def metrics(*over: str) -> list[ModuleType]:
    """The metrics of these kinds (``OVER``), all without one, in the order of their columns."""
    every = (registry.load("metrics", name) for name in registry.names("metrics"))
    known = [metric for metric in every if not over or over.count(metric.OVER)]
    return sorted(known, key=lambda metric: getattr(metric, "PLACE", len(known)))


def metric_of(figure: str) -> ModuleType | None:
    """The metric whose figure this is; None for one of none (a threshold)."""
    label = figure.rpartition(":")[2].partition("@")[0]
    return next((metric for metric in metrics() if label == metric.LABEL), None)


def smaller_is_better(figure: str) -> bool:
    """True for errors, whose best method has the smallest one."""
    return bool(getattr(metric_of(figure), "ASCENDING", False))


def tells_quality(figure: str) -> bool:
    """False for what describes lists or is no metric: no end of it is the better one for all."""
    return getattr(metric_of(figure), "OVER", "") in ("ranks", "pairs")


def in_words(figure: str) -> str:
    """``ndcg@10`` as a person says it: NDCG@10."""
    label, at, k = figure.partition("@")
    return f"{getattr(metric_of(label), 'WORDS', label)}{at}{k}"
