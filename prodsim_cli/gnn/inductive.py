"""A vector for an item that came after training: a forward pass from its text and attributes.

The new item receives from the items nearest in text, as they were after training, and sends nothing
back: no stored vector changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray

from prodsim_cli.data.embeddings import normalized
from prodsim_cli.gnn.message_graph import Vectors, entries, near_text
from prodsim_cli.gnn.model import Edges, Network
from prodsim_cli.gnn.weights import Settings


@torch.no_grad()
def embed_new(
    kind: str, weights: Mapping[str, NDArray[Any]], settings: Settings, new: Vectors, known: Vectors
) -> NDArray[np.float32]:
    """(m, d) float32 rows of unit length for unseen items; 0 where the features are all 0.

    ``kind``, ``weights``, ``settings``: of a :class:`Trained` (or as they were stored). ``new``:
    (m, f) features of the new items, as ``graph.features`` makes them; ``known``: (n, f) of those
    that it was trained with, in their order then.
    """
    members = {int(name.split(".")[0]) for name in weights}
    edges = None if kind == "lightgcn" else Edges.of(_edges(kind, weights, new, known))
    parts = []
    for number in sorted(members):
        own = {n.split(".", 1)[1]: a for n, a in weights.items() if n.startswith(f"{number}.")}
        parts.append(normalized(_forward(kind, own, settings, new, edges)))
    return normalized(np.hstack(parts))


def _forward(
    kind: str, weights: Mapping[str, NDArray[Any]], s: Settings, new: Vectors, edges: Edges | None
) -> NDArray[np.float32]:
    """The mean over the layers of one member, (m, size)."""
    projection = torch.from_numpy(weights["project"])
    h = torch.from_numpy(new) @ projection
    total = h.clone()
    network = Network(kind, 0, len(projection), s, torch.Generator())
    learned = {n: torch.from_numpy(a) for n, a in weights.items() if n.startswith("layers.")}
    network.load_state_dict({**learned, "project": projection, "free": network.free.detach()})
    if edges is not None:
        for number, layer in enumerate(network.layers):
            theirs = torch.from_numpy(weights[f"hidden{number}"])
            h = layer(edges, torch.cat([theirs, h]), h)
            h = h if number == s.layers - 1 else network.activation(h)
            total += h
    out: NDArray[np.float32] = (total / (s.layers + 1)).numpy()
    return out


def _edges(
    kind: str, weights: Mapping[str, NDArray[Any]], new: Vectors, known: Vectors
) -> sp.csr_matrix:
    """(m, n + m) CSR: from the nearest in text and from itself, normalised as in training."""
    rows, columns, scores = entries(near_text(new, known))
    own = np.bincount(rows, scores, len(new))
    theirs = np.maximum(weights["0.text_sums"][columns], scores)
    values = scores / np.sqrt(own[rows] * theirs)
    loops, total = np.ones(len(new)), np.bincount(rows, values, len(new)) + 1
    if kind == "gcn":
        values, loops = values / np.sqrt(total[rows] * weights["0.sums"][columns]), 1 / total
    itself = np.arange(len(new))
    rows, columns = np.append(rows, itself), np.append(columns, len(known) + itself)
    matrix = sp.csr_matrix(
        (np.append(values, loops), (rows, columns)), (len(new), len(known) + len(new))
    )
    matrix.sort_indices()
    return matrix.astype(np.float32)
