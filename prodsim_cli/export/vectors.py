"""The vectors of a space: of products (a language model, a network) or of people (a network)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from prodsim_cli.builds.networks import USERS
from prodsim_cli.data.knn import blocks
from prodsim_cli.errors import NotReady, UsageProblem
from prodsim_cli.export.table import BLOCK, Names, Table, people, products
from prodsim_cli.progress import stage
from prodsim_cli.registry import declared
from prodsim_cli.store import artifacts, meta
from prodsim_cli.store.loading import UNFINISHED, spaces

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress


def table(
    connection: sqlite3.Connection, space: str | None = None, progress: Progress | None = None
) -> Table:
    """``sku vector`` of every listed product that has one; ``user vector`` of ``NAME.users``.

    ``space`` None: the language model's, else the first one. Rows of unit length, float32. Raises
    NotReady where no space is stored or this one is not finished, UsageProblem for another name.
    """
    chosen, notes = _choose(connection, space)
    who = "user" if chosen.endswith(USERS) else "sku"
    names = people(connection) if who == "user" else products(connection)
    lengths = "select length(vector) from vectors where space = ? limit 1"
    found = connection.execute(lengths, (chosen,)).fetchone()
    size = found[0] // 4 if found else 0
    columns = {who: pl.String, "vector": pl.Array(pl.Float32, size)}
    what = "users" if who == "user" else "products"
    about = {"space": chosen, "dimension": size, what: len(names)}
    made = _frames(connection, chosen, (who, size), names, progress)
    return Table(columns, made, about, notes)


def _choose(connection: sqlite3.Connection, space: str | None) -> tuple[str, list[str]]:
    whole = spaces(connection)
    choices = [*whole, *(name + USERS for name in whole if declared(name).needs == "network")]
    if space is None:
        model = meta.settings(connection).get("model")
        space = model if model in whole else next(iter(whole), None)
    if space is None:
        raise NotReady("No vectors are stored.", hint="Run `prodsim build`.")
    own = space.removesuffix(USERS)
    found = artifacts.recorded(connection, own, "space")
    if found is not None and found[1] == UNFINISHED:
        raise NotReady(f"The vectors of {own} are not finished.", hint="Run `prodsim build`.")
    if space not in choices:
        if declared(own).needs == "network":
            raise NotReady(
                f"No network {own} was trained.", hint=f"Run `prodsim train --networks {own}`."
            )
        raise UsageProblem(
            f"There is no space {space!r}.",
            hint=f"Choose one of: {', '.join(choices)}." if choices else "Run `prodsim build`.",
        )
    built = artifacts.Built(connection)
    why = built.why_stale(own, "space")
    notes = [f"The vectors of {own} are out of date ({why}); run `{built.remedy(own)}`."]
    return space, notes if why else []


def _frames(
    connection: sqlite3.Connection,
    space: str,
    shape: tuple[str, int],
    names: Names,
    progress: Progress | None,
) -> Iterator[pl.DataFrame]:
    who, size = shape
    done = stage(progress, f"vectors of {space}", len(names), "vectors")
    for some in blocks(len(names), BLOCK):
        rows = connection.execute(
            """select entity_id, vector from vectors
               where space = ? and entity_id in (select value from json_each(?))""",
            (space, json.dumps(names.ids[some].tolist())),
        ).fetchall()
        places = names.places([row[0] for row in rows])
        order = np.argsort(places)
        values = np.frombuffer(b"".join(row[1] for row in rows), "<f4").reshape(len(rows), size)
        vectors = pl.Series(values[order], dtype=pl.Array(pl.Float32, size))
        yield pl.DataFrame({who: names.of(places[order]), "vector": vectors})
        done(some.stop - some.start)
