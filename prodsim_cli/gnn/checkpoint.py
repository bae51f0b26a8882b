"""The state of a training and the file that it resumes from. numpy only."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from typing import Any

from prodsim_cli.gnn.weights import Arrays, Epoch, from_bytes, to_bytes

SEARCH, FINAL = "search", "final"
_VALUES = ("kept", "phase", "epoch", "steps", "best_epoch", "best_ndcg", "reached")
_ARRAYS = ("now", "first", "second", "best")


@dataclass
class State:
    """Where training stands.

    done : parameters of the finished members; kept : the epochs of each; reached : best NDCG and
    curve : epochs of the first one's search. The others are of the member at work:
    phase; epoch, steps : finished ones in it; best_epoch, best_ndcg, best : epoch, NDCG, parameters
    of its best epoch; now, first, second : parameters and the moments of Adam.
    """

    done: list[Arrays] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    phase: str = SEARCH
    epoch: int = 0
    steps: int = 0
    best_epoch: int = 0
    best_ndcg: float | None = None
    reached: float | None = None
    curve: list[Epoch] = field(default_factory=list)
    now: Arrays = field(default_factory=dict)
    first: Arrays = field(default_factory=dict)
    second: Arrays = field(default_factory=dict)
    best: Arrays = field(default_factory=dict)

    def begin_final(self, epochs: int) -> None:
        """The search of a member is over: it starts again and runs for so many epochs."""
        self.phase, self.epoch, self.best_epoch, self.steps = FINAL, 0, epochs, 0
        self.now, self.first, self.second = {}, {}, {}

    def finish(self, arrays: Arrays) -> None:
        """A member is done; the next one begins anew."""
        self.done.append(arrays)
        self.kept.append(self.best_epoch)
        if self.best_ndcg is not None and self.reached is None:
            self.reached = self.best_ndcg
        self.phase, self.epoch, self.steps, self.best_epoch = SEARCH, 0, 0, 0
        self.best_ndcg = None
        self.now, self.first, self.second, self.best = {}, {}, {}, {}


@dataclass
class Checkpoint:
    """A file written whole or not at all. ``path`` None: no file.

    ``identity``: the data and settings; a file of other ones is not read.
    """

    path: str | None
    identity: dict[str, Any]

    def load(self) -> State:
        """What was saved; a new state where nothing was, or it was of other data or settings."""
        state = State()
        if self.path is None or not os.path.exists(self.path):
            return state
        with open(self.path, "rb") as file:
            arrays, about = from_bytes(file.read())
        if about.get("identity") != self.identity:
            return state
        for name in _VALUES:
            setattr(state, name, about[name])
        state.curve = [Epoch(**epoch) for epoch in about["course"]]
        for name in _ARRAYS:
            setattr(state, name, _group(arrays, name))
        state.done = [_group(arrays, f"done{number}") for number in range(len(state.kept))]
        return state

    def save(self, state: State) -> None:
        if self.path is None:
            return
        about = {name: getattr(state, name) for name in _VALUES}
        about |= {"course": [asdict(epoch) for epoch in state.curve], "identity": self.identity}
        groups = {name: getattr(state, name) for name in _ARRAYS}
        groups |= {f"done{number}": arrays for number, arrays in enumerate(state.done)}
        flat = {f"{group}/{name}": a for group, part in groups.items() for name, a in part.items()}
        with open(f"{self.path}.part", "wb") as file:
            file.write(to_bytes(flat, about))
        os.replace(f"{self.path}.part", self.path)

    def clear(self) -> None:
        """Training has ended: the file is removed."""
        if self.path is not None and os.path.exists(self.path):
            os.remove(self.path)


def _group(arrays: Arrays, group: str) -> Arrays:
    start = f"{group}/"
    return {name[len(start) :]: a for name, a in arrays.items() if name.startswith(start)}
