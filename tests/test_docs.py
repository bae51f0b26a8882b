"""The documentation is executed: generated pages are current, schemas hold, nothing is missing."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import importlib.util
import json
import re
import shlex
import sqlite3
import unicodedata
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from record_samples import CARD, REPORT
from test_floors import after
from test_house import BETWEEN, ORDER

from prodsim_cli import __version__
from prodsim_cli.cli import COMMANDS, cli
from prodsim_cli.commands import _evaluating
from prodsim_cli.errors import ExitCode, ProdsimError
from prodsim_cli.store.connection import open_for_reading

DOCS = Path(__file__).parents[1] / "docs"
ROOT = DOCS.parent
WRITTEN = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *DOCS.glob("*.md"),
    *(DOCS / "decisions").glob("*.md"),
]
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
    for page in WRITTEN:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def _command_lines() -> list[tuple[str, list[str]]]:
    """Every command line of a code block: a line of its own, indented or between fences."""
    found = []
    for page in WRITTEN:
        for line in page.read_text(encoding="utf-8").splitlines():
            words = re.match(r"(?:    |\$ )prodsim (.*)", line)
            if words and page.name != "help.md":
                said = shlex.split(words[1], comments=True)
                ours = said[: said.index("|")] if "|" in said else said
                found.append((page.name, ours))
    return found


LINES = _command_lines()


def test_the_pages_show_how_to_evaluate() -> None:
    shown = [" ".join(words) for page, words in LINES if page == "evaluation.md"]
    assert len(shown) >= 15
    text = (DOCS / "evaluation.md").read_text(encoding="utf-8")
    command = cli.get_command(_root(), "eval")
    assert command is not None
    for option in command.params:
        assert any(word in text for word in option.opts), option.opts


def _root() -> click.Context:
    return click.Context(cli, info_name="prodsim")


@pytest.mark.parametrize(("page", "words"), LINES, ids=lambda part: str(part)[:60])
def test_a_command_line_of_the_pages_is_one(page: str, words: list[str]) -> None:
    if words[0] == "--db":
        words = words[2:]
    command = cli.get_command(_root(), words[0])
    assert command is not None, page
    given = command.make_context(words[0], list(words[1:]), parent=_root()).params
    if words[0] == "eval":
        _evaluating.check(given)


def test_the_exit_codes_are_those_of_the_program() -> None:
    text = (DOCS / "exit-codes.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| ([a-z ]+) \|", text, re.M)
    assert [(int(code), name) for code, name in rows] == [
        (int(code), code.name.lower().replace("_", " ")) for code in ExitCode
    ]
    kinds = re.search(r"`kind` is one of `([A-Za-z\s]+)`", (DOCS / "json.md").read_text())
    assert kinds is not None
    importlib.import_module("prodsim_cli.ingest.cleaning")  # it has children of its own
    assert set(kinds[1].split()) == {error.__name__ for error in _family(ProdsimError)}


def _family(error: type[ProdsimError]) -> list[type[ProdsimError]]:
    return [one for child in error.__subclasses__() for one in (child, *_family(child))]


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
        ("ranking", ["similar", "SKU123", "--as", "substitute"]),
        ("ranking", ["similar", "SKU123", "--as", "complement"]),
        ("duplicates", ["duplicates", "--min-confidence", "0"]),
        ("ranking", ["recommend", "17850"]),
        ("ranking", ["recommend", "17850", "--history", "SKU124", "--why"]),
        ("ranking", ["recommend", "SKU124"]),
        ("ranking", ["similar", "SKU123", "--why"]),
        ("ranking", ["recommend", "--history", "SKU123", "--method", "cosine", "--why"]),
        ("explanation", ["explain", "SKU123", "SKU124"]),
        ("explanation", ["explain", "SKU123", "BARE"]),
        ("ranking", ["search", "red", "mug"]),
        ("ranking", ["search", "enamle", "mug", "--like", "SKU125", "--expand", "--why"]),
        ("profile", ["show", "SKU123"]),
        ("profile", ["show", "17850"]),
        ("neighborhood", ["neighborhood", "SKU123"]),
        ("neighborhood", ["neighborhood", "17850", "SKU123", "--method", "hybrid,bought"]),
        ("status", ["status"]),
        ("rejects", ["status", "--rejects"]),
        ("build", ["build"]),
        ("build", ["embed"]),
        ("build", ["graph"]),
    ],
)
def test_what_a_command_prints_fits_its_schema(run: Run, schema: str, words: list[str]) -> None:
    assert problems(json.loads(run(*words, "-f", "json").stdout), SCHEMAS[schema]) == []


@pytest.mark.parametrize(
    "words", [["similar", "X"], ["similar"], ["nothing"], ["show", "X"], ["--nonsense"]]
)
def test_errors_fit_their_schema(run: Run, words: list[str]) -> None:
    assert problems(json.loads(run(*words, "-f", "json").stderr), SCHEMAS["error"]) == []


@pytest.fixture(scope="module")
def aisles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two aisles ingested, with two baskets at the end, and files of right answers beside them."""
    folder = tmp_path_factory.mktemp("aisles")
    world = DOCS.parent / "fixtures" / "two_aisles"
    rows = ["user_id,sku,event_type,timestamp"]
    rows += [f"ann{n},TEA{item},purchase,2024-06-01" for n in (1, 2) for item in (1, 2, 3)]
    (folder / "baskets.csv").write_text("\n".join(rows))
    (folder / "related.csv").write_text(
        "sku,related_sku,relation\nTEA1,TEA8,like\nTEA1,TEA2,with\nTOOL1,TOOL2,with\n"
    )
    (folder / "pairs.csv").write_text(
        "sku_a,sku_b,similarity\nTEA1,TEA8,1\nTOOL5,TOOL8,.9\nTEA1,TOOL1,0\nTEA2,TOOL2,.1\n"
    )
    (folder / "queries.csv").write_text("query_id,text\nq1,green tea\nq2,screwdriver\n")
    (folder / "judgements.csv").write_text("query_id,sku,relevance\nq1,TEA1,2\nq2,TOOL5,1\n")
    words = ["--db", folder / "shop.db", "ingest", world, folder / "baskets.csv", "--no-lm", "-q"]
    assert CliRunner().invoke(cli, [str(word) for word in words]).exit_code == 0
    return folder


