"""Shared fixtures: real data when it lies beside the checkout, fresh databases, the CLI as a process."""

from __future__ import annotations

from pathlib import Path

import pytest

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
