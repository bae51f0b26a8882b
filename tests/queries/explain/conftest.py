"""The demo shop, built once with everything that `explain` reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from prodsim_cli.cli import cli
from prodsim_cli.store.connection import open_for_reading

DEMO = Path(__file__).parents[3] / "fixtures" / "demo"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database; its text model is ``hashing``, which needs no weights."""
    path = tmp_path_factory.mktemp("reasons") / "demo.db"
    line = ["--db", str(path), "ingest", str(DEMO), "--model", "hashing", "-q"]
    made = CliRunner().invoke(cli, line)
    assert made.exit_code == 0, made.stderr
    return path


@pytest.fixture(scope="session")
def shop_of_demo(demo: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_for_reading(demo)) as connection:
        yield connection


@pytest.fixture(scope="session")
def ask(demo: Path) -> Callable[..., Result]:
    """Run a command line against the demo shop."""
    return lambda *words, **more: CliRunner().invoke(
        cli, ["--db", str(demo), *map(str, words)], **more
    )
