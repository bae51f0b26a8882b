"""A toy shop of two aisles: people of one aisle never buy from the other, and titles say which."""

from __future__ import annotations

import numpy as np
import pytest
from similarity_worlds import letters
from similarity_worlds import shop as make_shop

from prodsim_cli.data.dataset import Dataset

AISLE = 12
"""Products of an aisle; 0..11 are of tea, 12..23 of screws. The last of each has no events."""


def two_aisles(seed: int = 0, users: int = 60, timed: bool = True) -> Dataset:
    draw = np.random.default_rng(seed)
    titles = [f"tea {chr(97 + i)}" for i in range(AISLE)]
    titles += [f"bolt {chr(97 + i)}" for i in range(AISLE)]
    rows = []
    for user in range(users):
        chosen = draw.permutation(AISLE - 1)[:6] + AISLE * (user % 2)
        for place, item in enumerate(chosen):
            row = {"user": user, "item": int(item), "order": user * 6 + place // 2}
            rows.append({**row, "at": place * 10.0 + user % 10} if timed else row)
    rows.sort(key=lambda row: row.get("at", 0.0))
    return make_shop(titles, rows, letters(titles), users)


@pytest.fixture(scope="session")
def aisles() -> Dataset:
    return two_aisles()
