"""``build`` counts companions: what chance says of two products being bought together.

A basket is an order; in a shop without order numbers it is what one person bought on one day. In
every basket each product meets all others once. ``companions`` of a product is how many products
it has met (``item_scores``), and their sum over all products is kept with the artifact: two
products that do not care about each other meet ``companions * companions / sum`` times. This is the
chance of pointwise mutual information (Church & Hanks 1990), counted over pairs, so that neither a
popular product nor one of large orders is the companion of all.

Where people collect (bags of every design), products of a kind meet more often than by chance and
stand in for each other all the same. ``alike`` is how many times more often two products meet whose
words are the same, the median over the pairs of words that are neighbours by ``lexical``, at least
a third of their words in common, of ``(meetings / chance) ** (1 / share of common words)``. On UCI
Online Retail the logarithm of the ratio grows evenly with that share: 1.5 times at less than .3,
2.4 at .4, 3.9 at .6, 10.9 at .8.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.builds.stages import Stage
from prodsim_cli.builds.state import Build
from prodsim_cli.data.events import NO_TIME, TYPE_CODE, EventLog
from prodsim_cli.data.knn import blocks
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.matching.title_parts import words_of
from prodsim_cli.store import artifacts, writing
from prodsim_cli.store.loading import load_neighbors

KIND = "item_scores"
NAME = "companions"
ORDERS, DAYS = "orders", "days"
_DAY = 24 * 60 * 60

NEAREST = 10  # neighbours by ``lexical`` of a product whose meetings tell how alike products meet
SHARE = 1 / 3  # common words of a pair that counts there, at least
_BLOCK = 50_000


def companions(run: Build) -> None:
    """Bring the counts up to date; they are not there where no basket holds two products."""
    version = f"{run.versions['catalog']} {run.versions['events']}"
    found = artifacts.recorded(run.connection, NAME, KIND)
    if found is not None and found[1] == version:
        run.stages.append(Stage(NAME, KIND, "fresh"))
        return
    begun = time.perf_counter()
    by, basket, item = baskets(run.data.events)
    holds = incidence(basket, item, len(run.data))
    met = meetings(holds)
    if not met.any():
        if found is not None:
            writing.drop_artifact(run.connection, NAME, KIND)
            run.stages.append(Stage(NAME, KIND, "removed", reason=f"{by} hold one product each"))
        return
    alike = ratio_of_alike(holds, met, _lexical(run), run.data.columns["title"])
    settings = {"by": by, "baskets": holds.shape[1], "sum": float(met.sum())}
    settings["alike"] = round(alike, 4)
    seconds = time.perf_counter() - begun
    rows = writing.replace_scores(
        run.connection,
        NAME,
        met,
        run.shop.item_ids,
        settings=settings,
        data_version=version,
        seconds=seconds,
    )
    run.stages.append(Stage(NAME, KIND, "built", rows, seconds))


def _lexical(run: Build) -> NeighborTable | None:
    if "lexical" in run.tables:
        return run.tables["lexical"]
    if artifacts.recorded(run.connection, "lexical", "neighbors") is None:
        return None
    return load_neighbors(run.connection, "lexical", run.shop.item_ids)


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


def incidence(basket: NDArray[np.int64], item: NDArray[np.int32], items: int) -> sp.csr_matrix:
    """(n, baskets) CSR float32, 1 where a basket holds a product, however many of it."""
    found, column = np.unique(basket, return_inverse=True)
    shape = (items, len(found))
    holds = sp.csr_matrix((np.ones(len(item), np.float32), (item, column.reshape(-1))), shape=shape)
    holds.data[:] = 1
    return holds


def meetings(holds: sp.csr_matrix) -> NDArray[np.float64]:
    """(n,) how many products each has met in all baskets."""
    others = np.asarray(holds.sum(axis=0), np.float64).ravel() - 1
    met: NDArray[np.float64] = holds @ others
    return met


def ratio_of_alike(
    holds: sp.csr_matrix,
    met: NDArray[np.float64],
    lexical: NeighborTable | None,
    titles: list[str | None],
) -> float:
    """``alike`` of the module, at least 1; ``holds`` (n, baskets), ``met`` (n,)."""
    if lexical is None:
        return 1.0
    near = lexical.positions[:, :NEAREST]
    row = np.repeat(lexical.rows, near.shape[1])
    other = near.ravel()
    row, other = row[other >= 0], other[other >= 0]
    chance = met[row] * met[other] / met.sum()
    row, other, chance = (part[chance >= 1] for part in (row, other, chance))
    words = _words(titles)
    number = np.asarray(words.sum(axis=1)).ravel()
    common = np.concatenate([*_common(words, row, other), np.zeros(0)])
    share = 2 * common / np.maximum(number[row] + number[other], 1)
    row, other, chance, share = (part[share >= SHARE] for part in (row, other, chance, share))
    if not len(row):
        return 1.0
    both = np.concatenate([*_common(holds, row, other), np.zeros(0)])
    return max(1.0, float(np.median((both / chance) ** (1 / share))))


def _words(titles: list[str | None]) -> sp.csr_matrix:
    """(n, words) CSR float32, 1 where a title has a word."""
    number: dict[str, int] = {}
    sets = [words_of(title or "") for title in titles]
    columns = [number.setdefault(word, len(number)) for words in sets for word in words]
    pointer = np.cumsum([0, *map(len, sets)])
    shape = (len(titles), max(len(number), 1))
    return sp.csr_matrix((np.ones(len(columns), np.float32), columns, pointer), shape=shape)


def _common(
    matrix: sp.csr_matrix, row: NDArray[np.int32], other: NDArray[np.int32]
) -> Iterator[NDArray[np.float64]]:
    """For blocks of pairs: how many columns both rows hold."""
    for some in blocks(len(row), _BLOCK):
        both = matrix[row[some]].multiply(matrix[other[some]])
        yield np.asarray(both.sum(axis=1), np.float64).ravel()
