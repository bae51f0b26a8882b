"""Bring every stale artifact up to date: vectors, neighbour tables, the blend.

Each artifact is written as one transaction with the version of the data it was made of, so a stop
at any moment leaves whole tables and the next ``build`` goes on where this one ended.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any

from prodsim_cli.builds.companions import companions
from prodsim_cli.builds.embedding import text_vectors
from prodsim_cli.builds.for_recommend import for_people
from prodsim_cli.builds.item_counts import item_scores
from prodsim_cli.builds.learning import learn_blend
from prodsim_cli.builds.networks import update_networks
from prodsim_cli.builds.stages import GRAPH_SETTINGS, BuildOptions, BuildReport, Stage
from prodsim_cli.builds.state import (
    Build,
    Parts,
    fresh,
    graph_settings,
    joint_version,
    leave_out,
    parts_of,
    store,
)
from prodsim_cli.data.dataset import TEXT_FIELDS
from prodsim_cli.errors import NotReady, UsageProblem
from prodsim_cli.matching.variants import Product, variants
from prodsim_cli.progress import Progress, Silent
from prodsim_cli.records.values import FOR_PEOPLE
from prodsim_cli.scoring.blend import Blend
from prodsim_cli.scoring.coefficients import weighted
from prodsim_cli.search import index
from prodsim_cli.similarity import K, content_first, method, methods, sweep, together
from prodsim_cli.store import artifacts, meta, neighbors, writing
from prodsim_cli.store.connection import open_for_writing, transaction
from prodsim_cli.store.digest import remember_digest
from prodsim_cli.store.loading import load_neighbors, load_shop
from prodsim_cli.tuning.settings import spelled

PARTS = ("catalog", "events", "prices")
VARIANT_RULES = 1
"""Counted up when other products belong together than before, so that old tables are made anew."""

_LISTED = """select id, source, sku, title, brand, category, attributes from items
             where listed = 1 order by id"""


def build(
    path: str, options: BuildOptions | None = None, progress: Progress | None = None
) -> BuildReport:
    """Every stage; the result of a second call is ``fresh`` throughout."""
    return _run(path, options, progress, (text_vectors, *_steps()))


def embed(
    path: str, options: BuildOptions | None = None, progress: Progress | None = None
) -> BuildReport:
    """The vectors only."""
    return _run(path, options, progress, (text_vectors,))


def graph(
    path: str, options: BuildOptions | None = None, progress: Progress | None = None
) -> BuildReport:
    """The neighbour tables only, from the vectors that are there."""
    return _run(path, options, progress, _steps())


def _steps() -> tuple[Callable[[Build], None], ...]:
    """The steps of :func:`graph`, in order."""
    return (
        _variant_groups,
        learn_blend,
        update_networks,
        item_scores,
        _tables,
        companions,
        for_people,
        _user_tables,
        _blend,
        _other_direction,
    )


def _run(
    path: str,
    options: BuildOptions | None,
    progress: Progress | None,
    steps: tuple[Callable[[Build], None], ...],
) -> BuildReport:
    connection = open_for_writing(path)
    try:
        settings = _settle(connection, options or BuildOptions())
        listener = progress or Silent()
        listener.stage("loading")
        with transaction(connection):  # what is read and its version belong together
            shop = load_shop(connection, tuple(settings["fields"]))
            versions = {part: meta.data_version(connection, part) for part in PARTS}
        if not len(shop.dataset):
            raise NotReady(
                f"{path} holds no products.", hint="Run `prodsim ingest FILE` with a catalogue."
            )
        writing.index_events(connection)
        if not index.is_made(connection):
            with transaction(connection):
                index.refill(connection)
        asked = options.networks if options else ()
        run = Build(connection, shop, settings, listener, versions, path, asked)
        for step in steps:
            step(run)
        if BuildReport(tuple(run.stages)).changed:
            writing.analyze(connection)
        writing.describe_methods(connection)
        writing.shorten(connection)
        remember_digest(connection)
        return BuildReport(tuple(run.stages))
    finally:
        connection.close()


def _settle(connection: sqlite3.Connection, options: BuildOptions) -> dict[str, Any]:
    """Options over stored settings over defaults; the result is stored."""
    stored = meta.settings(connection)
    settings = {"fields": list(TEXT_FIELDS), "graph": {}, "lm": True, "learn": True, **stored}
    if options.fields is not None:
        unknown = [name for name in options.fields if name not in TEXT_FIELDS]
        if unknown or not options.fields:
            raise UsageProblem(
                f"There is no text field {', '.join(unknown) or ''!r}.",
                hint=f"Choose from: {', '.join(TEXT_FIELDS)}.",
            )
        settings["fields"] = list(options.fields)
    if options.lm is not None:
        settings["lm"] = options.lm
    if options.learn is not None:
        settings["learn"] = options.learn
    if options.model is not None:
        settings.update(lm=True, asked=options.model)
        settings.pop("model", None)
    if options.graph is not None:
        asked = {k: v for k, v in options.graph.items() if v is not None}
        settings["graph"] = {**settings["graph"], **asked}
    if settings != stored and options.model is None:  # a model is stored once it could be loaded
        meta.put_settings(connection, settings)
    return settings


def _variant_groups(run: Build) -> None:
    """Bring the groups of colours and sizes (:mod:`matching.variants`) up to date: no events."""
    settings, version = {"rules": VARIANT_RULES}, run.versions["catalog"]
    if artifacts.recorded(run.connection, "variants", "variants") == (settings, version):
        run.stages.append(Stage("variants", "variants", "fresh"))
        return
    done = run.progress.stage("colours and sizes")
    begun = time.perf_counter()
    products = (Product(*row) for row in run.connection.execute(_LISTED).fetchall())
    groups = variants(products)
    seconds = time.perf_counter() - begun
    writing.replace_variants(
        run.connection, groups, settings=settings, data_version=version, seconds=seconds
    )
    run.stages.append(Stage("variants", "variants", "built", len(groups), seconds))
    done(1)


def _tables(run: Build) -> None:
    """One neighbour table per method that has what it needs."""
    parts = parts_of(run)
    stale: list[str] = []
    for name in content_first(parts):
        settings, version, why = parts[name]
        if why:
            leave_out(run, name, "neighbors", why)
        elif fresh(run, name, "neighbors", settings, version):
            run.stages.append(Stage(name, "neighbors", "fresh"))
        else:
            stale.append(name)
    if any(method(name).reaches_new for name in stale):
        for name in parts:
            if method(name).content_based and not parts[name][2] and name not in stale:
                run.tables[name] = load_neighbors(run.connection, name, run.shop.item_ids)
    for names in together({name: parts[name][0]["learned"] for name in stale}):
        if len(names) > 1:
            _sweep(run, names, parts)
        else:
            _build_table(run, names[0], *parts[names[0]][:2])


def _sweep(run: Build, names: list[str], parts: Parts) -> None:
    """The measures over the item graph together: its pairs are found once for all of them."""
    done = run.progress.stage(f"neighbours: {', '.join(names)}")
    begun = time.perf_counter()
    made = sweep(names, run.data, parts[names[0]][0])
    share = (time.perf_counter() - begun) / len(names)
    for name in names:
        own, version, _ = parts[name]
        run.progress.stage(f"storing: {name}")
        store(run, name, "neighbors", made[name], own, version, time.perf_counter() - share)
        run.tables[name] = made[name]
    done(1)


def _build_table(run: Build, name: str, settings: dict[str, Any], version: str) -> None:
    done = run.progress.stage(f"neighbours: {name}")
    begun = time.perf_counter()
    table = run.ready.get((name, spelled(settings["learned"])))
    if table is None:
        table = method(name).build(run.data_with_words(), settings)
    store(run, name, "neighbors", table, settings, version, begun)
    run.tables[name] = table
    done(1)


def _user_tables(run: Build) -> None:
    """People alike, by the same measures over what they bought."""
    from prodsim_cli.similarity._graph import user_neighbors

    version = run.versions["events"]
    why = "" if (run.data.events.user >= 0).any() else "no event has a customer"
    compared = [one for one in methods() if one.traits.users_rank]
    for name in [m.name for m in sorted(compared, key=lambda m: m.traits.users_rank)]:
        settings = {**graph_settings(run, name), "k": K}
        settings.pop("by", None)
        if why:
            leave_out(run, name, "user_neighbors", why)
        elif fresh(run, name, "user_neighbors", settings, version):
            run.stages.append(Stage(name, "user_neighbors", "fresh"))
        else:
            done = run.progress.stage(f"people alike: {name}")
            begun = time.perf_counter()
            own = {key: settings[key] for key in GRAPH_SETTINGS if key in settings}
            table = user_neighbors(run.data, name, k=K, **own)
            store(run, name, "user_neighbors", table, settings, version, begun)
            done(1)


def _blend(run: Build) -> None:
    """``hybrid`` over the tables that exist; stale as soon as one of them is new."""
    found = parts_of(run)
    parts = {name: s for name, (s, _, why) in found.items() if not why}
    if not parts:
        why = "no texts, and no customer with two products"
        leave_out(run, "hybrid", "neighbors", why)
        return
    # a network may be older than the events that the other tables are made of
    version = joint_version(
        {name: found[name] for name in parts if method(name).needs != "network"}
    )
    weights = {k: dict(v) for k, v in run.blend.similar.items()} if run.blend else None
    scales = dict(run.blend.scales) if run.blend else None
    settings = {
        "k": K,
        "parts": sorted(parts),
        "part_settings": parts,
        "weights": weights,
        "scales": scales,  # with these, what each part gives to a score can be read off the tables
    }
    if fresh(run, "hybrid", "neighbors", settings, version):
        run.stages.append(Stage("hybrid", "neighbors", "fresh"))
        return
    done = run.progress.stage("neighbours: hybrid")
    data = run.data
    for name in parts:
        table = run.tables.get(name)
        if table is None:
            table = load_neighbors(run.connection, name, run.shop.item_ids)
        data = data.with_neighbors(name, table)
    begun = time.perf_counter()
    table = method("hybrid").build(data, {"k": K, "blend": run.blend})
    store(run, "hybrid", "neighbors", table, settings, version, begun)
    done(1)


def _other_direction(run: Build) -> None:
    """What ``recommend`` and ``hybrid`` read is stored in the other direction, too."""
    blend = run.blend or Blend()
    people = [name + FOR_PEOPLE for name in weighted(blend.recommend)]
    built = artifacts.Built(run.connection).names("neighbors")
    wanted = {name if name in built else name.removesuffix(FOR_PEOPLE) for name in people}
    for name in sorted({artifacts.BLEND, *wanted, *weighted(blend.similar)} & {*built}):
        if not neighbors.turned(run.connection, name):
            table = load_neighbors(run.connection, name, run.shop.item_ids)
            writing.replace_speaking(run.connection, name, table, run.shop.item_ids)