@pytest.mark.parametrize(
    "words",
    [
        "--at 2024-05-01 -k 5,10 --cost",
        "--split last --again",
        "--split windows --windows 2",
        "--split cold",
        "--task similar --at 2024-05-01",
        "--related related.csv",
        "--pairs pairs.csv",
        "--queries queries.csv --judgements judgements.csv",
    ],
)
def test_an_evaluation_of_each_kind_fits_its_schema(
    aisles: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.chdir(aisles)
    line = ["--db", "shop.db", "eval", "-q", "-f", "json", *words.split()]
    result = CliRunner().invoke(cli, line)
    assert result.exit_code == 0, result.stderr
    card = json.loads(result.stdout)
    assert problems(card, SCHEMAS["eval"]) == []
    assert set(card) <= set(SCHEMAS["eval"]["properties"])
    assert set(card["split"]) <= set(SCHEMAS["eval"]["properties"]["split"]["properties"])
    assert ("cost" in card) == ("--cost" in words)


def test_runs_kept_and_a_comparison_fit_theirs(
    aisles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(aisles)

    def printed(*words: str) -> Any:
        line = ["--db", "shop.db", "eval", "-q", "-f", "json", *words]
        return json.loads(CliRunner().invoke(cli, line).stdout)

    printed("--at", "2024-05-01")
    runs = printed("--history")
    assert problems(runs, SCHEMAS["runs"]) == []
    latest = runs["rows"][0]
    assert set(latest) == set(SCHEMAS["runs"]["properties"]["rows"]["items"]["properties"])
    card = printed("--at", "2024-05-01", "--against", str(latest["run"]))
    assert problems(card, SCHEMAS["eval"]) == []
    assert card["against"]["run"] == latest["run"]
    assert {change["mean"] for change in card["against"]["methods"].values()} == {0.0}


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


def test_the_changelog_has_the_version_and_what_comes_next() -> None:
    found = re.findall(r"^## \[(.+?)\](.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert found[0] == ("Unreleased", "")
    assert found[1][0] == __version__
    assert all(re.fullmatch(r" - \d{4}-\d\d-\d\d", day) for _, day in found[1:])


def test_the_chores_that_are_named_are_chores_of_the_makefile() -> None:
    chores = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    for page in WRITTEN:
        text = page.read_text(encoding="utf-8")
        assert set(re.findall(r"`make ([a-z]+)", text)) <= chores, page.name


def test_the_tour_shows_every_command_with_its_output() -> None:
    sections = (DOCS / "tour.md").read_text(encoding="utf-8").split("## prodsim ")[1:]
    assert sorted(section.split()[0] for section in sections) == sorted(COMMANDS)
    for section in sections:
        name = section.split()[0]
        for shown in re.findall(
            r"```console\n\$ prodsim (\S+)[^\n]*\n(.*?)```", section, re.DOTALL
        ):
            assert shown[0] == name
            assert shown[1].strip()


_CITATION = re.compile(r"([^\W\d_][\w'-]+)(?: et al\.?)?(?:'s \w+)?,? \(?((?:19|20)\d\d)(?![-\d])")


def _plain(text: str) -> str:
    """A text on one line, in letters without accents."""
    text = re.sub(r"\s+(?:# )?", " ", text)
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _citations(path: Path) -> set[tuple[str, str]]:
    """Author (the last one named) and year, wherever a capital name stands before a year."""
    found = _CITATION.findall(_plain(path.read_text(encoding="utf-8")))
    return {(name.removesuffix("'s"), year) for name, year in found if name[0].isupper()}


def test_every_citation_of_the_package_is_in_the_bibliography_and_nothing_else() -> None:
    page = (DOCS / "bibliography.md").read_text(encoding="utf-8")
    entries = [_plain(line[2:]) for line in page.splitlines() if line.startswith("- ")]
    assert len(entries) > 70
    package = DOCS.parent / "prodsim_cli"
    cited = {one for path in package.rglob("*.py") for one in _citations(path)}
    for name, year in sorted(cited):
        assert any(re.search(rf"\b{name}\b.* {year}\b", entry) for entry in entries), (name, year)
    pages = [path for path in WRITTEN if path.name != "bibliography.md"]
    cited |= {one for path in pages for one in _citations(path)}
    for entry in entries:
        authors, year = re.match(r"(.+?) (\d{4})\. ", entry).groups()  # type: ignore[union-attr]
        assert any(other == year and name in authors for name, other in cited), entry


def _own_files_named() -> list[str]:
    """Every file of the package that the page of the architecture names."""
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    return re.findall(r"`((?:\w+/)+(?:\w+\.py)?|\w+\.py)`", page)


def test_every_file_of_the_architecture_exists_and_every_room_is_in_it() -> None:
    named = _own_files_named()
    assert len(named) > 50
    for name in named:
        assert (ROOT / "prodsim_cli" / name).exists() or (ROOT / name).exists(), name
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    table = page.split("## Rooms")[1].split("## ")[0]
    rooms = [word for row in re.findall(r"^\| (`.+?`) \|", table, re.M) for word in row.split()]
    assert sorted(room.strip("`") for room in rooms) == sorted(ORDER)
    place = {name.strip("`"): -number for number, name in enumerate(rooms)}
    for one in BETWEEN:
        assert place[one.rooms[0]] > place[one.rooms[1]], f"the order of the table: {one}"


@pytest.mark.parametrize("words", [["similar", "SKU123"], ["recommend", "17850"]])
def test_commands_go_the_ways_of_the_architecture(shop: Path, words: list[str]) -> None:
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    way = page.split(f"through `{words[0]}`.**")[1].split("At the edges")[0].split("`--all`")[0]
    imported = after("--db", str(shop), *words, "-f", "json")
    for name in re.findall(r"`(\w+/[\w/]+)\.py`", way):
        assert f"prodsim_cli.{name.replace('/', '.')}" in imported, name


SCRIPTS = sorted((DOCS.parent / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_benchmark_names_what_the_package_has(script: Path) -> None:
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("prodsim_cli"):
            module = importlib.import_module(str(node.module))
            for name in node.names:
                found = hasattr(module, name.name) or importlib.util.find_spec(
                    f"{node.module}.{name.name}"
                )
                assert found, f"{node.module}.{name.name}"
