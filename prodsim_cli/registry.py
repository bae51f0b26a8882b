"""Folders are registries: a plug-in is one file, its name is its name.

``names("similarity")`` lists the modules of ``prodsim_cli/similarity``; ``load`` imports one.
Packages of other people join through entry points of the group ``prodsim.<family>``; those are
looked up last, because ``importlib.metadata`` is slow. Ground floor: listing imports nothing.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from types import ModuleType

from prodsim_cli.errors import UsageProblem

_HERE = os.path.dirname(__file__)

FOLDERS = {
    "metrics": "protocol/metrics",
    "splits": "protocol/splits",
    "baselines": "protocol/baselines",
    "exporters": "evaluation/exporters",
    "readers": "ingest/readers",
}
"""Families that live inside another package; the others are folders of their own name."""


def folder(family: str) -> str:
    """The folder of a family, relative to the package."""
    return FOLDERS.get(family, family)


@cache
def names(family: str) -> tuple[str, ...]:
    """The built-in names of a family (``similarity``, ``embedders``, ``metrics``...), sorted."""
    files = os.listdir(os.path.join(_HERE, folder(family)))
    return tuple(sorted(f[:-3] for f in files if f.endswith(".py") and not f.startswith("_")))


def load(family: str, name: str) -> ModuleType:
    """The module of one plug-in; an unknown name is a :class:`UsageProblem` with the choices."""
    if name in names(family):
        return import_module(f"prodsim_cli.{folder(family).replace('/', '.')}.{name}")
    from importlib.metadata import entry_points

    for point in entry_points(group=f"prodsim.{family}"):
        if point.name == name:
            module: ModuleType = point.load()
            return module
    choices = ", ".join(names(family))
    raise UsageProblem(f"There is no {family} named {name!r}.", hint=f"Choose one of: {choices}.")


def help_line(family: str, name: str) -> str:
    """The first line of a plug-in's docstring, which is its help."""
    doc = load(family, name).__doc__ or ""
    return doc.strip().splitlines()[0] if doc.strip() else ""
