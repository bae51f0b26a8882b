"""People alike scored just now: by what their products say, by a network, or beyond a stored row.

Exact, over all people. numpy is imported inside the functions, torch never.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from prodsim_cli.store import artifacts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from prodsim_cli.data.knn import Best

USERS = ".users"
"""Ends the name of the space that holds the people of a network."""

Found = dict[int, list[tuple[int, float]]]
"""User id asked about -> (user id, score), best first."""


def by_measure(
    connection: sqlite3.Connection, measure: str, user_ids: Sequence[int], k: int
) -> Found:
    """The row of a stored table, as long as is asked for, with the settings of that table."""
    import numpy as np

    from prodsim_cli import registry
    from prodsim_cli.similarity._graph import Settings, matrices, tables
    from prodsim_cli.store.loading import load_shop

    shop = load_shop(connection)
    recorded = artifacts.recorded(connection, measure, "user_neighbors")
    stored: dict[str, Any] = recorded[0] if recorded else {}
    names = ("shrinkage", "min_support", "half_life")
    settings = Settings(**{name: stored[name] for name in names if name in stored})
    way = registry.load("similarity", measure).MEASURE
    rows = _positions(shop.user_ids, user_ids)
    k = min(k, max(len(shop.user_ids) - 1, 1))
    made = tables(matrices(shop.dataset, settings, [way.counts], "users"), [way], settings,
                  rows, None, k)[0]  # fmt: skip
    return _named(user_ids, shop.user_ids, (np.asarray(made.positions), np.asarray(made.scores)))


def by_text(connection: sqlite3.Connection, space: str, user_ids: Sequence[int], k: int) -> Found:
    """Cosine of what people's products say: a person is the mean of the vectors of a language model
    over their products, each by the weight of its strongest event (a purchase counts more than a
    view, docs/users.md)."""
    import numpy as np

    from prodsim_cli.data.embeddings import normalized
    from prodsim_cli.store.loading import load_shop

    shop = load_shop(connection)
    data = shop.dataset
    bought = data.interactions()
    people = np.asarray(bought @ data.embedding(space).vectors, np.float32)
    return _nearest(normalized(people), shop.user_ids, user_ids, k)


def by_network(
    connection: sqlite3.Connection, network: str, user_ids: Sequence[int], k: int
) -> Found:
    """Cosine of the vectors that a network has learned for people."""
    import numpy as np

    from prodsim_cli.data.embeddings import normalized
    from prodsim_cli.store.loading import load_space

    rows = connection.execute("select id from users order by key")
    everybody = np.array([row[0] for row in rows], np.int64)
    vectors = load_space(connection, network + USERS, everybody).vectors
    return _nearest(normalized(vectors), everybody, user_ids, k)


def _nearest(
    vectors: NDArray[np.float32], everybody: NDArray[np.int64], user_ids: Sequence[int], k: int
) -> Found:
    """The k people whose vectors have the largest cosine with those asked about; itself left out.

    People with the same vector have a likeness of 1.
    """
    from prodsim_cli.similarity._texts import cosine_of_groups, groups_of_rows

    group, distinct = groups_of_rows(vectors)
    rows = _positions(everybody, user_ids)
    k = min(k, max(len(everybody) - 1, 1))
    made = cosine_of_groups(group, distinct, rows, None, k)
    return _named(user_ids, everybody, (made.positions, made.scores))


def _positions(everybody: NDArray[np.int64], user_ids: Sequence[int]) -> NDArray[np.int32]:
    """The place of each person in order of keys."""
    import numpy as np

    order = np.argsort(everybody)
    found = order[np.searchsorted(everybody[order], np.asarray(user_ids, np.int64))]
    return found.astype(np.int32)


def _named(user_ids: Sequence[int], everybody: NDArray[np.int64], made: Best) -> Found:
    """Rows of positions as rows of user ids."""
    positions, scores = made
    return {
        user: [
            (int(everybody[at]), float(score))
            for at, score in zip(row, values, strict=True)
            if at >= 0
        ]
        for user, row, values in zip(user_ids, positions.tolist(), scores.tolist(), strict=True)
    }
