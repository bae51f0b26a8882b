"""What training leaves: settings, vectors and parameters as plain arrays, to and from bytes.

No pickle: ``numpy.savez`` without objects, settings as JSON in a byte array.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.errors import InputError

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Settings:
    """How a network is built and trained; all of these change the answer.

    size : columns of a vector (of each member of an ensemble). layers : of relations; heads : of
    gat. half_life : days after which an event counts half, None: no decay.
    epochs : passes over the users at most; patience : epochs without a better validation NDCG.
    learning_rate : of Adam; batch : users (and items) a step; more users in a large shop.
    temperature : of the softmax over cosines. products : weight of the item loss beside the user
        loss; more of it serves ``similar``, less serves ``recommend`` (:meth:`of`).
    l2, l1 : on the free vectors (mean square, mean size) and l2 on the matrices.
    dropout : share of the numbers of a first vector set to 0; feature_dropout : of the features'
        columns; edge_dropout : of the edges, for an epoch; cold : of the items, whose edges of
        events are all masked, so that vectors from texts alone are learned, too (Volkovs et al.
        2017, DropoutNet).
    fanout : neighbours that a hub keeps, about; the others are drawn anew each epoch.
    space : the text vectors, None: the first that has not learned from events.
    """

    size: int = 64
    layers: int = 2
    heads: int = 4
    half_life: float | None = 30.0
    epochs: int = 60
    patience: int = 8
    learning_rate: float = 0.01
    batch: int = 512
    temperature: float = 0.1
    products: float = 0.2
    l2: float = 1e-4
    l1: float = 0.0
    dropout: float = 0.1
    feature_dropout: float = 0.1
    edge_dropout: float = 0.5
    cold: float = 0.1
    fanout: int = 256
    space: str | None = None

    @classmethod
    def of(cls, kind: str, **given: Any) -> Settings:
        """The defaults of a kind, overruled by what is given.

        Set on the months before the test part of Online Retail: LightGCN is the better one for
        ``recommend``, gcn and gat for ``similar``.
        """
        own = {} if kind == "lightgcn" else {"products": 0.5, "edge_dropout": 0.3}
        return cls(**{**own, **given})


@dataclass(frozen=True)
class Epoch:
    """One epoch: its number from 1, mean loss, validation NDCG@10, seconds so far."""

    number: int
    loss: float
    ndcg: float
    seconds: float


@dataclass(frozen=True)
class Trained:
    """A trained network.

    items : (n, d) float32, rows of unit length (zero where neither text nor events say anything);
    users : (u, d) float32 likewise. weights : arrays by name, all that ``embed_new`` needs.
    epochs : of each member's final run. learning_curve : of the first member's search.
    ndcg : the best of it. stopped : True if it was interrupted and the best so far was kept.
    """

    kind: str
    items: NDArray[np.float32]
    users: NDArray[np.float32]
    weights: Arrays
    settings: Settings
    seed: int
    epochs: tuple[int, ...]
    learning_curve: tuple[Epoch, ...]
    ndcg: float | None
    stopped: bool
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """What is worth storing beside the vectors, as JSON."""
        return {
            "network": self.kind,
            **asdict(self.settings),
            "seed": self.seed,
            "members": len(self.epochs),
            "kept_epochs": list(self.epochs),
            "validation_ndcg": self.ndcg,
            "stopped": self.stopped,
        }


def to_bytes(arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> bytes:
    """Arrays and a JSON object in one npz."""
    buffer = io.BytesIO()
    encoded = np.frombuffer(json.dumps(about, sort_keys=True).encode(), np.uint8)
    np.savez(buffer, about=encoded, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def from_bytes(data: bytes) -> tuple[Arrays, dict[str, Any]]:
    """The inverse; raises :class:`InputError` where it is no such file."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        about = json.loads(arrays.pop("about").tobytes())
    except (ValueError, KeyError, OSError, EOFError) as problem:
        raise InputError(
            f"The stored weights cannot be read ({problem}).", hint="Run `prodsim train` again."
        ) from problem
    return arrays, about
