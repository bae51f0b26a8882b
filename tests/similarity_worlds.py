"""Small shops as datasets, for the tests of similarity, interactions and fusion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.embeddings import EmbeddingMatrix, normalized
from prodsim_cli.data.events import NO_TIME, TYPE_CODE, EventLog
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.data.vocabulary import Vocabulary
from prodsim_cli.records.values import DEFAULT_WEIGHTS

DAY = 86_400


def log(rows: Sequence[dict[str, Any]]) -> EventLog:
    """Events from dicts, ``at`` in days. Default: one unit bought, without order or time."""

    def column(name: str, default: float, kind: type) -> np.ndarray:
        return np.array([row.get(name, default) for row in rows], kind)

    at = [int(row["at"] * DAY) if "at" in row else NO_TIME for row in rows]
    return EventLog(
        user=column("user", -1, np.int32),
        item=column("item", 0, np.int32),
        type=np.array([TYPE_CODE[row.get("type", "purchase")] for row in rows], np.int8),
        quantity=column("quantity", 1, np.float32),
        value=column("value", np.nan, np.float32),
        weight=column("weight", np.nan, np.float32),
        order=column("order", -1, np.int32),
        at=np.array(at, np.int64),
        position=column("position", 0, np.int64),
    )


def shop(
    titles: Sequence[str | None],
    rows: Sequence[dict[str, Any]] = (),
    vectors: np.ndarray | None = None,
    users: int = 0,
) -> Dataset:
    """A dataset with one title per item, and one space ``letters`` if vectors are given.

    ``users``: how many there are at least, whatever the events say.
    """
    events = log(rows)
    n_users = max(users, int(events.user.max(initial=-1)) + 1)
    spaces = {} if vectors is None else {"letters": EmbeddingMatrix(normalized(vectors), "letters")}
    return Dataset(
        items=Vocabulary(range(len(titles))),
        columns={"title": list(titles)},
        users=Vocabulary(range(n_users)),
        events=events,
        weights=DEFAULT_WEIGHTS,
        fields=("title",),
        embeddings=spaces,
    )


def letters(titles: Sequence[str | None]) -> np.ndarray:
    """(n, 26) float32: how often each letter stands in a title. An embedder without a network."""
    out = np.zeros((len(titles), 26), np.float32)
    for row, title in enumerate(titles):
        for sign in (title or "").lower():
            if "a" <= sign <= "z":
                out[row, ord(sign) - 97] += 1
    return out


def random_shop(seed: int, n: int = 40, users: int = 25, events: int = 300) -> Dataset:
    """Texts with repeats and gaps, events of several types with returns, all drawn by a seed."""
    draw = np.random.default_rng(seed)
    words = ["mug", "red", "blue", "lamp", "DVD-R16", "box", "tin", "茶壶", "红茶杯"]
    titles = [
        " ".join(draw.choice(words, draw.integers(0, 4))) if row % 7 else "" for row in range(n)
    ]
    kinds = ["purchase", "purchase", "purchase", "view", "cart", "rating", "return"]
    rows = [
        {
            "user": int(draw.integers(-1, users)),
            "item": int(draw.integers(0, n - 3)),  # the last three have no events
            "type": str(draw.choice(kinds)),
            "quantity": int(draw.integers(1, 4)),
            "value": float(draw.integers(1, 6)),
            "order": int(draw.integers(-1, 60)),
            "at": float(draw.integers(0, 200)),
        }
        for _ in range(events)
    ]
    return shop(titles, rows, letters(titles))


def check(table: NeighborTable) -> None:
    """Raise ``ValueError`` where a promise of :class:`NeighborTable` is broken."""
    valid = table.positions >= 0
    if (np.diff(valid.astype(np.int8), axis=1) > 0).any():
        raise ValueError("-1 must stand at the end of a row")
    if (table.positions == table.rows[:, None]).any():
        raise ValueError("an item is its own neighbour")
    both = valid[:, 1:]
    step = np.diff(table.scores, axis=1)
    if (step[both] > 0).any():
        raise ValueError("scores must descend")
    ties = both & (step == 0)
    if (np.diff(table.positions, axis=1)[ties] <= 0).any():
        raise ValueError("equal scores must stand in order of position")
    if not np.isfinite(table.scores).all() or (table.scores[~valid] != 0).any():
        raise ValueError("scores must be finite, and 0 where there is no neighbour")
