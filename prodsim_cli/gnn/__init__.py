"""Graph networks over products and people: features from texts, relations from events, trained.

``model`` is the network on one page, ``graph`` what it is laid over, ``training`` how it learns.
Importing this package costs nothing; torch is imported by the functions that need it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prodsim_cli.data.dataset import Dataset
    from prodsim_cli.progress import Progress

KINDS = ("gat", "gcn", "lightgcn")
"""The networks; each is the name of its space, and of a method in ``similarity``."""


def unable(data: Dataset) -> str:
    """Why no network can be trained on this dataset, '' if one can; ends in what does instead."""
    import numpy as np

    known = (data.events.user >= 0) | (data.events.order >= 0)
    people = np.unique(data.events.user[data.events.user >= 0])
    if len(people) < 2 or len(np.unique(data.events.item[known])) < 2:
        return "there are no two people and two products with events; text and lexical work here"
    return ""


def spaces(
    data: Dataset,
    names: Iterable[str],
    *,
    seed: int = 42,
    progress: Progress | None = None,
    **settings: Any,
) -> Dataset:
    """``data`` with the spaces of these networks, trained on the events of ``data`` alone.

    For an evaluation: give the training part. A space that was there is replaced. All are noted in
    ``learned``, as they have learned from events: with other events they are worth nothing.
    """
    from prodsim_cli.data.embeddings import EmbeddingMatrix
    from prodsim_cli.gnn.training import train

    found, chosen = dict(data.embeddings), tuple(names)
    for name in chosen:
        trained = train(data, name, seed=seed, progress=progress, **settings)
        found[name] = EmbeddingMatrix(trained.items, name)
    return replace(data, embeddings=found, learned=data.learned | set(chosen))
