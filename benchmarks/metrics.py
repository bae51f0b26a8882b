"""All metrics over ranks beside ``ranx.evaluate``, on the same lists, in one run.

    python benchmarks/metrics.py [--queries 100000] [--depth 100] [--items 50000] [-k 10 100]
                                 [--runs 5]

Makes seeded lists, and 5 to 30 right products for each, of which about half stand somewhere in the
list. Both compute every metric of ``protocol/metrics`` over ranks at every k and its mean:

- prodsim from lists (q, depth) int32 and right answers in CSR, one thread; finding the hits counts;
- ranx from what its own kernels read, lists of (depth, 2) and (right, 2) float64 arrays, all its
  threads; its compilation and the making of those arrays (of Run and Qrels) do not count.

Prints the seconds of both (best and median of the runs, taken in turn), the ratio, and the largest
difference of any figure of any query. Bar of the project: no slower than ranx, equal to 1e-9.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli import registry
from prodsim_cli.protocol.metrics._seen import Ranks, hits

warnings.filterwarnings("ignore", category=numba.NumbaWarning)
from ranx import evaluate  # noqa: E402 (it warns while it is imported)

METRICS = [
    name for name in registry.names("metrics") if registry.load("metrics", name).OVER == "ranks"
]
THEIR_NAME = {"average_precision": "map"}
MOST = 30
"""Right products of a query, at most."""
Figures = dict[str, NDArray[np.float64]]


def world(
    queries: int, items: int, depth: int, seed: int = 0
) -> tuple[NDArray[np.int32], sp.csr_matrix]:
    """Lists without repetition, and 5 to 30 right products of each, about half of them in it."""
    random = np.random.default_rng(seed)
    # a walk of one's own, that comes nowhere twice: its step shares no factor with ``items``
    steps = np.arange(1, items)
    step = random.choice(steps[np.gcd(steps, items) == 1], (queries, 1))
    walk = (random.integers(0, items, (queries, 1)) + step * np.arange(depth + MOST)) % items
    lists = random.permuted(walk[:, :depth], axis=1).astype(np.int32)
    # the right ones are a window over the end of the list and what comes after it
    inside = np.minimum(random.integers(0, MOST + 1, (queries, 1)), depth)
    right = np.take_along_axis(walk, depth - inside + np.arange(MOST), axis=1)
    right = random.permuted(right, axis=1)
    chosen = np.arange(MOST) < random.integers(5, MOST + 1, (queries, 1))
    row = np.nonzero(chosen)[0]
    answers = sp.csr_matrix(
        (np.ones(len(row), np.float32), (row, right[chosen])), shape=(queries, items)
    )
    return lists, answers


def ours(lists: NDArray[np.int32], answers: sp.csr_matrix, cuts: Sequence[int]) -> Figures:
    ranks = Ranks(hits(lists, answers), np.diff(answers.indptr))
    return {
        f"{THEIR_NAME.get(name, name)}@{k}": registry.load("metrics", name).score(ranks, k)
        for name in METRICS
        for k in cuts
    }


def ready(lists: NDArray[np.int32], answers: sp.csr_matrix) -> tuple[Any, Any]:
    """What ranx makes of a Qrels and a Run: (product, relevance) and (product, score) arrays."""
    falling = np.arange(lists.shape[1], 0, -1.0)
    judged = np.stack([answers.indices, answers.data], axis=1).astype(np.float64)
    qrels = [rows.copy() for rows in np.split(judged, answers.indptr[1:-1])]
    run = [np.column_stack([row, falling]) for row in lists]
    return numba.typed.List(qrels), numba.typed.List(run)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--queries", type=int, default=100_000)
    parser.add_argument("--depth", type=int, default=100)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("-k", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()

    lists, answers = world(given.queries, given.items, given.depth)
    qrels, run = ready(lists, answers)
    mine = ours(lists, answers, given.k)
    theirs = evaluate(qrels, run, list(mine), return_mean=False)  # and compiles
    apart = max(float(np.abs(mine[name] - theirs[name]).max()) for name in mine)

    seconds: dict[str, list[float]] = {"prodsim": [], "ranx": []}
    for _ in range(given.runs):
        begun = time.perf_counter()
        for figures in ours(lists, answers, given.k).values():
            figures.mean()
        seconds["prodsim"].append(time.perf_counter() - begun)
        begun = time.perf_counter()
        evaluate(qrels, run, list(mine))
        seconds["ranx"].append(time.perf_counter() - begun)

    right = answers.nnz / given.queries
    print(
        f"{given.queries:,} queries of depth {given.depth}, {given.items:,} products, {right:.1f} "
        f"right ones each, {mine[f'recall@{max(given.k)}'].mean():.0%} of them found"
    )
    print(f"{len(mine)} figures: {', '.join(mine)}")
    print(f"ranx with {numba.get_num_threads()} threads, prodsim with one; {given.runs} runs each")
    for name, values in seconds.items():
        print(f"  {name:8} best {min(values):.3f} s, median {statistics.median(values):.3f} s")
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"  ranx / prodsim {middle['ranx'] / middle['prodsim']:.1f} (bar 1.0)")
    print(f"  largest difference of any figure {apart:.1e} (bar 1e-9)")


if __name__ == "__main__":
    main()
