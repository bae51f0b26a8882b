"""Folders are registries, and packages of other people join through entry points."""

from __future__ import annotations

import importlib.metadata
import types
from typing import Any

import pytest

from prodsim_cli import registry
from prodsim_cli.errors import UsageProblem

FAMILIES = ("similarity", "embedders", "metrics", "splits", "baselines", "exporters", "readers")


@pytest.mark.parametrize("family", FAMILIES)
def test_names_are_the_files_without_those_that_begin_with_an_underscore(family: str) -> None:
    names = registry.names(family)
    assert list(names) == sorted(names)
    assert not [name for name in names if name.startswith("_")]


@pytest.mark.parametrize(("family", "name"), [(f, n) for f in FAMILIES for n in registry.names(f)])
def test_every_plug_in_loads_and_its_docstring_is_its_help(family: str, name: str) -> None:
    module = registry.load(family, name)
    assert (
        module.__name__ == f"prodsim_cli.{registry.folder(family).replace(chr(47), chr(46))}.{name}"
    )
    assert len(registry.help_line(family, name)) > 10


def test_an_unknown_name_lists_the_choices() -> None:
    with pytest.raises(UsageProblem) as caught:
        registry.load("metrics", "luck")
    assert caught.value.message == "There is no metrics named 'luck'."
    assert "ndcg" in caught.value.hint


def test_an_entry_point_of_another_package_is_found_last(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = types.ModuleType("theirs")

    class Point:
        name = "luck"

        def load(self) -> types.ModuleType:
            return theirs

    def points(group: str) -> list[Any]:
        return [Point()] if group == "prodsim.metrics" else []

    monkeypatch.setattr(importlib.metadata, "entry_points", points)
    assert registry.load("metrics", "luck") is theirs
    with pytest.raises(UsageProblem):
        registry.load("splits", "luck")
