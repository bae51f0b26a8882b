"""The shape of the package, read from its files: rooms, floors, and the one direction of imports.

A room is a folder or a file directly below ``prodsim_cli`` (``__init__`` and ``__main__`` aside).
An import inside a function counts like one at the top. What stands below ``if TYPE_CHECKING:``
counts for circles between files only, since it never runs; a module that is loaded by name does not
(``cli`` loads ``commands`` and ``registry`` plug-ins so).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from prodsim_cli.registry import folder

PACKAGE = Path(__file__).parents[1] / "prodsim_cli"
MOST_ROOMS = 24
MOST_FLOORS = 10
# fmt: off
ORDER = (
    "errors", "progress", "records", "text", "registry", "files", "data", "embedders", "ingest",
    "matching", "scoring", "protocol", "search", "similarity", "store", "gnn", "queries", "render",
    "tuning", "evaluation", "builds", "export", "commands", "cli",
)
# fmt: on
"""The rooms, lowest first: a room imports rooms that stand before it."""
WHOLE = ("contracts", "docs", "fixtures", "floors", "golden", "house", "plugins", "upgrades")
"""Tests of the whole house, which belong to no room."""
PLUGINS = ("similarity", "embedders", "metrics", "splits", "baselines", "exporters", "readers")

Graph = Mapping[str, set[str]]


@dataclass(frozen=True)
class Import:
    """One import statement: which module imports which, and where."""

    importer: str
    imported: str
    line: int

    @property
    def rooms(self) -> tuple[str, str]:
        """The room that imports and the room that is imported."""
        return room(self.importer), room(self.imported)

    def __str__(self) -> str:
        return f"{self.importer} (line {self.line}) imports {self.imported}"


def room(module: str) -> str:
    """The room of a module: the word after the package's name; '' for the package itself."""
    return module.split(".")[1] if "." in module else ""


def modules() -> dict[str, Path]:
    """Every module of the package and its file; a folder goes by the name of its ``__init__``."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    found.pop("prodsim_cli.__main__")
    return found


MODULES = modules()


def statements(tree: ast.AST, types: bool = False) -> Iterator[ast.Import | ast.ImportFrom]:
    """Import statements at any depth, those below ``if TYPE_CHECKING:`` where ``types``."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test) and not types:
            yield from statements(ast.Module(node.orelse, []))
        else:
            yield from statements(node, types)


def imports(types: bool = False) -> list[Import]:
    """Every import of one module of the package by another."""
    found = []
    for module, path in MODULES.items():
        for node in statements(ast.parse(path.read_bytes(), str(path)), types):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                assert node.level == 0, f"{module} (line {node.lineno}): a relative import"
                under = f"{node.module}."
                names = [
                    under + alias.name if under + alias.name in MODULES else str(node.module)
                    for alias in node.names
                ]
            for name in dict.fromkeys(names):
                if name in MODULES and name != module:
                    found.append(Import(module, name, node.lineno))
    return found


IMPORTS = imports()
BETWEEN = [one for one in IMPORTS if all(one.rooms) and one.rooms[0] != one.rooms[1]]


