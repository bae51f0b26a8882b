"""Tables made without the future: every method learns anew from the training part only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from prodsim_cli import registry
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.errors import UsageProblem
from prodsim_cli.evaluation.cost import IDLE, Spent, spent
from prodsim_cli.gnn import with_networks
from prodsim_cli.progress import stage
from prodsim_cli.protocol import leaks
from prodsim_cli.scoring.blend import Blend
from prodsim_cli.similarity import FAMILY, K, content_first, method, methods, sweep
from prodsim_cli.similarity import _user_knn as people

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress


@dataclass(frozen=True)
class EvalRequest:
    """Which methods are to be tried, and how.

    ``methods``: names, ``all`` for every one. ``settings``: as ``build`` stores them. ``depth``:
    neighbours that a table must have at least. ``measure``: build each table by itself and write
    down its cost. ``database``: the file that no method may open.
    """

    methods: tuple[str, ...] = ("all",)
    settings: Mapping[str, Any] = field(default_factory=dict)
    depth: int = 1
    measure: bool = False
    database: str | None = None
    learn: bool = True


@dataclass(frozen=True)
class TuningTask:
    """What is learned for: ``recommend`` or ``similar``, with ``held_out`` events unseen."""

    task: str = "recommend"
    target: str = "purchase"
    again: bool = False
    seed: int = 42
    held_out: int = 0


@dataclass
class Tables:
    """Neighbour tables by method, in the order asked for; ``left_out``: method -> why.

    ``every``: those, and the tables that a joining method was made of; ``blend``: what was learned.
    """

    by_method: dict[str, NeighborTable] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    cost: dict[str, Spent] = field(default_factory=dict)
    measure: bool = False
    every: dict[str, NeighborTable] = field(default_factory=dict)
    blend: Blend | None = None


def chosen(methods: Iterable[str] | None, stored: Iterable[str] = ()) -> list[str]:
    """The methods named, or all; those that read other methods' tables come last.

    ``stored``: names of tables that come ready made, which need no plug-in.
    """
    known = registry.names(FAMILY)
    wanted = list(dict.fromkeys(methods)) if methods else ["all"]
    if "all" in wanted:
        wanted = [*known, *(name for name in wanted if name not in (*known, "all"))]
    needs = {name: needs_of(name, stored) for name in wanted}
    return sorted(needs, key=lambda name: (needs[name] == "neighbors", name))


def needs_of(name: str, stored: Iterable[str]) -> str:
    """What a method needs; ``nothing`` where its table is ready made."""
    if name in stored and name not in registry.names(FAMILY):
        return "nothing"
    return method(name).needs


def singles(data: Dataset, settings: Mapping[str, Any]) -> list[str]:
    """The methods that make a table of their own and can work here: what a joining one reads."""
    return [one.name for one in methods() if not (one.joins or one.unable(data, settings))]


def reasons(wanted: Iterable[str], data: Dataset, settings: Mapping[str, Any]) -> dict[str, str]:
    """Why each method can't work, '' if it can."""
    nothing = "" if singles(data, settings) else "there is no table to join"
    out: dict[str, str] = {}
    for name in wanted:
        needs = needs_of(name, data.neighbors)
        if needs in ("nothing", "neighbors"):
            out[name] = nothing if needs == "neighbors" else ""
        else:
            out[name] = method(name).unable(data, settings)
    return out


def tables(
    train: Dataset,
    request: EvalRequest,
    tuning: TuningTask | None = None,
    progress: Progress | None = None,
) -> Tables:
    """Each method's table from ``train``, which holds the events of the training part only.

    Tables that ``train`` still has are taken as they are. For a method that joins others (``NEEDS =
    "neighbors"``) the tables with a learned weight (all, where nothing was learned) are made even
    when they aren't asked for. Raises :class:`Leak` where a method can see the held-out events.
    """
    tuning = tuning or TuningTask()
    wanted, train = _admitted(train, request, tuning)
    networks = [name for name in wanted if needs_of(name, train.neighbors) == "network"]
    why = reasons([name for name in wanted if name not in networks], train, request.settings)
    out = Tables(
        left_out={name: reason for name, reason in why.items() if reason}, measure=request.measure
    )
    usable = [name for name in wanted if not why.get(name)]
    joins = [name for name in usable if needs_of(name, train.neighbors) == "neighbors"]
    single = [*singles(train, request.settings), *networks]
    if request.learn and (joins or any(name in single for name in usable)):
        names = single if joins else [name for name in usable if name in single]
        learning = partial(_learned, train, names, request, tuning, bool(joins), progress)
        out.blend, out.cost["learning"] = spent(learning) if request.measure else (learning(), IDLE)
    usable = _worth_training(usable, networks, request, out)
    others = [name for name in usable if name not in joins]
    if joins:
        parts = out.blend.parts() if out.blend and out.blend.parts() else single
        others = list(dict.fromkeys([*others, *(name for name in single if name in parts)]))
    train = with_networks(train, networks, others, tuning.seed, progress)
    made = _TableBuilder(train, request, tuning, out.blend, out.cost)
    done = stage(progress, "methods on the training part", len(others) + len(joins), "tables")
    for name in [*content_first(others), *joins]:
        made.add(name, others)
        done(1)
    out.every = dict(made.data.neighbors)
    out.by_method = {name: made.data.neighbors[name] for name in usable}
    if not out.by_method and "all" not in request.methods:
        raise none_left(out.left_out)
    return out


