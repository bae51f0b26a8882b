"""The shop of ``recommend`` with a language model and a network, for what reads whole tables."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
from recommend_shop import write_files

from prodsim_cli import builds
from prodsim_cli.builds import BuildOptions
from prodsim_cli.data.embeddings import normalized
from prodsim_cli.store import meta, writing
from prodsim_cli.store import vectors as space
from prodsim_cli.store.connection import open_for_writing, transaction
from prodsim_cli.store.loading import load_shop

SIZE = 8


def write_sheets_shop(folder: Path) -> str:
    """Built with hashed n-grams for a language model, and with vectors as a network leaves them.

    The last user has no event; the vectors of the network are drawn, the first two people have the
    same one and the last one has none.
    """
    path = str(folder / "shop.db")
    builds.ingest(path, [str(write_files(folder / "files", people=90))])
    with closing(open_for_writing(path)) as connection, transaction(connection):
        connection.execute("insert into users (key) values ('zoe')")
        connection.execute(
            "update items set in_stock = 0 where sku like 'LAMPS%' and sku > 'LAMPS5'"
        )
    builds.build(path, BuildOptions(model="hashing", learn=False))
    with closing(open_for_writing(path)) as connection, transaction(connection):
        shop = load_shop(connection)
        random = np.random.default_rng(4)
        for name, ids in (("lightgcn", shop.item_ids), ("lightgcn.users", shop.user_ids[:-1])):
            drawn = normalized(random.normal(size=(len(ids), SIZE)).astype(np.float32))
            drawn[1] = drawn[0]
            space.put_vectors(connection, name, ids.tolist(), drawn, [""] * len(ids))
    version = " "
    with closing(open_for_writing(path)) as connection:
        version = " ".join(meta.data_version(connection, part) for part in ("catalog", "events"))
        writing.put_artifact(
            connection, "lightgcn", "space", settings={}, data_version=version, seconds=0.0
        )
    return path
