"""Networks into the database, by ``train`` and ``build``: spaces ``NAME`` and ``NAME.users``.

The artifact (NAME, ``space``) holds the settings and the weights; its data version names products
and events. The users' vectors lie in ``vectors`` under ``NAME.users`` and belong to the same
artifact; they are no space of items.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from prodsim_cli import gnn
from prodsim_cli.builds.stages import BuildReport, Stage
from prodsim_cli.builds.state import Build, trained
from prodsim_cli.errors import NotReady, UsageProblem
from prodsim_cli.gnn.weights import Settings, Trained, from_bytes, to_bytes
from prodsim_cli.progress import Progress, Silent
from prodsim_cli.store import artifacts, meta, writing
from prodsim_cli.store import vectors as space
from prodsim_cli.store.connection import open_for_writing, transaction
from prodsim_cli.store.loading import Shop, load_shop, load_space

if TYPE_CHECKING:
    from numpy.typing import NDArray

USERS = ".users"


@dataclass(frozen=True)
class TrainOptions:
    """``networks``: names of :data:`gnn.KINDS`; ``ensemble``: networks of each; ``resume``: go on
    from where the last training was stopped; ``settings``: of :class:`gnn.weights.Settings`."""

    networks: tuple[str, ...] = gnn.KINDS
    ensemble: int = 1
    resume: bool = False
    seed: int = 42
    settings: dict[str, Any] = field(default_factory=dict)


def train(
    path: str, options: TrainOptions | None = None, progress: Progress | None = None
) -> BuildReport:
    """Train networks on everything and store their spaces, one transaction each.

    A network that was trained on today's data with the same settings is ``fresh`` and stays.
    Raises :class:`NotReady` where there is nothing to learn from.
    """
    asked, listener = options or TrainOptions(), progress or Silent()
    names = chosen(asked.networks)
    with closing(open_for_writing(path)) as connection:
        with transaction(connection):
            shop = load_shop(connection)
            version = " ".join(
                meta.data_version(connection, part) for part in ("catalog", "events")
            )
        why = gnn.why_untrainable(shop.dataset)
        if why:
            raise NotReady(
                f"No network can be trained: {why}.",
                hint="Ingest events with users; without them `prodsim build` is all there is.",
            )
        report = BuildReport(
            tuple(
                train_one(connection, path, shop, name, asked, version, listener) for name in names
            )
        )
        if report.changed:
            writing.analyze(connection)
    return report


def chosen(names: Sequence[str]) -> tuple[str, ...]:
    """The networks named, or all; an unknown name is a :class:`UsageProblem`."""
    if not names or "all" in names:
        return gnn.KINDS
    unknown = [name for name in names if name not in gnn.KINDS]
    if unknown:
        raise UsageProblem(
            f"There is no network named {unknown[0]!r}.",
            hint=f"Choose from: all, {', '.join(gnn.KINDS)}.",
        )
    return tuple(dict.fromkeys(names))


def train_one(
    connection: sqlite3.Connection,
    path: str,
    shop: Shop,
    name: str,
    asked: TrainOptions,
    version: str,
    progress: Progress,
) -> Stage:
    """Train one network and store it, or say that it is fresh."""
    from prodsim_cli.gnn.training import train as train_network

    settings = {**_text_space(connection, shop), **asked.settings}
    of_run = {"seed": asked.seed, "members": asked.ensemble, "stopped": False}
    wanted = _stored({**asdict(Settings.of(name, **settings)), **of_run})
    found = artifacts.recorded(connection, name, "space")
    if found is not None and found[1] == version and wanted.items() <= found[0].items():
        return Stage(name, "space", "fresh")
    checkpoint = f"{path}.{name}.part.npz"
    if not asked.resume:
        with suppress(FileNotFoundError):
            os.remove(checkpoint)
    begun = time.perf_counter()
    made = train_network(
        shop.dataset,
        name,
        seed=asked.seed,
        ensemble=asked.ensemble,
        progress=progress,
        resume=checkpoint,
        **settings,
    )
    rows = store(connection, shop, made, version)
    reason = "stopped before its end; `prodsim train --resume` goes on" if made.stopped else ""
    return Stage(name, "space", "built", rows, time.perf_counter() - begun, reason)


def _text_space(connection: sqlite3.Connection, shop: Shop) -> dict[str, Any]:
    """The space of the language model as a setting, nothing where there is none."""
    model = meta.settings(connection).get("model")
    there = [name for name in shop.dataset.embeddings if name not in shop.dataset.learned]
    chosen = model if model in there else next(iter(there), None)
    return {} if chosen is None else {"space": chosen}


def _stored(settings: dict[str, Any]) -> dict[str, Any]:
    """What is stored: a network without text vectors names no space, so no new model ages it."""
    return {k: v for k, v in settings.items() if k != "space" or v is not None}


def store(connection: sqlite3.Connection, shop: Shop, made: Trained, version: str) -> int:
    """Replace both spaces of a network and its weights in one transaction; vectors written."""
    blob = to_bytes(made.weights, {**made.as_dict(), "items": shop.item_ids.tolist()})
    users = made.kind + USERS
    with transaction(connection):
        space.forget_space(connection, made.kind)
        space.forget_space(connection, users)
        rows = _put(connection, made.kind, shop.item_ids, made.items)
        rows += _put(connection, users, shop.user_ids, made.users)
        writing.put_artifact(
            connection,
            made.kind,
            "space",
            settings={**_stored(made.as_dict()), "users": users},
            data_version=version,
            seconds=made.seconds,
            weights=blob,
        )
    return rows


def _put(
    connection: sqlite3.Connection, name: str, ids: NDArray[np.int64], vectors: NDArray[np.float32]
) -> int:
    """Store the vectors that are not all zero."""
    there = np.flatnonzero(vectors.any(axis=1))
    space.put_vectors(connection, name, ids[there].tolist(), vectors[there], [""] * len(there))
    return len(there)


def embed_new_items(connection: sqlite3.Connection, shop: Shop, name: str) -> NDArray[np.int32]:
    """Store vectors of items without one in the space of a network, by a forward pass.

    Nothing is trained and no other vector changes. Returns the positions of these items; one
    without text and attributes stays without a vector.
    """
    from prodsim_cli.gnn.inductive import embed_new
    from prodsim_cli.gnn.message_graph import features

    row = connection.execute(
        "select weights from artifacts where name = ? and kind = 'space'", (name,)
    ).fetchone()
    if row is None or row[0] is None:
        raise NotReady(
            f"No network {name} was trained.", hint=f"Run `prodsim train --networks {name}`."
        )
    arrays, about = from_bytes(row[0])
    settings = Settings(**{f.name: about[f.name] for f in fields(Settings)})
    has = shop.dataset.embedding(name).vectors.any(axis=1)
    every = features(shop.dataset, settings.space)
    new = np.flatnonzero(~has & every.any(axis=1)).astype(np.int32)
    if not len(new):
        return new
    place = {int(item): position for position, item in enumerate(shop.item_ids.tolist())}
    then = np.array([place.get(item, -1) for item in about["items"]], np.int64)
    known = np.where((then >= 0)[:, None], every[then], np.float32(0))
    vectors = embed_new(name, arrays, settings, every[new], known)
    with transaction(connection):
        _put(connection, name, shop.item_ids[new], vectors)
    return new


def update_networks(run: Build) -> None:
    """Train the networks asked for that got a weight, and give new products their vectors.

    A network that was trained before is left as it is, stale or not: training takes minutes. A new
    product gets its vector by a forward pass from its text.
    """
    asked = [name for name in run.networks if _worth(run, name)]
    options = TrainOptions(networks=tuple(asked))
    version = f"{run.versions['catalog']} {run.versions['events']}"
    there = trained(run.connection)
    for name in dict.fromkeys([*there, *asked]):
        if name in asked:
            stage = train_one(
                run.connection, run.path, run.shop, name, options, version, run.progress
            )
            run.stages.append(stage)
        elif len(new := embed_new_items(run.connection, run.shop, name)):
            run.stages.append(Stage(name, "space", "built", len(new), 0.0, "new products only"))
        else:
            run.stages.append(Stage(name, "space", "fresh", reason=_age(run, name)))
    _load(run)


def _worth(run: Build, name: str) -> bool:
    """A network that got no weight on the validation window is not trained for the shop."""
    if run.blend is None or not run.blend.parts() or name in run.blend.parts():
        return True
    why = "no weight on the validation window; `prodsim train` makes it all the same"
    run.stages.append(Stage(name, "space", "left out", reason=why))
    return False


def _age(run: Build, name: str) -> str:
    found = artifacts.recorded(run.connection, name, "space")
    stale = artifacts.Built(run.connection).stale_because(found[1]) if found else ""
    return f"{stale}; `prodsim train` trains it anew" if stale else ""


def _load(run: Build) -> None:
    """The spaces of the networks into the shop at hand."""
    spaces = dict(run.data.embeddings)
    for name in gnn.KINDS:
        spaces.pop(name, None)
    kept = trained(run.connection)
    for name in kept:
        spaces[name] = load_space(run.connection, name, run.shop.item_ids)
    learned = frozenset({*run.data.learned, *kept})
    run.shop = replace(run.shop, dataset=replace(run.data, embeddings=spaces, learned=learned))
