"""Folders are registries, and packages of other people join through entry points."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodsim_cli import registry
from prodsim_cli.errors import UsageProblem
from prodsim_cli.registry import Traits
from prodsim_cli.similarity import method

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


def test_an_entry_point_of_another_package_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text(
        "[console_scripts]\nluck = theirs:main\n\n[prodsim.metrics]\nluck = theirs_of_luck\n"
        "ndcg = theirs_of_luck\n"
    )
    (tmp_path / "theirs_of_luck.py").write_text(
        '"""A guess."""\n\nLABEL = "Luck"\nraise OSError(name)\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert "luck" in registry.names("metrics")
    assert registry.help_line("metrics", "luck") == "A guess."
    assert registry.constants("metrics", "luck")["LABEL"] == "Luck"
    with pytest.raises(NameError):
        registry.load("metrics", "luck")
    assert registry.load("metrics", "ndcg").__name__.startswith("prodsim_cli.")
    with pytest.raises(UsageProblem):
        registry.load("splits", "luck")


@pytest.mark.parametrize("name", registry.names("similarity"))
def test_constants_are_those_of_the_module(name: str) -> None:
    module = registry.load("similarity", name)
    found = registry.constants("similarity", name)
    assert Traits.of(found) == Traits.of(vars(module)) == method(name).traits
    assert Traits(**Traits.of(found).as_dict()) == Traits.of(found)
