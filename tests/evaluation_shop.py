"""The two aisles as a database, and plug-ins of other people, for tests of ``prodsim eval``."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
from click.testing import CliRunner, Result
from evaluation_worlds import two_aisles
from shop_rows import put_pairs

from prodsim_cli.cli import cli
from prodsim_cli.store import meta
from prodsim_cli.store.connection import open_for_writing, transaction

AT = "1970-03-01"
SKUS = tuple(f"{aisle}{n}" for aisle in "ab" for n in range(6))


def write_aisles(path: Path) -> str:
    """Two aisles, a title and a category for each product, no table built."""
    events = two_aisles()
    people = sorted({event[0] for event in events})
    with closing(open_for_writing(path)) as connection, transaction(connection):
        connection.executemany(
            "insert into items (id, sku, source, title, category, sku_key)"
            " values (?, ?, '', ?, ?, ?)",
            [
                (n, sku, f"aisle {sku[0]} product {sku}", f"aisle {sku[0]}", sku)
                for n, sku in enumerate(SKUS, 1)
            ],
        )
        connection.executemany(
            "insert into users (id, key) values (?, ?)", list(enumerate(people, 1))
        )
        connection.executemany(
            "insert into events (user_id, item_id, type, at)"
            " values (?, ?, ?, datetime(?, 'unixepoch'))",
            [
                (people.index(user) + 1, SKUS.index(item) + 1, kind, at)
                for user, item, kind, at in events
            ],
        )
    return str(path)


def run_eval(database: str, *words: str, **extra: Any) -> Result:
    return CliRunner().invoke(cli, ["--db", database, "eval", *words], **extra)


def put_artifact(connection: Any, name: str, kind: str, version: str) -> None:
    connection.execute(
        "insert into artifacts (name, kind, settings, data_version, created_at, seconds)"
        " values (?, ?, '{}', ?, '', 0)",
        (name, kind, version),
    )


def put_table(database: str, name: str, version: str, pairs: Sequence[tuple[str, str]]) -> None:
    """A neighbour table of one's own: for each first SKU the second one, made of ``version``."""
    with closing(open_for_writing(database)) as connection, transaction(connection):
        put_artifact(connection, name, "neighbors", version)
        rows = [(SKUS.index(a) + 1, SKUS.index(b) + 1, 1.0) for a, b in pairs]
        put_pairs(connection, "neighbors", name, rows)


def put_space(database: str, name: str, version: str, vectors: np.ndarray) -> None:
    """Vectors (12, d) of one's own, which the shop is told to use."""
    with closing(open_for_writing(database)) as connection, transaction(connection):
        put_artifact(connection, name, "space", version)
        connection.executemany(
            "insert into vectors (space, entity_id, vector, content_hash) values (?, ?, ?, '')",
            [(name, n, row.astype("<f4").tobytes()) for n, row in enumerate(vectors, 1)],
        )
        meta.put_settings(connection, {**meta.settings(connection), "model": name})


def install(folder: Path, name: str, code: str, family: str = "similarity") -> Path:
    """A package with an entry point, as pip leaves it behind; ``folder`` belongs on the path."""
    (folder / f"{name}_plug_in.py").write_text(dedent(code))
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[prodsim.{family}]\n{name} = {name}_plug_in\n")
    return folder
