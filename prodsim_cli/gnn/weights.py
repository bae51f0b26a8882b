"""What training leaves: vectors, parameters as plain arrays, and the way from and to bytes. numpy.

No pickle: ``numpy.savez`` without objects, settings as JSON in a byte array.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.errors import InputError

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Settings:
    """How a network is built and learns; all of these change the answer.

    size : columns of a vector (each member of an ensemble has so many). layers : of relations;
    heads : of gat.
    half_life : days after which an event counts half, None: no decay.
    epochs : passes over the people at most; patience : epochs without a better validation NDCG.
    learning_rate : of Adam; batch : people (and products) a step; more people in a large shop.
    temperature : of the softmax over cosines. products : weight of the product head beside people;
        more of it serves ``similar``, less serves ``recommend`` (:meth:`of`).
    l2, l1 : on the free vectors (mean square, mean size) and l2 on the matrices.
    dropout : share of the columns of a first vector that are hidden; feature_dropout : of the
        features; edge_dropout : of the edges, an epoch long; cold : of the products, which then
        have no events at all, so that a vector from texts alone is learned, too (Volkovs et al.
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

        LightGCN is the better one for people, gcn and gat for products; they were set so on the
        months before the test part of Online Retail.
        """
        own = {} if kind == "lightgcn" else {"products": 0.5, "edge_dropout": 0.3}
        return cls(**{**own, **given})


@dataclass(frozen=True)
class Epoch:
    """One line of the course: loss, validation NDCG@10 (None without a window), seconds so far."""

    number: int
    loss: float
    ndcg: float | None
    seconds: float


@dataclass(frozen=True)
class Trained:
    """A trained network.

    items : (n, d) float32, rows of unit length (zero where neither text nor events say anything);
    users : (u, d) float32 likewise. weights : arrays by name, all that :func:`embed_new` needs.
    course : the epochs of the (first) search. epochs : by member, how many were kept.
    stopped : True if it was interrupted and the best so far was kept. ndcg : best on the window.
    """

    kind: str
    items: NDArray[np.float32]
    users: NDArray[np.float32]
    weights: Arrays
    settings: Settings
    seed: int = 42
    epochs: tuple[int, ...] = ()
    course: tuple[Epoch, ...] = ()
    ndcg: float | None = None
    stopped: bool = False
    seconds: float = 0.0
    extra: dict[str, Any] = field(default_factory=dict)

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
    told = np.frombuffer(json.dumps(about, sort_keys=True).encode(), np.uint8)
    np.savez(buffer, about=told, **arrays)  # type: ignore[arg-type]
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


@dataclass
class Checkpoint:
    """A file that training goes on from: written whole or not at all. ``path`` None: no file."""

    path: str | None
    identity: dict[str, Any]

    def load(self) -> tuple[Arrays, dict[str, Any]] | None:
        """What was saved, None where nothing was or it was of other data or settings."""
        if self.path is None or not os.path.exists(self.path):
            return None
        with open(self.path, "rb") as file:
            arrays, about = from_bytes(file.read())
        return (arrays, about) if about.get("identity") == self.identity else None

    def save(self, arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> None:
        if self.path is None:
            return
        with open(f"{self.path}.part", "wb") as file:
            file.write(to_bytes(arrays, {**about, "identity": self.identity}))
        os.replace(f"{self.path}.part", self.path)

    def clear(self) -> None:
        """Training has ended: nothing to go on from."""
        if self.path is not None and os.path.exists(self.path):
            os.remove(self.path)
