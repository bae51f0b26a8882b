"""``build`` counts companions: what chance says of two products being bought together.

A basket is an order; in a shop without order numbers it is what one person bought on one day. In
every basket each product meets all others once. ``companions`` of a product is how many products
it has met (``item_scores``), and their sum over all products is kept with the artifact: two
products that do not care about each other meet ``companions * companions / sum`` times. This is the
chance of pointwise mutual information (Church & Hanks 1990), counted over pairs, so that neither a
popular product nor one of large orders is the companion of all.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.builds.parts import Build
from prodsim_cli.builds.reports import Stage
from prodsim_cli.data.events import NO_TIME, TYPE_CODE, EventLog
from prodsim_cli.store import artifacts, writing

KIND = "item_scores"
NAME = "companions"
ORDERS, DAYS = "orders", "days"
_DAY = 24 * 60 * 60


def companions(run: Build) -> None:
    """Bring the counts up to date; they are not there where no basket holds two products."""
    version = run.versions["events"]
    found = artifacts.recorded(run.connection, NAME, KIND)
    if found is not None and found[1] == version:
        run.stages.append(Stage(NAME, KIND, "fresh"))
        return
    begun = time.perf_counter()
    by, basket, item = baskets(run.data.events)
    met, number = meetings(basket, item, len(run.data))
    if not met.any():
        if found is not None:
            writing.drop_artifact(run.connection, NAME, KIND)
            run.stages.append(Stage(NAME, KIND, "removed", reason=f"{by} hold one product each"))
        return
    seconds = time.perf_counter() - begun
    rows = writing.replace_scores(
        run.connection,
        NAME,
        met,
        run.shop.item_ids,
        settings={"by": by, "baskets": number, "sum": float(met.sum())},
        data_version=version,
        seconds=seconds,
    )
    run.stages.append(Stage(NAME, KIND, "built", rows, seconds))


def baskets(log: EventLog) -> tuple[str, NDArray[np.int64], NDArray[np.int32]]:
    """What a basket is here, and of each purchase in one its basket (m,) and its product (m,)."""
    bought = log.type == TYPE_CODE["purchase"]
    ordered = bought & (log.order >= 0)
    if ordered.any():
        return ORDERS, log.order[ordered].astype(np.int64), log.item[ordered]
    dated = bought & (log.user >= 0) & (log.at != NO_TIME)
    day = np.floor_divide(log.at[dated], _DAY)
    _, number = np.unique(np.stack([log.user[dated], day]), axis=1, return_inverse=True)
    return DAYS, number.reshape(-1).astype(np.int64), log.item[dated]


def meetings(
    basket: NDArray[np.int64], item: NDArray[np.int32], items: int
) -> tuple[NDArray[np.float64], int]:
    """(n,) how many products each has met in all baskets, and how many baskets there are."""
    pairs = np.unique(np.stack([basket, item.astype(np.int64)]), axis=1)
    found, row, size = np.unique(pairs[0], return_inverse=True, return_counts=True)
    others = (size - 1.0)[row.reshape(-1)]
    met: NDArray[np.float64] = np.bincount(pairs[1], others, minlength=items).astype(np.float64)
    return met, len(found)
