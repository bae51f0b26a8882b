"""Folders are registries: a plug-in is one file, its name is its name.

``names("similarity")`` lists the modules of ``prodsim_cli/similarity``; ``load`` imports one,
``constants`` reads what stands in its file without importing it. Packages of other people join
through entry points of the group ``prodsim.<family>``. Standard library only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

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


def names(family: str) -> tuple[str, ...]:
    """The names of a family (``similarity``, ``embedders``, ``metrics``...), sorted."""
    return tuple(sorted({*_files(family), *_installed(tuple(sys.path)).get(family, {})}))


def has(family: str, name: str) -> bool:
    """True if there is a plug-in of that name."""
    return name in _files(family) or name in names(family)


def load(family: str, name: str) -> ModuleType:
    """The module of one plug-in; an unknown name is a :class:`UsageProblem` with the choices."""
    return import_module(_module(family, name))


@cache
def constants(family: str, name: str) -> dict[str, Any]:
    """What a plug-in's file says of itself: docstring (``__doc__``) and literal constants.

    Nothing is imported, so that it may be asked where numpy is not wanted.
    """
    import ast
    from importlib.util import find_spec

    module = _module(family, name)
    path = os.path.join(_HERE, folder(family), f"{name}.py")
    if name not in _files(family):
        spec = find_spec(module)
        path = str(spec.origin) if spec else ""
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    found: dict[str, Any] = {"__doc__": ast.get_docstring(tree) or ""}
    for line in tree.body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            try:
                found[line.targets[0].id] = ast.literal_eval(line.value)
            except ValueError:  # computed, so no business of those who don't import
                continue
    return found


def help_line(family: str, name: str) -> str:
    """The first line of a plug-in's docstring, which is its help."""
    doc: str = constants(family, name)["__doc__"]
    return doc.partition("\n")[0]


@cache
def _files(family: str) -> tuple[str, ...]:
    """The plug-ins of the folder of a family."""
    files = os.listdir(os.path.join(_HERE, folder(family)))
    return tuple(f[:-3] for f in files if f.endswith(".py") and not f.startswith("_"))


def _module(family: str, name: str) -> str:
    """The module's full name; a file of the folder wins over an entry point of the same name."""
    if name in _files(family):
        return f"prodsim_cli.{folder(family).replace('/', '.')}.{name}"
    found = _installed(tuple(sys.path)).get(family, {}).get(name)
    if found is None:
        hint = f"Choose one of: {', '.join(names(family))}."
        raise UsageProblem(f"There is no {family} named {name!r}.", hint=hint)
    return found


@cache
def _installed(places: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Family -> name -> module, by the entry points of what is installed in these folders.

    ``importlib.metadata`` says the same and takes as long as a look-up: this reads the few files.
    """
    found: dict[str, dict[str, str]] = {}
    for path in _entry_points(places):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if "[prodsim." in text:
            family = ""
            for line in map(str.strip, text.splitlines()):
                name, equals, module = line.partition("=")
                if line.startswith("["):
                    family = line.strip("[] ").removeprefix("prodsim.") * ("[prodsim." in line)
                elif family and equals:
                    found.setdefault(family, {}).setdefault(name.strip(), module.strip())
    return found


def _entry_points(places: tuple[str, ...]) -> Iterator[str]:
    """The files that name the entry points of packages."""
    for place in dict.fromkeys(places):
        try:
            inside = os.listdir(place or ".")
        except OSError:
            continue
        for one in sorted(inside):
            path = os.path.join(place or ".", one, "entry_points.txt")
            if one.endswith((".dist-info", ".egg-info")) and os.path.exists(path):
                yield path


PEOPLE, ORDERS, WORDS, MEANING, FACTS = "people", "orders", "words", "meaning", "facts"

SUBSTITUTE, COMPLEMENT = "substitute", "complement"

LAST = 99

_RESTS_ON = {"text": WORDS, "vectors": MEANING, "columns": FACTS}
"""What a method rests on that does not say so, by what it needs; the others rest on people."""


class Traits(NamedTuple):
    """The constants of a plug-in file that tell other rooms about it.

    Each field is the constant of the same name in capitals, with the default below. ``build`` keeps
    them in the settings of the method's artifact.

    needs : ``text``, ``vectors``, ``columns``, ``events``, ``network`` (a trained space) or
        ``neighbors`` (other methods' tables).
    rests_on : what a score rests on: people, orders, words, meaning, facts. By ``needs`` if unsaid.
    rank : place among the methods that answer where hybrid is not built; the unranked come last.
    users_rank : people are compared by it, too (it has a ``MEASURE``): its place among those.
    counts_people : a score is a closed formula of numbers of people, so that groups that are too
        small to be counted must round it; ``--measure`` offers these.
    default_weight : of its squared score in hybrid, where nothing was learned
        (docs/decisions/0005); of what rests on facts only where no measure counts people.
    finds : its table names candidates of ``--as``: ``substitute`` or ``complement``.
    reason : the sentence that tells why, where what it rests on can't be shown.
    reaches_new : it learns from events and knows products without any, through their texts.
    """

    needs: str = ""
    rests_on: str = PEOPLE
    rank: int = LAST
    users_rank: int = 0
    counts_people: bool = False
    default_weight: float = 0.0
    finds: str = ""
    reason: str = ""
    reaches_new: bool = False

    @classmethod
    def of(cls, constants: Mapping[str, Any]) -> Traits:
        """From the constants of a plug-in's module."""
        known = {n: constants[n.upper()] for n in cls._fields if n.upper() in constants}
        return cls(**{"rests_on": _RESTS_ON.get(known.get("needs", ""), PEOPLE), **known})

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Traits:
        """As :meth:`as_dict` made it; what another version has added is left out."""
        return cls(**{name: value for name, value in stored.items() if name in cls._fields})

    @property
    def content_based(self) -> bool:
        """True if it learns nothing from events."""
        return self.needs in _RESTS_ON

    @property
    def tells_kind(self) -> bool:
        """True if it says how alike two products are in words or meaning as a whole."""
        return self.finds == SUBSTITUTE and self.rests_on in (WORDS, MEANING)

    def as_dict(self) -> dict[str, Any]:
        """What is not the default."""
        return {n: v for n, v in self._asdict().items() if v != self._field_defaults[n]}


@cache
def declared(name: str) -> Traits:
    """The traits of a method by its file, which is not imported; the defaults where it has none."""
    if not has("similarity", name):
        return Traits()
    return Traits.of(constants("similarity", name))


def comparing_users() -> tuple[str, ...]:
    """The measures by which people are compared, in order of preference."""
    return _named(lambda traits: traits.users_rank > 0)


def measures() -> tuple[str, ...]:
    """What ``--measure`` may name."""
    return _named(lambda traits: traits.counts_people)


def needing(what: str) -> tuple[str, ...]:
    """The methods that need this (``vectors``, ``network``...)."""
    return _named(lambda traits: traits.needs == what)


def by_rank(found: Mapping[str, Traits]) -> list[str]:
    """Names in order of preference; the unranked last, by name."""
    return sorted(found, key=lambda name: (found[name].rank, name))


def _named(fits: Callable[[Traits], bool]) -> tuple[str, ...]:
    found = (name for name in names("similarity") if fits(declared(name)))
    return tuple(sorted(found, key=lambda name: (declared(name).users_rank, name)))