def graph(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Who points to whom."""
    found: dict[str, set[str]] = {}
    for one, other in pairs:
        found.setdefault(one, set()).add(other)
    return found


FILES = graph((one.importer, one.imported) for one in IMPORTS)


def chain(edges: Graph, start: str, known: dict[str, list[str]], way: tuple[str, ...]) -> list[str]:
    """The longest chain that begins at ``start``; a circle is an error that names it."""
    if start in way:
        raise ValueError(" -> ".join([*way[way.index(start) :], start]))
    if start not in known:
        tails = [chain(edges, end, known, (*way, start)) for end in sorted(edges.get(start, ()))]
        known[start] = [start, *max(tails, key=len, default=[])]
    return known[start]


def longest_chain(edges: Graph) -> list[str]:
    """The longest chain of all."""
    known: dict[str, list[str]] = {}
    return max((chain(edges, start, known, ()) for start in sorted(edges)), key=len, default=[])


def reach(edges: Graph, start: str) -> dict[str, str]:
    """Every module that importing ``start`` may import, and by whom it was first imported."""
    found = {start: ""}
    waiting = [start]
    while waiting:
        here = waiting.pop()
        for name in sorted(edges.get(here, set()) - set(found)):
            found[name] = here
            waiting.append(name)
    return found


def test_the_house_has_few_rooms() -> None:
    rooms = sorted({room(name) for name in MODULES} - {""})
    assert len(rooms) <= MOST_ROOMS, f"{len(rooms)} rooms: {', '.join(rooms)}"
    assert sorted(ORDER) == rooms, "ORDER names every room once"


def test_files_import_each_other_in_no_circle() -> None:
    try:
        longest_chain(graph((one.importer, one.imported) for one in imports(types=True)))
    except ValueError as circle:
        pytest.fail(f"files that import each other in a circle: {circle}", pytrace=False)


def test_no_import_climbs() -> None:
    place = {name: number for number, name in enumerate(ORDER)}
    climbing = [str(one) for one in BETWEEN if place[one.rooms[0]] < place[one.rooms[1]]]
    assert not climbing, "an import points upwards (see ORDER):\n" + "\n".join(climbing)


def test_the_house_has_few_floors() -> None:
    way = longest_chain(graph(one.rooms for one in BETWEEN))
    assert len(way) <= MOST_FLOORS, f"{len(way)} floors: {' -> '.join(way)}"


def test_nothing_imports_commands() -> None:
    found = [str(one) for one in BETWEEN if one.rooms[1] == "commands"]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("family", PLUGINS)
def test_a_plugin_never_sees_the_store(family: str) -> None:
    package = f"prodsim_cli.{folder(family).replace('/', '.')}"
    for plugin in (name for name in MODULES if name.startswith(package)):
        found = reach(FILES, plugin)
        seen = [name for name in found if room(name) in ("store", "commands", "queries", "builds")]
        for name in seen:
            way = [name]
            while found[way[-1]]:
                way.append(found[way[-1]])
            pytest.fail(" <- ".join(way), pytrace=False)


def test_no_docstring_speaks_of_floors() -> None:
    remark = re.compile(r"\b(?:ground|first|top) floor\b", re.IGNORECASE)
    found = [name for name, path in MODULES.items() if remark.search(path.read_text("utf-8"))]
    assert not found, "what a start may import is held by tests/test_floors.py: " + ", ".join(found)


def test_tests_stand_where_their_rooms_do() -> None:
    tests = Path(__file__).parent
    for path in (path.relative_to(tests) for path in tests.rglob("test_*.py")):
        first = path.parts[0] if len(path.parts) > 1 else path.stem.split("_")[1]
        assert first in (*ORDER, *WHOLE), f"tests/{path}: no room has this name"
        if first not in (*WHOLE, "cli"):
            assert len(path.parts) > 1 or (PACKAGE / f"{first}.py").exists(), f"tests/{path}"
            assert len(path.parts) == 1 or (PACKAGE / path.parent).is_dir(), f"tests/{path}"


def test_the_tools_of_this_test_find_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="b -> c -> b"):
        longest_chain({"a": {"b"}, "b": {"c"}, "c": {"b"}})
    assert longest_chain({"a": {"b", "c"}, "b": {"c"}}) == ["a", "b", "c"]
    assert set(reach({"a": {"b"}, "b": {"a"}, "c": {"a"}}, "a")) == {"a", "b"}
    code = (
        "import x\nif TYPE_CHECKING:\n    import y\nelse:\n    import z\ndef f():\n    import w\n"
    )
    names = [node.names[0].name for node in statements(ast.parse(code))]
    assert names == ["x", "z", "w"]
