"""How a network learns: a window tells how long, then it learns anew from everything that long.

1. The last part of the data is the validation window (``validation``); the network learns from what
   lies before it, and the epoch with the best NDCG@10 on the window is remembered.
2. It starts again and learns from all events for that many epochs: what is sold next month was
   bought last month, so the newest events are worth the second run.

The same seed gives the same figures on one machine, whatever number of cores: torch works on one
thread here. Interrupted, the best so far is kept (:class:`Trained.stopped`).
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.embeddings import normalized
from prodsim_cli.gnn import graph as graphs
from prodsim_cli.gnn import validation
from prodsim_cli.gnn.members import Job, Member, State
from prodsim_cli.gnn.stepping import Laid
from prodsim_cli.gnn.weights import Arrays, Checkpoint, Settings, Trained
from prodsim_cli.progress import Silent

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress


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
    seed : of all that is drawn. ensemble : so many networks of different seeds, whose unit vectors
        stand side by side, so that the cosine of the whole is the mean of theirs.
    resume : path of a checkpoint: training goes on from it where it is of the same data and
        settings, writes it after each epoch and removes it at the end. None: none is written.
    settings : fields of :class:`Settings`.

    Returns
    -------
    Trained. After an interrupt (Ctrl-C) the best so far, if an epoch was finished; else the
    interrupt goes on.
    """
    begun = time.perf_counter()
    chosen = Settings.of(kind, **settings)
    listener = progress or Silent()
    identity = {"kind": kind, "seed": seed, "settings": asdict(chosen), "data": _fingerprint(data)}
    checkpoint = Checkpoint(resume, identity)
    listener.stage(f"{kind}: laying the graph")
    whole = _graph(data, kind, chosen)
    window = validation.window(data, seed)
    job = Job(kind, chosen, seed, listener, checkpoint, device(), whole, window, ensemble)
    if window is not None:
        job.before = _graph(window.before, kind, chosen)
    state = State.of(checkpoint.load())
    stopped = False
    with deterministic():
        try:
            while len(state.kept) < max(ensemble, 1):
                Member(job, state).learn()
        except KeyboardInterrupt:
            if not state.keep_best():
                raise
            stopped = True
            listener.say(f"{kind}: stopped; the best so far is kept.")
        items, users, weights = vectors(job, state)
    if not stopped:
        checkpoint.clear()
    return Trained(
        kind=kind,
        items=items,
        users=users,
        weights=weights,
        settings=chosen,
        seed=seed,
        epochs=tuple(state.kept),
        course=tuple(state.course),
        ndcg=state.reached,
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

    Sums of floats depend on how many threads share them. One thread is also the faster where other
    work is going on: torch's threads wait for each other in a busy loop (an epoch on Online Retail
    0.7 s of CPU with one thread, 6 s with two beside other jobs).
    """
    # torch.use_deterministic_algorithms does the same and imports a compiler, some seconds' worth.
    before, threads = torch.get_deterministic_debug_mode(), torch.get_num_threads()
    torch.set_deterministic_debug_mode("warn")
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_deterministic_debug_mode(before)


def _graph(data: Dataset, kind: str, s: Settings) -> graphs.Graph:
    return graphs.lay(data, half_life=s.half_life, space=s.space, full=kind != "lightgcn")


def _fingerprint(data: Dataset) -> int:
    """A number that changes with the events, the products or the people."""
    log, code = data.events, zlib.crc32(f"{len(data)} {len(data.users)}".encode())
    for column in (log.user, log.item, log.type, log.at):
        code = zlib.crc32(np.ascontiguousarray(column).tobytes(), code)
    return code


@torch.no_grad()
def vectors(job: Job, state: State) -> tuple[NDArray[np.float32], NDArray[np.float32], Arrays]:
    """Item vectors, user vectors, weights: one forward pass over the whole graph each member.

    weights : ``<member>.<parameter>`` and ``<member>.hidden<l>``, what the products hold after
    layer l, which is what a new product receives from them.
    """
    laid, u = Laid.of(job.whole, job.kind, job.device), job.whole.bought.shape[0]
    weights: Arrays = {}
    parts = []
    for number, arrays in enumerate(state.done):
        network = job.network(arrays)
        first = network.first(laid.items, laid.histories, laid.known)
        states = [h.cpu().numpy() for h in network.hidden(laid.edges, first)]
        parts.append(normalized(np.mean(states, axis=0, dtype=np.float32)))
        weights.update({f"{number}.{name}": a for name, a in arrays.items() if name != "free"})
        if job.kind != "lightgcn":
            weights.update({f"{number}.hidden{n}": h[u:] for n, h in enumerate(states[:-1])})
    if job.kind != "lightgcn":
        weights.update({f"0.{n}": a for n, a in graphs.sums(job.whole, job.kind).items()})
    joined = normalized(np.hstack(parts))
    return joined[u:], joined[:u], weights
