"""What a room costs to enter: ground-floor modules and commands stay on the ground floor.

Each case is a fresh interpreter, so that nothing another test imported can hide a mistake.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from shop_rows import write_shop

from prodsim_cli.queries.similar import similar
from prodsim_cli.store.connection import open_for_reading

HEAVY = {"numpy", "torch", "pandas", "polars", "rich", "sqlite_utils", "scipy"}
PACKAGE = Path(__file__).parents[1] / "prodsim_cli"
READING = (
    "artifacts",
    "catalog",
    "connection",
    "digest",
    "events",
    "histories",
    "item_scores",
    "meta",
    "neighbors",
    "vectors",
)
GROUND = [
    "prodsim_cli",
    "prodsim_cli.cli",
    "prodsim_cli.commands.options",
    "prodsim_cli.errors",
    "prodsim_cli.registry",
    "prodsim_cli.progress",
    "prodsim_cli.render",
    "prodsim_cli.render.flat",
    "prodsim_cli.render.plain",
    *(f"prodsim_cli.store.{name}" for name in (*READING, "problems", "schema", "status")),
    *(f"prodsim_cli.search.{name}" for name in ("index", "ranking", "spelling", "terms", "words")),
    *(
        f"prodsim_cli.{room}.{file.stem}"
        for room in ("commands", "queries", "records")
        for file in sorted((PACKAGE / room).glob("*.py"))
        if file.stem != "__init__"
    ),
]


def loaded(code: str, *words: str) -> set[str]:
    """Names in ``sys.modules`` after running code in a fresh interpreter."""
    report = "\nimport sys; sys.stderr.write('\\nLOADED ' + ' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code + report, *words], capture_output=True, text=True, check=True
    )
    return set(done.stderr.rpartition("LOADED ")[2].split())


def after(*words: str) -> set[str]:
    """The same after a command line, which must succeed."""
    run = (
        "from prodsim_cli.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as left:\n    assert left.code == 0, left.code\n"
    )
    return loaded(run, *words)


@pytest.mark.parametrize("module", GROUND)
def test_a_ground_floor_module_imports_nothing_heavy(module: str) -> None:
    assert not HEAVY & loaded(f"import {module}")


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        ["similar", "--help"],
        ["similar", "SKU123", "-f", "json"],
        ["similar", "SKU123", "SKU124", "--together", "-f", "csv"],
        ["similar", "SKU123", "-f", "ids"],
        ["similar", "SKU123", "--where", "price<5 and not title~red", "-f", "json"],
        ["similar", "SKU123", "--diversity", "0.3", "--max-per", "brand=1", "-f", "jsonl"],
        ["similar", "SKU123", "--method", "cosine", "-f", "jsonl"],
        ["recommend", "17850", "-f", "json"],
        ["recommend", "--history", "SKU123", "-f", "ids"],
        ["recommend", "SKU124", "-f", "csv"],
        ["similar", "SKU123", "--as", "substitute", "-f", "json"],
        ["similar", "SKU123", "--as", "complement", "-f", "json"],
        ["show", "SKU123", "-f", "json"],
        ["search", "mug", "-f", "json"],
        ["search", "85123a", "红", "--by", "words", "-f", "ids"],
        ["status", "-f", "json"],
        ["status", "--rejects", "-f", "tsv"],
    ],
    ids=" ".join,
)
def test_asking_needs_no_numpy(words: list[str], shop: Path) -> None:
    """Every form of similar, recommend, show, status, and search by words."""
    modules = after("--db", str(shop), *words)
    assert not HEAVY & modules
    # It costs as much as the look-up itself.
    assert "importlib.metadata" not in modules


@pytest.mark.parametrize(
    "words",
    [
        ["explain", "SKU123", "SKU124"],
        ["similar", "SKU123", "--why"],
        ["duplicates"],
        ["recommend", "17850", "--context", "at=2011-01-03"],
    ],
    ids=" ".join,
)
def test_reasons_may_need_arrays_and_read_no_files(words: list[str], shop: Path) -> None:
    assert HEAVY & after("--db", str(shop), *words, "-f", "json") <= {"numpy", "scipy"}


TABLES = ("attributes", "bm25", "cosine", "ease", "follows", "jaccard", "lexical", "numbers")
TABLES = (*TABLES, "orders", "pearson", "smoothed", "swing", "text", "hybrid")


@pytest.fixture
def thirteen_tables(tmp_path: Path) -> Path:
    """A shop with thirteen tables and hybrid, rows longer than an answer, and two variants."""
    items = [{"sku": f"M{n}", "title": f"Mug {n}"} for n in range(20)]
    rows = {"M0": [(f"M{n}", 1 / n) for n in range(1, 20)]}
    path = write_shop(
        tmp_path / "thirteen.db",
        items=items,
        users=(),
        events=(),
        spellings=(),
        neighbors=dict.fromkeys(TABLES, rows),
    )
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("insert into variants select id, 2 from items where sku in ('M1', 'M2')")
        connection.commit()
    return path


@pytest.mark.parametrize("form", ["json", "ids", "csv", "table"])
def test_similar_imports_at_most_thirty_modules_of_this_package(
    form: str, thirteen_tables: Path
) -> None:
    modules = after("--db", str(thirteen_tables), "similar", "M0", "-f", form)
    own = sorted(name for name in modules if name.split(".")[0] == "prodsim_cli")
    assert len(own) <= 30, own


def test_similar_asks_at_most_twelve_statements(thirteen_tables: Path) -> None:
    seen: list[str] = []
    with closing(open_for_reading(thirteen_tables)) as connection:
        connection.set_trace_callback(seen.append)
        (ranking,) = similar(connection, ["M0"])
    assert [row.variants for row in ranking.results] == [2] + [1] * 9
    assert {len(row.methods) for row in ranking.results} == {13}
    assert ranking.sources == 13
    assert len(["pragma user_version", *seen]) <= 12, seen


@pytest.mark.parametrize("model", ["hashing", "minilm", "multilingual"])
def test_a_search_with_meaning_needs_numpy_and_no_torch(model: str, shop: Path) -> None:
    vector = b"\0\0\x80?" * {"hashing": 512, "minilm": 384, "multilingual": 512}[model]
    with closing(sqlite3.connect(shop)) as connection:
        connection.execute("insert into vectors select ?, id, ?, '' from items", (model, vector))
        connection.execute(
            "insert into artifacts values (?, 'space', '{}', 'catalog:1', '', 0, null)", (model,)
        )
        setting = json.dumps({"model": model})
        connection.execute("insert or replace into meta values ('settings', ?)", (setting,))
        connection.commit()
    modules = after("--db", str(shop), "search", "red", "mug", "-f", "json")
    assert "numpy" in modules
    assert not {"torch", "sentence_transformers", "transformers", "polars", "pandas"} & modules
    assert not HEAVY & after(
        "--db", str(shop), "search", "red", "mug", "--by", "words", "-f", "ids"
    )


@pytest.mark.parametrize("words", [["similar", "SKU123"], ["show", "SKU123"], ["status"]])
def test_a_table_needs_rich_and_nothing_else(words: list[str], shop: Path) -> None:
    assert HEAVY & after("--db", str(shop), *words) == {"rich"}


@pytest.mark.parametrize("words", [[], ["--help"], ["--version"]])
def test_help_imports_no_command(words: list[str]) -> None:
    modules = after(*words)
    assert not [name for name in modules if name.startswith("prodsim_cli.commands.")]


def test_one_command_does_not_import_another(shop: Path) -> None:
    modules = after("--db", str(shop), "similar", "SKU123", "-f", "json")
    assert {name for name in modules if name.startswith("prodsim_cli.commands.")} == {
        "prodsim_cli.commands.options",
        "prodsim_cli.commands.similar",
    }
