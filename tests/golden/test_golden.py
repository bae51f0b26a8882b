"""The outputs of the commands in ``golden_commands`` stay as they are, byte for byte.

Alone: ``.venv/bin/python -m pytest tests/golden -q -p no:xdist``. Where a promise changes on
purpose, write the files anew with ``make.py`` and say so in the commit.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from golden_commands import SHOPS, Case, cases
from golden_running import EXPECTED, build_shops, differences, run_case, tidy

pytestmark = pytest.mark.slow
BUILDS = [f"build-{shop}-{n}" for shop, lines in SHOPS.items() for n in range(1, len(lines) + 1)]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The folder with the shops, and what building them said."""
    folder = tmp_path_factory.mktemp("golden").resolve()
    return folder, build_shops(folder)


def _check(name: str, actual: str) -> None:
    expected = (EXPECTED / f"{name}.txt").read_text(encoding="utf-8")
    diff = differences(expected, actual)
    if diff:
        pytest.fail(f"{name} changed:\n{diff}", pytrace=False)


@pytest.mark.parametrize("name", BUILDS)
def test_building(name: str, built: tuple[Path, dict[str, str]]) -> None:
    _check(name, built[1][name])


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_command(case: Case, built: tuple[Path, dict[str, str]]) -> None:
    _check(case.name, run_case(case, built[0]))


def test_each_expected_file_has_its_case() -> None:
    names = {case.name for case in cases()} | set(BUILDS)
    assert {path.stem for path in EXPECTED.glob("*.txt")} == names


@pytest.mark.parametrize("took", ["0", "0.1", "0.25", "12.34"])
def test_seconds_of_any_length_are_masked(took: str) -> None:
    table = "artifact  rows  seconds  reason\n───\ntext         9  {:>7}  few"
    assert tidy(table.format(took), Path("/nowhere")) == table.format("0.00")
