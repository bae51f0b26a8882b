"""Encoding beside plain ``SentenceTransformer.encode`` in fp32 with its defaults, in one run.

    python benchmarks/embed.py [events.csv.gz] [--runs 5] [--column Description]

Takes the distinct titles of a file, encodes them in turn by both (interleaved), and prints titles a
second of the best run of each, the ratio, and the share of titles whose nearest neighbour is the
same. The bar of the project: 2.2 times where the processor has bfloat16, agreement 99 %.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from prodsim_cli import embedders
from prodsim_cli.embedders.minilm import folder

DEFAULT = Path(__file__).parents[2] / "shared" / "data" / "online_retail" / "events.csv.gz"


def titles_of(file: Path, column: str) -> list[str]:
    frame = pl.read_csv(file, columns=[column], infer_schema=False)
    return sorted({" ".join(title.split()) for title in frame[column].drop_nulls()} - {""})


def ours(titles: list[str]) -> NDArray[np.float32]:
    """As ``build`` does it: batches cut by length, each encoded and put in its place."""
    vectors = np.zeros((len(titles), OURS.dimension), np.float32)
    for batch in embedders.batches(titles):
        vectors[batch] = OURS.encode([titles[i] for i in batch])
    return vectors


def plain(titles: list[str]) -> NDArray[np.float32]:
    vectors: NDArray[np.float32] = PLAIN.encode(titles)
    return vectors


def top_one(vectors: NDArray[np.float32]) -> NDArray[np.intp]:
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -1)
    return scores.argmax(axis=1)


def timed(encode: Callable[[list[str]], NDArray[np.float32]], titles: list[str]) -> float:
    begun = time.perf_counter()
    encode(titles)
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--column", default="Description")
    arguments = parser.parse_args()
    titles = titles_of(arguments.file, arguments.column)
    seconds: dict[str, list[float]] = {"plain": [], "prodsim": []}
    agreement = (top_one(ours(titles)) == top_one(plain(titles))).mean()  # and a warm-up of both
    for _ in range(arguments.runs):
        seconds["plain"].append(timed(plain, titles))
        seconds["prodsim"].append(timed(ours, titles))
    print(f"{len(titles):,} titles, {arguments.runs} runs each, prodsim in {OURS.precision}")
    for name, runs in seconds.items():
        print(f"{name:8} {len(titles) / min(runs):8,.0f} titles/s")
    ratio = min(seconds["plain"]) / min(seconds["prodsim"])
    print(f"prodsim / plain: {ratio:.2f} (bar 2.2), top-1 agreement {agreement:.4f} (bar .99)")


OURS = embedders.load("minilm")
PLAIN = SentenceTransformer(str(folder()), local_files_only=True)

if __name__ == "__main__":
    main()
