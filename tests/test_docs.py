"""The documentation is executed: generated pages are current, schemas hold, nothing is missing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from test_render import CARD, REPORT

from prodsim_cli.cli import COMMANDS
from prodsim_cli.store.connection import open_for_reading

DOCS = Path(__file__).parents[1] / "docs"
Run = Callable[..., Result]


def _generator() -> Any:
    spec = importlib.util.spec_from_file_location("make_help", DOCS / "make_help.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_help = _generator()
PAGES: dict[Path, str] = make_help.pages()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_generated_page_is_as_the_code_makes_it(path: Path) -> None:
    written = path.read_text(encoding="utf-8")
    made_by = re.search(r"click (\d+\.\d+)", written)
    if made_by and made_by[1] != make_help.click_version():
        pytest.skip(f"the page was made with click {made_by[1]}, whose layout differs")
    assert written == PAGES[path], "run `make docs`"


def test_no_generated_page_is_left_over() -> None:
    assert set((DOCS / "json-schema").iterdir()) <= set(PAGES)


def test_every_command_and_option_has_a_help_text() -> None:
    text = PAGES[DOCS / "help.md"]
    assert [line[11:] for line in text.splitlines() if line.startswith("## prodsim ")] == list(
        COMMANDS
    )
    for line in text.splitlines():
        # An option without help stands alone with its metavar, and nothing below it.
        assert not re.fullmatch(r"  -\S+", line), line


def test_every_table_and_column_is_in_the_schema_page(shop: Path) -> None:
    text = (DOCS / "schema.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (.+?): .*?\n(.*?)(?=^## |\Z)", text, re.M | re.S))
    tables = {name: body for names, body in sections.items() for name in names.split(", ")}
    with closing(open_for_reading(shop)) as connection:
        for name in _tables(connection):
            columns = [row["name"] for row in connection.execute(f"pragma table_info({name})")]
            if name == "meta":
                continue
            missing = [c for c in columns if not re.search(rf"\b{c}\b", tables[name])]
            assert not missing, f"{name}: {missing}"


def _tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite%'"
        " and name not like '%_fts%'"
    )
    return [row["name"] for row in rows]


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in DOCS.glob("*.md"):
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def problems(value: Any, schema: dict[str, Any], where: str = "$") -> list[str]:
    """What is wrong with a value, by the words of JSON Schema that our schemas use."""
    known = {"$schema", "title", "type", "enum", "properties", "required", "items", "minimum",
             "additionalProperties", "pattern", "minItems", "maxItems"}  # fmt: skip
    assert set(schema) <= known
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool,
             "number": (int, float), "null": type(None)}  # fmt: skip
    wanted = schema.get("type", [])
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if wanted and not any(isinstance(value, kinds[kind]) for kind in wanted):
        return [f"{where} is {value!r}"]
    found = [f"{where} lacks {key}" for key in schema.get("required", []) if key not in value]
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where} is {value!r}")
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        found.append(f"{where} is {value!r}")
    if isinstance(value, (int, float)) and value < schema.get("minimum", value):
        found.append(f"{where} is {value!r}")
    if isinstance(value, list):
        found += [
            p
            for n, v in enumerate(value)
            for p in problems(v, schema.get("items", {}), f"{where}[{n}]")
        ]
    if isinstance(value, dict):
        named = schema.get("properties", {})
        rest = schema.get("additionalProperties", {})
        found += [
            p for k, v in value.items() for p in problems(v, named.get(k, rest), f"{where}.{k}")
        ]
    return found


SCHEMAS: dict[str, dict[str, Any]] = make_help.schemas()


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("ranking", ["similar", "SKU123"]),
        ("ranking", ["similar", "SKU123", "SKU124", "--together"]),
        ("profile", ["show", "SKU123"]),
        ("profile", ["show", "17850"]),
        ("status", ["status"]),
        ("rejects", ["status", "--rejects"]),
    ],
)
def test_what_a_command_prints_fits_its_schema(run: Run, schema: str, words: list[str]) -> None:
    assert problems(json.loads(run(*words, "-f", "json").stdout), SCHEMAS[schema]) == []


@pytest.mark.parametrize(
    "words", [["similar", "X"], ["similar"], ["nothing"], ["show", "X"], ["--nonsense"]]
)
def test_errors_fit_their_schema(run: Run, words: list[str]) -> None:
    assert problems(json.loads(run(*words, "-f", "json").stderr), SCHEMAS["error"]) == []


def test_records_of_long_work_fit_theirs() -> None:
    assert problems(json.loads(json.dumps(REPORT.as_dict())), SCHEMAS["ingest"]) == []
    assert problems(json.loads(json.dumps(CARD.as_dict())), SCHEMAS["eval"]) == []


def test_the_checker_finds_what_is_wrong() -> None:
    ranking = {"query": {"sku": 1}, "method": "x", "results": [{"rank": 0}]}
    assert problems(ranking, SCHEMAS["ranking"])[:3] == [
        "$.query.sku is 1",
        "$.results[0] lacks sku",
        "$.results[0] lacks score",
    ]
    assert "$.results[0].rank is 0" in problems(ranking, SCHEMAS["ranking"])


def test_the_version_of_click_is_read() -> None:
    assert importlib.metadata.version("click").startswith(make_help.click_version() + ".")
