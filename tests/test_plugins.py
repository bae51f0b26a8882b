"""A plug-in is one file: put into another package, it is found everywhere, with no other edit."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from evaluation_shop import install

from prodsim_cli import registry

HERE = Path(__file__).resolve().parents[1]

METRIC = """
    \"\"\"Whether the very first product is right.\"\"\"

    import numpy as np

    OVER = "ranks"
    LABEL = "first"

    def score(ranks, k):
        return np.where(ranks.first <= 1, 1.0, 0.0)
"""

EXPORTER = """
    \"\"\"The number of methods, in a file of its own.\"\"\"

    def write(outcome, folder):
        folder.mkdir(exist_ok=True)
        path = folder / "methods.count"
        path.write_text(str(len(outcome.card.methods)))
        return [path]
"""

READER = """
    \"\"\"Delimited text with tildes between the cells.\"\"\"

    from dataclasses import replace

    from prodsim_cli.ingest.readers import delimited

    EXTENSIONS = (".tilde",)

    def read(blob, options):
        return delimited.read(blob, replace(options, delimiter="~"))
"""


def example(language: str) -> str:
    """The code of the page, as it stands there."""
    page = (HERE / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = page.partition("## Add a method")[2].partition("\n## ")[0]
    found = re.search(rf"```{language}\n(.*?)```", section, re.S)
    assert found
    return found[1]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as pip leaves it behind: the example of the page, a metric and two formats."""
    folder = tmp_path_factory.mktemp("packages")
    (folder / "near_price.py").write_text(example("python"))
    info = folder / "near_price-1.0.dist-info"
    info.mkdir()
    named = re.sub(r'\[project\.entry-points\."(.*)"\]', r"[\1]", example("toml"))
    (info / "entry_points.txt").write_text(named.replace('"', ""))
    install(folder, "first", METRIC, "metrics")
    install(folder, "count", EXPORTER, "exporters")
    install(folder, "tilde", READER, "readers")
    return folder


@pytest.fixture(scope="module")
def shop(package: Path) -> Path:
    folder = package / "shop"
    folder.mkdir()
    names = ["mug", "cup", "jug", "pot", "pan", "lid", "rug", "mat", "bed", "cot"]
    rows = [f"P{n}~{name} of clay~{10 + n * n}" for n, name in enumerate(names)]
    (folder / "catalog.tilde").write_text("\n".join(["sku~title~price", *rows]) + "\n")
    events = [
        f"u{user:02d},P{(user + step) % 10},purchase,2024-0{1 + step}-{1 + user:02d}T10:00:00"
        for step in range(4)
        for user in range(20)
    ]
    (folder / "events.csv").write_text("\n".join(["user,sku,type,time", *events]) + "\n")
    said = prodsim(package, "ingest", "catalog.tilde", "events.csv", "--no-lm", cwd=folder)
    assert "near_price" in said.stderr + said.stdout
    return folder


def prodsim(package: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(package), str(HERE)])
    done = subprocess.run(
        [sys.executable, "-m", "prodsim_cli", *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def asked(package: Path, shop: Path, *words: str) -> dict:
    found = json.loads(prodsim(package, *words, "-f", "json", cwd=shop).stdout)
    return found[0] if isinstance(found, list) else found


def test_it_is_built_with_its_traits(package: Path, shop: Path) -> None:
    made = asked(package, shop, "status")["artifacts"]
    mine = next(one for one in made if one["name"] == "near_price")
    assert (mine["kind"], mine["rows"], mine["stale"]) == ("neighbors", 90, "")
    assert mine["settings"]["method"] == {"needs": "columns", "rests_on": "facts"}
    again = asked(package, shop, "build")["rows"]
    assert {"near_price"} == {one["artifact"] for one in again if one["artifact"] == "near_price"}
    assert {one["action"] for one in again} <= {"fresh", "left out"}


def test_it_answers(package: Path, shop: Path) -> None:
    found = asked(package, shop, "similar", "P3", "--method", "near_price", "-k", "3")
    assert [one["sku"] for one in found["results"]] == ["P2", "P4", "P1"]
    filtered = ("similar", "P3", "--method", "near_price", "--where", "price>50", "-k", "2")
    assert [one["sku"] for one in asked(package, shop, *filtered)["results"]] == ["P7", "P8"]


def test_it_is_explained(package: Path, shop: Path) -> None:
    found = asked(package, shop, "explain", "P3", "P2")
    (mine,) = (one for one in found["shares"] if one["method"] == "near_price")
    assert mine["rank"] == 1
    assert mine["value"] == pytest.approx(1 / (1 + abs(_log(19) - _log(14)) / _log(1.2)), abs=1e-5)


def _log(value: float) -> float:
    from math import log

    return log(value)


def test_it_is_judged_by_a_metric_and_written_by_an_exporter(package: Path, shop: Path) -> None:
    words = ("eval", "--split", "last", "--again", "--methods", "near_price,cosine", "-k", "3")
    found = asked(package, shop, *words, "--export", "files", "-q")
    assert found["methods"]["near_price"]["ndcg@3"]["mean"] >= 0
    assert "first@3" in found["methods"]["near_price"]
    assert (shop / "files" / "methods.count").read_text() == str(len(found["methods"]))


def test_it_is_named_in_the_help(package: Path, shop: Path) -> None:
    assert "near_price" in prodsim(package, "similar", "--help", cwd=shop).stdout


def test_it_stands_in_the_docs(package: Path, shop: Path) -> None:
    code = f"import sys; sys.path.append({str(HERE / 'docs')!r}); import make_help as m;"
    path = os.pathsep.join([str(package), str(HERE)])
    done = subprocess.run(
        [sys.executable, "-c", code + "print(m.methods_page())"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    help_line = "Products of nearly the same price, whatever they are."
    assert f"| `near_price` | {help_line} | `k=50`, `fold=1.2` |" in done.stdout
    for name in ("first", "count", "tilde"):
        assert f"| `{name}` |" in done.stdout


def test_no_list_of_methods_stands_outside_their_folder() -> None:
    """What a room must know of a method is said in the method's file."""
    methods, found = set(registry.names("similarity")), []
    package = HERE / "prodsim_cli"
    for path in sorted(package.rglob("*.py")):
        if path.parent.name == "similarity" or path == package / "gnn" / "model.py":
            continue  # which holds the layers of the networks, one by one
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            items = getattr(node, "elts", None) or getattr(node, "keys", None) or []
            named = {item.value for item in items if isinstance(item, ast.Constant)} & methods
            if len(named) > 1:
                found.append(f"{path.name}:{node.lineno} {sorted(named)}")
    assert found == []
