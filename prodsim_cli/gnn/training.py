"""Training with early stopping, then again on everything.

1. Search: the network learns from what lies before the validation window (``validation``); the
   epoch with the best NDCG@10 on the window is remembered.
2. Final run: it starts again and learns from all events for that many epochs, since the newest
   events tell most about the next ones.

The same seed gives the same figures on one machine, whatever number of cores: torch works on one
thread here.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.embeddings import normalized
from prodsim_cli.gnn import validation
from prodsim_cli.gnn.checkpoint import FINAL, SEARCH, Checkpoint
from prodsim_cli.gnn.epoch import Adam, Epochs, GraphTensors
from prodsim_cli.gnn.message_graph import Graph, Vectors, build_graph, degrees
from prodsim_cli.gnn.model import Network
from prodsim_cli.gnn.weights import Arrays, Epoch, Settings, Trained
from prodsim_cli.progress import Silent

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress

UNVALIDATED_EPOCHS = 15
"""Epochs where there is no validation window."""


def train(
    data: Dataset,
    kind: str,
    *,
    seed: int = 42,
    ensemble: int = 1,
    progress: Progress | None = None,
    resume: str | None = None,
    **settings: Any,
) -> Trained:
    """Train one network on all events of ``data``.

    Parameters
    ----------
    kind : ``gcn``, ``gat`` or ``lightgcn``.
    ensemble : number of networks of different seeds; their unit vectors are concatenated, so that
        the cosine of the whole is the mean of theirs.
    resume : path of a checkpoint, read if it is of the same data and settings, written after each
        epoch and removed at the end. None: none is written.
    settings : fields of :class:`Settings`.

    Returns
    -------
    Trained. After an interrupt (Ctrl-C) the best so far, if an epoch was finished; else the
    interrupt goes on.
    """
    begun = time.perf_counter()
    chosen = Settings.of(kind, **settings)
    identity = {"kind": kind, "seed": seed, "settings": asdict(chosen), "data": _fingerprint(data)}
    run = _Run(
        data, kind, chosen, seed, ensemble, progress or Silent(), Checkpoint(resume, identity)
    )
    stopped = False
    with deterministic():
        try:
            while len(run.state.kept) < max(ensemble, 1):
                run.train_member()
        except KeyboardInterrupt:
            state = run.state
            if not state.done and state.best:
                state.finish(state.best)
            if not state.done:
                raise
            stopped = True
            run.progress.say(f"{kind}: stopped; the best so far is kept.")
        items, users, weights = run.vectors()
    if not stopped:
        run.checkpoint.clear()
    return Trained(
        kind=kind,
        items=items,
        users=users,
        weights=weights,
        settings=chosen,
        seed=seed,
        epochs=tuple(run.state.kept),
        learning_curve=tuple(run.state.curve),
        ndcg=run.state.reached,
        stopped=stopped,
        seconds=time.perf_counter() - begun,
    )


def device() -> str:
    """``cuda`` or ``mps`` where there is one, else ``cpu``."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


@contextmanager
def deterministic() -> Iterator[None]:
    """Deterministic kernels where torch has them, on one thread; as it was afterwards.

    Sums of floats depend on the number of threads. Torch's threads also wait for each other in a
    busy loop (an epoch on Online Retail: 0.7 s of CPU with one, 6 s with two beside other jobs).
    """
    # torch.use_deterministic_algorithms does the same and imports a compiler, which takes seconds.
    before, threads = torch.get_deterministic_debug_mode(), torch.get_num_threads()
    torch.set_deterministic_debug_mode("warn")
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_deterministic_debug_mode(before)


def _fingerprint(data: Dataset) -> int:
    """A number that changes with the events, the number of items or of users."""
    log, code = data.events, zlib.crc32(f"{len(data)} {len(data.users)}".encode())
    for column in (log.user, log.item, log.type, log.at):
        code = zlib.crc32(np.ascontiguousarray(column).tobytes(), code)
    return code


