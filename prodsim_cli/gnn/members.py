"""The members of an ensemble, one after the other: search on the window, then the final run. torch.

All that training knows is in :class:`State`, arrays and plain values, which is what a checkpoint
holds: a stopped training goes on where its last finished epoch ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from prodsim_cli.data.embeddings import normalized
from prodsim_cli.gnn import validation
from prodsim_cli.gnn.graph import Graph
from prodsim_cli.gnn.model import Network
from prodsim_cli.gnn.stepping import Adam, Epochs, Laid
from prodsim_cli.gnn.weights import Arrays, Checkpoint, Epoch, Settings

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress

BLIND_EPOCHS = 15
"""Epochs where nobody can be asked, so nothing tells when to stop."""
SEARCH, FINAL = "search", "final"


@dataclass
class Job:
    """What is to be trained, the same for all members.

    ``whole``: the graph of all events; ``before``: that of the events before the ``window``.
    """

    kind: str
    settings: Settings
    seed: int
    progress: Progress
    checkpoint: Checkpoint
    device: str
    whole: Graph
    window: validation.Window | None
    ensemble: int = 1
    before: Graph | None = None

    def network(self, arrays: Arrays | None = None, seed: int = 0) -> Network:
        """A network with these parameters, or new ones drawn by the seed."""
        s, draw = self.settings, torch.Generator().manual_seed(seed)
        nodes, features = sum(self.whole.bought.shape), self.whole.items.shape[1]
        network = Network(self.kind, nodes, features, s.size, s.layers, s.heads, draw)
        if arrays is not None:
            network.load_state_dict({n: torch.from_numpy(a.copy()) for n, a in arrays.items()})
        return network.to(self.device)


@dataclass
class State:
    """Where training stands.

    done : parameters of the finished members; kept : the epochs that each took.
    phase : of the member at work; epoch, steps : finished ones in it; best_epoch, best_ndcg : of
    its search. now, first, second : parameters and the moments of Adam; best : the best parameters.
    """

    done: list[Arrays] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    phase: str = SEARCH
    epoch: int = 0
    steps: int = 0
    best_epoch: int = 0
    best_ndcg: float | None = None
    reached: float | None = None
    course: list[Epoch] = field(default_factory=list)
    now: Arrays = field(default_factory=dict)
    first: Arrays = field(default_factory=dict)
    second: Arrays = field(default_factory=dict)
    best: Arrays = field(default_factory=dict)

    @classmethod
    def of(cls, saved: tuple[Arrays, dict[str, Any]] | None) -> State:
        """From a checkpoint; a new one where there is none."""
        state = cls()
        if saved is None:
            return state
        arrays, about = saved
        for name in ("kept", "phase", "epoch", "steps", "best_epoch", "best_ndcg", "reached"):
            setattr(state, name, about[name])
        state.course = [Epoch(**one) for one in about["course"]]
        for name in ("now", "first", "second", "best"):
            setattr(state, name, _under(arrays, name))
        state.done = [_under(arrays, f"done{number}") for number in range(len(state.kept))]
        return state

    def save(self, checkpoint: Checkpoint) -> None:
        groups = {"now": self.now, "first": self.first, "second": self.second, "best": self.best}
        groups.update({f"done{number}": arrays for number, arrays in enumerate(self.done)})
        names = ("kept", "phase", "epoch", "steps", "best_epoch", "best_ndcg", "reached")
        about = {name: getattr(self, name) for name in names}
        about["course"] = [asdict(one) for one in self.course]
        flat = {f"{group}/{name}": a for group, part in groups.items() for name, a in part.items()}
        checkpoint.save(flat, about)

    def finish(self, arrays: Arrays, epochs: int) -> None:
        """A member is done; the next one begins anew."""
        self.done.append(arrays)
        self.kept.append(epochs)
        if self.best_ndcg is not None and self.reached is None:
            self.reached = self.best_ndcg
        self.phase, self.epoch, self.steps, self.best_epoch = SEARCH, 0, 0, 0
        self.best_ndcg = None
        self.now, self.first, self.second, self.best = {}, {}, {}, {}

    def keep_best(self) -> bool:
        """After an interrupt: the best of the member at work is kept if no other is complete."""
        if not self.done and self.best:
            self.finish(self.best, self.best_epoch)
        return bool(self.done)


def _under(arrays: Arrays, group: str) -> Arrays:
    start = f"{group}/"
    return {name[len(start) :]: a for name, a in arrays.items() if name.startswith(start)}


class Member:
    """One network: it searches for the number of epochs, then learns from everything."""

    def __init__(self, job: Job, state: State) -> None:
        self.job, self.state = job, state
        self.number = len(state.kept)
        self.begun = time.perf_counter()

    def learn(self) -> None:
        """Both phases, from where the state stands."""
        job, state = self.job, self.state
        if state.phase == SEARCH:
            if job.window is not None and job.before is not None:
                self._run(job.before, job.settings.epochs, self._judge(job.before, job.window))
                epochs = state.best_epoch
            else:
                epochs = min(BLIND_EPOCHS, job.settings.epochs)
            state.phase, state.epoch, state.best_epoch = FINAL, 0, epochs
            state.steps, state.now, state.first, state.second = 0, {}, {}, {}
        self._run(job.whole, state.best_epoch, None)
        state.finish(state.now, state.best_epoch)
        state.save(job.checkpoint)

    def _judge(self, graph: Graph, window: validation.Window) -> Callable[[Network], float]:
        laid, u = Laid.of(graph, self.job.kind, self.job.device), graph.bought.shape[0]

        @torch.no_grad()
        def judge(network: Network) -> float:
            z = network(laid.edges, network.first(laid.items, laid.histories, laid.known))
            return validation.ndcg(window, normalized(z[u:].cpu().numpy()))

        return judge

    def _run(self, graph: Graph, epochs: int, judge: Callable[[Network], float] | None) -> None:
        """Epochs until ``epochs``, or until patience is at an end."""
        job, state = self.job, self.state
        network = job.network(state.now or None, seed=job.seed * 1_000_003 + self.number)
        optimizer = Adam(network, job.settings.learning_rate)
        _restore(optimizer, state)
        items = torch.from_numpy(graph.items).to(job.device)
        seeds = (job.seed, self.number, int(state.phase == FINAL))
        course = Epochs(graph, job.kind, network, job.settings, job.device, seeds, items)
        done = job.progress.stage(self._title(), epochs, "epochs")
        done(state.epoch)
        while state.epoch < epochs:
            loss = course.run(state.epoch, optimizer)
            _remember(optimizer, state)
            state.epoch += 1
            if judge is not None:
                self._note(judge(network), loss)
            elif not state.best:
                state.best, state.best_epoch = dict(state.now), epochs
            state.save(job.checkpoint)
            done(1)
            if judge is not None and state.epoch - state.best_epoch >= job.settings.patience:
                break

    def _title(self) -> str:
        which = f" {self.number + 1}/{self.job.ensemble}" if self.job.ensemble > 1 else ""
        what = "on the past" if self.state.phase == SEARCH else "on everything"
        return f"{self.job.kind}{which}: learning {what}"

    def _note(self, ndcg: float, loss: float) -> None:
        """An epoch's figures, and whether it is the best so far."""
        state = self.state
        if state.best_ndcg is None or ndcg > state.best_ndcg:
            state.best_ndcg, state.best_epoch, state.best = ndcg, state.epoch, dict(state.now)
        seconds = time.perf_counter() - self.begun
        if not state.kept:
            state.course.append(Epoch(state.epoch, loss, ndcg, seconds))
        self.job.progress.say(
            f"{self.job.kind} epoch {state.epoch}: loss {loss:.4f}, validation NDCG@10 {ndcg:.4f}"
            f" (best {state.best_ndcg:.4f} at {state.best_epoch}),"
            f" {seconds / state.epoch:.1f} s an epoch"
        )


def _remember(optimizer: Adam, state: State) -> None:
    """Copy parameters and moments into the state."""

    def arrays(tensors: dict[str, Any]) -> Arrays:
        return {name: np.array(value.detach().cpu().numpy()) for name, value in tensors.items()}

    state.now, state.first = arrays(optimizer.named), arrays(optimizer.first)
    state.second = arrays(optimizer.second)
    state.steps = optimizer.steps


def _restore(optimizer: Adam, state: State) -> None:
    """The moments as they were."""
    optimizer.steps = state.steps
    for moments, saved in ((optimizer.first, state.first), (optimizer.second, state.second)):
        for name, array in saved.items():
            moments[name] = torch.from_numpy(array.copy()).to(moments[name].device)
