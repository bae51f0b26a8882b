"""Encode the texts that have no current vector, each distinct text once; resumable."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from dataclasses import replace
from typing import Any

from prodsim_cli import embedders
from prodsim_cli.builds.stages import Stage
from prodsim_cli.builds.state import Build, fresh
from prodsim_cli.gnn import KINDS
from prodsim_cli.progress import Progress
from prodsim_cli.store import artifacts, meta, writing
from prodsim_cli.store import vectors as space
from prodsim_cli.store.connection import transaction
from prodsim_cli.store.loading import UNFINISHED, Shop, load_space

BATCH = 64


def text_vectors(run: Build) -> None:
    """The space of the language model; other spaces are removed when the model changes."""
    if not run.settings["lm"]:
        run.stages.append(Stage("text", "space", "left out", reason="--no-lm"))
        return
    _choose_model(run)
    model = run.settings["model"]
    if not any(run.data.texts()):
        meta.put_settings(run.connection, run.settings)
        run.stages.append(Stage(model, "space", "left out", reason="no product has a text"))
        return
    version = run.versions["catalog"]
    wanted = {"model": model, "fields": run.settings["fields"]}
    if fresh(run, model, "space", wanted, version):
        meta.put_settings(run.connection, run.settings)
        run.stages.append(Stage(model, "space", "fresh"))
        return
    begun = time.perf_counter()
    run.progress.stage(f"loading {model}")
    embedder = embedders.load(model)
    meta.put_settings(run.connection, run.settings)  # a name that can't be loaded must not stay
    rows = encode_missing(run.connection, run.shop, model, embedder, wanted, version, run.progress)
    run.stages.append(Stage(model, "space", "built", rows, time.perf_counter() - begun))
    vectors = load_space(run.connection, model, run.shop.item_ids)
    networks = {name: old for name, old in run.data.embeddings.items() if name in KINDS}
    spaces = {**networks, model: vectors}
    run.shop = replace(run.shop, dataset=replace(run.data, embeddings=spaces))
    for name in artifacts.Built(run.connection).names("space"):
        if name not in (model, *KINDS):
            writing.drop_artifact(run.connection, name, "space")
            reason = f"the model is {model} now"
            run.stages.append(Stage(name, "space", "removed", reason=reason))


def _choose_model(run: Build) -> None:
    """Fill ``settings['model']``: the name asked for, or the choice by the titles' language.

    The choice stays until ``--model`` is given; what ``auto`` would say today is kept beside it, so
    that ``status`` can tell when the texts have changed.
    """
    settings = run.settings
    catalog = meta.version(run.connection, "catalog_version")
    asked = settings.get("asked") or "auto"
    if settings.get("auto", {}).get("catalog_version") != catalog:
        from prodsim_cli.text.language import choose_model

        choice = choose_model([title for title in run.data.columns["title"] if title])
        settings["auto"] = {
            "model": choice.model,
            "reason": choice.reason,
            "catalog_version": catalog,
        }
    if "model" not in settings:
        auto = asked == "auto"
        settings["model"] = settings["auto"]["model"] if auto else asked
        settings["model_reason"] = settings["auto"]["reason"] if auto else "chosen with --model"
        run.progress.say(f"Language model: {settings['model']} ({settings['model_reason']}).")


def encode_missing(
    connection: sqlite3.Connection,
    shop: Shop,
    model: str,
    embedder: embedders.Embedder,
    wanted: dict[str, Any],
    version: str,
    progress: Progress,
) -> int:
    """Bring the space ``model`` up to date; the number of vectors written.

    Batches are cut by a fixed order over *all* distinct texts of the shop and each is stored as it
    comes, so a run that was stopped and resumed encodes the same batches as one that was not.
    """
    begun = time.perf_counter()
    identity = {
        **wanted,
        "revision": embedder.revision,
        "dimension": embedder.dimension,
        "weights": embedder.weights_hash,
        "precision": embedder.precision,
    }
    _begin(connection, model, identity)
    hashes = [
        hashlib.sha256(text.encode()).hexdigest()[:32] if text.strip() else ""
        for text in shop.dataset.texts()
    ]
    written = _reuse(connection, shop, model, hashes)
    written += _encode(connection, shop, model, embedder, hashes, progress)
    with transaction(connection):
        space.forget_gone(connection, model)
        writing.put_artifact(
            connection,
            model,
            "space",
            settings=identity,
            data_version=version,
            seconds=time.perf_counter() - begun,
        )
    return written


def _begin(connection: sqlite3.Connection, model: str, identity: dict[str, Any]) -> None:
    """Note whose vectors are being written; those of another identity are deleted."""
    found = artifacts.recorded(connection, model, "space")
    with transaction(connection):
        if found is None or {**found[0], "fields": 0} != {**identity, "fields": 0}:
            space.forget_space(connection, model)
        writing.put_artifact(
            connection, model, "space", settings=identity, data_version=UNFINISHED, seconds=0.0
        )


def _missing(
    connection: sqlite3.Connection, shop: Shop, model: str, hashes: list[str]
) -> list[int]:
    """Positions of items whose stored vector is not that of their text."""
    stored = space.stored_hashes(connection, model)
    ids = shop.item_ids.tolist()
    return [i for i, digest in enumerate(hashes) if digest and stored.get(ids[i]) != digest]


def _reuse(connection: sqlite3.Connection, shop: Shop, model: str, hashes: list[str]) -> int:
    """Copy the vector to items whose text another item has; the number of copies.

    An item that has lost its text loses its vector.
    """
    ids = shop.item_ids.tolist()
    with transaction(connection):
        space.forget(connection, model, (ids[i] for i, digest in enumerate(hashes) if not digest))
        owner = {h: entity for entity, h in space.stored_hashes(connection, model).items()}
        again = [i for i in _missing(connection, shop, model, hashes) if hashes[i] in owner]
        space.copy_vectors(connection, model, [(ids[i], owner[hashes[i]]) for i in again])
    return len(again)


def _encode(
    connection: sqlite3.Connection,
    shop: Shop,
    model: str,
    embedder: embedders.Embedder,
    hashes: list[str],
    progress: Progress,
) -> int:
    """Encode each missing text and store its vector for every item that has it; vectors written."""
    texts = shop.dataset.texts()
    missing = _missing(connection, shop, model, hashes)
    items_of: dict[str, list[int]] = {}
    for i in missing:
        items_of.setdefault(hashes[i], []).append(i)
    done = progress.stage(f"encoding with {model}", len(items_of), "texts")
    for batch in embedders.batches(texts, BATCH):
        chosen = [i for i in batch if hashes[i] in items_of]
        if not chosen:
            continue
        encoded = embedder.encode([texts[i] for i in chosen])
        rows = [(item, row) for row, i in enumerate(chosen) for item in items_of[hashes[i]]]
        items = [item for item, _ in rows]
        with transaction(connection):
            space.put_vectors(
                connection,
                model,
                shop.item_ids[items].tolist(),
                encoded[[row for _, row in rows]],
                [hashes[item] for item in items],
            )
        done(len(chosen))
    return len(missing)
