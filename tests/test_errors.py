"""The tree of failures a person can cause: exit codes and JSON forms."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodsim_cli import errors
from prodsim_cli.errors import ExitCode, ProdsimError

CODES = {
    "ProdsimError": 1,
    "InputError": 1,
    "UsageProblem": 2,
    "AmbiguousSku": 2,
    "NotFound": 3,
    "NotReady": 4,
}


def everything(kind: type[ProdsimError]) -> list[type[ProdsimError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in everything(child))]


@pytest.mark.parametrize(("name", "code"), CODES.items())
def test_exit_codes(name: str, code: int) -> None:
    assert getattr(errors, name)("x").exit_code == code


def test_every_error_has_a_documented_exit_code() -> None:
    text = (Path(__file__).parents[1] / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    assert {int(kind.exit_code) for kind in everything(ProdsimError)} <= {1, 2, 3, 4}
    for code in ExitCode:
        assert f"| {code.value} |" in text


def test_json_form_has_kind_message_hint_and_details() -> None:
    problem = errors.NotFound("There is no X.", hint="Take Y.", unknown=["X"])
    assert str(problem) == "There is no X."
    assert problem.as_dict() == {
        "error": {
            "kind": "NotFound",
            "message": "There is no X.",
            "hint": "Take Y.",
            "unknown": ["X"],
        }
    }
