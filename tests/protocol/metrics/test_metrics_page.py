"""docs/metrics.md is executed: every metric stands there, and the example comes out as it says."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from prodsim_cli import registry
from prodsim_cli.protocol.metrics._seen import Ranks, Shown, hits

PAGE = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text(encoding="utf-8")
DEFINITIONS, EXAMPLE = PAGE.split("## An example by hand")
METRICS = {
    module.LABEL: module
    for module in (registry.load("metrics", n) for n in registry.names("metrics"))
}
A, B, C, D, F, J = 0, 1, 2, 3, 5, 9
VECTORS = np.zeros((10, 2), np.float32)
VECTORS[[A, B]], VECTORS[[C, F]], VECTORS[D] = (1, 0), (0, 1), (0.6, 0.8)
LISTS = np.array([[A, C, D, F], [B, A, -1, -1]], np.int32)
TAKEN = np.zeros((2, 10))
TAKEN[0, [C, F, J]] = TAKEN[1, A] = 1
RANKS = Ranks(hits(LISTS, sp.csr_matrix(TAKEN)), np.array([3, 1]))
PEOPLE = np.array([8, 4, 4, 2, 2, 1, 1, 1, 0, 0], float)
SHOWN = Shown(LISTS, np.ones(10, bool), PEOPLE, 8, VECTORS)


def test_every_metric_is_defined_once_with_its_direction():
    rows = re.findall(r"^\| `(\w+)` \|(.*)$", DEFINITIONS, re.M)
    assert sorted(label for label, _ in rows) == sorted(METRICS)
    for label, row in rows:
        smaller = getattr(METRICS[label], "ASCENDING", False)
        assert ("smaller is better" in row) == smaller, label


def test_the_example_comes_out_as_it_says():
    rows = re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \| (.*) \|$", EXAMPLE, re.M)
    per_query = [label for label, m in METRICS.items() if m.OVER in ("ranks", "lists")]
    assert sorted(row[0] for row in rows) == sorted(per_query)
    for label, *cells in rows:
        metric = METRICS[label]
        figures = metric.score(RANKS if metric.OVER == "ranks" else SHOWN, 4)
        said = [float(cell.split("=")[-1]) for cell in cells]
        assert said == pytest.approx([*figures, figures.mean()], abs=5e-5), label


def test_the_figures_of_the_run_and_of_the_pairs_come_out_as_they_say():
    flat = " ".join(EXAMPLE.split())
    said = {
        label: float(figure) for label, figure in re.findall(r"`(\w+)`[^`|]*?= (\d\.\d{4})", flat)
    }
    scores, truth = np.array([0.9, 0.6, 0.6, 0.2]), np.array([1.0, 1.0, 0.0, 0.0])
    for label, metric in METRICS.items():
        if metric.OVER == "run":
            assert said[label] == pytest.approx(metric.score(SHOWN, 4), abs=5e-5), label
        if metric.OVER == "pairs":
            assert said[label] == pytest.approx(metric.score(scores, truth), abs=5e-5), label
