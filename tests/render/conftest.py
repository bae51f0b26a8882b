"""Terminals of any width."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def width(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda cells: monkeypatch.setenv("COLUMNS", str(cells))
