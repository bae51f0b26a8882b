"""Shared fixtures: real data where it lies beside the checkout, a small shop, the command line."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from shop_rows import write_shop

from prodsim_cli.cli import cli

ROOT = Path(__file__).parents[1]
NO_DATA = "the real development data is not on this machine (../shared/data)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what reads the real data as slow; skip what needs signals and links on Windows."""
    for item in items:
        if "shared_data" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")
        if sys.platform == "win32" and item.get_closest_marker("linux"):
            item.add_marker(pytest.mark.skip(reason="needs Linux or macOS"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped because the real data is not here."""
    skipped = [
        one for one in terminalreporter.stats.get("skipped", ()) if NO_DATA in one.longreprtext
    ]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} tests on real shops skipped: {NO_DATA}")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real development data, or a skip with the reason."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(NO_DATA)
    return folder


@pytest.fixture
def fixtures() -> Path:
    """The folder of shipped fixtures."""
    return ROOT / "fixtures"


@pytest.fixture(scope="session")
def _written_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shop(tmp_path_factory.mktemp("shop") / "shop.db")


@pytest.fixture
def shop(_written_shop: Path, tmp_path: Path) -> Path:
    """The database of ``shop_rows``, a copy of one's own."""
    return Path(shutil.copy(_written_shop, tmp_path / "shop.db"))


@pytest.fixture
def run(shop: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command line against ``shop`` in this process, through the one error handler."""
    monkeypatch.setenv("PRODSIM_DB", str(shop))
    monkeypatch.delenv("COLUMNS", raising=False)
    return lambda *words, **extra: CliRunner().invoke(cli, [str(word) for word in words], **extra)
