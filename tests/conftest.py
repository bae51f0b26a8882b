"""Shared fixtures: real data where it lies beside the checkout, a small shop, the command line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from shop_rows import write_shop

from prodsim_cli.cli import cli

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real development data, or a skip with the reason."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real development data is not on this machine (../shared/data)")
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