def none_left(left_out: Mapping[str, str]) -> UsageProblem:
    """The error where every method that was asked for is left out."""
    said = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
    return UsageProblem(
        f"None of the methods can be tried here ({said}).",
        hint="Choose others with --methods, or `--methods all`.",
    )


def _admitted(
    train: Dataset, request: EvalRequest, tuning: TuningTask
) -> tuple[list[str], Dataset]:
    """The methods to try, and the dataset that they may see. Raises :class:`Leak`."""
    for name in request.methods:
        with leaks.locked(request.database, name):  # a plug-in is imported here for the first time
            chosen([name], train.neighbors)
    # networks, which take minutes, are tried where one is named, or where the shop has trained it
    wanted = [
        name
        for name in chosen(request.methods, train.neighbors)
        if needs_of(name, train.neighbors) != "network"
        or name in (*request.methods, *train.embeddings)
    ]
    if tuning.held_out:
        train = _without_seen_spaces(train, wanted, request, tuning.held_out)
    return wanted, train


def _without_seen_spaces(
    train: Dataset, wanted: Collection[str], request: EvalRequest, held_out: int
) -> Dataset:
    """Refuse what would read vectors that have learned from events, and show them to nobody."""
    joins = any(needs_of(name, train.neighbors) == "neighbors" for name in wanted)
    for name in [*wanted, *(singles(train, request.settings) if joins else ())]:
        reads = needs_of(name, train.neighbors) == "vectors"
        if reads and not method(name).unable(train, request.settings):
            leaks.refuse_space(train, name, request.settings.get("space"), held_out)
    return leaks.without_learned_spaces(train)


def _worth_training(
    usable: list[str], networks: list[str], request: EvalRequest, out: Tables
) -> list[str]:
    """Without the networks that nobody named and that got no weight: they are not trained again."""
    if out.blend is None or not out.blend.parts():
        return usable
    idle = [name for name in networks if name not in (*request.methods, *out.blend.parts())]
    for name in idle:
        out.left_out[name] = "it got no weight on the validation window, so it is not trained again"
    return [name for name in usable if name not in idle]


def _learned(
    train: Dataset,
    names: Collection[str],
    request: EvalRequest,
    tuning: TuningTask,
    weigh: bool,
    progress: Progress | None,
) -> Blend | None:
    """Settings, memories and weights from a window inside the training part."""
    from prodsim_cli.tuning.learn import learn
    from prodsim_cli.tuning.settings import Methods

    def made(name: str, data: Dataset, settings: Mapping[str, Any]) -> NeighborTable:
        known = {**settings, **request.settings}
        with leaks.locked(request.database, name):
            return method(name).build(data, {"k": K, **known})

    def prepare(data: Dataset) -> Dataset:
        networks = [name for name in names if method(name).needs == "network"]
        return with_networks(data, networks, networks, tuning.seed, progress)

    with_people = tuning.task == "recommend" and not people.unable(train)
    return learn(
        train,
        Methods(tuple(names), made, request.settings, prepare, people=with_people),
        tasks=(tuning.task,),
        target=tuning.target,
        again=tuning.again,
        seed=tuning.seed,
        weigh=weigh,
        progress=progress,
    )


@dataclass
class _TableBuilder:
    """The dataset to which one table after the other is added."""

    data: Dataset
    request: EvalRequest
    tuning: TuningTask
    blend: Blend | None
    cost: dict[str, Spent]

    def learned(self, name: str) -> dict[str, Any]:
        """What the method has learned for the task at hand."""
        return self.blend.settings_of(self.tuning.task, name) if self.blend else {}

    def add(self, name: str, names: list[str]) -> None:
        """Make the table of one method, unless there is one that will do."""
        ready = self.data.neighbors.get(name)
        needs = needs_of(name, self.data.neighbors)
        if needs == "nothing":
            return
        made_here = ready is not None and name in self.data.learned
        long_enough = ready is not None and ready.k >= min(self.request.depth, len(self.data))
        if made_here or (long_enough and not self.request.measure and not self.learned(name)):
            return
        self._guarded(name, needs, names)

    def _guarded(self, name: str, needs: str, names: list[str]) -> None:
        settings, depth = self.request.settings, max(K, self.request.depth)
        if needs == "vectors":
            space = settings.get("space") or next(iter(self.data.embeddings))
            self.data.embedding(space)  # reading it from the database is no cost of the method
        swept = [
            other
            for other in names
            if _in_sweep(other)
            and other not in self.data.neighbors
            and self.learned(other) == self.learned(name)
        ]
        with leaks.locked(self.request.database, name):
            if _in_sweep(name) and len(swept) > 1 and not self.request.measure:
                asked = {**settings, "learned": self.learned(name), "k": depth}
                made = sweep(swept, self.data, asked)
            else:
                made = {name: self._one(name, depth)}
        for made_name, table in made.items():
            learned = not method(name).content_based
            self.data = self.data.with_neighbors(made_name, table, learned=learned)

    def _one(self, name: str, depth: int) -> NeighborTable:
        asked = {**self.request.settings, "learned": self.learned(name), "k": depth}
        work = partial(method(name).build, self.data, {**asked, "blend": self.blend})
        if not self.request.measure:
            return work()
        table, self.cost[name] = spent(work)
        return table


def _in_sweep(name: str) -> bool:
    """Does the method share the sweep over the item graph?"""
    return name in registry.names(FAMILY) and method(name).measure is not None
