"""Graph networks over users and items: features from texts, edges from events, trained with torch.

``graph`` builds the nodes and edges, ``model`` is the network, ``training`` trains it. Importing
this package does not import torch.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from prodsim_cli.registry import needing

if TYPE_CHECKING:
    from prodsim_cli.data.dataset import Dataset
    from prodsim_cli.progress import Progress

KINDS = needing("network")
"""The networks; each is the name of its space, and of a method in ``similarity``."""


def why_untrainable(data: Dataset) -> str:
    """Why no network can be trained on this dataset, '' if one can; ends in what does instead."""
    import numpy as np

    known = (data.events.user >= 0) | (data.events.order >= 0)
    people = np.unique(data.events.user[data.events.user >= 0])
    if len(people) < 2 or len(np.unique(data.events.item[known])) < 2:
        return "there are no two people and two products with events; text and lexical work here"
    return ""


def with_networks(
    data: Dataset,
    networks: Collection[str],
    wanted: Collection[str],
    seed: int = 42,
    progress: Progress | None = None,
    **settings: Any,
) -> Dataset:
    """``data`` with the spaces of the wanted networks, trained on its own events alone.

    They are named in ``learned``. Spaces of networks that were trained on other events are removed.
    """
    kept = {name: space for name, space in data.embeddings.items() if name not in networks}
    data = replace(data, embeddings=kept)
    names = [name for name in networks if name in wanted]
    if not names or why_untrainable(data):
        return data
    from prodsim_cli.data.embeddings import EmbeddingMatrix
    from prodsim_cli.gnn.training import train

    made = {}
    for name in names:
        trained = train(data, name, seed=seed, progress=progress, **settings)
        made[name] = EmbeddingMatrix(trained.items, name)
    return replace(data, embeddings={**kept, **made}, learned=data.learned | set(names))
