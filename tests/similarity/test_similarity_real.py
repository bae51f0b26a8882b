"""Figures on real data, each with the floor below which there is a bug."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from similarity_worlds import shop

from prodsim_cli.data.knn import neighbor_matrix, recommend_scores
from prodsim_cli.registry import load
from prodsim_cli.similarity import lexical

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def online_retail(shared_data):
    """The benchmark's module, its training data and its judge."""
    spec = importlib.util.spec_from_file_location(
        "online_retail_benchmark", ROOT / "benchmarks" / "online_retail.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    frame = module.purchases(module.protocol_lines(shared_data / "online_retail" / "events.csv.gz"))
    module.check(frame)
    data = module.shop(frame.filter(pl.col("part") == "train"))
    return data, module.Judge(data, frame.filter(pl.col("part") == "test"))


def judged(data, judge, name):
    table = load("similarity", name).neighbors(data, k=50)
    scores = recommend_scores(neighbor_matrix(table, len(data)), judge.history, slice(None))
    return data.with_neighbors(name, table), judge.of_scores(scores)


def test_the_measures_reach_their_figures_on_online_retail(online_retail):
    data, judge = online_retail
    floors = {"cosine": 0.098, "bm25": 0.095, "jaccard": 0.098, "pearson": 0.094, "lexical": 0.07}
    for name, floor in floors.items():
        data, figure = judged(data, judge, name)
        assert figure >= floor, name
    assert judged(data, judge, "hybrid")[1] >= 0.103


def test_true_partners_are_found_by_their_titles(shared_data):
    folder = shared_data / "abt_buy"

    def read(name):
        options = {"separator": "|", "infer_schema": False, "encoding": "utf8-lossy"}
        return pl.read_csv(folder / name, **options)

    abt, buy, pairs = read("abt.csv"), read("buy.csv"), read("gt.csv")
    at = {key: place for place, key in enumerate(abt["id"])}
    other = {key: place + len(abt) for place, key in enumerate(buy["id"])}
    queries = np.array([at[key] for key in pairs["D1"]], np.int32)
    partners = np.array([other[key] for key in pairs["D2"]], np.int32)
    data = shop([*abt["name"], *buy["name"]])
    candidates = np.arange(len(abt), len(data), dtype=np.int32)
    table = lexical.neighbors(data, queries, candidates, k=10)
    assert (table.positions[:, 0] == partners).mean() >= 0.87
    assert (table.positions == partners[:, None]).any(axis=1).mean() >= 0.98
