"""One row for each question and method."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.evaluation.outcome import Outcome, check_per_query, write_per_query
from prodsim_cli.records.figures import Scorecard

OUTCOME = Outcome(
    Scorecard(task="recommend", split={}, k=10, methods={}),
    queries=("a,1", "b"),
    window=np.zeros(2, np.int64),
    methods=("good", "bad"),
    figures=("ndcg@10", "diversity@10"),
    values=np.array([[[1, 0.5], [0.25, np.nan]], [[0, 0.125], [1 / 3, 0]]]),
)
READ = {
    "csv": pl.read_csv,
    "tsv": lambda path: pl.read_csv(path, separator="\t"),
    "jsonl": pl.read_ndjson,
    "parquet": pl.read_parquet,
}


@pytest.mark.parametrize("kind", READ)
def test_every_format_holds_the_same_rows(kind, tmp_path):
    path = tmp_path / f"figures.{kind}"
    assert write_per_query(OUTCOME, path) == 4
    assert READ[kind](path).to_dict(as_series=False) == {
        "query": ["a,1", "a,1", "b", "b"],
        "method": ["good", "bad", "good", "bad"],
        "ndcg@10": [1, 0.25, 0, 1 / 3],
        "diversity@10": [0.5, None, 0.125, 0],
    }
    assert list(tmp_path.iterdir()) == [path]


def test_an_undefined_figure_is_empty_in_text(tmp_path):
    write_per_query(OUTCOME, str(tmp_path / "f.csv"))
    assert (tmp_path / "f.csv").read_text().splitlines()[2] == '"a,1",bad,0.25,'
    write_per_query(OUTCOME, tmp_path / "f.JSONL")
    row = json.loads((tmp_path / "f.JSONL").read_text().splitlines()[1])
    assert row == {"query": "a,1", "method": "bad", "ndcg@10": 0.25, "diversity@10": None}


def test_several_windows_have_a_column(tmp_path):
    twice = replace(OUTCOME, queries=("a", "a"), window=np.array([0, 1], np.int8))
    assert write_per_query(twice, tmp_path / "f.csv") == 4
    rows = pl.read_csv(tmp_path / "f.csv")
    assert rows.columns == ["query", "window", "method", "ndcg@10", "diversity@10"]
    assert rows["window"].to_list() == [0, 0, 1, 1]


def test_the_means_of_the_rows_are_those_of_the_values(tmp_path):
    random = np.random.default_rng(3)
    values = random.random((50, 4, 3))
    many = replace(
        OUTCOME,
        queries=tuple(f"{q:02}" for q in range(50)),
        window=np.zeros(50, np.int64),
        methods=tuple("dcba"),
        figures=tuple("xyz"),
        values=values,
    )
    write_per_query(many, tmp_path / "f.csv")
    means = pl.read_csv(tmp_path / "f.csv").group_by("method", maintain_order=True).mean()
    assert means["method"].to_list() == list("dcba")
    np.testing.assert_allclose(means.select("x", "y", "z"), values.mean(axis=0), rtol=1e-12)


@pytest.mark.parametrize("name", ["figures.xlsx", "figures"])
def test_another_ending_names_those_there_are(name, tmp_path):
    for refuse in (check_per_query, lambda path: write_per_query(OUTCOME, path)):
        with pytest.raises(UsageProblem, match="--per-query") as caught:
            refuse(tmp_path / name)
        assert caught.value.hint == "Name a file that ends in one of: .csv, .tsv, .jsonl, .parquet."
    assert not list(tmp_path.iterdir())


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(InputError, match="there is no folder"):
        write_per_query(OUTCOME, tmp_path / "no" / "f.csv")


def test_a_run_without_questions_says_so(tmp_path):
    with pytest.raises(InputError, match="no figures by question"):
        write_per_query(Outcome(OUTCOME.card), tmp_path / "f.csv")
    assert not list(tmp_path.iterdir())
