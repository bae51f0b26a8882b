"""The enriched demo, built once for all tests of this folder."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from rule_worlds import enriched_demo

from prodsim_cli.store.connection import open_for_reading


@pytest.fixture(scope="session")
def enriched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A connection to the demo with made-up facts; read-only."""
    path = enriched_demo(tmp_path_factory.mktemp("enriched"))
    with closing(open_for_reading(path)) as connection:
        yield connection