@dataclass
class _Run:
    """One training: what is the same for all members, and the state.

    ``whole``: the graph of all events; ``before``: that of the events before the ``window``.
    """

    data: Dataset
    kind: str
    settings: Settings
    seed: int
    ensemble: int
    progress: Progress
    checkpoint: Checkpoint

    def __post_init__(self) -> None:
        self.device = device()
        self.progress.stage(f"{self.kind}: building the graph")
        self.whole = self._graph(self.data)
        self.window = validation.window(self.data, self.seed)
        self.before = self.whole if self.window is None else self._graph(self.window.before)
        self.state = self.checkpoint.load()

    def _graph(self, data: Dataset) -> Graph:
        s, full = self.settings, self.kind != "lightgcn"
        return build_graph(data, half_life=s.half_life, space=s.space, full=full)

    def network(self, arrays: Arrays, seed: int = 0) -> Network:
        """A network with these parameters, or with new ones drawn by the seed if there are none."""
        nodes, features = sum(self.whole.bought.shape), self.whole.features.shape[1]
        draw = torch.Generator().manual_seed(seed)
        network = Network(self.kind, nodes, features, self.settings, draw)
        if arrays:
            network.load_state_dict({n: torch.from_numpy(a.copy()) for n, a in arrays.items()})
        return network.to(self.device)

    def train_member(self) -> None:
        """Search and final run of one member, from where the state stands."""
        state, epochs = self.state, self.settings.epochs
        if state.phase == SEARCH:
            if self.window is None:
                state.begin_final(min(UNVALIDATED_EPOCHS, epochs))
            else:
                self._run(self.before, epochs, self.window)
                state.begin_final(state.best_epoch)
        self._run(self.whole, state.best_epoch)
        state.finish(state.now)
        self.checkpoint.save(state)

    def _run(self, graph: Graph, epochs: int, window: validation.Window | None = None) -> None:
        """So many epochs, or until there was none better on the window for ``patience`` epochs."""
        state, s, member, begun = (
            self.state,
            self.settings,
            len(self.state.kept),
            time.perf_counter(),
        )
        network = self.network(state.now, seed=self.seed * 1_000_003 + member)
        optimizer = Adam(network, s.learning_rate)
        self._restore(optimizer)
        training = Epochs(graph, network, s, (self.seed, member, int(state.phase == FINAL)))
        tensors = GraphTensors.of(graph, self.kind, self.device)
        number = f" {member + 1}/{self.ensemble}" if self.ensemble > 1 else ""
        what = "on the past" if state.phase == SEARCH else "on everything"
        done = self.progress.stage(f"{self.kind}{number}: learning {what}", epochs, "epochs")
        done(state.epoch)
        while state.epoch < epochs:
            loss = training.run(state.epoch, optimizer)
            self._remember(optimizer)
            state.epoch += 1
            if window is not None:
                with torch.no_grad():
                    z = network(tensors.edges, tensors.first(network))
                items = normalized(z[graph.bought.shape[0] :].cpu().numpy())
                self._note(validation.ndcg(window, items), loss, time.perf_counter() - begun)
            elif not state.best:
                state.best, state.best_epoch = dict(state.now), epochs
            self.checkpoint.save(state)
            done(1)
            if window is not None and state.epoch - state.best_epoch >= s.patience:
                break

    def _note(self, ndcg: float, loss: float, seconds: float) -> None:
        """An epoch's figures, and whether it is the best so far."""
        state = self.state
        if state.best_ndcg is None or ndcg > state.best_ndcg:
            state.best_ndcg, state.best_epoch, state.best = ndcg, state.epoch, dict(state.now)
        if not state.kept:
            state.curve.append(Epoch(state.epoch, loss, ndcg, seconds))
        self.progress.say(
            f"{self.kind} epoch {state.epoch}: loss {loss:.4f}, validation NDCG@10 {ndcg:.4f}"
            f" (best {state.best_ndcg:.4f} at {state.best_epoch}),"
            f" {seconds / state.epoch:.1f} s an epoch"
        )

    def _remember(self, optimizer: Adam) -> None:
        """Copy parameters and moments into the state."""

        def arrays(tensors: dict[str, Any]) -> Arrays:
            return {name: np.array(value.detach().cpu().numpy()) for name, value in tensors.items()}

        self.state.now, self.state.steps = arrays(optimizer.named), optimizer.steps
        self.state.first, self.state.second = arrays(optimizer.first), arrays(optimizer.second)

    def _restore(self, optimizer: Adam) -> None:
        """The moments as they were."""
        state, optimizer.steps = self.state, self.state.steps
        for moments, saved in ((optimizer.first, state.first), (optimizer.second, state.second)):
            for name, array in saved.items():
                moments[name] = torch.from_numpy(array.copy()).to(moments[name].device)

    @torch.no_grad()
    def vectors(self) -> tuple[Vectors, Vectors, Arrays]:
        """Item vectors, user vectors, weights: a forward pass of each member over the whole graph.

        weights : ``<member>.<parameter>`` and ``<member>.hidden<l>``, the items' vectors after
        layer l, which a new item receives, and their degrees under ``0.``.
        """
        tensors = GraphTensors.of(self.whole, self.kind, self.device)
        u, weights, parts = self.whole.bought.shape[0], Arrays(), []
        for number, arrays in enumerate(self.state.done):
            network = self.network(arrays)
            hidden = network.hidden(tensors.edges, tensors.first(network))
            states = [h.cpu().numpy() for h in hidden]
            parts.append(normalized(np.mean(states, axis=0, dtype=np.float32)))
            weights |= {f"{number}.{name}": a for name, a in arrays.items() if name != "free"}
            if self.kind != "lightgcn":
                weights |= {f"{number}.hidden{n}": h[u:] for n, h in enumerate(states[:-1])}
        if self.kind != "lightgcn":
            weights |= {f"0.{n}": a for n, a in degrees(self.whole, self.kind).items()}
        joined = normalized(np.hstack(parts))
        return joined[u:], joined[:u], weights
