"""Recommendations for every user beside implicit's, and one user in a cold process.

    python benchmarks/recommend.py FILE [--db shop.db] [--k 10] [--runs 7]

FILE is UCI Online Retail as csv (or csv.gz); it is read and built in a temporary folder, without a
language model, unless ``--db`` names a database that is built already. ``implicit`` comes with the
extra `bench` (`pip install 'prodsim[bench]'`). Everything is taken in turn, medians are printed:

- users a second of the product path (`recommend --all` once the shop is read: scores, rules, lists)
  by items, by users and by hybrid, and of implicit's ``recommend`` for all users with its
  CosineRecommender and BM25Recommender (K = 50, what was bought left out), fitted on the same
  matrix before the clock starts;
- how many of the products in our lists their user had bought: 0;
- CPU seconds of one cold `prodsim recommend USER -f json` against
  ``python -c "import click, sqlite3"``: the user with the median number of products, and the one
  with the most.

Bars of the project: 5,000 users a second by items; 3 times the floor for one user.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from prodsim_cli import builds
from prodsim_cli.builds import BuildOptions
from prodsim_cli.export.batch_scorer import BatchScorer, batch_scorer
from prodsim_cli.export.lists import Lists, lists
from prodsim_cli.queries.ranking.request import Rules
from prodsim_cli.queries.recommend import RecommendRequest
from prodsim_cli.store.connection import open_for_reading

DEFAULT = Path(__file__).parents[2] / "shared" / "data" / "online_retail" / "events.csv.gz"
FLOOR = [sys.executable, "-c", "import click, sqlite3"]
BY = ("items", "users", "hybrid")


def built(file: str, folder: str) -> str:
    """A database of the file, with the blend learned, without a language model."""
    path = str(Path(folder) / "shop.db")
    builds.ingest(path, [file])
    builds.build(path, BuildOptions(lm=False))
    return path


def bought_again(people: BatchScorer, found: list[Lists]) -> int:
    """Products in the lists that their user had bought."""
    row = {int(user): at for at, user in enumerate(people.subjects)}
    barred = people.barred.toarray()
    return sum(
        int(barred[row[user], positions[positions >= 0]].sum())
        for some in found
        for user, positions in zip(some.users.tolist(), some.positions, strict=True)
        if user in row
    )


def implicit_models(user_items: sp.csr_matrix) -> dict[str, object]:
    """implicit's neighbours of products, fitted."""
    from implicit.nearest_neighbours import BM25Recommender, CosineRecommender

    models = {"implicit cosine": CosineRecommender(K=50), "implicit bm25": BM25Recommender(K=50)}
    for model in models.values():
        model.fit(user_items, show_progress=False)
    return models


def seconds(work: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def cpu_seconds(command: list[str]) -> float:
    """User + system seconds of one finished child."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def everybody(path: str, k: int, runs: int) -> None:
    """Users a second, ours and implicit's in turn."""
    with closing(open_for_reading(path)) as connection:
        scorers = {by: batch_scorer(connection, RecommendRequest(by=by)) for by in BY}
        users = scorers["items"].history.shape[0]
        user_items = scorers["items"].history.astype(np.float32).tocsr()
        ids = np.arange(users)
        work: dict[str, Callable[[], object]] = {
            f"prodsim by {by} ({people.config.parts[0].name})"
            if people.config.weights is None
            else f"prodsim by {by}": lambda people=people: list(
                lists(connection, people, Rules(), k)
            )
            for by, people in scorers.items()
        }
        for name, model in implicit_models(user_items).items():
            work[name] = lambda model=model: model.recommend(ids, user_items, N=k)
        taken: dict[str, list[float]] = {name: [] for name in work}
        for _ in range(runs):
            for name, run in work.items():
                taken[name].append(seconds(run))
        medians = {name: statistics.median(times) for name, times in taken.items()}
        print(f"{users:,} users, {user_items.shape[1]:,} products, k = {k}, median of {runs}")
        for name, median in medians.items():
            beside = medians["implicit cosine"] / median
            print(f"  {name:28} {users / median:10,.0f} users/s  {beside:5.2f} x implicit cosine")
        for by, people in scorers.items():
            again = bought_again(people, list(lists(connection, people, Rules(), k)))
            print(f"  bought before, by {by}: {again} of {users * k:,}")


def cold(path: str, runs: int) -> None:
    """One user in a fresh process."""
    with closing(open_for_reading(path)) as connection:
        people = connection.execute(
            """select u.key, count(distinct e.item_id) as products from events e
               join users u on u.id = e.user_id group by u.id order by products, u.key"""
        ).fetchall()
    chosen = {"median": people[len(people) // 2], "heaviest": people[-1]}
    script = str(Path(sys.executable).with_name("prodsim"))
    commands = {"floor": FLOOR} | {
        f"{name} user ({row[1]:,} products)": [
            script, "--db", path, "recommend", row[0], "-f", "json",
        ]
        for name, row in chosen.items()
    }  # fmt: skip
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            taken[name].append(cpu_seconds(command))
    floor = statistics.median(taken["floor"])
    print(f"one cold process, CPU seconds, median of {runs}")
    for name, times in taken.items():
        median = statistics.median(times)
        print(f"  {name:32} {median:6.3f}  {median / floor:5.2f} x the floor")


def main() -> None:
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("file", nargs="?", default=DEFAULT, help="UCI Online Retail, csv or csv.gz")
    words.add_argument("--db", help="a database that is built already")
    words.add_argument("--k", type=int, default=10)
    words.add_argument("--runs", type=int, default=7)
    given = words.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # implicit asks for it
    with tempfile.TemporaryDirectory() as folder:
        path = given.db or built(given.file, folder)
        everybody(path, given.k, given.runs)
        cold(path, 2 * given.runs)


if __name__ == "__main__":
    main()
