"""Encode the texts that have no current vector, each distinct text once, resumable. First floor."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodsim_cli import embedders
from prodsim_cli.progress import Progress
from prodsim_cli.store import artifacts, writing
from prodsim_cli.store import vectors as space
from prodsim_cli.store.connection import transaction
from prodsim_cli.store.loading import UNFINISHED, Shop

BATCH = 64


def text_hash(text: str) -> str:
    """Identity of an encoded text, stored beside its vector."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


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
    texts = shop.dataset.texts()
    hashes = [text_hash(text) if text.strip() else "" for text in texts]
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
    """Note whose vectors are being written; those of another identity are thrown away."""
    found = artifacts.recorded(connection, model, "space")
    same = found is not None and _without_fields(found[0]) == _without_fields(identity)
    with transaction(connection):
        if not same:
            space.forget_space(connection, model)
        writing.put_artifact(
            connection, model, "space", settings=identity, data_version=UNFINISHED, seconds=0.0
        )


def _without_fields(settings: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key != "fields"}


def _missing(
    connection: sqlite3.Connection, shop: Shop, model: str, hashes: list[str]
) -> list[int]:
    """Positions of items whose stored vector is not that of their text."""
    stored = space.stored_hashes(connection, model)
    ids = shop.item_ids.tolist()
    return [i for i, digest in enumerate(hashes) if digest and stored.get(ids[i]) != digest]


def _reuse(connection: sqlite3.Connection, shop: Shop, model: str, hashes: list[str]) -> int:
    """Give a product whose text another product already has that vector, without encoding.

    A product that has lost its text loses its vector.
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
    texts = shop.dataset.texts()
    missing = set(_missing(connection, shop, model, hashes))
    wanted = {hashes[i] for i in missing}
    done = progress.stage(f"encoding with {model}", len(wanted), "texts")
    items_of: dict[str, list[int]] = {}
    for i in sorted(missing):
        items_of.setdefault(hashes[i], []).append(i)
    for batch in embedders.batches(texts, BATCH):
        chosen = [i for i in batch if hashes[i] in wanted]
        if not chosen:
            continue
        encoded = embedder.encode([texts[i] for i in chosen])
        _store_batch(connection, shop, model, chosen, encoded, hashes, items_of)
        done(len(chosen))
    return len(missing)


def _store_batch(
    connection: sqlite3.Connection,
    shop: Shop,
    model: str,
    chosen: list[int],
    encoded: NDArray[np.float32],
    hashes: list[str],
    items_of: dict[str, list[int]],
) -> None:
    """Write the vectors of one batch, once for each item that has the text."""
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
