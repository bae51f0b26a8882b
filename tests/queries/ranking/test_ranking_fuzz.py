"""What nobody would write: answered or refused in a sentence, and the database does not notice."""

from __future__ import annotations

import importlib.util
import sqlite3
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "fuzz_rules.py"


def load() -> Any:
    spec = importlib.util.spec_from_file_location("fuzz_rules", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_some_thousand_strings_do_no_harm(enriched: sqlite3.Connection) -> None:
    outcomes = load().fuzz(enriched, 4_000, seed=3)
    assert sum(outcomes.values()) == 4_000
    assert outcomes["some products pass"] > 400
    assert outcomes["questions answered"] > 5
